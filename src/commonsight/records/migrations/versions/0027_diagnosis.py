"""What diagnosis finds on pictures, with thresholds, references and evidence."""

revision = "0027_diagnosis"
down_revision = "0026_sweeps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
