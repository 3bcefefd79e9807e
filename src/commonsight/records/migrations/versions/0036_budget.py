"""The compute budget: pools, quotas, loans, what each camera was given and why."""

from alembic import op

revision = "0036_budget"
down_revision = "0035_training"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The compute budget: pools, quotas, loans, what each camera was given and why."""
    # What one camera is given, and what was learned of it: a camera nobody looks at keeps its last known activity.
    op.execute("""
        CREATE TABLE analysis_budget (
            camera_id uuid NOT NULL,
            pool text COLLATE "C" NOT NULL,
            tier text COLLATE "C" NOT NULL,
            every_seconds real NOT NULL,
            decoding text COLLATE "C" NOT NULL,
            -- Value of what is given, in the allocator's own unit, and its cost in cores.
            score real NOT NULL,
            cost real NOT NULL,
            reasons jsonb NOT NULL DEFAULT '{}',
            -- A tier that was given for a time only (something afoot, a deployment) is decided anew after this.
            until timestamptz,
            at timestamptz NOT NULL,
            raised_at timestamptz,
            -- When it last had each tier, by code, for those above the one it has.
            levels jsonb NOT NULL DEFAULT '{}',
            activity real NOT NULL DEFAULT 0,
            uncertainty real NOT NULL DEFAULT 0,
            looked_at timestamptz,
            -- Measured: seconds of a core one picture takes, and decoding as a multiple of what was foreseen.
            look_seconds real,
            decode_factor real,
            -- Of the stream, as the last check that told it saw it; empty: nobody knows.
            pixels real,
            fps real,
            hevc boolean,
            keyframe real,
            CONSTRAINT pk_analysis_budget PRIMARY KEY (camera_id),
            CONSTRAINT fk_analysis_budget_camera_id FOREIGN KEY (camera_id)
                REFERENCES analyses (camera_id) ON DELETE CASCADE
        ) WITH (fillfactor = 70)
    """)
    op.execute("CREATE INDEX ix_analysis_budget_pool_tier ON analysis_budget (pool, tier)")
    op.execute("""
        CREATE TABLE compute_pools (
            name text COLLATE "C" NOT NULL,
            label text NOT NULL,
            -- Cameras under this division code are the pool's; the longest code that fits wins.
            region text COLLATE "C" NOT NULL,
            -- Most that its cameras may use of its own cores; empty: all.
            quota real CONSTRAINT ck_compute_pools_quota CHECK (quota >= 0),
            version integer NOT NULL DEFAULT 1,
            updated_at timestamptz NOT NULL,
            updated_by text NOT NULL,
            CONSTRAINT pk_compute_pools PRIMARY KEY (name),
            CONSTRAINT uq_compute_pools_region UNIQUE (region)
        )
    """)
    op.execute("""
        CREATE TABLE compute_loans (
            id uuid NOT NULL,
            lender text COLLATE "C" NOT NULL,
            borrower text COLLATE "C" NOT NULL,
            cores real NOT NULL CONSTRAINT ck_compute_loans_cores CHECK (cores > 0),
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            words text NOT NULL,
            by_id uuid NOT NULL,
            by_name text NOT NULL,
            made_at timestamptz NOT NULL,
            taken_back_at timestamptz,
            taken_back_by text,
            CONSTRAINT pk_compute_loans PRIMARY KEY (id),
            CONSTRAINT ck_compute_loans_order CHECK (ends_at > starts_at),
            CONSTRAINT ck_compute_loans_pools CHECK (lender <> borrower)
        )
    """)
    op.execute("CREATE INDEX ix_compute_loans_ends_at ON compute_loans (ends_at)")
    op.execute("""
        CREATE TABLE scene_priorities (
            scene text COLLATE "C" NOT NULL,
            factor real NOT NULL CONSTRAINT ck_scene_priorities_factor CHECK (factor >= 0 AND factor <= 100),
            version integer NOT NULL DEFAULT 1,
            updated_at timestamptz NOT NULL,
            updated_by text NOT NULL,
            CONSTRAINT pk_scene_priorities PRIMARY KEY (scene)
        )
    """)
    # One row a pool and round: what there was, what it was used for, what was shed. Kept `budget.keep_days`.
    op.execute("""
        CREATE TABLE compute_rounds (
            at timestamptz NOT NULL,
            pool text COLLATE "C" NOT NULL,
            workers integer NOT NULL,
            capacity real NOT NULL,
            available real NOT NULL,
            used real NOT NULL,
            measured real NOT NULL,
            cameras integer NOT NULL,
            tiers jsonb NOT NULL,
            scenes integer NOT NULL,
            served integer NOT NULL,
            shed integer NOT NULL,
            value real NOT NULL,
            bound real NOT NULL,
            wanted real NOT NULL,
            price real NOT NULL,
            changed integer NOT NULL,
            seconds real NOT NULL,
            curve jsonb NOT NULL,
            CONSTRAINT pk_compute_rounds PRIMARY KEY (pool, at)
        )
    """)
    op.execute("CREATE INDEX ix_compute_rounds_at ON compute_rounds (at)")
