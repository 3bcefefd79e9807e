"""Sweeps of only those cameras that were filed since the last one began."""

from alembic import op

revision = "0014_fresh_sweeps"
down_revision = "0013_planning"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark such sweeps, so that they do not put off the round over all cameras."""
    op.execute("ALTER TABLE sweeps ADD COLUMN fresh boolean NOT NULL DEFAULT false")
