"""Grants, requests for them, and what a permit lets its holder do."""

revision = "0015_grants"
down_revision = "0014_fresh_sweeps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Grants, requests for them, and what a permit lets its holder do."""
