"""Tables of catalog/: cameras, platforms, organisations, and the counts kept in step with them."""

from alembic import op

revision = "0004_catalog"
down_revision = "0003_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        CREATE TABLE platforms (
            id uuid NOT NULL,
            code text COLLATE "C",
            name text NOT NULL,
            region text COLLATE "C" NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_platforms PRIMARY KEY (id),
            CONSTRAINT uq_platforms_code UNIQUE (code)
        )
    """)
    op.execute("""
        CREATE TABLE units (
            id uuid NOT NULL,
            name text NOT NULL,
            region text COLLATE "C" NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_units PRIMARY KEY (id),
            CONSTRAINT uq_units_name UNIQUE (name)
        )
    """)
    op.execute("""
        CREATE TABLE cameras (
            id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            address text NOT NULL DEFAULT '',
            platform_id uuid,
            unit_id uuid,
            kind text COLLATE "C" NOT NULL DEFAULT 'unknown',
            sector text COLLATE "C" NOT NULL DEFAULT 'other',
            location point,
            system text NOT NULL DEFAULT 'WGS-84',
            original point,
            cell bigint NOT NULL DEFAULT 0,
            health smallint NOT NULL DEFAULT 0,
            health_at timestamptz,
            protocol text,
            url text,
            username text,
            secret bytea,
            has_source boolean GENERATED ALWAYS AS (url IS NOT NULL) STORED,
            analysis boolean NOT NULL DEFAULT false,
            demo boolean NOT NULL DEFAULT false,
            grams integer[] NOT NULL,
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            archived_at timestamptz,
            CONSTRAINT pk_cameras PRIMARY KEY (id),
            CONSTRAINT uq_cameras_code UNIQUE (code),
            CONSTRAINT fk_cameras_platform_id FOREIGN KEY (platform_id) REFERENCES platforms (id),
            CONSTRAINT fk_cameras_unit_id FOREIGN KEY (unit_id) REFERENCES units (id),
            CONSTRAINT ck_cameras_code CHECK (code ~ '^[0-9]{20}$'),
            CONSTRAINT ck_cameras_health CHECK (health BETWEEN 0 AND 3)
        )
    """)
    # The orders a list is read in. A region's own order has its own index, because names begin with the region's name:
    # walking the whole order by name until one region begins would read most of the table.
    live = "WHERE archived_at IS NULL"
    op.execute(f"CREATE INDEX ix_cameras_name ON cameras (name, id) {live}")
    op.execute(f"CREATE INDEX ix_cameras_city_name ON cameras (left(region, 4), name, id) {live}")
    op.execute(f"CREATE INDEX ix_cameras_city_code ON cameras (left(region, 4), code) {live}")
    never = "coalesce(health_at, '-infinity')"
    op.execute(f"CREATE INDEX ix_cameras_city_health_at ON cameras (left(region, 4), {never}, id) {live}")
    op.execute(f"CREATE INDEX ix_cameras_county_name ON cameras (left(region, 6), name, id) {live}")
    op.execute(f"CREATE INDEX ix_cameras_health_name ON cameras (health, name, id) {live}")
    op.execute(f"CREATE INDEX ix_cameras_platform_name ON cameras (platform_id, name, id) {live}")
    op.execute(f"CREATE INDEX ix_cameras_health_at ON cameras ({never}, id) {live}")
    # Everything that is counted, without touching the rows.
    op.execute(f"CREATE INDEX ix_cameras_facets ON cameras (region, cell, health, kind, sector, platform_id) {live}")
    # Search in names and addresses; see catalog/search.py for what a gram is. New rows wait in a pending list, which
    # makes loading five times as fast; its bound keeps what a search reads besides the index to some milliseconds.
    op.execute(
        f"CREATE INDEX ix_cameras_grams ON cameras USING gin (grams) WITH (gin_pending_list_limit = 2048) {live}"
    )
    op.execute(
        "CREATE INDEX ix_cameras_location ON cameras USING gist (location)"
        f" INCLUDE (id, health, region, kind, sector, platform_id) {live}"
    )
    # Marks that most cameras share: equal keys take next to no room, and the rare side is found at once.
    for mark in ("has_source", "analysis", "demo"):
        op.execute(f"CREATE INDEX ix_cameras_{mark} ON cameras ({mark}) {live}")
    op.execute("CREATE INDEX ix_cameras_archived ON cameras (name, id) WHERE archived_at IS NOT NULL")
    op.execute("CREATE SEQUENCE camera_serials MAXVALUE 999999 CYCLE")
    _counts()


def _counts() -> None:
    """Counts by region and density cell, kept by the database itself, whoever writes the cameras."""
    op.execute("""
        CREATE TABLE camera_counts (
            region text COLLATE "C" NOT NULL,
            cell bigint NOT NULL,
            total integer NOT NULL DEFAULT 0,
            works integer NOT NULL DEFAULT 0,
            bad integer NOT NULL DEFAULT 0,
            offline integer NOT NULL DEFAULT 0,
            unknown integer NOT NULL DEFAULT 0,
            CONSTRAINT pk_camera_counts PRIMARY KEY (region, cell)
        ) WITH (fillfactor = 60)
    """)
    # Rows are taken in key order, so that two writers wait for each other instead of deadlocking.
    op.execute("""
        CREATE FUNCTION camera_counts_apply() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            source text := CASE TG_OP
                WHEN 'INSERT' THEN 'SELECT region, cell, health, 1 AS sign FROM gained WHERE archived_at IS NULL'
                WHEN 'DELETE' THEN 'SELECT region, cell, health, -1 AS sign FROM lost WHERE archived_at IS NULL'
                ELSE 'SELECT region, cell, health, 1 AS sign FROM gained WHERE archived_at IS NULL UNION ALL '
                     'SELECT region, cell, health, -1 AS sign FROM lost WHERE archived_at IS NULL'
            END;
        BEGIN
            EXECUTE format($q$
                INSERT INTO camera_counts AS kept (region, cell, total, works, bad, offline, unknown)
                SELECT region, cell, total, works, bad, offline, unknown FROM (
                    SELECT region, cell,
                        coalesce(sum(sign), 0) AS total,
                        coalesce(sum(sign) FILTER (WHERE health = 1), 0) AS works,
                        coalesce(sum(sign) FILTER (WHERE health = 2), 0) AS bad,
                        coalesce(sum(sign) FILTER (WHERE health = 3), 0) AS offline,
                        coalesce(sum(sign) FILTER (WHERE health = 0), 0) AS unknown
                    FROM (%s) AS touched GROUP BY region, cell
                ) AS change
                WHERE (total, works, bad, offline, unknown) <> (0, 0, 0, 0, 0)
                ORDER BY region, cell
                ON CONFLICT (region, cell) DO UPDATE SET
                    total = kept.total + excluded.total,
                    works = kept.works + excluded.works,
                    bad = kept.bad + excluded.bad,
                    offline = kept.offline + excluded.offline,
                    unknown = kept.unknown + excluded.unknown
            $q$, source);
            RETURN NULL;
        END $$
    """)
    for event, tables in (
        ("INSERT", "NEW TABLE AS gained"),
        ("UPDATE", "OLD TABLE AS lost NEW TABLE AS gained"),
        ("DELETE", "OLD TABLE AS lost"),
    ):
        op.execute(f"""
            CREATE TRIGGER camera_counts_{event.lower()} AFTER {event} ON cameras
            REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION camera_counts_apply()
        """)
