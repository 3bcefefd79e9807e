"""Chosen sets of cameras, which every list, map and export takes as a filter."""

from alembic import op

revision = "0023_selections"
down_revision = "0022_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sets and their members. The members of a set go with it."""
    op.execute("""
        CREATE TABLE camera_selections (
            id uuid PRIMARY KEY,
            person_id uuid NOT NULL,
            total integer NOT NULL,
            made_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL
        );
        CREATE INDEX camera_selections_person ON camera_selections (person_id, made_at);
        CREATE TABLE camera_selection_members (
            selection_id uuid NOT NULL REFERENCES camera_selections ON DELETE CASCADE,
            camera_id uuid NOT NULL REFERENCES cameras ON DELETE CASCADE,
            PRIMARY KEY (selection_id, camera_id)
        );
        CREATE INDEX camera_selection_members_camera ON camera_selection_members (camera_id);
    """)
