"""Planned points and what was saved."""

revision = "0013_planning"
down_revision = "0012_viid"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
