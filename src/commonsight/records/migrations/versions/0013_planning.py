"""Planned points and what was saved."""

from alembic import op

revision = "0013_planning"
down_revision = "0012_viid"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # `evidence`: the coverage as it was when the decision was made, so that a saving can be checked later.
    op.execute("""
        CREATE TABLE planned_points (
            id uuid NOT NULL,
            name text NOT NULL,
            region text COLLATE "C" NOT NULL,
            location point NOT NULL,
            direction real NOT NULL,
            field_angle real NOT NULL,
            view_distance real NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'planned',
            cost numeric(14, 2),
            note text NOT NULL DEFAULT '',
            by_id uuid,
            by_name text NOT NULL,
            organisation text NOT NULL DEFAULT '',
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            version integer NOT NULL DEFAULT 1,
            decided_at timestamptz,
            decided_by text,
            reason text,
            evidence jsonb,
            CONSTRAINT pk_planned_points PRIMARY KEY (id),
            CONSTRAINT ck_planned_points_state CHECK (state IN ('planned', 'built', 'saved', 'withdrawn')),
            CONSTRAINT ck_planned_points_decided CHECK ((state = 'planned') = (decided_at IS NULL)),
            CONSTRAINT ck_planned_points_cost CHECK (cost >= 0)
        )
    """)
    op.execute("CREATE INDEX ix_planned_points_created_at ON planned_points (created_at DESC, id DESC)")
    op.execute("CREATE INDEX ix_planned_points_decided_at ON planned_points (state, decided_at DESC, id DESC)")
    # Most cameras see less far than this; the few others are looked for farther around a planned point.
    op.execute(
        "CREATE INDEX ix_cameras_far ON cameras USING gist (location) WHERE view_distance > 300 AND archived_at IS NULL"
    )
