"""Notices of requests for grants and of emergency accesses, beside those of cases."""

from alembic import op

revision = "0025_grant_notices"
down_revision = "0024_conversations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A notice is about one thing: a case, a request or an emergency access. It goes when that goes."""
    op.execute("""
        ALTER TABLE notices
            ALTER COLUMN case_id DROP NOT NULL,
            ADD COLUMN request_id uuid,
            ADD COLUMN emergency_id uuid,
            ADD CONSTRAINT fk_notices_request_id
                FOREIGN KEY (request_id) REFERENCES grant_requests (id) ON DELETE CASCADE,
            ADD CONSTRAINT fk_notices_emergency_id
                FOREIGN KEY (emergency_id) REFERENCES emergency_reviews (id) ON DELETE CASCADE,
            ADD CONSTRAINT ck_notices_about CHECK (num_nonnulls(case_id, request_id, emergency_id) = 1)
    """)
    op.execute("CREATE INDEX ix_notices_request_id ON notices (request_id) WHERE request_id IS NOT NULL")
    op.execute("CREATE INDEX ix_notices_emergency_id ON notices (emergency_id) WHERE emergency_id IS NOT NULL")
