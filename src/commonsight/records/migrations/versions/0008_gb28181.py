"""Devices and lower platforms that reach us over GB/T 28181."""

revision = "0008_gb28181"
down_revision = "0007_inspect"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
