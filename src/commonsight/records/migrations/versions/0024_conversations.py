"""What was said with a camera over RTSP or HTTP when somebody asked why it does not play."""

from alembic import op

revision = "0024_conversations"
down_revision = "0023_selections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The last one of each camera."""
    op.execute("""
        CREATE TABLE check_conversations (
            camera_id uuid PRIMARY KEY REFERENCES cameras ON DELETE CASCADE,
            at timestamptz NOT NULL,
            said jsonb NOT NULL
        )
    """)
