"""Cases and notices."""

revision = "0022_cases"
down_revision = "0021_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cases and notices."""
