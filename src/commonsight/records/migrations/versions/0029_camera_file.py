"""The whole camera file: rules, findings, proposals of repair, history."""

revision = "0029_camera_file"
down_revision = "0028_osd"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
