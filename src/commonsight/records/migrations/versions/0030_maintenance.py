"""Work orders of maintenance: contracts, rounds, windows, photos."""

revision = "0030_maintenance"
down_revision = "0029_camera_file"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
