"""Scenes on cameras: the way to the ground, setups, scene packs."""

revision = "0033_scenes"
down_revision = "0032_assessment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Scenes on cameras: the way to the ground, setups, scene packs."""
