"""Pictures outside the browser."""

revision = "0020_outside"
down_revision = "0019_cascade"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Pictures outside the browser."""
