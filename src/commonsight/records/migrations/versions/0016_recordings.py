"""Recording plans, recorded segments and exports."""

revision = "0016_recordings"
down_revision = "0015_grants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Recording plans, recorded segments and exports."""
