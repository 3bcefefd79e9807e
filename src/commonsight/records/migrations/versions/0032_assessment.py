"""Assessment from above, exemptions, monthly reports."""

from alembic import op

revision = "0032_assessment"
down_revision = "0031_indicators"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Exemptions with their cameras and history, feedback lists with their rows, reports with their versions."""
    _exemptions()
    _feedbacks()
    _reports()
    # A notice may be about something of an upper floor, which brings its own words and says where it is shown.
    op.execute("""
        ALTER TABLE notices ADD COLUMN elsewhere jsonb, DROP CONSTRAINT ck_notices_about,
            ADD CONSTRAINT ck_notices_about
                CHECK (num_nonnulls(case_id, request_id, emergency_id, elsewhere) = 1)
    """)


def _exemptions() -> None:
    op.execute("""
        CREATE TABLE exemptions (
            id uuid PRIMARY KEY,
            number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            version integer NOT NULL DEFAULT 1,
            kind text NOT NULL,
            words text NOT NULL,
            -- What was chosen by, in words of the request; the cameras themselves are the members.
            chosen jsonb NOT NULL,
            -- Counties that members lie in: who may see it is told by these.
            regions text[] COLLATE "C" NOT NULL,
            total integer NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            state text NOT NULL,
            asked_by uuid NOT NULL,
            asked_by_name text NOT NULL,
            organisation text NOT NULL,
            asked_at timestamptz NOT NULL,
            decided_by uuid,
            decided_by_name text,
            decided_words text,
            decided_at timestamptz,
            extend_to timestamptz,
            extend_words text,
            extend_by uuid,
            extend_by_name text,
            extend_at timestamptz,
            file_name text,
            file_type text,
            file_sha256 bytea,
            file_body bytea,
            CONSTRAINT ck_exemptions_state CHECK (state IN ('asked', 'approved', 'refused', 'withdrawn')),
            CONSTRAINT ck_exemptions_decided CHECK ((state = 'asked') = (decided_at IS NULL)),
            CONSTRAINT ck_exemptions_order CHECK (ends_at >= starts_at),
            CONSTRAINT ck_exemptions_four_eyes CHECK (state NOT IN ('approved', 'refused') OR decided_by <> asked_by)
        );
        CREATE INDEX ix_exemptions_state_asked_at_id ON exemptions (state, asked_at, id);
        -- Which are in force at a time is asked for every denominator.
        CREATE INDEX ix_exemptions_in_force ON exemptions (ends_at, starts_at) WHERE state = 'approved';
        CREATE TABLE exemption_members (
            exemption_id uuid NOT NULL REFERENCES exemptions ON DELETE CASCADE,
            camera_id uuid NOT NULL REFERENCES cameras ON DELETE CASCADE,
            PRIMARY KEY (exemption_id, camera_id)
        );
        CREATE INDEX ix_exemption_members_camera_id ON exemption_members (camera_id);
        CREATE TABLE exemption_events (
            id uuid PRIMARY KEY,
            exemption_id uuid NOT NULL REFERENCES exemptions ON DELETE CASCADE,
            at timestamptz NOT NULL,
            what text NOT NULL,
            by_id uuid,
            by_name text NOT NULL,
            words text NOT NULL,
            detail jsonb NOT NULL
        );
        CREATE INDEX ix_exemption_events_exemption_id_id ON exemption_events (exemption_id, id);
    """)


def _feedbacks() -> None:
    op.execute("""
        CREATE TABLE feedbacks (
            id uuid PRIMARY KEY,
            version integer NOT NULL DEFAULT 1,
            name text NOT NULL,
            format text NOT NULL,
            -- Whose list it is: an upper platform we share to, or only a name.
            upper_id uuid,
            upper_name text NOT NULL,
            indicator text NOT NULL,
            region text COLLATE "C" NOT NULL,
            default_at timestamptz,
            -- How many they assessed in all, when the list names only some of them.
            assessed integer,
            state text NOT NULL,
            state_at timestamptz NOT NULL,
            headings jsonb NOT NULL DEFAULT '[]',
            mapping jsonb NOT NULL DEFAULT '{}',
            bytes bigint NOT NULL DEFAULT 0,
            parts integer NOT NULL DEFAULT 0,
            rows integer,
            done integer NOT NULL DEFAULT 0,
            wrong integer NOT NULL DEFAULT 0,
            matched integer NOT NULL DEFAULT 0,
            reported integer NOT NULL DEFAULT 0,
            bridge jsonb,
            problem jsonb,
            by_id uuid NOT NULL,
            by_name text NOT NULL,
            scope text[] COLLATE "C" NOT NULL,
            created_at timestamptz NOT NULL,
            applied_at timestamptz,
            CONSTRAINT ck_feedbacks_state CHECK (state IN
                ('receiving', 'reading', 'read', 'applying', 'applied', 'undoing', 'undone', 'failed', 'discarded'))
        );
        CREATE INDEX ix_feedbacks_created_at_id ON feedbacks (created_at, id);
        CREATE TABLE feedback_parts (
            feedback_id uuid NOT NULL REFERENCES feedbacks ON DELETE CASCADE,
            number integer NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (feedback_id, number)
        );
        CREATE TABLE feedback_rows (
            feedback_id uuid NOT NULL REFERENCES feedbacks ON DELETE CASCADE,
            row integer NOT NULL,
            code text COLLATE "C" NOT NULL,
            name text NOT NULL,
            region text COLLATE "C" NOT NULL,
            said text NOT NULL,
            verdict text NOT NULL,
            at timestamptz,
            reason text NOT NULL,
            camera_id uuid,
            match text NOT NULL,
            confidence real NOT NULL,
            ours text NOT NULL,
            explanation text NOT NULL,
            evidence jsonb NOT NULL DEFAULT '{}',
            fault text,
            PRIMARY KEY (feedback_id, row)
        );
        CREATE INDEX ix_feedback_rows_explanation ON feedback_rows (feedback_id, explanation, row);
        CREATE INDEX ix_feedback_rows_camera_id ON feedback_rows (camera_id);
        CREATE TABLE feedback_problems (
            feedback_id uuid NOT NULL REFERENCES feedbacks ON DELETE CASCADE,
            number integer NOT NULL,
            row integer NOT NULL,
            field text NOT NULL,
            code text NOT NULL,
            facts jsonb NOT NULL,
            PRIMARY KEY (feedback_id, number)
        );
    """)


def _reports() -> None:
    op.execute("""
        CREATE TABLE reports (
            id uuid PRIMARY KEY,
            month text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            language text NOT NULL,
            version integer NOT NULL,
            unit text NOT NULL,
            state text NOT NULL,
            progress real NOT NULL DEFAULT 0,
            step text NOT NULL DEFAULT '',
            problem jsonb,
            as_of timestamptz NOT NULL,
            -- The figures the files were drawn from: the same figures give the same files again.
            figures jsonb,
            digest bytea,
            pdf bytea,
            xlsx bytea,
            note text NOT NULL DEFAULT '',
            asked_by uuid,
            asked_by_name text NOT NULL,
            asked_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT ck_reports_state CHECK (state IN ('queued', 'running', 'done', 'failed')),
            CONSTRAINT ck_reports_month CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
            CONSTRAINT uq_reports_version UNIQUE (month, region, language, version)
        );
        CREATE INDEX ix_reports_asked_at_id ON reports (asked_at, id);
    """)
