"""Masked pictures."""

revision = "0018_masks"
down_revision = "0017_walls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Masked pictures."""
