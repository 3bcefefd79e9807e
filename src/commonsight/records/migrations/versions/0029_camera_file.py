"""The whole camera file: its fields, their history, findings of the rules, proposals and batches of repair."""

from alembic import op

revision = "0029_camera_file"
down_revision = "0028_osd"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # Fields without a column of their own, as text by code (catalog/rules/fields.toml). "" was emptied by a person.
    op.execute("ALTER TABLE cameras ADD COLUMN file jsonb NOT NULL DEFAULT '{}'::jsonb")
    op.execute("""
        ALTER TABLE units
            ADD COLUMN contact text NOT NULL DEFAULT '',
            ADD COLUMN closed_at timestamptz
    """)
    _reported()
    _image()
    _history()
    _findings()
    _repairs()


def _reported() -> None:
    # The names are those of fields.toml when this step was written; a test holds the two together.
    op.execute("""
        CREATE FUNCTION camera_file_reported(record jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
            SELECT coalesce(jsonb_object_agg(field, left(said, 300)) FILTER (WHERE said <> ''), '{}'::jsonb) FROM (
                SELECT names.field, btrim(coalesce(record ->> ('Info/' || names.name), record ->> names.name)) AS said
                FROM (VALUES
                    ('PointType', 'point_class'), ('PointCommonName', 'point_name'),
                    ('GrassrootsCode', 'grassroots_code'), ('InstallTime', 'install_time'),
                    ('ContactInfo', 'contact'), ('RecordSaveDays', 'record_days'), ('Manufacturer', 'manufacturer'),
                    ('Model', 'model'), ('MAC', 'mac'), ('IPAddress', 'ip'), ('FunctionType', 'function_type'),
                    ('EncodeType', 'encode_type'), ('PhotoelectricImagingType', 'imaging'),
                    ('CapturePositionType', 'capture_position'), ('StreamNumberList', 'streams'),
                    ('VerticalFieldAngle', 'vertical_angle'), ('IndustrialClassification', 'industry_class'),
                    ('SecurityLevelCode', 'security_level'), ('SupplyLightType', 'supply_light'),
                    ('RoomType', 'indoors'), ('Resolution', 'resolution')
                ) AS names (name, field)
            ) AS found
        $$
    """)
    # A reported value is in force until a person says otherwise; an empty report takes nothing away.
    op.execute("""
        CREATE FUNCTION camera_file_take() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN camera_file_reported(OLD.record) ELSE '{}'::jsonb END;
            taken jsonb;
        BEGIN
            SELECT jsonb_object_agg(key, value) INTO taken FROM jsonb_each(camera_file_reported(NEW.record))
            WHERE NEW.file -> key IS DISTINCT FROM value AND (NOT NEW.file ? key OR NEW.file -> key = before -> key);
            IF taken IS NOT NULL THEN
                NEW.file := NEW.file || taken;
                IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN
                    NEW.version := OLD.version + 1;
                    NEW.updated_at := now();
                END IF;
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER camera_file_take_insert BEFORE INSERT ON cameras
        FOR EACH ROW WHEN (NEW.record IS NOT NULL) EXECUTE FUNCTION camera_file_take()
    """)
    op.execute("""
        CREATE TRIGGER camera_file_take_update BEFORE UPDATE OF record ON cameras
        FOR EACH ROW WHEN (NEW.record IS DISTINCT FROM OLD.record) EXECUTE FUNCTION camera_file_take()
    """)
    # What was reported before these fields were kept is taken over now.
    op.execute("UPDATE cameras SET file = camera_file_reported(record) WHERE record IS NOT NULL")


def _image() -> None:
    # Without fields the image is what it was before, so that imports written earlier can still be undone.
    op.execute("""
        CREATE OR REPLACE FUNCTION camera_image(c cameras) RETURNS jsonb LANGUAGE sql STABLE AS $$
            SELECT jsonb_build_object('code', c.code, 'name', c.name, 'region', c.region, 'address', c.address,
                'platform_id', c.platform_id, 'unit_id', c.unit_id, 'kind', c.kind, 'sector', c.sector,
                'place', c.place, 'location', c.location, 'system', c.system, 'original', c.original, 'cell', c.cell,
                'direction', c.direction, 'field_angle', c.field_angle, 'view_distance', c.view_distance,
                'protocol', c.protocol, 'url', c.url, 'username', c.username, 'secret', c.secret, 'grams', c.grams,
                'archived_at', c.archived_at)
                || CASE WHEN c.file = '{}'::jsonb THEN '{}'::jsonb ELSE jsonb_build_object('file', c.file) END
        $$
    """)


