"""Areas with a capacity: gates, counts, how many were inside by the minute."""

from alembic import op

revision = "0041_areas"
down_revision = "0040_engine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # `gates`: [{"camera": id, "line": id, "inward": "in" or "out"}]. `zero`: minutes after local midnight at which
    # nobody is inside. `balance`, `drift`: what empty hours and counts taught. `level`: what was reported last.
    op.execute("""
        CREATE TABLE visitor_areas (
            id uuid NOT NULL,
            name text NOT NULL,
            region text COLLATE "C" NOT NULL,
            capacity integer NOT NULL,
            warn double precision NOT NULL,
            zero smallint,
            timezone text NOT NULL,
            gates jsonb NOT NULL,
            balance double precision NOT NULL DEFAULT 1,
            drift double precision NOT NULL DEFAULT 0.02,
            level text COLLATE "C" NOT NULL DEFAULT 'calm',
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL,
            archived_at timestamptz,
            CONSTRAINT pk_visitor_areas PRIMARY KEY (id),
            CONSTRAINT ck_visitor_areas_capacity CHECK (capacity > 0),
            CONSTRAINT ck_visitor_areas_warn CHECK (warn > 0 AND warn < 1),
            CONSTRAINT ck_visitor_areas_zero CHECK (zero >= 0 AND zero < 1440),
            CONSTRAINT ck_visitor_areas_level CHECK (level IN ('calm', 'warning', 'alarm'))
        )
    """)
    # When it was known how many are inside: the empty hour of each day, and counts by people. `thought`: what the gates
    # said at that moment.
    op.execute("""
        CREATE TABLE visitor_area_counts (
            area_id uuid NOT NULL,
            at timestamptz NOT NULL,
            kind text COLLATE "C" NOT NULL,
            count integer NOT NULL,
            thought double precision,
            by_name text NOT NULL DEFAULT '',
            note text NOT NULL DEFAULT '',
            CONSTRAINT pk_visitor_area_counts PRIMARY KEY (area_id, at),
            CONSTRAINT fk_visitor_area_counts_area_id FOREIGN KEY (area_id) REFERENCES visitor_areas (id),
            CONSTRAINT ck_visitor_area_counts_kind CHECK (kind IN ('empty', 'count')),
            CONSTRAINT ck_visitor_area_counts_count CHECK (count >= 0)
        )
    """)
    op.execute("""
        CREATE TABLE visitor_area_minutes (
            area_id uuid NOT NULL,
            at timestamptz NOT NULL,
            inside double precision NOT NULL,
            error double precision NOT NULL,
            variance double precision NOT NULL,
            gross double precision NOT NULL,
            out_gross double precision NOT NULL,
            unseen double precision NOT NULL,
            coverage double precision NOT NULL,
            into_now double precision NOT NULL,
            out_now double precision NOT NULL,
            settled boolean NOT NULL,
            CONSTRAINT pk_visitor_area_minutes PRIMARY KEY (area_id, at),
            CONSTRAINT fk_visitor_area_minutes_area_id FOREIGN KEY (area_id) REFERENCES visitor_areas (id)
        )
    """)
