"""Pictures outside the browser."""

from alembic import op

revision = "0020_outside"
down_revision = "0019_cascade"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of views that another media server hands out."""
    # A server may ask again and again for one view; `connection` is its own name for it, empty when it has none.
    op.execute("""
        CREATE TABLE handed_views (
            retrieval_id uuid NOT NULL,
            permit_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            address text NOT NULL,
            connection text NOT NULL,
            opened_at timestamptz NOT NULL,
            seen_at timestamptz NOT NULL,
            closed_at timestamptz,
            CONSTRAINT pk_handed_views PRIMARY KEY (retrieval_id)
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_handed_views_open ON handed_views (permit_id, camera_id, address, connection)
            WHERE closed_at IS NULL
    """)
    op.execute("CREATE INDEX ix_handed_views_closed_at ON handed_views (closed_at) WHERE closed_at IS NOT NULL")
