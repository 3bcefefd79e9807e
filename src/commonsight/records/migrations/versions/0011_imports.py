"""Imports of camera files, how to undo them, and what files say about a camera beyond its address."""

from alembic import op

revision = "0011_imports"
down_revision = "0010_dialogs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        ALTER TABLE cameras
            ADD COLUMN place text COLLATE "C" NOT NULL DEFAULT 'unknown',
            ADD COLUMN direction real,
            ADD COLUMN field_angle real,
            ADD COLUMN view_distance real,
            ADD CONSTRAINT ck_cameras_direction CHECK (direction >= 0 AND direction < 360),
            ADD CONSTRAINT ck_cameras_field_angle CHECK (field_angle > 0 AND field_angle <= 360),
            ADD CONSTRAINT ck_cameras_view_distance CHECK (view_distance > 0 AND view_distance <= 5000)
    """)
    # What a lower platform reports of a camera's view is in force until a person says otherwise: a value moves with the
    # report as long as it is what the report before said. DirectionType numbers the points of the compass its own way.
    op.execute("""
        CREATE FUNCTION reported_number(record jsonb, field text, low float8, most float8) RETURNS real
        LANGUAGE sql IMMUTABLE AS $$
            SELECT CASE WHEN said ~ '^[0-9]{1,6}([.][0-9]{1,6})?$' AND said::float8 > low AND said::float8 <= most
                THEN said::real END
            FROM (SELECT coalesce(record ->> ('Info/' || field), record ->> field) AS said) AS found
        $$
    """)
    op.execute("""
        CREATE FUNCTION camera_view_reported() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            compass CONSTANT real[] := '{90,270,180,0,135,45,225,315}';
            places CONSTANT text[] :=
                '{checkpoint,government,station,square,stadium,commerce,worship,school,disorder,artery}';
            before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN OLD.record END;
            said real;
            word text;
        BEGIN
            said := compass[reported_number(before, 'DirectionType', 0, 8)::integer];
            IF NEW.direction IS NOT DISTINCT FROM said THEN
                NEW.direction := compass[reported_number(NEW.record, 'DirectionType', 0, 8)::integer];
            END IF;
            said := reported_number(before, 'HorizontalFieldAngle', 0, 360);
            IF NEW.field_angle IS NOT DISTINCT FROM said THEN
                NEW.field_angle := reported_number(NEW.record, 'HorizontalFieldAngle', 0, 360);
            END IF;
            said := reported_number(before, 'MaxViewDistance', 0, 5000);
            IF NEW.view_distance IS NOT DISTINCT FROM said THEN
                NEW.view_distance := reported_number(NEW.record, 'MaxViewDistance', 0, 5000);
            END IF;
            word := coalesce(places[reported_number(before, 'PositionType', 0, 10)::integer], 'unknown');
            IF NEW.place = word THEN
                NEW.place := coalesce(places[reported_number(NEW.record, 'PositionType', 0, 10)::integer], 'unknown');
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER camera_view_reported_insert BEFORE INSERT ON cameras
        FOR EACH ROW WHEN (NEW.record IS NOT NULL) EXECUTE FUNCTION camera_view_reported()
    """)
    op.execute("""
        CREATE TRIGGER camera_view_reported_update BEFORE UPDATE OF record ON cameras
        FOR EACH ROW WHEN (NEW.record IS DISTINCT FROM OLD.record) EXECUTE FUNCTION camera_view_reported()
    """)
    # The kind of place is counted and shown on maps like kind and sector: the two indexes that serve these carry it.
    live = "WHERE archived_at IS NULL"
    op.execute("DROP INDEX ix_cameras_facets")
    op.execute(
        f"CREATE INDEX ix_cameras_facets ON cameras (region, cell, health, kind, sector, platform_id, place) {live}"
    )
    op.execute("DROP INDEX ix_cameras_location")
    op.execute(
        "CREATE INDEX ix_cameras_location ON cameras USING gist (location)"
        f" INCLUDE (id, health, region, kind, sector, platform_id, place) {live}"
    )
    op.execute("""
        CREATE TABLE imports (
            id uuid NOT NULL,
            name text NOT NULL,
            format text NOT NULL,
            state text NOT NULL DEFAULT 'receiving',
            existing text NOT NULL,
            system text,
            rows_gone boolean NOT NULL DEFAULT false,
            by_id uuid,
            by_name text NOT NULL,
            regions text[] NOT NULL,
            may_convert boolean NOT NULL,
            loopback boolean NOT NULL,
            bytes bigint NOT NULL DEFAULT 0,
            parts integer NOT NULL DEFAULT 0,
            digest bytea,
            rows integer,
            done integer NOT NULL DEFAULT 0,
            added integer NOT NULL DEFAULT 0,
            changed integer NOT NULL DEFAULT 0,
            restored integer NOT NULL DEFAULT 0,
            same integer NOT NULL DEFAULT 0,
            refused integer NOT NULL DEFAULT 0,
            unknown_columns text[] NOT NULL DEFAULT '{}',
            problem jsonb,
            created_at timestamptz NOT NULL,
            state_at timestamptz NOT NULL,
            touched_at timestamptz NOT NULL DEFAULT now(),
            committed_at timestamptz,
            CONSTRAINT pk_imports PRIMARY KEY (id),
            CONSTRAINT ck_imports_state CHECK (state IN ('receiving', 'checking', 'checked', 'committing', 'committed',
                'undoing', 'undone', 'failed', 'discarded'))
        )
    """)
    # The file as it came, encrypted: it may hold passwords of cameras. Gone once its rows are read.
    op.execute("""
        CREATE TABLE import_parts (
            import_id uuid NOT NULL,
            number integer NOT NULL,
            sealed bytea NOT NULL,
            CONSTRAINT pk_import_parts PRIMARY KEY (import_id, number),
            CONSTRAINT fk_import_parts_import_id FOREIGN KEY (import_id) REFERENCES imports (id)
        )
    """)
    # `fields`: columns of `cameras` to write. `before`: what they held. `written`: digest of the row as written, by
    # which an undo sees whether somebody changed it since. `outcome`: 0 waiting, 1 written, 2 refused while writing,
    # 3 undone, 4 left alone by an undo.
    op.execute("""
        CREATE TABLE import_rows (
            import_id uuid NOT NULL,
            row integer NOT NULL,
            action text COLLATE "C" NOT NULL,
            camera_id uuid NOT NULL,
            base_version integer,
            fields jsonb NOT NULL,
            before jsonb,
            written text,
            outcome smallint NOT NULL DEFAULT 0,
            CONSTRAINT pk_import_rows PRIMARY KEY (import_id, row),
            CONSTRAINT fk_import_rows_import_id FOREIGN KEY (import_id) REFERENCES imports (id),
            CONSTRAINT ck_import_rows_action CHECK (action IN ('add', 'change', 'restore'))
        )
    """)
    op.execute("CREATE INDEX ix_import_rows_waiting ON import_rows (import_id, row) WHERE outcome = 0")
    op.execute("""
        CREATE TABLE import_problems (
            import_id uuid NOT NULL,
            row integer NOT NULL,
            number smallint NOT NULL,
            field text NOT NULL,
            code text NOT NULL,
            facts jsonb NOT NULL,
            CONSTRAINT pk_import_problems PRIMARY KEY (import_id, row, number),
            CONSTRAINT fk_import_problems_import_id FOREIGN KEY (import_id) REFERENCES imports (id)
        )
    """)
    # Columns people change: what an undo puts back, and what its comparison looks at. Health and analysis are others'.
    op.execute("""
        CREATE FUNCTION camera_image(c cameras) RETURNS jsonb LANGUAGE sql STABLE AS $$
            SELECT jsonb_build_object('code', c.code, 'name', c.name, 'region', c.region, 'address', c.address,
                'platform_id', c.platform_id, 'unit_id', c.unit_id, 'kind', c.kind, 'sector', c.sector,
                'place', c.place, 'location', c.location, 'system', c.system, 'original', c.original, 'cell', c.cell,
                'direction', c.direction, 'field_angle', c.field_angle, 'view_distance', c.view_distance,
                'protocol', c.protocol, 'url', c.url, 'username', c.username, 'secret', c.secret, 'grams', c.grams,
                'archived_at', c.archived_at)
        $$
    """)
    # Which cameras' coordinates were taken for another system than before, by whom, on whose word.
    op.execute("""
        CREATE TABLE camera_conversions (
            camera_id uuid NOT NULL,
            version integer NOT NULL,
            at timestamptz NOT NULL,
            by_name text NOT NULL,
            because text NOT NULL,
            from_system text NOT NULL,
            to_system text NOT NULL,
            was point NOT NULL,
            became point NOT NULL,
            CONSTRAINT pk_camera_conversions PRIMARY KEY (camera_id, version)
        )
    """)
