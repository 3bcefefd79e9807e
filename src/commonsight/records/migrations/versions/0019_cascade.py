"""Upper platforms, what they are shown, and under which ids."""

from alembic import op

revision = "0019_cascade"
down_revision = "0017_walls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upper platforms, what they are shown, and under which ids."""
    op.execute("""
        CREATE TABLE cascade_uppers (
            id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            name text NOT NULL,
            organisation text NOT NULL DEFAULT '',
            domain text NOT NULL,
            host text NOT NULL,
            port integer NOT NULL,
            transport text COLLATE "C" NOT NULL,
            zone text NOT NULL,
            own_code text COLLATE "C",
            secret bytea,
            version text COLLATE "C" NOT NULL,
            charset text NOT NULL,
            expires_seconds integer NOT NULL,
            keepalive_seconds integer NOT NULL,
            streams_most integer NOT NULL,
            kbits_most integer NOT NULL,
            media_networks jsonb NOT NULL DEFAULT '[]'::jsonb,
            limits jsonb NOT NULL DEFAULT '{}'::jsonb,
            enabled boolean NOT NULL DEFAULT true,
            revision integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            removed_at timestamptz,
            -- What the signalling process writes, apart from what people edit above.
            state text COLLATE "C" NOT NULL DEFAULT 'off',
            problem text,
            problem_detail text,
            state_since timestamptz,
            registered_at timestamptz,
            expires_at timestamptz,
            keepalive_at timestamptz,
            loops integer NOT NULL DEFAULT 0,
            CONSTRAINT pk_cascade_uppers PRIMARY KEY (id),
            CONSTRAINT ck_cascade_uppers_code CHECK (code ~ '^[0-9]{20}$'),
            CONSTRAINT ck_cascade_uppers_own_code CHECK (own_code ~ '^[0-9]{20}$'),
            CONSTRAINT ck_cascade_uppers_transport CHECK (transport IN ('udp', 'tcp')),
            CONSTRAINT ck_cascade_uppers_port CHECK (port BETWEEN 1 AND 65535),
            CONSTRAINT ck_cascade_uppers_state
                CHECK (state IN ('off', 'registering', 'registered', 'refused', 'silent'))
        ) WITH (fillfactor = 70)
    """)
    # One that was removed keeps its row, because the ids it was given are never given again.
    op.execute("CREATE UNIQUE INDEX uq_cascade_uppers_code ON cascade_uppers (code) WHERE removed_at IS NULL")
    op.execute("""
        CREATE TABLE cascade_shares (
            id uuid NOT NULL,
            upper_id uuid NOT NULL,
            name text NOT NULL,
            selection jsonb NOT NULL,
            rights smallint NOT NULL,
            naming text COLLATE "C" NOT NULL,
            enabled boolean NOT NULL DEFAULT true,
            revision integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            removed_at timestamptz,
            CONSTRAINT pk_cascade_shares PRIMARY KEY (id),
            CONSTRAINT fk_cascade_shares_upper_id FOREIGN KEY (upper_id) REFERENCES cascade_uppers (id),
            CONSTRAINT ck_cascade_shares_naming CHECK (naming IN ('own', 'place'))
        )
    """)
    op.execute("CREATE INDEX ix_cascade_shares_upper_id ON cascade_shares (upper_id) WHERE removed_at IS NULL")
    # A row is never deleted: what an id once meant to an upper platform it means for ever. `version` rises with every
    # change of the row, so that a subscriber is told what is above the version it has.
    op.execute("""
        CREATE TABLE cascade_ids (
            upper_id uuid NOT NULL,
            subject text COLLATE "C" NOT NULL,
            code text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            camera_id uuid,
            rights smallint NOT NULL,
            plain boolean NOT NULL,
            online boolean NOT NULL,
            mark bigint NOT NULL,
            event text COLLATE "C" NOT NULL,
            version bigint NOT NULL,
            made_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_cascade_ids PRIMARY KEY (upper_id, subject),
            CONSTRAINT uq_cascade_ids_upper_id_code UNIQUE (upper_id, code),
            CONSTRAINT fk_cascade_ids_upper_id FOREIGN KEY (upper_id) REFERENCES cascade_uppers (id),
            CONSTRAINT ck_cascade_ids_kind CHECK (kind IN ('region', 'camera'))
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX ix_cascade_ids_upper_id_version ON cascade_ids (upper_id, version)")
    op.execute("CREATE INDEX ix_cascade_ids_camera_id ON cascade_ids (camera_id)")
    op.execute("CREATE INDEX ix_cascade_ids_code ON cascade_ids (code)")
    op.execute("CREATE SEQUENCE cascade_versions")
    op.execute("""
        CREATE TABLE cascade_serials (
            upper_id uuid NOT NULL,
            prefix text COLLATE "C" NOT NULL,
            used integer NOT NULL,
            CONSTRAINT pk_cascade_serials PRIMARY KEY (upper_id, prefix),
            CONSTRAINT fk_cascade_serials_upper_id FOREIGN KEY (upper_id) REFERENCES cascade_uppers (id)
        )
    """)
    op.execute("""
        CREATE TABLE cascade_subscriptions (
            upper_id uuid NOT NULL,
            event text COLLATE "C" NOT NULL,
            target text COLLATE "C" NOT NULL,
            serial text NOT NULL,
            package text NOT NULL,
            dialog jsonb NOT NULL,
            version bigint NOT NULL DEFAULT 0,
            interval_seconds integer,
            expires_at timestamptz NOT NULL,
            CONSTRAINT pk_cascade_subscriptions PRIMARY KEY (upper_id, event),
            CONSTRAINT fk_cascade_subscriptions_upper_id FOREIGN KEY (upper_id) REFERENCES cascade_uppers (id),
            CONSTRAINT ck_cascade_subscriptions_event CHECK (event IN ('catalog', 'alarm', 'position'))
        )
    """)
    # Only what is open: a signalling process that starts anew ends here what the one before it left.
    op.execute("""
        CREATE TABLE cascade_calls (
            call_id text COLLATE "C" NOT NULL,
            upper_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            action text COLLATE "C" NOT NULL,
            node text NOT NULL,
            permit_id uuid,
            dialog jsonb NOT NULL,
            began_at timestamptz NOT NULL,
            CONSTRAINT pk_cascade_calls PRIMARY KEY (call_id),
            CONSTRAINT fk_cascade_calls_upper_id FOREIGN KEY (upper_id) REFERENCES cascade_uppers (id)
        )
    """)
