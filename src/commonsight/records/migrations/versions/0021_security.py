"""Second factors, sign-in by another provider, and rate limits."""

revision = "0021_security"
down_revision = "0020_outside"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Second factors, sign-in by another provider, and rate limits."""
