"""Needs of departments, what they were matched to, and cases published from them."""

from alembic import op

revision = "0038_demands"
down_revision = "0037_deployments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Needs of departments, what they were matched to, and cases published from them."""
    # `points`: [{"name", "at": [lon, lat]}]; `choice`: cameras as a grant chooses them; one of the two, or both.
    # `hours`: a daily window as a grant has it, null: day and night. `error_most`: relative error of the figures
    # they can live with, null: said in words only. `found`: what the platform matched, as it stood at `matched_at`.
    # `cameras`: those an operator accepted.
    op.execute("""
        CREATE TABLE demands (
            id uuid NOT NULL,
            number integer GENERATED ALWAYS AS IDENTITY,
            title text NOT NULL,
            scene text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            points jsonb NOT NULL DEFAULT '[]'::jsonb,
            choice jsonb NOT NULL DEFAULT '{}'::jsonb,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz,
            hours jsonb,
            error_most real,
            reason text NOT NULL,
            contact text NOT NULL DEFAULT '',
            state text COLLATE "C" NOT NULL DEFAULT 'filed',
            by_id uuid NOT NULL,
            by_name text NOT NULL,
            unit text NOT NULL DEFAULT '',
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            found jsonb,
            matched_at timestamptz,
            settings jsonb NOT NULL DEFAULT '{}'::jsonb,
            whole boolean NOT NULL DEFAULT false,
            decided_at timestamptz,
            decided_by text NOT NULL DEFAULT '',
            decided_words text NOT NULL DEFAULT '',
            running_at timestamptz,
            stopped_at timestamptz,
            benefit jsonb,
            mark smallint,
            review text NOT NULL DEFAULT '',
            reviewed_by text NOT NULL DEFAULT '',
            reviewed_at timestamptz,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_demands PRIMARY KEY (id),
            CONSTRAINT uq_demands_number UNIQUE (number),
            CONSTRAINT ck_demands_mark CHECK (mark BETWEEN 1 AND 5),
            CONSTRAINT ck_demands_period CHECK (ends_at IS NULL OR starts_at < ends_at),
            CONSTRAINT ck_demands_state CHECK (
                state IN ('filed', 'matched', 'accepted', 'refused', 'running', 'reviewed', 'withdrawn'))
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX ix_demands_created_at ON demands (created_at DESC, id DESC)")
    op.execute("CREATE INDEX ix_demands_live ON demands (state) WHERE state IN ('accepted', 'running')")
    # Cameras an accepted need is answered by. `reused`: the scene was there already and is left as it is.
    op.execute("""
        CREATE TABLE demand_cameras (
            demand_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            reused boolean NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'waiting',
            missing jsonb NOT NULL DEFAULT '[]'::jsonb,
            at timestamptz NOT NULL,
            CONSTRAINT pk_demand_cameras PRIMARY KEY (demand_id, camera_id),
            CONSTRAINT fk_demand_cameras_demand_id FOREIGN KEY (demand_id) REFERENCES demands (id) ON DELETE CASCADE,
            CONSTRAINT fk_demand_cameras_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE,
            CONSTRAINT ck_demand_cameras_state CHECK (state IN ('waiting', 'on', 'failed', 'leaving', 'back'))
        )
    """)
    op.execute("CREATE INDEX ix_demand_cameras_camera_id ON demand_cameras (camera_id)")
    # What a person published of a finished need, in the form of the packaged recipes. `body`: title, what, advice,
    # limits and figures.
    op.execute("""
        CREATE TABLE demand_cases (
            id uuid NOT NULL,
            demand_id uuid NOT NULL,
            scene text COLLATE "C" NOT NULL,
            body jsonb NOT NULL,
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            withdrawn_at timestamptz,
            CONSTRAINT pk_demand_cases PRIMARY KEY (id),
            CONSTRAINT uq_demand_cases_demand_id UNIQUE (demand_id),
            CONSTRAINT fk_demand_cases_demand_id FOREIGN KEY (demand_id) REFERENCES demands (id) ON DELETE CASCADE
        )
    """)
