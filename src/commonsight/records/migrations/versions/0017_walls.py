"""Video walls, tours and favourites of people."""

from alembic import op

revision = "0017_walls"
down_revision = "0016_recordings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # `shared_with`: the owner's organisation when they shared it. Whoever moves on does not take it to the next one.
    op.execute("""
        CREATE TABLE walls (
            id uuid NOT NULL,
            owner_id uuid NOT NULL,
            name text NOT NULL,
            shared_with uuid,
            layout jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_walls PRIMARY KEY (id),
            CONSTRAINT uq_walls_owner_id UNIQUE (owner_id, name),
            CONSTRAINT fk_walls_owner_id_people FOREIGN KEY (owner_id) REFERENCES people (id) ON DELETE CASCADE,
            CONSTRAINT fk_walls_shared_with_organisations FOREIGN KEY (shared_with) REFERENCES organisations (id)
                ON DELETE SET NULL
        )
    """)
    op.execute("CREATE INDEX ix_walls_shared_with ON walls (shared_with) WHERE shared_with IS NOT NULL")
    op.execute("""
        CREATE TABLE wall_desks (
            person_id uuid NOT NULL,
            wall_id uuid,
            layout jsonb NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT pk_wall_desks PRIMARY KEY (person_id),
            CONSTRAINT fk_wall_desks_person_id_people FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
            CONSTRAINT fk_wall_desks_wall_id_walls FOREIGN KEY (wall_id) REFERENCES walls (id) ON DELETE SET NULL
        )
    """)
    op.execute("""
        CREATE TABLE favourites (
            person_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            added_at timestamptz NOT NULL,
            CONSTRAINT pk_favourites PRIMARY KEY (person_id, camera_id),
            CONSTRAINT fk_favourites_person_id_people FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
            CONSTRAINT fk_favourites_camera_id_cameras FOREIGN KEY (camera_id) REFERENCES cameras (id)
                ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_favourites_camera_id ON favourites (camera_id)")
