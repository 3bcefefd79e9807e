"""What smart cameras recognised themselves (GA/T 1400), and cameras that came by ONVIF."""

from alembic import op

revision = "0012_viid"
down_revision = "0011_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        CREATE TABLE onvif_cameras (
            camera_id uuid NOT NULL,
            address text COLLATE "C" NOT NULL,
            profile text NOT NULL,
            snapshot_url text,
            ptz boolean NOT NULL,
            manufacturer text NOT NULL,
            model text NOT NULL,
            firmware text NOT NULL,
            serial text NOT NULL,
            added_at timestamptz NOT NULL,
            CONSTRAINT pk_onvif_cameras PRIMARY KEY (camera_id),
            CONSTRAINT fk_onvif_cameras_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_onvif_cameras_address ON onvif_cameras (address)")
    op.execute("""
        CREATE TABLE viid_devices (
            code text COLLATE "C" NOT NULL,
            name text NOT NULL,
            region text COLLATE "C" NOT NULL,
            url text,
            secret bytea,
            online boolean NOT NULL DEFAULT false,
            address text,
            registered_at timestamptz,
            online_since timestamptz,
            keepalive_at timestamptz,
            objects bigint NOT NULL DEFAULT 0,
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT pk_viid_devices PRIMARY KEY (code)
        ) WITH (fillfactor = 70)
    """)
    # Devices name cameras by codes of their own standard (type 119); whose they are, people say.
    op.execute("""
        CREATE TABLE viid_channels (
            code text COLLATE "C" NOT NULL,
            camera_id uuid NOT NULL,
            CONSTRAINT pk_viid_channels PRIMARY KEY (code),
            CONSTRAINT fk_viid_channels_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_viid_channels_camera_id ON viid_channels (camera_id)")
    # A subscription we gave a device: it sends us what falls under it until it ends.
    op.execute("""
        CREATE TABLE viid_subscriptions (
            id text COLLATE "C" NOT NULL,
            device text COLLATE "C" NOT NULL,
            kinds text[] NOT NULL,
            begins_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            state text NOT NULL,
            reason text NOT NULL DEFAULT '',
            tried_at timestamptz,
            CONSTRAINT pk_viid_subscriptions PRIMARY KEY (id),
            CONSTRAINT fk_viid_subscriptions_device FOREIGN KEY (device)
                REFERENCES viid_devices (code) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_viid_subscriptions_device ON viid_subscriptions (device)")
    # What devices sent, for some hours: it tells a repeat from something new. No foreign key to cameras: an object of
    # an unknown camera is kept and not counted.
    op.execute("""
        CREATE TABLE viid_objects (
            device text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            object text COLLATE "C" NOT NULL,
            id uuid NOT NULL,
            camera_id uuid,
            class text COLLATE "C" NOT NULL,
            seen_at timestamptz NOT NULL,
            received_at timestamptz NOT NULL,
            record jsonb NOT NULL,
            images text[] NOT NULL DEFAULT '{}',
            CONSTRAINT pk_viid_objects PRIMARY KEY (device, kind, object)
        )
    """)
    op.execute("CREATE INDEX ix_viid_objects_received_at ON viid_objects (received_at)")
    op.execute("CREATE INDEX ix_viid_objects_camera_id ON viid_objects (camera_id, seen_at, id)")
    # `told`: the value analysis has been told; -1: none yet, so that a zero is told, too.
    op.execute("""
        CREATE TABLE viid_minutes (
            camera_id uuid NOT NULL,
            start timestamptz NOT NULL,
            class text COLLATE "C" NOT NULL,
            device text COLLATE "C" NOT NULL,
            value integer NOT NULL,
            told integer NOT NULL DEFAULT -1,
            CONSTRAINT pk_viid_minutes PRIMARY KEY (camera_id, start, class)
        ) WITH (fillfactor = 50)
    """)
    op.execute("CREATE INDEX ix_viid_minutes_untold ON viid_minutes (start) WHERE told <> value")
    # What each camera is known to see, and when it last did: who is there and sees none of it counts as zero.
    op.execute("""
        CREATE TABLE viid_seen (
            camera_id uuid NOT NULL,
            class text COLLATE "C" NOT NULL,
            device text COLLATE "C" NOT NULL,
            last_at timestamptz NOT NULL,
            CONSTRAINT pk_viid_seen PRIMARY KEY (camera_id, class)
        ) WITH (fillfactor = 50)
    """)
    op.execute("CREATE INDEX ix_viid_minutes_start ON viid_minutes (start)")
    op.execute("""
        CREATE TABLE viid_alarms (
            id uuid NOT NULL,
            device text COLLATE "C" NOT NULL,
            alarm text COLLATE "C" NOT NULL,
            camera_id uuid,
            region text COLLATE "C" NOT NULL,
            title text NOT NULL,
            raised_at timestamptz NOT NULL,
            received_at timestamptz NOT NULL,
            record jsonb NOT NULL,
            CONSTRAINT pk_viid_alarms PRIMARY KEY (id),
            CONSTRAINT uq_viid_alarms_alarm UNIQUE (device, alarm)
        )
    """)
    op.execute("CREATE INDEX ix_viid_alarms_raised_at ON viid_alarms (raised_at, id)")
