"""Tables of gate/: permits and the retrieval register."""

revision = "0005_gate"
down_revision = "0004_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
