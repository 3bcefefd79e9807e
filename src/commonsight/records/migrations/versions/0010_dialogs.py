"""Dialogs and the SSRCs they hold."""

from alembic import op

revision = "0010_dialogs"
down_revision = "0009_intake"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # Only what is open: a row goes with its dialog, so the table is as small as what cameras send just now.
    op.execute("""
        CREATE TABLE gb_dialogs (
            call_id text COLLATE "C" NOT NULL,
            device text COLLATE "C" NOT NULL,
            channel text COLLATE "C" NOT NULL,
            purpose text COLLATE "C" NOT NULL,
            ssrc text COLLATE "C" NOT NULL,
            holder text NOT NULL,
            invite jsonb,
            state jsonb,
            created_at timestamptz NOT NULL DEFAULT now(),
            answered_at timestamptz,
            CONSTRAINT pk_gb_dialogs PRIMARY KEY (call_id),
            CONSTRAINT uq_gb_dialogs_ssrc UNIQUE (ssrc),
            CONSTRAINT ck_gb_dialogs_purpose CHECK (purpose IN ('play', 'playback', 'download')),
            CONSTRAINT ck_gb_dialogs_ssrc CHECK (ssrc ~ '^[0-9]{10}$')
        )
    """)
    op.execute("CREATE INDEX ix_gb_dialogs_device_channel ON gb_dialogs (device, channel)")
    op.execute("""
        CREATE TABLE gb_signalling_keys (
            node text NOT NULL,
            key text NOT NULL,
            CONSTRAINT pk_gb_signalling_keys PRIMARY KEY (node)
        )
    """)
