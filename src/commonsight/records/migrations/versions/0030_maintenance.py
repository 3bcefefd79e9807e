"""Work orders of maintenance: faults, contracts, orders, rounds, windows, photos."""

from alembic import op

revision = "0030_maintenance"
down_revision = "0029_camera_file"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _contracts()
    _faults()
    _orders()
    _windows()
    _rounds()
    _photos()


def _contracts() -> None:
    # `choice`: which cameras, as a grant chooses them. `levels`: [{"codes": [...], "severities": [...], "respond": h,
    # "repair": h}], the first that fits counts. `calendar`: {"days": [1..7], "from": "08:30", "to": "17:30"}; null:
    # day and night.
    op.execute("""
        CREATE TABLE maintenance_contracts (
            id uuid NOT NULL,
            name text NOT NULL,
            number text NOT NULL DEFAULT '',
            unit_id uuid NOT NULL,
            regions text[] COLLATE "C" NOT NULL,
            choice jsonb NOT NULL,
            valid_from date NOT NULL,
            valid_to date NOT NULL,
            levels jsonb NOT NULL,
            calendar jsonb,
            warranty jsonb NOT NULL DEFAULT '{}'::jsonb,
            words text NOT NULL DEFAULT '',
            by_name text NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            ended_at timestamptz,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_maintenance_contracts PRIMARY KEY (id),
            CONSTRAINT fk_maintenance_contracts_unit_id FOREIGN KEY (unit_id) REFERENCES organisations (id),
            CONSTRAINT ck_maintenance_contracts_valid CHECK (valid_from <= valid_to)
        )
    """)
    op.execute("CREATE INDEX ix_maintenance_contracts_unit_id ON maintenance_contracts (unit_id)")


def _faults() -> None:
    # One row per camera and family of faults while it lasts. `state`: waiting (settling, no order yet), held (within a
    # planned window, or dismissed by a person until the camera is well), ordered (member of the order `case_id`), or
    # ended. `origin_id`: the order it was first put into. `weighed`: false when a report moved it since its order was
    # looked at.
    op.execute("""
        CREATE TABLE maintenance_faults (
            id uuid NOT NULL,
            camera_id uuid NOT NULL,
            family text COLLATE "C" NOT NULL,
            code text COLLATE "C" NOT NULL,
            severity smallint NOT NULL,
            state text COLLATE "C" NOT NULL,
            at timestamptz NOT NULL,
            seen_at timestamptz NOT NULL,
            times integer NOT NULL DEFAULT 1,
            detail jsonb NOT NULL DEFAULT '{}'::jsonb,
            evidence jsonb,
            case_id uuid,
            window_id uuid,
            ended_at timestamptz,
            ended_how text COLLATE "C",
            origin_id uuid,
            weighed boolean NOT NULL DEFAULT true,
            CONSTRAINT pk_maintenance_faults PRIMARY KEY (id),
            CONSTRAINT fk_maintenance_faults_camera_id
                FOREIGN KEY (camera_id) REFERENCES cameras (id) ON DELETE CASCADE,
            CONSTRAINT fk_maintenance_faults_case_id FOREIGN KEY (case_id) REFERENCES cases (id),
            CONSTRAINT ck_maintenance_faults_state CHECK (state IN ('waiting', 'held', 'ordered', 'ended')),
            CONSTRAINT ck_maintenance_faults_ended CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
            CONSTRAINT ck_maintenance_faults_ordered CHECK (state <> 'ordered' OR case_id IS NOT NULL)
        ) WITH (fillfactor = 80)
    """)
    op.execute(
        "CREATE UNIQUE INDEX uq_maintenance_faults_live ON maintenance_faults (camera_id, family)"
        " WHERE state <> 'ended'"
    )
    op.execute("CREATE INDEX ix_maintenance_faults_waiting ON maintenance_faults (at, id) WHERE state = 'waiting'")
    op.execute("CREATE INDEX ix_maintenance_faults_held ON maintenance_faults (window_id) WHERE state = 'held'")
    op.execute(
        "CREATE INDEX ix_maintenance_faults_case_id ON maintenance_faults (case_id, id) WHERE case_id IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_maintenance_faults_moved ON maintenance_faults (case_id) WHERE NOT weighed")
    op.execute("CREATE INDEX ix_maintenance_faults_camera_id ON maintenance_faults (camera_id, at DESC)")


