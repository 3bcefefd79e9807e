"""Dialogs and the SSRCs they hold."""

revision = "0010_dialogs"
down_revision = "0009_intake"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
