"""Assessment from above, exemptions, monthly reports."""

revision = "0032_assessment"
down_revision = "0031_indicators"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
