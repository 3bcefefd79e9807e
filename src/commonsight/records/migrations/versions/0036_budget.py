"""The compute budget: pools, quotas, loans, what each camera was given and why."""

revision = "0036_budget"
down_revision = "0035_training"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The compute budget: pools, quotas, loans, what each camera was given and why."""
