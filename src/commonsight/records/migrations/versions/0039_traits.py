"""Attributes and plates, searched through the retrieval door alone."""

revision = "0039_traits"
down_revision = "0038_demands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Attributes and plates, searched through the retrieval door alone."""