def _history() -> None:
    # Kept by the database itself, whoever writes. Passwords are told to have changed, never what they were.
    op.execute("""
        CREATE TABLE camera_changes (
            camera_id uuid NOT NULL,
            id bigint GENERATED ALWAYS AS IDENTITY,
            at timestamptz NOT NULL,
            field text COLLATE "C" NOT NULL,
            was text,
            became text,
            source text COLLATE "C" NOT NULL,
            who text NOT NULL DEFAULT '',
            why text NOT NULL DEFAULT '',
            batch uuid,
            CONSTRAINT pk_camera_changes PRIMARY KEY (camera_id, id)
        )
    """)
    op.execute("CREATE INDEX ix_camera_changes_batch ON camera_changes (batch) WHERE batch IS NOT NULL")
    op.execute("""
        CREATE FUNCTION camera_told(c cameras) RETURNS jsonb LANGUAGE sql STABLE AS $$
            SELECT jsonb_strip_nulls(jsonb_build_object('code', c.code, 'name', c.name, 'region', c.region,
                'address', c.address, 'platform', (SELECT p.name FROM platforms AS p WHERE p.id = c.platform_id),
                'management_unit', (SELECT u.name FROM units AS u WHERE u.id = c.unit_id), 'kind', c.kind,
                'sector', c.sector, 'place', c.place, 'point', c.original[0] || ',' || c.original[1],
                'system', c.system, 'direction', c.direction, 'field_angle', c.field_angle,
                'view_distance', c.view_distance, 'url', c.url, 'username', c.username,
                'archived', CASE WHEN c.archived_at IS NULL THEN NULL ELSE 'true' END) || c.file)
        $$
    """)
    op.execute("""
        CREATE FUNCTION camera_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            said jsonb := coalesce(nullif(current_setting('commonsight.change', true), ''), '{}')::jsonb;
        BEGIN
            INSERT INTO camera_changes (camera_id, at, field, was, became, source, who, why, batch)
            SELECT NEW.id, coalesce((said ->> 'at')::timestamptz, now()), coalesce(o.key, n.key), o.value, n.value,
                coalesce(said ->> 'source', 'system'), coalesce(said ->> 'who', ''), coalesce(said ->> 'why', ''),
                (said ->> 'batch')::uuid
            FROM jsonb_each_text(camera_told(OLD)) AS o FULL JOIN jsonb_each_text(camera_told(NEW)) AS n USING (key)
            WHERE o.value IS DISTINCT FROM n.value ORDER BY 3;
            IF OLD.secret IS DISTINCT FROM NEW.secret THEN
                INSERT INTO camera_changes (camera_id, at, field, source, who, why, batch)
                VALUES (NEW.id, coalesce((said ->> 'at')::timestamptz, now()), 'password',
                    coalesce(said ->> 'source', 'system'), coalesce(said ->> 'who', ''), coalesce(said ->> 'why', ''),
                    (said ->> 'batch')::uuid);
            END IF;
            RETURN NULL;
        END $$
    """)
    columns = (
        "code, name, region, address, platform_id, unit_id, kind, sector, place, system, direction, field_angle, "
        "view_distance, url, username, secret, file, archived_at"
    )
    old, new = (", ".join(f"{row}.{column.strip()}" for column in columns.split(",")) for row in ("OLD", "NEW"))
    op.execute(f"""
        CREATE TRIGGER camera_changed AFTER UPDATE OF {columns}, original ON cameras FOR EACH ROW
        WHEN (({old}, OLD.original::text) IS DISTINCT FROM ({new}, NEW.original::text))
        EXECUTE FUNCTION camera_changed()
    """)


