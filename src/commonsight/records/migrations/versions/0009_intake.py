"""What lower platforms report: records, groups, syncs."""

from alembic import op

revision = "0009_intake"
down_revision = "0008_gb28181"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # `record`: every field as it was reported, under the names it was reported with. Columns hold what is in force.
    op.execute("""
        ALTER TABLE cameras
            ADD COLUMN record jsonb,
            ADD COLUMN reported_code text COLLATE "C",
            ADD COLUMN vanished_at timestamptz
    """)
    op.execute(
        "CREATE INDEX ix_cameras_vanished ON cameras (vanished_at, id)"
        " WHERE vanished_at IS NOT NULL AND archived_at IS NULL"
    )
    # Where reports come from. The id is the device's; the file knows no more of devices than this.
    op.execute("""
        CREATE TABLE intake_sources (
            id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            name text NOT NULL,
            region text COLLATE "C" NOT NULL,
            platform_id uuid,
            protocol text COLLATE "C" NOT NULL,
            url_prefix text COLLATE "C" NOT NULL,
            system text NOT NULL DEFAULT 'WGS-84',
            CONSTRAINT pk_intake_sources PRIMARY KEY (id),
            CONSTRAINT fk_intake_sources_platform_id FOREIGN KEY (platform_id) REFERENCES platforms (id)
        )
    """)
    _syncs()
    _channels()
    _groups()
    _archives()


def _syncs() -> None:
    op.execute("""
        CREATE TABLE syncs (
            id uuid NOT NULL,
            source_id uuid NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'asked',
            reason text COLLATE "C" NOT NULL,
            asked_by text,
            cancel boolean NOT NULL DEFAULT false,
            -- What was collected; written by the signalling process.
            attempt integer NOT NULL DEFAULT 0,
            expected integer,
            received integer NOT NULL DEFAULT 0,
            repeated integer NOT NULL DEFAULT 0,
            pages integer NOT NULL DEFAULT 0,
            unreadable integer NOT NULL DEFAULT 0,
            asked_at timestamptz NOT NULL,
            started_at timestamptz,
            heard_at timestamptz,
            due_at timestamptz,
            collected_at timestamptz,
            -- What became of it in the file; written by whoever files.
            filed integer NOT NULL DEFAULT 0,
            added integer NOT NULL DEFAULT 0,
            changed integer NOT NULL DEFAULT 0,
            returned integer NOT NULL DEFAULT 0,
            deleted integer NOT NULL DEFAULT 0,
            vanished integer NOT NULL DEFAULT 0,
            cameras integer,
            ended_at timestamptz,
            findings jsonb NOT NULL DEFAULT '[]'::jsonb,
            CONSTRAINT pk_syncs PRIMARY KEY (id),
            CONSTRAINT fk_syncs_source_id FOREIGN KEY (source_id) REFERENCES intake_sources (id),
            CONSTRAINT ck_syncs_state CHECK
                (state IN ('asked', 'waiting', 'collecting', 'filing', 'complete', 'incomplete', 'cancelled'))
        ) WITH (fillfactor = 50)
    """)
    op.execute("CREATE UNIQUE INDEX uq_syncs_open ON syncs (source_id) WHERE ended_at IS NULL")
    op.execute("CREATE INDEX ix_syncs_asked_at ON syncs (asked_at DESC, id DESC)")
    op.execute("CREATE INDEX ix_syncs_source_asked_at ON syncs (source_id, asked_at DESC, id DESC)")
    # What came and is not filed yet, in the order it came.
    op.execute("""
        CREATE TABLE intake_log (
            id bigint GENERATED ALWAYS AS IDENTITY,
            source_id uuid NOT NULL,
            sync_id uuid,
            at timestamptz NOT NULL,
            event text COLLATE "C" NOT NULL DEFAULT '',
            code text COLLATE "C" NOT NULL,
            fields json,
            CONSTRAINT pk_intake_log PRIMARY KEY (source_id, id)
        )
    """)


def _channels() -> None:
    # Everything a device ever reported, one row an identifier: cameras, and what they hang in.
    op.execute("""
        CREATE TABLE gb_channels (
            device_id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            camera_id uuid,
            name text NOT NULL DEFAULT '',
            parent text COLLATE "C",
            record jsonb,
            record_hash bigint,
            record_at timestamptz,
            -- What intake itself wrote into the camera's columns: a column that differs was edited by a person.
            filed jsonb,
            status text COLLATE "C",
            status_at timestamptz,
            hint_at timestamptz,
            event_at timestamptz,
            deleted_at timestamptz,
            vanished_at timestamptz,
            seen_sync uuid,
            CONSTRAINT pk_gb_channels PRIMARY KEY (device_id, code),
            CONSTRAINT fk_gb_channels_device_id FOREIGN KEY (device_id) REFERENCES intake_sources (id),
            CONSTRAINT fk_gb_channels_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id),
            CONSTRAINT ck_gb_channels_kind CHECK
                (kind IN ('camera', 'group', 'organisation', 'region', 'device', 'other', 'unknown'))
        ) WITH (fillfactor = 70)
    """)
    op.execute("CREATE UNIQUE INDEX uq_gb_channels_camera_id ON gb_channels (camera_id)")


def _groups() -> None:
    # Business groups and virtual organisations. `parent` is another group of the same source; null: at the top.
    op.execute("""
        CREATE TABLE camera_groups (
            source_id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            name text NOT NULL,
            parent text COLLATE "C",
            vanished_at timestamptz,
            deleted_at timestamptz,
            CONSTRAINT pk_camera_groups PRIMARY KEY (source_id, code),
            CONSTRAINT fk_camera_groups_source_id FOREIGN KEY (source_id) REFERENCES intake_sources (id),
            CONSTRAINT ck_camera_groups_kind CHECK (kind IN ('group', 'organisation'))
        )
    """)
    op.execute("CREATE INDEX ix_camera_groups_parent ON camera_groups (source_id, parent)")
    # A camera may be reported before its group: membership names the code, not the row.
    op.execute("""
        CREATE TABLE camera_group_members (
            source_id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            camera_id uuid NOT NULL,
            CONSTRAINT pk_camera_group_members PRIMARY KEY (source_id, code, camera_id),
            CONSTRAINT fk_camera_group_members_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id)
        )
    """)
    op.execute("CREATE INDEX ix_camera_group_members_camera_id ON camera_group_members (camera_id)")


def _archives() -> None:
    # Vanished cameras that were archived together, so that they can be brought back together.
    op.execute("""
        CREATE TABLE vanished_archives (
            id uuid NOT NULL,
            at timestamptz NOT NULL,
            by_name text,
            cameras uuid[] NOT NULL,
            undone_at timestamptz,
            CONSTRAINT pk_vanished_archives PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_vanished_archives_at ON vanished_archives (at DESC, id DESC)")
