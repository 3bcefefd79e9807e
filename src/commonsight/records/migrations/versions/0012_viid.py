"""What smart cameras recognised themselves (GA/T 1400)."""

revision = "0012_viid"
down_revision = "0011_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
