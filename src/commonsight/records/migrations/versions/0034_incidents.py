"""Incidents, their evidence, and who is competent for them."""

from alembic import op

revision = "0034_incidents"
down_revision = "0033_scenes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _incidents()
    _evidence()
    _rules()
    _tunings()


def _incidents() -> None:
    # `told_at`: the scene's latest word. `times`: how often it began, `again_at`: the last time, in its merge window.
    # `words`: the latest sightings, so that one told twice is known. `peaks`: extremes of its figures; `first`: as it
    # began. `label`: what people said: true an incident, false none. `held`: why no case was opened. `filtered`: what
    # the scene's own filter said. No foreign key to cameras: an incident outlives its camera.
    op.execute("""
        CREATE TABLE incidents (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            place text COLLATE "C" NOT NULL,
            setup text COLLATE "C" NOT NULL,
            scene text COLLATE "C" NOT NULL,
            incident text COLLATE "C" NOT NULL,
            target text COLLATE "C" NOT NULL,
            key text COLLATE "C" NOT NULL,
            words jsonb NOT NULL DEFAULT '[]'::jsonb,
            peaks jsonb NOT NULL DEFAULT '{}'::jsonb,
            state text COLLATE "C" NOT NULL,
            began_at timestamptz NOT NULL,
            again_at timestamptz NOT NULL,
            told_at timestamptz NOT NULL,
            ended_at timestamptz,
            times integer NOT NULL DEFAULT 1,
            score real NOT NULL,
            severity smallint NOT NULL,
            boxes jsonb NOT NULL DEFAULT '[]'::jsonb,
            detail jsonb NOT NULL DEFAULT '{}'::jsonb,
            settings jsonb NOT NULL DEFAULT '{}'::jsonb,
            first jsonb NOT NULL DEFAULT '{}'::jsonb,
            worker text COLLATE "C" NOT NULL DEFAULT '',
            epoch integer NOT NULL,
            case_id uuid,
            held text COLLATE "C" NOT NULL DEFAULT '',
            filtered real,
            label boolean,
            labelled_at timestamptz,
            labelled_by text NOT NULL DEFAULT '',
            opinion jsonb,
            CONSTRAINT pk_incidents PRIMARY KEY (id),
            CONSTRAINT ck_incidents_state CHECK (state IN ('open', 'over')),
            CONSTRAINT ck_incidents_ended CHECK ((state = 'over') = (ended_at IS NOT NULL)),
            CONSTRAINT ck_incidents_severity CHECK (severity BETWEEN 1 AND 4),
            CONSTRAINT ck_incidents_times CHECK (ended_at >= began_at AND told_at >= began_at)
        ) WITH (fillfactor = 85)
    """)
    op.execute("CREATE UNIQUE INDEX uq_incidents_open ON incidents (camera_id, setup, key) WHERE state = 'open'")
    op.execute("CREATE INDEX ix_incidents_camera ON incidents (camera_id, began_at DESC, id DESC)")
    op.execute("CREATE INDEX ix_incidents_listed ON incidents (began_at DESC, id DESC)")
    op.execute("CREATE INDEX ix_incidents_scene ON incidents (scene, began_at DESC, id DESC)")
    op.execute("CREATE INDEX ix_incidents_stale ON incidents (told_at) WHERE state = 'open'")
    op.execute("CREATE INDEX ix_incidents_case ON incidents (case_id) WHERE case_id IS NOT NULL")
    op.execute("CREATE INDEX ix_incidents_labelled ON incidents (scene, labelled_at) WHERE label IS NOT NULL")


def _evidence() -> None:
    # `kind`: still or clip. `state`: wanted, kept, none (then `reason` says why) or gone (its time was over).
    op.execute("""
        CREATE TABLE incident_evidence (
            id uuid NOT NULL,
            incident_id uuid NOT NULL,
            kind text COLLATE "C" NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'wanted',
            reason text COLLATE "C" NOT NULL DEFAULT '',
            name text COLLATE "C" NOT NULL DEFAULT '',
            media_type text COLLATE "C" NOT NULL DEFAULT '',
            bytes bigint NOT NULL DEFAULT 0,
            sha256 text COLLATE "C" NOT NULL DEFAULT '',
            masked text COLLATE "C" NOT NULL DEFAULT '',
            permit_id uuid,
            began_at timestamptz NOT NULL,
            ended_at timestamptz NOT NULL,
            made_at timestamptz,
            CONSTRAINT pk_incident_evidence PRIMARY KEY (id),
            CONSTRAINT uq_incident_evidence UNIQUE (incident_id, kind),
            CONSTRAINT fk_incident_evidence_incident FOREIGN KEY (incident_id) REFERENCES incidents (id)
                ON DELETE CASCADE,
            CONSTRAINT ck_incident_evidence_kind CHECK (kind IN ('still', 'clip')),
            CONSTRAINT ck_incident_evidence_state CHECK (state IN ('wanted', 'kept', 'none', 'gone'))
        )
    """)
    op.execute("CREATE INDEX ix_incident_evidence_state ON incident_evidence (state, made_at)")


def _rules() -> None:
    # Who is competent. Empty `scene`, `incident`, `region`: all. `hours`: {"days": [1..7], "begin": "HH:MM",
    # "end": "HH:MM"}, null: always. `quiet`: recorded, but no case. Changes keep what was before, for undo.
    op.execute("""
        CREATE TABLE incident_rules (
            id uuid NOT NULL,
            scene text COLLATE "C" NOT NULL DEFAULT '',
            incident text COLLATE "C" NOT NULL DEFAULT '',
            region text COLLATE "C" NOT NULL DEFAULT '',
            hours jsonb,
            quiet boolean NOT NULL DEFAULT false,
            organisation_id uuid,
            acknowledge_minutes integer,
            close_minutes integer,
            note text NOT NULL DEFAULT '',
            by_name text NOT NULL,
            changed_at timestamptz NOT NULL,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_incident_rules PRIMARY KEY (id),
            CONSTRAINT ck_incident_rules_minutes CHECK (acknowledge_minutes > 0 AND close_minutes > 0)
        )
    """)
    op.execute("""
        CREATE TABLE incident_rule_changes (
            id uuid NOT NULL,
            rule_id uuid NOT NULL,
            region text COLLATE "C" NOT NULL,
            before jsonb,
            after jsonb,
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            undone_at timestamptz,
            CONSTRAINT pk_incident_rule_changes PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_incident_rule_changes_at ON incident_rule_changes (at DESC, id DESC)")


def _tunings() -> None:
    # What "false alarm" moved on a camera, and what was not moved although somebody said so (`reason`).
    op.execute("""
        CREATE TABLE incident_tunings (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            setup text COLLATE "C" NOT NULL,
            scene text COLLATE "C" NOT NULL,
            parameter text COLLATE "C" NOT NULL,
            before double precision NOT NULL,
            after double precision NOT NULL,
            reason text COLLATE "C" NOT NULL,
            incident_id uuid NOT NULL,
            case_id uuid,
            at timestamptz NOT NULL,
            undone_at timestamptz,
            undone_by text NOT NULL DEFAULT '',
            CONSTRAINT pk_incident_tunings PRIMARY KEY (id),
            CONSTRAINT uq_incident_tunings_incident UNIQUE (incident_id, parameter)
        )
    """)
    op.execute("CREATE INDEX ix_incident_tunings_camera ON incident_tunings (camera_id, setup, at DESC)")
