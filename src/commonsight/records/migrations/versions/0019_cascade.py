"""Upper platforms, what they are shown, and under which ids."""

revision = "0019_cascade"
down_revision = "0018_masks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upper platforms, what they are shown, and under which ids."""
