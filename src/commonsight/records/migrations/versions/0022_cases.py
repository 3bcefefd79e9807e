"""Cases that somebody must handle, and notices that tell people and programs of them."""

from alembic import op

revision = "0022_cases"
down_revision = "0021_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _cases()
    _notices()
    _subscriptions()


def _cases() -> None:
    # `number`: what people call a case by. `key`: what is the same trouble again. `scope`: what a storm is bounded by.
    # `evidence`: references to what was told, never pictures. No foreign key to cameras: a case outlives its camera.
    op.execute("""
        CREATE TABLE cases (
            id uuid NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            kind text COLLATE "C" NOT NULL,
            severity smallint NOT NULL,
            state text COLLATE "C" NOT NULL,
            subject text COLLATE "C" NOT NULL,
            words text NOT NULL DEFAULT '',
            source text COLLATE "C" NOT NULL,
            key text COLLATE "C" NOT NULL,
            scope text COLLATE "C" NOT NULL,
            camera_id uuid,
            device text COLLATE "C",
            channel text COLLATE "C",
            place text NOT NULL DEFAULT '',
            region text COLLATE "C" NOT NULL,
            location point,
            evidence jsonb NOT NULL DEFAULT '[]'::jsonb,
            detail jsonb NOT NULL DEFAULT '{}'::jsonb,
            occurrences integer NOT NULL DEFAULT 1,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            opened_at timestamptz NOT NULL,
            changed_at timestamptz NOT NULL,
            closed_at timestamptz,
            deadline_at timestamptz,
            level smallint NOT NULL DEFAULT 0,
            escalate_at timestamptz,
            assignee_id uuid,
            assignee_unit uuid,
            assignee_name text NOT NULL DEFAULT '',
            handler_id uuid,
            merged_into uuid,
            reopened integer NOT NULL DEFAULT 0,
            reset text NOT NULL DEFAULT '',
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_cases PRIMARY KEY (id),
            CONSTRAINT uq_cases_number UNIQUE (number),
            CONSTRAINT fk_cases_merged_into FOREIGN KEY (merged_into) REFERENCES cases (id),
            CONSTRAINT ck_cases_severity CHECK (severity BETWEEN 1 AND 4),
            CONSTRAINT ck_cases_state CHECK
                (state IN ('open', 'assigned', 'handled', 'verified', 'closed', 'false_alarm', 'merged')),
            CONSTRAINT ck_cases_merged CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
            CONSTRAINT ck_cases_assignee CHECK (assignee_id IS NULL OR assignee_unit IS NULL)
        ) WITH (fillfactor = 70)
    """)
    live = "state IN ('open', 'assigned', 'handled')"
    op.execute(f"CREATE INDEX ix_cases_key ON cases (key, last_at) WHERE {live}")
    op.execute("CREATE INDEX ix_cases_opened_at ON cases (opened_at DESC, id DESC)")
    op.execute(f"CREATE INDEX ix_cases_live ON cases (region, opened_at DESC, id DESC) WHERE {live}")
    op.execute("CREATE INDEX ix_cases_scope ON cases (scope, opened_at)")
    op.execute("CREATE INDEX ix_cases_device ON cases (device, opened_at) WHERE device IS NOT NULL")
    op.execute("CREATE INDEX ix_cases_camera_id ON cases (camera_id, opened_at DESC, id DESC)")
    op.execute(f"CREATE INDEX ix_cases_assignee_id ON cases (assignee_id) WHERE {live}")
    op.execute("CREATE INDEX ix_cases_escalate_at ON cases (escalate_at) WHERE escalate_at IS NOT NULL")
    op.execute("CREATE INDEX ix_cases_reset ON cases (closed_at) WHERE reset = 'asked'")
    op.execute("CREATE INDEX ix_cases_merged_into ON cases (merged_into) WHERE merged_into IS NOT NULL")
    # Every step: who, when, in which words. Nothing is ever changed or taken away here.
    op.execute("""
        CREATE TABLE case_steps (
            id uuid NOT NULL,
            case_id uuid NOT NULL,
            at timestamptz NOT NULL,
            action text COLLATE "C" NOT NULL,
            before text COLLATE "C" NOT NULL,
            after text COLLATE "C" NOT NULL,
            by_id uuid,
            by_name text NOT NULL,
            unit text NOT NULL DEFAULT '',
            words text NOT NULL DEFAULT '',
            detail jsonb NOT NULL DEFAULT '{}'::jsonb,
            CONSTRAINT pk_case_steps PRIMARY KEY (id),
            CONSTRAINT fk_case_steps_case_id FOREIGN KEY (case_id) REFERENCES cases (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_case_steps_case_id ON case_steps (case_id, at, id)")
    # What a bulk assignment changed, so that it can be taken back as a whole.
    op.execute("""
        CREATE TABLE case_batches (
            id uuid NOT NULL,
            at timestamptz NOT NULL,
            by_id uuid NOT NULL,
            changes jsonb NOT NULL,
            undone_at timestamptz,
            CONSTRAINT pk_case_batches PRIMARY KEY (id)
        )
    """)


def _notices() -> None:
    # `config`: address without secrets. `secret`: sealed. `down_until`: a channel that failed rests as a whole.
    op.execute("""
        CREATE TABLE notice_channels (
            id uuid NOT NULL,
            kind text COLLATE "C" NOT NULL,
            name text NOT NULL,
            regions text[] COLLATE "C" NOT NULL,
            language text NOT NULL DEFAULT 'zh',
            config jsonb NOT NULL,
            secret bytea,
            former_secret bytea,
            former_until timestamptz,
            enabled boolean NOT NULL DEFAULT true,
            failures integer NOT NULL DEFAULT 0,
            error text NOT NULL DEFAULT '',
            down_until timestamptz,
            sent_at timestamptz,
            by_name text NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            removed_at timestamptz,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_notice_channels PRIMARY KEY (id),
            CONSTRAINT ck_notice_channels_kind CHECK (kind IN ('email', 'webhook', 'mqtt'))
        )
    """)
    # Without a channel a rule puts notices on the page of a person, or of everybody in an organisation.
    op.execute("""
        CREATE TABLE notice_rules (
            id uuid NOT NULL,
            holder_kind text COLLATE "C" NOT NULL,
            holder_id uuid NOT NULL,
            holder_name text NOT NULL,
            channel_id uuid,
            kinds text[] COLLATE "C" NOT NULL,
            severity smallint NOT NULL,
            regions text[] COLLATE "C" NOT NULL,
            events text[] COLLATE "C" NOT NULL,
            quiet_from time,
            quiet_to time,
            enabled boolean NOT NULL DEFAULT true,
            by_name text NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_notice_rules PRIMARY KEY (id),
            CONSTRAINT fk_notice_rules_channel_id FOREIGN KEY (channel_id) REFERENCES notice_channels (id),
            CONSTRAINT ck_notice_rules_holder_kind CHECK (holder_kind IN ('person', 'organisation')),
            CONSTRAINT ck_notice_rules_severity CHECK (severity BETWEEN 1 AND 4),
            CONSTRAINT ck_notice_rules_quiet CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
        )
    """)
    op.execute("CREATE INDEX ix_notice_rules_holder_id ON notice_rules (holder_id)")
    op.execute("CREATE INDEX ix_notice_rules_channel_id ON notice_rules (channel_id)")
    op.execute("""
        CREATE TABLE notices (
            id uuid NOT NULL,
            person_id uuid NOT NULL,
            event bigint NOT NULL,
            at timestamptz NOT NULL,
            type text COLLATE "C" NOT NULL,
            case_id uuid NOT NULL,
            read_at timestamptz,
            CONSTRAINT pk_notices PRIMARY KEY (id),
            CONSTRAINT fk_notices_case_id FOREIGN KEY (case_id) REFERENCES cases (id) ON DELETE CASCADE,
            -- The outbox hands entries on at least once; a person is told once.
            CONSTRAINT uq_notices_person_id_event UNIQUE (person_id, event)
        )
    """)
    op.execute("CREATE INDEX ix_notices_person_id ON notices (person_id, at DESC, id DESC)")
    op.execute("CREATE INDEX ix_notices_unread ON notices (person_id) WHERE read_at IS NULL")
    op.execute("CREATE INDEX ix_notices_case_id ON notices (case_id)")
    # `place`: the order in which a case's deliveries leave on one channel.
    op.execute("""
        CREATE TABLE notice_deliveries (
            id uuid NOT NULL,
            place bigint GENERATED ALWAYS AS IDENTITY,
            channel_id uuid NOT NULL,
            event bigint,
            case_id uuid,
            type text COLLATE "C" NOT NULL,
            body jsonb NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'waiting',
            attempts integer NOT NULL DEFAULT 0,
            due_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            queued_at timestamptz NOT NULL,
            settled_at timestamptz,
            error text NOT NULL DEFAULT '',
            CONSTRAINT pk_notice_deliveries PRIMARY KEY (id),
            CONSTRAINT fk_notice_deliveries_channel_id FOREIGN KEY (channel_id) REFERENCES notice_channels (id),
            CONSTRAINT uq_notice_deliveries_channel_id_event UNIQUE (channel_id, event),
            CONSTRAINT ck_notice_deliveries_state CHECK (state IN ('waiting', 'sent', 'dead'))
        )
    """)
    op.execute(
        "CREATE INDEX ix_notice_deliveries_waiting ON notice_deliveries (channel_id, place) WHERE state = 'waiting'"
    )
    op.execute("CREATE INDEX ix_notice_deliveries_created_at ON notice_deliveries (created_at DESC, id DESC)")


def _subscriptions() -> None:
    """GA/T 1400 subscriptions are asked for again before they end, until somebody cancels them."""
    op.execute("""
        ALTER TABLE viid_subscriptions
            ADD COLUMN renew boolean NOT NULL DEFAULT true,
            ADD COLUMN renewed_as text COLLATE "C",
            ADD COLUMN renew_failures integer NOT NULL DEFAULT 0
    """)
