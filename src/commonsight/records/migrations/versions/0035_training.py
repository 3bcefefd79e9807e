"""Labels, dataset versions, candidates for a model card and what they gained."""

revision = "0035_training"
down_revision = "0034_incidents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Labels, dataset versions, candidates for a model card and what they gained."""
