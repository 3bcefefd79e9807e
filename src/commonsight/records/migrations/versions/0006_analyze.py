"""Tables of analyze/: leases, observations."""

revision = "0006_analyze"
down_revision = "0005_gate"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
