"""Attributes and plates, searched through the retrieval door alone."""

from alembic import op

revision = "0039_traits"
down_revision = "0038_demands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows of who passed, apart from observations, each with the moment it has to go; searches while they run."""
    op.execute("""
        CREATE TABLE traits (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            setup text NOT NULL,
            began_at timestamptz NOT NULL,
            ended_at timestamptz NOT NULL,
            kind text NOT NULL,
            score real NOT NULL,
            box real[] NOT NULL,
            colour text,
            upper text,
            lower text,
            colour_share real NOT NULL DEFAULT 0,
            plate text COLLATE "C",
            plate_colour text,
            plate_score real NOT NULL DEFAULT 0,
            expires_at timestamptz NOT NULL,
            CONSTRAINT pk_traits PRIMARY KEY (id),
            CONSTRAINT fk_traits_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        );
        CREATE INDEX ix_traits_camera_id_began_at_id ON traits (camera_id, began_at, id);
        CREATE INDEX ix_traits_expires_at ON traits (expires_at);
        -- Plates by their beginning; collation "C" lets LIKE use it.
        CREATE INDEX ix_traits_plate ON traits (plate) WHERE plate IS NOT NULL;
        CREATE TABLE trait_searches (
            id uuid NOT NULL,
            holder_id uuid NOT NULL,
            permit_id uuid NOT NULL,
            cameras uuid[] NOT NULL,
            criteria jsonb NOT NULL,
            made_at timestamptz NOT NULL,
            CONSTRAINT pk_trait_searches PRIMARY KEY (id)
        );
        CREATE INDEX ix_trait_searches_made_at ON trait_searches (made_at);
    """)
