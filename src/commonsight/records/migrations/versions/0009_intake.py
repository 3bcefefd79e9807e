"""What lower platforms report: records, groups, syncs."""

revision = "0009_intake"
down_revision = "0008_gb28181"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
