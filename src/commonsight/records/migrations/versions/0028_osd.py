"""What is written into the picture, clock and label as they were read; what each camera's picture is held against."""

from alembic import op

revision = "0028_osd"
down_revision = "0027_diagnosis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One line a camera with the last reading; versions of references, of which one a phase is in force."""
    op.execute("""
        CREATE TABLE osd_readings (
            camera_id uuid CONSTRAINT pk_osd_readings PRIMARY KEY,
            at timestamptz NOT NULL,
            state text NOT NULL CONSTRAINT ck_osd_readings_state CHECK (state IN ('clock', 'text', 'nothing')),
            -- Local time as the picture shows it; it has no zone.
            shown timestamp,
            date_known boolean,
            -- Seconds, camera minus true time; how far that may be off either way.
            difference double precision,
            error double precision,
            hint text,
            label text NOT NULL DEFAULT '',
            likeness double precision,
            named text NOT NULL DEFAULT '',
            lines jsonb NOT NULL,
            -- When a clock was last read, and its difference then: a night's bad look does not make it unknown.
            clock_at timestamptz,
            clock_difference double precision,
            clock_error double precision,
            CONSTRAINT fk_osd_readings_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE TABLE camera_references (
            camera_id uuid NOT NULL,
            phase text NOT NULL,
            version integer NOT NULL,
            edges bytea,
            spread bytea,
            level real,
            looks integer NOT NULL DEFAULT 0,
            -- So many times the looks it was to be made of had nothing in common.
            restarts integer NOT NULL DEFAULT 0,
            -- A person said that the picture of its first look is right.
            vouched boolean NOT NULL DEFAULT false,
            made_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            person_id uuid,
            person text NOT NULL DEFAULT '',
            note text NOT NULL DEFAULT '',
            replaced_at timestamptz,
            -- What the last look was, held against it.
            seen_at timestamptz,
            seen jsonb,
            CONSTRAINT pk_camera_references PRIMARY KEY (camera_id, phase, version),
            CONSTRAINT fk_camera_references_camera_id
                FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_camera_references_now ON camera_references (camera_id, phase)
        WHERE replaced_at IS NULL
    """)
