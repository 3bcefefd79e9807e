"""Needs that departments file, what was matched, and the library of cases."""

revision = "0038_demands"
down_revision = "0037_deployments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Needs that departments file, what was matched, and the library of cases."""
