"""Devices and lower platforms that reach us over GB/T 28181."""

from alembic import op

revision = "0008_gb28181"
down_revision = "0007_inspect"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        CREATE TABLE gb_devices (
            id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            name text NOT NULL,
            kind text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            platform_id uuid,
            quirks jsonb NOT NULL DEFAULT '{}'::jsonb,
            secret bytea,
            revision integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            removed_at timestamptz,
            -- What the signalling process writes: in batches, apart from what people edit above.
            version text COLLATE "C" NOT NULL DEFAULT '2.0',
            zone text,
            transport text,
            host text,
            port integer,
            charset text NOT NULL DEFAULT 'GB18030',
            online boolean NOT NULL DEFAULT false,
            offline_reason text,
            registered_at timestamptz,
            expires_at timestamptz,
            keepalive_at timestamptz,
            manufacturer text,
            model text,
            firmware text,
            clock_difference double precision,
            clock_checked_at timestamptz,
            CONSTRAINT pk_gb_devices PRIMARY KEY (id),
            CONSTRAINT uq_gb_devices_code UNIQUE (code),
            CONSTRAINT fk_gb_devices_platform_id FOREIGN KEY (platform_id) REFERENCES platforms (id),
            CONSTRAINT ck_gb_devices_code CHECK (code ~ '^[0-9]{20}$'),
            CONSTRAINT ck_gb_devices_kind CHECK (kind IN ('device', 'platform')),
            CONSTRAINT ck_gb_devices_transport CHECK (transport IN ('udp', 'tcp')),
            CONSTRAINT ck_gb_devices_port CHECK (port BETWEEN 1 AND 65535)
        ) WITH (fillfactor = 70)
    """)
    # Keepalives rewrite rows all day: no index on what they touch, so that the new version stays on its page.
    op.execute("CREATE INDEX ix_gb_devices_region_name ON gb_devices (region, name, id) WHERE removed_at IS NULL")
    op.execute("CREATE INDEX ix_gb_devices_name ON gb_devices (name, id) WHERE removed_at IS NULL")
    op.execute("""
        CREATE TABLE gb_subscriptions (
            device_id uuid NOT NULL,
            event text COLLATE "C" NOT NULL,
            expires_seconds integer NOT NULL,
            interval_seconds integer,
            state text COLLATE "C" NOT NULL DEFAULT 'waiting',
            dialog jsonb,
            failures integer NOT NULL DEFAULT 0,
            error text,
            renewed_at timestamptz,
            expires_at timestamptz,
            notified_at timestamptz,
            CONSTRAINT pk_gb_subscriptions PRIMARY KEY (device_id, event),
            CONSTRAINT fk_gb_subscriptions_device_id FOREIGN KEY (device_id) REFERENCES gb_devices (id),
            CONSTRAINT ck_gb_subscriptions_event CHECK (event IN ('catalog', 'alarm', 'position')),
            CONSTRAINT ck_gb_subscriptions_state CHECK (state IN ('waiting', 'active', 'refused'))
        )
    """)
    op.execute("""
        CREATE TABLE gb_positions (
            code text COLLATE "C" NOT NULL,
            at timestamptz NOT NULL,
            device_id uuid NOT NULL,
            lon double precision NOT NULL,
            lat double precision NOT NULL,
            speed double precision,
            direction double precision,
            altitude double precision,
            received_at timestamptz NOT NULL,
            CONSTRAINT pk_gb_positions PRIMARY KEY (device_id, code, at),
            CONSTRAINT fk_gb_positions_device_id FOREIGN KEY (device_id) REFERENCES gb_devices (id)
        )
    """)
    op.execute("CREATE INDEX ix_gb_positions_received_at ON gb_positions USING brin (received_at)")
    op.execute("""
        CREATE TABLE gb_alarms (
            id uuid NOT NULL,
            device_id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            at timestamptz NOT NULL,
            received_at timestamptz NOT NULL,
            priority smallint NOT NULL,
            method smallint NOT NULL,
            type smallint NOT NULL DEFAULT 0,
            description text NOT NULL DEFAULT '',
            lon double precision,
            lat double precision,
            fields jsonb NOT NULL DEFAULT '{}'::jsonb,
            CONSTRAINT pk_gb_alarms PRIMARY KEY (id),
            CONSTRAINT fk_gb_alarms_device_id FOREIGN KEY (device_id) REFERENCES gb_devices (id),
            -- A device repeats an alarm until it is answered: the same one is kept once.
            CONSTRAINT uq_gb_alarms_device_id_code_at_method_type UNIQUE (device_id, code, at, method, type)
        )
    """)
    op.execute("CREATE INDEX ix_gb_alarms_received_at ON gb_alarms (received_at DESC, id DESC)")
    op.execute(
        "CREATE INDEX ix_gb_alarms_device_id_code_received_at ON gb_alarms (device_id, code, received_at DESC, id DESC)"
    )
    op.execute("""
        CREATE TABLE ptz_locks (
            camera_id uuid NOT NULL,
            holder_id uuid NOT NULL,
            holder_name text NOT NULL,
            organisation text NOT NULL DEFAULT '',
            rank smallint NOT NULL,
            taken_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT pk_ptz_locks PRIMARY KEY (camera_id),
            CONSTRAINT fk_ptz_locks_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id)
        )
    """)
    op.execute("""
        CREATE TABLE gb_snapshots (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            device_id uuid NOT NULL,
            channel text COLLATE "C" NOT NULL,
            permit_id uuid NOT NULL,
            holder_id uuid NOT NULL,
            session text COLLATE "C" NOT NULL,
            key_sha256 bytea NOT NULL,
            wanted smallint NOT NULL,
            received smallint NOT NULL DEFAULT 0,
            listed smallint,
            state text COLLATE "C" NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT pk_gb_snapshots PRIMARY KEY (id),
            CONSTRAINT fk_gb_snapshots_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id),
            CONSTRAINT fk_gb_snapshots_device_id FOREIGN KEY (device_id) REFERENCES gb_devices (id),
            CONSTRAINT fk_gb_snapshots_permit_id FOREIGN KEY (permit_id) REFERENCES permits (id),
            CONSTRAINT uq_gb_snapshots_session UNIQUE (session),
            CONSTRAINT ck_gb_snapshots_state CHECK (state IN ('asked', 'done', 'partial', 'failed'))
        )
    """)
    op.execute("CREATE INDEX ix_gb_snapshots_camera_id ON gb_snapshots (camera_id, created_at DESC, id DESC)")
