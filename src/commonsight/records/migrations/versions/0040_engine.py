"""What watching a camera costs, as measured."""

revision = "0040_engine"
down_revision = "0039_traits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What watching a camera costs, as measured."""
