"""Labels, dataset versions, candidates for a model card and what they gained."""

from alembic import op

revision = "0035_training"
down_revision = "0034_incidents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    # One labelled incident. `picture`: a file below the training pictures, "" where none may be kept. Samples outlive
    # their incidents: a dataset that was made has to stay what it was.
    op.execute("""
        CREATE TABLE training_samples (
            id uuid NOT NULL,
            incident_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            place text COLLATE "C" NOT NULL,
            scene text COLLATE "C" NOT NULL,
            incident text COLLATE "C" NOT NULL,
            label boolean NOT NULL,
            at timestamptz NOT NULL,
            first jsonb NOT NULL,
            boxes jsonb NOT NULL DEFAULT '[]'::jsonb,
            picture text COLLATE "C" NOT NULL DEFAULT '',
            sha256 text COLLATE "C" NOT NULL DEFAULT '',
            width integer NOT NULL DEFAULT 0,
            height integer NOT NULL DEFAULT 0,
            excluded boolean NOT NULL DEFAULT false,
            by_name text NOT NULL DEFAULT '',
            changed_at timestamptz NOT NULL,
            CONSTRAINT pk_training_samples PRIMARY KEY (id),
            CONSTRAINT uq_training_samples_incident UNIQUE (incident_id)
        )
    """)
    op.execute("CREATE INDEX ix_training_samples_scene ON training_samples (scene, at DESC, id DESC)")
    # A version of a dataset: which samples, in which part, and the file they were exported to.
    op.execute("""
        CREATE TABLE training_datasets (
            id uuid NOT NULL,
            number integer NOT NULL GENERATED ALWAYS AS IDENTITY,
            scene text COLLATE "C" NOT NULL,
            note text NOT NULL DEFAULT '',
            state text COLLATE "C" NOT NULL DEFAULT 'making',
            reason text COLLATE "C" NOT NULL DEFAULT '',
            counts jsonb NOT NULL DEFAULT '{}'::jsonb,
            name text COLLATE "C" NOT NULL DEFAULT '',
            bytes bigint NOT NULL DEFAULT 0,
            sha256 text COLLATE "C" NOT NULL DEFAULT '',
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT pk_training_datasets PRIMARY KEY (id),
            CONSTRAINT ck_training_datasets_state CHECK (state IN ('making', 'ready', 'failed'))
        )
    """)
    op.execute("CREATE INDEX ix_training_datasets_at ON training_datasets (at DESC, id DESC)")
    op.execute("""
        CREATE TABLE training_dataset_samples (
            dataset_id uuid NOT NULL,
            sample_id uuid NOT NULL,
            part text COLLATE "C" NOT NULL,
            label boolean NOT NULL,
            CONSTRAINT pk_training_dataset_samples PRIMARY KEY (dataset_id, sample_id),
            CONSTRAINT fk_training_dataset_samples_dataset FOREIGN KEY (dataset_id) REFERENCES training_datasets (id)
                ON DELETE CASCADE,
            CONSTRAINT fk_training_dataset_samples_sample FOREIGN KEY (sample_id) REFERENCES training_samples (id),
            CONSTRAINT ck_training_dataset_samples_part CHECK (part IN ('train', 'held'))
        )
    """)
    # `kind`: head (a filter trained here) or card (a detector trained elsewhere). `weights`: of a head. One is present.
    op.execute("""
        CREATE TABLE training_candidates (
            id uuid NOT NULL,
            kind text COLLATE "C" NOT NULL,
            scene text COLLATE "C" NOT NULL,
            dataset_id uuid NOT NULL,
            name text COLLATE "C" NOT NULL DEFAULT '',
            weights jsonb,
            metrics jsonb,
            state text COLLATE "C" NOT NULL DEFAULT 'making',
            reason text COLLATE "C" NOT NULL DEFAULT '',
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT pk_training_candidates PRIMARY KEY (id),
            CONSTRAINT fk_training_candidates_dataset FOREIGN KEY (dataset_id) REFERENCES training_datasets (id),
            CONSTRAINT ck_training_candidates_kind CHECK (kind IN ('head', 'card')),
            CONSTRAINT ck_training_candidates_state CHECK
                (state IN ('making', 'failed', 'candidate', 'present', 'former'))
        )
    """)
    op.execute("CREATE INDEX ix_training_candidates_at ON training_candidates (scene, at DESC, id DESC)")
    op.execute(
        "CREATE UNIQUE INDEX uq_training_candidates_present ON training_candidates (kind, scene) "
        "WHERE state = 'present'"
    )
    # Promotions and roll-backs. `cameras`: for a card, which cameras it was put on and what each had.
    op.execute("""
        CREATE TABLE training_promotions (
            id uuid NOT NULL,
            kind text COLLATE "C" NOT NULL,
            scene text COLLATE "C" NOT NULL,
            candidate_id uuid,
            former_id uuid,
            action text COLLATE "C" NOT NULL,
            reason text NOT NULL,
            cameras jsonb NOT NULL DEFAULT '{}'::jsonb,
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT pk_training_promotions PRIMARY KEY (id),
            CONSTRAINT ck_training_promotions_action CHECK (action IN ('promoted', 'rolled_back'))
        )
    """)
    op.execute("CREATE INDEX ix_training_promotions_at ON training_promotions (at DESC, id DESC)")
