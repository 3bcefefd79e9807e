"""What is written into the picture: clock and label as they were read."""

revision = "0028_osd"
down_revision = "0027_diagnosis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
