"""Scenes on cameras: the way to the ground, setups, changes that can be undone."""

from alembic import op

revision = "0033_scenes"
down_revision = "0032_assessment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Scenes and ground of a camera's document; changes over several cameras with what they replaced."""
    op.execute("""
        ALTER TABLE analyses
            ADD COLUMN scenes jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN ground jsonb NOT NULL DEFAULT '[]',
            -- What has switched it on for a time ("deployment:…"); it is switched off again when that ends.
            ADD COLUMN enabled_by text
    """)
    op.execute("""
        CREATE TABLE scene_changes (
            id uuid NOT NULL,
            at timestamptz NOT NULL,
            by_id uuid NOT NULL,
            by_name text NOT NULL,
            pack_name text NOT NULL,
            pack_sha256 text NOT NULL,
            undone_at timestamptz,
            undone_by_name text,
            CONSTRAINT pk_scene_changes PRIMARY KEY (id)
        )
    """)
    op.execute("""
        CREATE TABLE scene_change_cameras (
            change_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            -- The document as it was, null where there was none, and the version the change made of it.
            before jsonb,
            version integer NOT NULL,
            undone boolean,
            CONSTRAINT pk_scene_change_cameras PRIMARY KEY (change_id, camera_id),
            CONSTRAINT fk_scene_change_cameras_change_id FOREIGN KEY (change_id)
                REFERENCES scene_changes (id) ON DELETE CASCADE,
            CONSTRAINT fk_scene_change_cameras_camera_id FOREIGN KEY (camera_id)
                REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    # A setup tried on live pictures for some seconds: what it saw, for who tried it.
    op.execute("""
        CREATE TABLE scene_tries (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            holder_id uuid NOT NULL,
            permit_id uuid NOT NULL,
            document jsonb NOT NULL,
            seconds real NOT NULL,
            state text NOT NULL CONSTRAINT ck_scene_tries_state
                CHECK (state IN ('queued', 'running', 'done', 'failed', 'stopped')),
            result jsonb NOT NULL DEFAULT '{}',
            problem jsonb,
            asked_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT pk_scene_tries PRIMARY KEY (id),
            CONSTRAINT fk_scene_tries_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_scene_tries_holder_id_asked_at ON scene_tries (holder_id, asked_at)")
    # Where a scene is used is asked for the list of scenes: by code, over all documents.
    op.execute("CREATE INDEX ix_analyses_scenes ON analyses USING gin (scenes jsonb_path_ops)")
    op.execute("CREATE INDEX ix_scene_changes_at_id ON scene_changes (at, id)")
