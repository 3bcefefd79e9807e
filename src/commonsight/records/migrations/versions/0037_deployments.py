"""Deployments (布控) with their cameras, duty people and reports."""

from alembic import op

revision = "0037_deployments"
down_revision = "0036_budget"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Deployments (布控) with their cameras, duty people and reports."""
    # `choice`: which cameras, as a grant chooses them. `scenes`: [{"scene": code, "settings": {code: value}}].
    # `shifts`: [{"person": id, "from": time, "to": time, "role": words}]. `scope`: what its author may see, which
    # nothing in it exceeds; `regions`: where its cameras are, which decides who sees it.
    # `kept`: the figures of all its days are in deployment_days.
    op.execute("""
        CREATE TABLE deployments (
            id uuid NOT NULL,
            name text NOT NULL,
            purpose text NOT NULL DEFAULT '',
            place text NOT NULL DEFAULT '',
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            scope text[] COLLATE "C" NOT NULL,
            regions text[] COLLATE "C" NOT NULL,
            choice jsonb NOT NULL,
            scenes jsonb NOT NULL,
            shifts jsonb NOT NULL DEFAULT '[]'::jsonb,
            factor real NOT NULL DEFAULT 3,
            capacity integer,
            notes text NOT NULL DEFAULT '',
            state text COLLATE "C" NOT NULL DEFAULT 'planned',
            by_id uuid NOT NULL,
            by_name text NOT NULL,
            unit text NOT NULL DEFAULT '',
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            started_at timestamptz,
            ended_at timestamptz,
            looked_at timestamptz,
            kept boolean NOT NULL DEFAULT false,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_deployments PRIMARY KEY (id),
            CONSTRAINT ck_deployments_period CHECK (starts_at < ends_at),
            CONSTRAINT ck_deployments_factor CHECK (factor >= 1),
            CONSTRAINT ck_deployments_state CHECK (state IN ('planned', 'running', 'over', 'cancelled'))
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX ix_deployments_state ON deployments (state, starts_at)")
    op.execute("CREATE INDEX ix_deployments_starts_at ON deployments (starts_at DESC, id DESC)")
    # A camera while a deployment has it. `state`: waiting (its scenes are to be put on), on, failed (nothing could be
    # put on; `missing` says what), leaving (to be taken back), back. `missing`: [{"scene", "what"}]. `sampled`: seconds
    # the platform looked whether it was watched, `watched`: those of them that it was.
    op.execute("""
        CREATE TABLE deployment_cameras (
            deployment_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'waiting',
            setups integer NOT NULL DEFAULT 0,
            sampled real NOT NULL DEFAULT 0,
            watched real NOT NULL DEFAULT 0,
            missing jsonb NOT NULL DEFAULT '[]'::jsonb,
            at timestamptz NOT NULL,
            CONSTRAINT pk_deployment_cameras PRIMARY KEY (deployment_id, camera_id),
            CONSTRAINT fk_deployment_cameras_deployment_id
                FOREIGN KEY (deployment_id) REFERENCES deployments (id) ON DELETE CASCADE,
            CONSTRAINT fk_deployment_cameras_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id)
                ON DELETE CASCADE,
            CONSTRAINT ck_deployment_cameras_state CHECK (state IN ('waiting', 'on', 'failed', 'leaving', 'back'))
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX ix_deployment_cameras_camera_id ON deployment_cameras (camera_id)")
    op.execute(
        "CREATE INDEX ix_deployment_cameras_due ON deployment_cameras (deployment_id, camera_id)"
        " WHERE state IN ('waiting', 'leaving')"
    )
    # Spans in which a camera did not work (`faulty`) or was not watched (`unwatched`), to the minute.
    op.execute("""
        CREATE TABLE deployment_spans (
            deployment_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            kind text COLLATE "C" NOT NULL,
            began_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT pk_deployment_spans PRIMARY KEY (deployment_id, camera_id, kind, began_at),
            CONSTRAINT fk_deployment_spans_deployment_id
                FOREIGN KEY (deployment_id) REFERENCES deployments (id) ON DELETE CASCADE,
            CONSTRAINT ck_deployment_spans_kind CHECK (kind IN ('faulty', 'unwatched'))
        )
    """)
    op.execute(
        "CREATE UNIQUE INDEX uq_deployment_spans_open ON deployment_spans (deployment_id, camera_id, kind)"
        " WHERE ended_at IS NULL"
    )
    # Figures of one closed day, kept because observations leave PostgreSQL after some days.
    op.execute("""
        CREATE TABLE deployment_days (
            deployment_id uuid NOT NULL,
            day date NOT NULL,
            figures jsonb NOT NULL,
            CONSTRAINT pk_deployment_days PRIMARY KEY (deployment_id, day),
            CONSTRAINT fk_deployment_days_deployment_id
                FOREIGN KEY (deployment_id) REFERENCES deployments (id) ON DELETE CASCADE
        )
    """)
    # What happened, in the words of people (`words`) or as a message code with its values (`detail`).
    op.execute("""
        CREATE TABLE deployment_log (
            id uuid NOT NULL,
            deployment_id uuid NOT NULL,
            at timestamptz NOT NULL,
            kind text COLLATE "C" NOT NULL,
            by_id uuid,
            by_name text NOT NULL DEFAULT '',
            words text NOT NULL DEFAULT '',
            detail jsonb NOT NULL DEFAULT '{}'::jsonb,
            CONSTRAINT pk_deployment_log PRIMARY KEY (id),
            CONSTRAINT fk_deployment_log_deployment_id
                FOREIGN KEY (deployment_id) REFERENCES deployments (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_deployment_log_deployment_id ON deployment_log (deployment_id, id DESC)")
