"""What sweeps measure of each camera, their limits and samples."""

revision = "0026_sweeps"
down_revision = "0025_grant_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
