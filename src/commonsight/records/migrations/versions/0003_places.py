"""Tables of places/: administrative regions and what was loaded."""

from alembic import op

revision = "0003_places"
down_revision = "0002_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # COLLATE "C": byte order, so that "everything inside 4501" is one range of the index.
    op.execute("""
        CREATE TABLE regions (
            code text COLLATE "C" NOT NULL,
            name text NOT NULL,
            level smallint NOT NULL,
            parent text COLLATE "C",
            children integer NOT NULL DEFAULT 0,
            CONSTRAINT pk_regions PRIMARY KEY (code),
            CONSTRAINT ck_regions_code CHECK (code ~ '^[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$'),
            CONSTRAINT ck_regions_level CHECK (level BETWEEN 1 AND 5)
        )
    """)
    op.execute("CREATE INDEX ix_regions_parent ON regions (parent)")
    op.execute("""
        CREATE TABLE region_loads (
            source text NOT NULL,
            digest bytea NOT NULL,
            rows integer NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_region_loads PRIMARY KEY (source)
        )
    """)