def _orders() -> None:
    # What a case of kind fault or round is beside a case. `alike`: which faults may join it; `things`: what all its
    # cameras share; `shared`: why they are one order. `agreed`: what the contract said when it was given.
    op.execute("""
        CREATE TABLE maintenance_orders (
            case_id uuid NOT NULL,
            code text COLLATE "C" NOT NULL,
            alike text COLLATE "C" NOT NULL,
            things jsonb NOT NULL DEFAULT '{}'::jsonb,
            shared jsonb,
            members integer NOT NULL,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            contract_id uuid,
            unit_id uuid,
            agreed jsonb,
            taken_at timestamptz,
            taken_by uuid,
            taken_name text NOT NULL DEFAULT '',
            arrived_at timestamptz,
            arrived point,
            handled_at timestamptz,
            handled_name text NOT NULL DEFAULT '',
            cause text COLLATE "C",
            parts text NOT NULL DEFAULT '',
            recheck text COLLATE "C" NOT NULL DEFAULT '',
            recheck_from timestamptz,
            recheck_until timestamptz,
            said jsonb,
            rejected integer NOT NULL DEFAULT 0,
            round_id uuid,
            CONSTRAINT pk_maintenance_orders PRIMARY KEY (case_id),
            CONSTRAINT fk_maintenance_orders_case_id FOREIGN KEY (case_id) REFERENCES cases (id) ON DELETE CASCADE,
            CONSTRAINT fk_maintenance_orders_contract_id FOREIGN KEY (contract_id)
                REFERENCES maintenance_contracts (id),
            CONSTRAINT ck_maintenance_orders_recheck CHECK (recheck IN ('', 'asked', 'well', 'faulty', 'late'))
        ) WITH (fillfactor = 70)
    """)
    op.execute("CREATE INDEX ix_maintenance_orders_unit_id ON maintenance_orders (unit_id, case_id DESC)")
    op.execute("CREATE INDEX ix_maintenance_orders_recheck ON maintenance_orders (case_id) WHERE recheck = 'asked'")
    op.execute("CREATE INDEX ix_maintenance_orders_last_at ON maintenance_orders (last_at)")
    op.execute(
        "CREATE INDEX ix_maintenance_orders_round_id ON maintenance_orders (round_id) WHERE round_id IS NOT NULL"
    )


def _windows() -> None:
    op.execute("""
        CREATE TABLE maintenance_windows (
            id uuid NOT NULL,
            reason text NOT NULL,
            choice jsonb NOT NULL,
            cameras integer NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            ended_at timestamptz,
            regions text[] COLLATE "C" NOT NULL,
            by_id uuid NOT NULL,
            by_name text NOT NULL,
            created_at timestamptz NOT NULL,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_maintenance_windows PRIMARY KEY (id),
            CONSTRAINT ck_maintenance_windows_times CHECK (starts_at < ends_at)
        )
    """)
    op.execute("CREATE INDEX ix_maintenance_windows_ends_at ON maintenance_windows (ends_at)")
    op.execute("""
        CREATE TABLE maintenance_window_cameras (
            window_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            CONSTRAINT pk_maintenance_window_cameras PRIMARY KEY (camera_id, window_id),
            CONSTRAINT fk_maintenance_window_cameras_window_id FOREIGN KEY (window_id)
                REFERENCES maintenance_windows (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX ix_maintenance_window_cameras_window_id ON maintenance_window_cameras (window_id)")


def _rounds() -> None:
    # A plan, and per order it made the cameras to be looked at.
    op.execute("""
        CREATE TABLE maintenance_rounds (
            id uuid NOT NULL,
            name text NOT NULL,
            contract_id uuid,
            unit_id uuid,
            regions text[] COLLATE "C" NOT NULL,
            choice jsonb NOT NULL,
            every_days integer NOT NULL,
            within_days integer NOT NULL,
            checklist text[] NOT NULL,
            next_on date NOT NULL,
            by_name text NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            ended_at timestamptz,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pk_maintenance_rounds PRIMARY KEY (id),
            CONSTRAINT fk_maintenance_rounds_contract_id FOREIGN KEY (contract_id)
                REFERENCES maintenance_contracts (id),
            CONSTRAINT ck_maintenance_rounds_days CHECK (every_days >= 1 AND within_days >= 1)
        )
    """)
    op.execute("CREATE INDEX ix_maintenance_rounds_next_on ON maintenance_rounds (next_on) WHERE ended_at IS NULL")
    op.execute("""
        CREATE TABLE maintenance_round_cameras (
            case_id uuid NOT NULL,
            camera_id uuid NOT NULL,
            place integer NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'open',
            words text NOT NULL DEFAULT '',
            by_name text NOT NULL DEFAULT '',
            at timestamptz,
            CONSTRAINT pk_maintenance_round_cameras PRIMARY KEY (case_id, camera_id),
            CONSTRAINT fk_maintenance_round_cameras_case_id
                FOREIGN KEY (case_id) REFERENCES cases (id) ON DELETE CASCADE,
            CONSTRAINT ck_maintenance_round_cameras_state CHECK (state IN ('open', 'well', 'faulty', 'unreachable'))
        )
    """)


def _photos() -> None:
    op.execute("""
        CREATE TABLE maintenance_photos (
            id uuid NOT NULL,
            case_id uuid NOT NULL,
            sha256 bytea NOT NULL,
            kind text COLLATE "C" NOT NULL,
            bytes integer NOT NULL,
            width integer NOT NULL,
            height integer NOT NULL,
            located boolean NOT NULL,
            by_id uuid NOT NULL,
            by_name text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT pk_maintenance_photos PRIMARY KEY (id),
            CONSTRAINT fk_maintenance_photos_case_id FOREIGN KEY (case_id) REFERENCES cases (id) ON DELETE CASCADE,
            CONSTRAINT uq_maintenance_photos_case_id_sha256 UNIQUE (case_id, sha256)
        )
    """)
