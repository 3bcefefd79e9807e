"""What sweeps measure of each camera, their limits and samples."""

from alembic import op

revision = "0026_sweeps"
down_revision = "0025_grant_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Measures beside each probe, rounds of several kinds, tallies by platform, limits by link, samples."""
    op.execute("""
        ALTER TABLE probes
            ADD COLUMN fps real, ADD COLUMN kbps integer, ADD COLUMN keyframe_seconds real,
            ADD COLUMN clock_difference double precision, ADD COLUMN connect_ms integer, ADD COLUMN answer_ms integer,
            ADD COLUMN first_frame_ms integer, ADD COLUMN received integer, ADD COLUMN stream text COLLATE "C"
    """)
    # `received`: bytes of the last try, by which the next is budgeted. `measured_at`: when a try last stayed for a
    # second keyframe. `fault`, `fault_at`: what respond/ was told last, and when.
    op.execute("""
        ALTER TABLE checks
            ADD COLUMN received integer, ADD COLUMN measured_at timestamptz, ADD COLUMN fault text COLLATE "C",
            ADD COLUMN fault_at timestamptz
    """)
    op.execute("""
        ALTER TABLE sweeps
            ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT 'whole', ADD COLUMN title text NOT NULL DEFAULT '',
            ADD COLUMN asked_by uuid, ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY,
            ADD CONSTRAINT ck_sweeps_kind CHECK (kind IN ('whole', 'fresh', 'asked', 'recheck', 'sample'))
    """)
    op.execute("UPDATE sweeps SET kind = 'fresh' WHERE fresh")
    op.execute("ALTER TABLE sweeps DROP COLUMN fresh")
    # One round in the background at a time; rounds that people ask for stand beside it.
    op.execute("DROP INDEX uq_sweeps_open")
    op.execute("""
        CREATE UNIQUE INDEX uq_sweeps_open ON sweeps ((true))
            WHERE finished_at IS NULL AND kind IN ('whole', 'fresh')
    """)
    op.execute("CREATE INDEX ix_sweeps_started_at ON sweeps (started_at)")
    # `links`: those a lane still has something to do on, so that lanes share what a link bears. `settled`: one bit a
    # camera, because tries end in any order.
    op.execute("""
        ALTER TABLE sweep_shards
            ADD COLUMN links text[] COLLATE "C" NOT NULL DEFAULT '{}', ADD COLUMN settled bytea NOT NULL DEFAULT ''
    """)
    # Settled cameras by platform and cause; cause 'planned' counts all there are, '' those that play.
    op.execute("""
        CREATE TABLE sweep_tallies (
            sweep_id uuid NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
            platform_id uuid NOT NULL,
            cause text COLLATE "C" NOT NULL,
            cameras integer NOT NULL,
            PRIMARY KEY (sweep_id, platform_id, cause)
        ) WITH (fillfactor = 60)
    """)
    op.execute("""
        CREATE TABLE sweep_limits (
            id uuid PRIMARY KEY,
            kind text COLLATE "C" NOT NULL CHECK (kind IN ('platform', 'prefix')),
            platform_id uuid UNIQUE REFERENCES platforms (id) ON DELETE CASCADE,
            prefix cidr UNIQUE,
            concurrency integer NOT NULL CHECK (concurrency BETWEEN 0 AND 5000),
            rate real NOT NULL CHECK (rate BETWEEN 0 AND 10000),
            kbps integer NOT NULL CHECK (kbps >= 0),
            note text NOT NULL DEFAULT '',
            version integer NOT NULL DEFAULT 1,
            updated_at timestamptz NOT NULL DEFAULT now(),
            CHECK ((kind = 'platform') = (platform_id IS NOT NULL) AND (kind = 'prefix') = (prefix IS NOT NULL))
        )
    """)
    op.execute("""
        CREATE TABLE sweep_samples (
            sweep_id uuid PRIMARY KEY REFERENCES sweeps (id) ON DELETE CASCADE,
            region text COLLATE "C" NOT NULL,
            share real NOT NULL,
            seed bigint NOT NULL,
            confidence real NOT NULL,
            population integer NOT NULL,
            strata jsonb NOT NULL,
            result jsonb
        )
    """)
