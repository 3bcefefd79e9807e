"""Video walls, tours and favourites of people."""

revision = "0017_walls"
down_revision = "0016_recordings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Video walls, tours and favourites of people."""
