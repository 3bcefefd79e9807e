"""Tables of analyze/: what each camera is watched for, leases, observations, exports."""

from alembic import op

revision = "0006_analyze"
down_revision = "0005_gate"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        CREATE TABLE analyses (
            camera_id uuid NOT NULL,
            enabled boolean NOT NULL,
            model text,
            fps real CONSTRAINT ck_analyses_fps CHECK (fps > 0 AND fps <= 60),
            lines jsonb NOT NULL,
            zones jsonb NOT NULL,
            version integer NOT NULL DEFAULT 1,
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_analyses PRIMARY KEY (camera_id),
            CONSTRAINT fk_analyses_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id)
        )
    """)
    # Who watches a camera. The epoch rises whenever it changes hands; observations are written under it.
    op.execute("""
        CREATE TABLE analysis_leases (
            camera_id uuid NOT NULL,
            worker text NOT NULL,
            epoch bigint NOT NULL,
            until timestamptz NOT NULL,
            state jsonb NOT NULL DEFAULT '{}',
            CONSTRAINT pk_analysis_leases PRIMARY KEY (camera_id),
            CONSTRAINT fk_analysis_leases_camera_id FOREIGN KEY (camera_id)
                REFERENCES analyses (camera_id) ON DELETE CASCADE
        ) WITH (fillfactor = 50)
    """)
    op.execute("CREATE INDEX ix_analysis_leases_until ON analysis_leases (until)")
    op.execute("""
        CREATE TABLE observations (
            camera_id uuid NOT NULL,
            target text COLLATE "C" NOT NULL,
            measure text COLLATE "C" NOT NULL,
            class text COLLATE "C" NOT NULL,
            start timestamptz NOT NULL,
            seconds smallint NOT NULL,
            place text COLLATE "C" NOT NULL,
            scene text COLLATE "C" NOT NULL,
            value double precision NOT NULL,
            coverage real NOT NULL CONSTRAINT ck_observations_coverage CHECK (coverage >= 0 AND coverage <= 1),
            CONSTRAINT pk_observations PRIMARY KEY (camera_id, target, measure, class, start)
        ) PARTITION BY RANGE (start)
    """)
    op.execute("CREATE INDEX ix_observations_start_place ON observations (start, place)")
    # Catches rows of a day whose partition is not there yet, so that nothing is lost; emptied when it is made.
    op.execute("CREATE TABLE observations_default PARTITION OF observations DEFAULT")
    # A camera's crossings of a day in one row a class: totals since the start without reading every minute.
    op.execute("""
        CREATE TABLE observation_days (
            day date NOT NULL,
            camera_id uuid NOT NULL,
            class text COLLATE "C" NOT NULL,
            place text COLLATE "C" NOT NULL,
            crossings_in bigint NOT NULL,
            crossings_out bigint NOT NULL,
            since timestamptz NOT NULL,
            CONSTRAINT pk_observation_days PRIMARY KEY (day, camera_id, class)
        ) WITH (fillfactor = 50)
    """)
    op.execute("CREATE INDEX ix_observation_days_place ON observation_days (place)")
    op.execute("""
        CREATE TABLE observation_exports (
            hour timestamptz NOT NULL,
            observations bigint NOT NULL,
            exported_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_observation_exports PRIMARY KEY (hour)
        )
    """)
