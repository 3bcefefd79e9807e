"""Indicators by day, and what is made of them."""

from alembic import op

revision = "0031_indicators"
down_revision = "0030_maintenance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # One row a day, scope and indicator. `scope`: of the kind; `region`: the region itself, or the city within which
    # the scope was counted (their sum is the scope). `indicator`: its code, with `.variant` unless it is the usual one.
    op.execute("""
        CREATE TABLE indicator_days (
            day date NOT NULL,
            scope_kind text COLLATE "C" NOT NULL,
            scope text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            indicator text COLLATE "C" NOT NULL,
            numerator bigint NOT NULL,
            denominator bigint NOT NULL,
            unknown bigint NOT NULL,
            exempt integer NOT NULL,
            CONSTRAINT pk_indicator_days PRIMARY KEY (scope_kind, scope, region, indicator, day),
            CONSTRAINT ck_indicator_days_counts CHECK (numerator BETWEEN 0 AND denominator AND unknown >= 0)
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX ix_indicator_days_day ON indicator_days (day, scope_kind, indicator, region)")
    # When a day was last counted, and how long that took.
    op.execute("""
        CREATE TABLE indicator_runs (
            day date NOT NULL,
            as_of timestamptz NOT NULL,
            cameras integer NOT NULL,
            milliseconds integer NOT NULL,
            CONSTRAINT pk_indicator_runs PRIMARY KEY (day)
        )
    """)
    # Each full hour's counts, for as long as its day is not over: the mean of the hours is the day's.
    op.execute("""
        CREATE TABLE indicator_hours (
            hour timestamptz NOT NULL,
            scope_kind text COLLATE "C" NOT NULL,
            scope text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            online integer NOT NULL,
            checked integer NOT NULL,
            CONSTRAINT pk_indicator_hours PRIMARY KEY (hour, scope_kind, scope, region)
        )
    """)
    # What of the last whole day's plan is on file, by camera.
    op.execute("""
        CREATE TABLE indicator_recordings (
            camera_id uuid NOT NULL,
            day date NOT NULL,
            recorded integer NOT NULL,
            missing integer NOT NULL,
            CONSTRAINT pk_indicator_recordings PRIMARY KEY (camera_id),
            CONSTRAINT ck_indicator_recordings_counts CHECK (recorded >= 0 AND missing >= 0)
        )
    """)
    # What an operator chose: the variant, and the bars it is held against.
    op.execute("""
        CREATE TABLE indicator_choices (
            indicator text COLLATE "C" NOT NULL,
            variant text COLLATE "C",
            aim double precision,
            alert double precision,
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_indicator_choices PRIMARY KEY (indicator),
            CONSTRAINT ck_indicator_choices_bars CHECK (aim > 0 AND aim <= 1 AND alert > 0 AND alert <= aim)
        )
    """)
    live = "WHERE archived_at IS NULL"
    op.execute(f"CREATE INDEX ix_cameras_unit_region ON cameras (unit_id, region, health) {live}")