def _findings() -> None:
    # Degrees as a platform reports them, wherever they lie: swapped and zero ones are no places, but are to be told.
    op.execute("""
        CREATE FUNCTION record_degrees(record jsonb, field text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
            SELECT CASE WHEN btrim(record ->> field) ~ '^-?[0-9]{1,3}([.][0-9]{1,15})?$'
                THEN btrim(record ->> field)::float8 END
        $$
    """)
    # What was checked: the version of the camera, so that the next look takes only those that changed since.
    op.execute("""
        CREATE TABLE record_checks (
            camera_id uuid NOT NULL,
            version integer NOT NULL,
            at timestamptz NOT NULL,
            point_class text COLLATE "C" NOT NULL DEFAULT '',
            mandatory smallint NOT NULL,
            missing smallint NOT NULL,
            wrong smallint NOT NULL,
            CONSTRAINT pk_record_checks PRIMARY KEY (camera_id)
        ) WITH (fillfactor = 80)
    """)
    # `twin`: the other camera a finding is about; when that one changes, this one is looked at again.
    op.execute("""
        CREATE TABLE record_findings (
            camera_id uuid NOT NULL,
            rule text COLLATE "C" NOT NULL,
            field text COLLATE "C" NOT NULL,
            value text NOT NULL,
            expected text NOT NULL,
            twin uuid,
            at timestamptz NOT NULL,
            CONSTRAINT pk_record_findings PRIMARY KEY (camera_id, rule, field)
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX ix_record_findings_rule ON record_findings (rule, camera_id, field)")
    op.execute("CREATE INDEX ix_record_findings_field ON record_findings (field, camera_id, rule)")
    op.execute("CREATE INDEX ix_record_findings_twin ON record_findings (twin) WHERE twin IS NOT NULL")
    op.execute("""
        CREATE TABLE record_runs (
            id uuid NOT NULL,
            asked_by text NOT NULL,
            rules text NOT NULL,
            asked_at timestamptz NOT NULL,
            started_at timestamptz,
            ended_at timestamptz,
            total integer,
            done integer NOT NULL DEFAULT 0,
            findings integer,
            CONSTRAINT pk_record_runs PRIMARY KEY (id)
        )
    """)
    # `auto`: certain repairs of this rule are applied without asking, because a person said so.
    op.execute("""
        CREATE TABLE record_switches (
            rule text COLLATE "C" NOT NULL,
            auto boolean NOT NULL,
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT pk_record_switches PRIMARY KEY (rule)
        )
    """)
    live = "archived_at IS NULL"
    op.execute(f"CREATE INDEX ix_cameras_url ON cameras (md5(url)) WHERE {live} AND url IS NOT NULL")
    op.execute(f"CREATE INDEX ix_cameras_mac ON cameras ((file ->> 'mac')) WHERE {live} AND file ? 'mac'")
    op.execute(f"CREATE INDEX ix_cameras_pole ON cameras ((file ->> 'pole')) WHERE {live} AND file ? 'pole'")
    op.execute(f"""
        CREATE INDEX ix_cameras_maintenance ON cameras ((file ->> 'maintenance_unit'))
        WHERE {live} AND file ? 'maintenance_unit'
    """)


def _repairs() -> None:
    op.execute("""
        CREATE TABLE record_proposals (
            camera_id uuid NOT NULL,
            field text COLLATE "C" NOT NULL,
            rule text COLLATE "C" NOT NULL,
            id uuid NOT NULL,
            was text NOT NULL,
            becomes text NOT NULL,
            reason text COLLATE "C" NOT NULL,
            source text NOT NULL DEFAULT '',
            confidence real NOT NULL,
            certain boolean NOT NULL,
            refused_at timestamptz,
            refused_by text,
            at timestamptz NOT NULL,
            CONSTRAINT pk_record_proposals PRIMARY KEY (camera_id, field, rule),
            CONSTRAINT uq_record_proposals_id UNIQUE (id)
        )
    """)
    op.execute("CREATE INDEX ix_record_proposals_rule ON record_proposals (rule, id) WHERE refused_at IS NULL")
    op.execute("""
        CREATE TABLE record_batches (
            id uuid NOT NULL,
            state text COLLATE "C" NOT NULL,
            by_name text NOT NULL,
            why text NOT NULL,
            regions text[] NOT NULL,
            total integer NOT NULL,
            applied integer NOT NULL DEFAULT 0,
            conflicts integer NOT NULL DEFAULT 0,
            undone integer NOT NULL DEFAULT 0,
            kept integer NOT NULL DEFAULT 0,
            made_at timestamptz NOT NULL,
            ended_at timestamptz,
            undone_at timestamptz,
            undone_by text,
            CONSTRAINT pk_record_batches PRIMARY KEY (id),
            CONSTRAINT ck_record_batches_state CHECK (state IN ('applying', 'applied', 'undoing', 'undone'))
        )
    """)
    op.execute("CREATE INDEX ix_record_batches_made_at ON record_batches (made_at DESC, id DESC)")
    # `outcome`: 0 waiting, 1 applied, 2 conflict: no longer what was looked at, 3 undone, 4 kept: changed since.
    op.execute("""
        CREATE TABLE record_batch_items (
            batch_id uuid NOT NULL,
            number integer NOT NULL,
            camera_id uuid NOT NULL,
            field text COLLATE "C" NOT NULL,
            rule text COLLATE "C" NOT NULL,
            was text NOT NULL,
            becomes text NOT NULL,
            reason text COLLATE "C" NOT NULL,
            before jsonb,
            outcome smallint NOT NULL DEFAULT 0,
            CONSTRAINT pk_record_batch_items PRIMARY KEY (batch_id, number),
            CONSTRAINT fk_record_batch_items_batch_id FOREIGN KEY (batch_id) REFERENCES record_batches (id)
        )
    """)
