"""Recording plans, recorded segments and exports."""

from alembic import op

revision = "0016_recordings"
down_revision = "0015_grants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        CREATE TABLE recording_plans (
            id uuid NOT NULL,
            name text NOT NULL,
            cameras jsonb NOT NULL,
            scope text[] NOT NULL,
            hours jsonb NOT NULL,
            retention_days integer NOT NULL,
            quota_bytes bigint,
            priority smallint NOT NULL,
            enabled boolean NOT NULL,
            by_name text NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            version integer NOT NULL DEFAULT 1,
            deleted_at timestamptz,
            CONSTRAINT pk_recording_plans PRIMARY KEY (id),
            CONSTRAINT ck_recording_plans_retention_days CHECK (retention_days >= 30),
            CONSTRAINT ck_recording_plans_priority CHECK (priority BETWEEN 1 AND 9),
            CONSTRAINT ck_recording_plans_quota_bytes CHECK (quota_bytes > 0)
        )
    """)
    # What somebody asked to be recorded now, beside all plans.
    op.execute("""
        CREATE TABLE recording_orders (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            kind text COLLATE "C" NOT NULL,
            begins_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            reason text NOT NULL,
            by_id uuid,
            by_name text NOT NULL,
            CONSTRAINT pk_recording_orders PRIMARY KEY (id),
            CONSTRAINT ck_recording_orders_kind CHECK (kind IN ('event', 'manual')),
            CONSTRAINT ck_recording_orders_span CHECK (begins_at < ends_at)
        )
    """)
    op.execute("CREATE INDEX ix_recording_orders_ends_at ON recording_orders (ends_at)")
    # `keep_until`: of what no plan keeps; null: as long as its plan says. `least_until`: before that moment the law
    # forbids to delete it. `deleted_at`: it counts no more; `removed_at`: its file is gone, too, and that is on record.
    op.execute("""
        CREATE TABLE recordings (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            plan_id uuid,
            kind text COLLATE "C" NOT NULL,
            node text COLLATE "C" NOT NULL,
            path text COLLATE "C" NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            bytes bigint NOT NULL,
            sha256 bytea NOT NULL,
            mime text COLLATE "C" NOT NULL,
            width integer NOT NULL,
            height integer NOT NULL,
            sound boolean NOT NULL,
            least_until timestamptz NOT NULL,
            keep_until timestamptz,
            deleted_at timestamptz,
            deleted_because text COLLATE "C",
            removed_at timestamptz,
            CONSTRAINT pk_recordings PRIMARY KEY (id),
            CONSTRAINT uq_recordings_path UNIQUE (node, path),
            CONSTRAINT ck_recordings_kind CHECK (kind IN ('continuous', 'event', 'manual')),
            CONSTRAINT ck_recordings_span CHECK (starts_at < ends_at),
            CONSTRAINT ck_recordings_deleted CHECK ((deleted_at IS NULL) = (deleted_because IS NULL))
        )
    """)
    op.execute("CREATE INDEX ix_recordings_camera_id ON recordings (camera_id, starts_at) WHERE deleted_at IS NULL")
    op.execute("CREATE INDEX ix_recordings_ends_at ON recordings (node, ends_at) WHERE deleted_at IS NULL")
    op.execute("CREATE INDEX ix_recordings_plan_id ON recordings (plan_id, ends_at) WHERE deleted_at IS NULL")
    op.execute(
        "CREATE INDEX ix_recordings_removed_at ON recordings (node) WHERE deleted_at IS NOT NULL AND removed_at IS NULL"
    )
    # How each camera that should be recorded now does, as the node that records it says.
    op.execute("""
        CREATE TABLE recording_states (
            camera_id uuid NOT NULL,
            node text COLLATE "C" NOT NULL,
            plan_id uuid,
            kind text COLLATE "C" NOT NULL,
            state text COLLATE "C" NOT NULL,
            reason text COLLATE "C",
            since timestamptz NOT NULL,
            seen_at timestamptz NOT NULL,
            CONSTRAINT pk_recording_states PRIMARY KEY (camera_id)
        )
    """)
    op.execute("""
        CREATE TABLE recording_stores (
            node text COLLATE "C" NOT NULL,
            path text NOT NULL,
            used_bytes bigint NOT NULL,
            free_bytes bigint NOT NULL,
            total_bytes bigint NOT NULL,
            state text COLLATE "C" NOT NULL,
            stopped_priority smallint NOT NULL DEFAULT 0,
            seen_at timestamptz NOT NULL,
            CONSTRAINT pk_recording_stores PRIMARY KEY (node)
        )
    """)
    op.execute("""
        CREATE TABLE exports (
            id uuid NOT NULL,
            permit_id uuid NOT NULL,
            by_id uuid NOT NULL,
            viewer text NOT NULL,
            cameras uuid[] NOT NULL,
            region text COLLATE "C" NOT NULL,
            begins_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            source text COLLATE "C" NOT NULL,
            purpose_code text NOT NULL,
            purpose_text text NOT NULL,
            retrievals uuid[] NOT NULL,
            mask text,
            state text COLLATE "C" NOT NULL,
            progress real NOT NULL DEFAULT 0,
            problem jsonb,
            files jsonb NOT NULL DEFAULT '[]',
            certificate jsonb,
            asked_at timestamptz NOT NULL,
            begun_at timestamptz,
            beat_at timestamptz,
            ended_at timestamptz,
            expires_at timestamptz,
            CONSTRAINT pk_exports PRIMARY KEY (id),
            CONSTRAINT ck_exports_state CHECK (
                state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')
            ),
            CONSTRAINT ck_exports_source CHECK (source IN ('own', 'device')),
            CONSTRAINT ck_exports_done CHECK ((state = 'done') <= (certificate IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX ix_exports_asked_at ON exports (asked_at DESC, id DESC)")
    # Public halves of the keys that certificates were signed with: a certificate is checked long after its key is gone.
    op.execute("""
        CREATE TABLE signing_keys (
            public_key bytea NOT NULL,
            node text NOT NULL,
            made_at timestamptz NOT NULL,
            CONSTRAINT pk_signing_keys PRIMARY KEY (public_key)
        )
    """)
