"""Indicators by day, and what is made of them."""

revision = "0031_indicators"
down_revision = "0030_maintenance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
