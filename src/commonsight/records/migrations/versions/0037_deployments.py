"""Deployments (布控) with their cameras, duty people and reports."""

revision = "0037_deployments"
down_revision = "0036_budget"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Deployments (布控) with their cameras, duty people and reports."""
