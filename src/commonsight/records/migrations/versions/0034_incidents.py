"""Incidents, their evidence, and who is competent for them."""

revision = "0034_incidents"
down_revision = "0033_scenes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Incidents, their evidence, and who is competent for them."""
