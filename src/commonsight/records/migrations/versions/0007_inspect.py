"""Tables of inspect/: the latest check and the last probes of each camera, sweeps and their shards."""

from alembic import op

revision = "0007_inspect"
down_revision = "0006_analyze"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        CREATE TABLE checks (
            camera_id uuid NOT NULL,
            checked_at timestamptz NOT NULL,
            probes integer NOT NULL,
            failures integer NOT NULL,
            CONSTRAINT pk_checks PRIMARY KEY (camera_id)
        ) WITH (fillfactor = 70)
    """)
    # A ring of the last results: slot = running number modulo the number kept, so it is bounded without deleting.
    op.execute("""
        CREATE TABLE probes (
            camera_id uuid NOT NULL,
            slot integer NOT NULL,
            at timestamptz NOT NULL,
            reachable boolean NOT NULL,
            answered boolean NOT NULL,
            first_frame boolean NOT NULL,
            milliseconds integer NOT NULL,
            codec text,
            width integer,
            height integer,
            error text,
            CONSTRAINT pk_probes PRIMARY KEY (camera_id, slot)
        ) WITH (fillfactor = 80)
    """)
    op.execute("""
        CREATE TABLE sweeps (
            id uuid NOT NULL,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            cameras integer NOT NULL,
            CONSTRAINT pk_sweeps PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE UNIQUE INDEX uq_sweeps_open ON sweeps ((true)) WHERE finished_at IS NULL")
    op.execute("""
        CREATE TABLE sweep_shards (
            sweep_id uuid NOT NULL,
            number integer NOT NULL,
            cameras uuid[] NOT NULL,
            done integer NOT NULL DEFAULT 0,
            epoch integer NOT NULL DEFAULT 0,
            beat_at timestamptz,
            finished_at timestamptz,
            CONSTRAINT pk_sweep_shards PRIMARY KEY (sweep_id, number),
            CONSTRAINT fk_sweep_shards_sweep_id FOREIGN KEY (sweep_id) REFERENCES sweeps (id) ON DELETE CASCADE
        ) WITH (fillfactor = 50)
    """)
