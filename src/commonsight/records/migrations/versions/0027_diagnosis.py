"""What diagnosis finds on pictures, with thresholds, feedback and evidence."""

from alembic import op

revision = "0027_diagnosis"
down_revision = "0026_sweeps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One line a camera with what its next look needs, one a camera and item, a short history, and what people said."""
    op.execute("""
        CREATE TABLE diagnosed (
            camera_id uuid CONSTRAINT pk_diagnosed PRIMARY KEY,
            looked_at timestamptz NOT NULL,
            phase text NOT NULL,
            -- Whether anything that spoils the picture is wrong; null before the first verdict.
            intact boolean,
            -- Somebody should look again soon: a look disagreed with a verdict.
            suspect boolean NOT NULL DEFAULT false,
            fingerprint bytea,
            fingerprint_at timestamptz,
            CONSTRAINT fk_diagnosed_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE TABLE diagnoses (
            camera_id uuid NOT NULL,
            item text NOT NULL,
            state text NOT NULL CONSTRAINT ck_diagnoses_state CHECK (state IN ('unknown', 'well', 'fault')),
            score double precision NOT NULL,
            threshold double precision NOT NULL,
            -- Looks in a row that disagree with `state`.
            streak smallint NOT NULL DEFAULT 0,
            since timestamptz NOT NULL,
            at timestamptz NOT NULL,
            evidence text,
            evidence_at timestamptz,
            detail jsonb,
            CONSTRAINT pk_diagnoses PRIMARY KEY (camera_id, item),
            CONSTRAINT fk_diagnoses_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_diagnoses_faults ON diagnoses (item, since DESC, camera_id) WHERE state = 'fault'")
    op.execute("CREATE INDEX ix_diagnoses_evidence ON diagnoses (evidence_at) WHERE evidence IS NOT NULL")
    op.execute("""
        CREATE TABLE diagnosis_looks (
            camera_id uuid NOT NULL,
            at timestamptz NOT NULL,
            phase text NOT NULL,
            scores jsonb NOT NULL,
            CONSTRAINT pk_diagnosis_looks PRIMARY KEY (camera_id, at),
            CONSTRAINT fk_diagnosis_looks_camera_id FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_diagnosis_looks_at ON diagnosis_looks (at DESC)")
    # What applies is the newest change that was not undone; a null value goes back to what ships with the product.
    op.execute("""
        CREATE TABLE diagnosis_thresholds (
            id uuid CONSTRAINT pk_diagnosis_thresholds PRIMARY KEY,
            item text NOT NULL,
            kind text NOT NULL,
            phase text NOT NULL,
            value double precision,
            at timestamptz NOT NULL,
            person_id uuid NOT NULL,
            person text NOT NULL,
            note text NOT NULL DEFAULT '',
            undone_at timestamptz,
            undone_by text
        )
    """)
    op.execute("""
        CREATE INDEX ix_diagnosis_thresholds_now ON diagnosis_thresholds (item, kind, phase, at DESC)
        WHERE undone_at IS NULL
    """)
    # "This is normal here": a threshold of the camera's own, or silence until a day.
    op.execute("""
        CREATE TABLE diagnosis_feedback (
            id uuid CONSTRAINT pk_diagnosis_feedback PRIMARY KEY,
            camera_id uuid NOT NULL,
            item text NOT NULL,
            act text NOT NULL CONSTRAINT ck_diagnosis_feedback_act CHECK (act IN ('mute', 'threshold')),
            value double precision,
            until timestamptz,
            score double precision,
            at timestamptz NOT NULL,
            person_id uuid NOT NULL,
            person text NOT NULL,
            note text NOT NULL DEFAULT '',
            undone_at timestamptz,
            undone_by text,
            CONSTRAINT ck_diagnosis_feedback_value CHECK ((act = 'threshold') = (value IS NOT NULL)),
            CONSTRAINT fk_diagnosis_feedback_camera_id
                FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE INDEX ix_diagnosis_feedback_now ON diagnosis_feedback (camera_id, item, at DESC)
        WHERE undone_at IS NULL
    """)
