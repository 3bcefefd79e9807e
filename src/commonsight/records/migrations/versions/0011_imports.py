"""Imports of camera files, and how to undo them."""

revision = "0011_imports"
down_revision = "0010_dialogs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
