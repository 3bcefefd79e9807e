"""Grants, requests for them, and what a permit lets its holder do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0015_grants"
down_revision = "0014_fresh_sweeps"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, let permits name actions, footage, grant and viewer, and give the two first grants."""
    _grants()
    _requests()
    _permits()
    _register()
    _reviews()
    _built_in()


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("holder_kind", sa.Text, nullable=False),
        # A person's id, an organisation's name, a role's code.
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("holder_name", sa.Text, nullable=False),
        sa.Column("door", sa.Text, nullable=False, server_default="retrieval"),
        # The choice itself, never the cameras it came to: a region may hold 250,000.
        sa.Column("cameras", JSONB, nullable=False),
        # The giver's regions: whatever the choice says, no camera outside them is meant.
        sa.Column("scope", ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("actions", ARRAY(sa.Text), nullable=False),
        sa.Column("purposes", ARRAY(sa.Text), nullable=False),
        sa.Column("hours", JSONB),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("limits", JSONB, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("built_in", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("granted_by", sa.Uuid),
        sa.Column("granted_by_name", sa.Text, nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("request_id", sa.Uuid),
        sa.Column("revoked_at", TIME),
        sa.Column("revoked_by", sa.Uuid),
        sa.Column("revoked_by_name", sa.Text),
        sa.Column("revoked_reason", sa.Text),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("holder_kind IN ('person', 'organisation', 'role')", name="holder_kind"),
        sa.CheckConstraint("door IN ('retrieval', 'sharing', 'trade')", name="door"),
        sa.CheckConstraint("cardinality(actions) > 0", name="actions"),
        sa.CheckConstraint("expires_at IS NULL OR expires_at > starts_at", name="order"),
        sa.CheckConstraint("expires_at IS NOT NULL OR built_in", name="ends"),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index(
        "ix_grants_holder", "grants", ["holder_kind", "holder"], postgresql_where=sa.text("revoked_at IS NULL")
    )
    op.create_index("ix_grants_granted_at_id", "grants", ["granted_at", "id"])


def _requests() -> None:
    op.create_table(
        "grant_requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("person_name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("cameras", JSONB, nullable=False),
        sa.Column("scope", ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("actions", ARRAY(sa.Text), nullable=False),
        sa.Column("purposes", ARRAY(sa.Text), nullable=False),
        sa.Column("hours", JSONB),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("masked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_at", TIME),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_by_name", sa.Text),
        sa.Column("decided_words", sa.Text),
        sa.Column("grant_id", sa.Uuid),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused', 'withdrawn')", name="state"),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided"),
        sa.PrimaryKeyConstraint("id", name="pk_grant_requests"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_grant_requests_grant_id"),
    )
    op.create_index("ix_grant_requests_state_asked_at_id", "grant_requests", ["state", "asked_at", "id"])
    op.create_index("ix_grant_requests_person_id_asked_at_id", "grant_requests", ["person_id", "asked_at", "id"])


def _permits() -> None:
    op.add_column(
        "permits", sa.Column("actions", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{live,snapshot}'"))
    )
    op.add_column("permits", sa.Column("footage_from", TIME))
    op.add_column("permits", sa.Column("footage_to", TIME))
    op.add_column("permits", sa.Column("grant_id", sa.Uuid))
    op.add_column("permits", sa.Column("emergency", sa.Boolean, nullable=False, server_default=sa.false()))
    # Whose ticket it is: the hash of what the viewer's browser shows, or the address that used it first.
    op.add_column("permits", sa.Column("viewer_sha256", sa.LargeBinary))
    op.add_column("permits", sa.Column("viewer_address", sa.Text))
    op.add_column("permits", sa.Column("session_id", sa.Uuid))
    op.add_column("permits", sa.Column("open_by", TIME))
    op.add_column("permits", sa.Column("opened_at", TIME))
    op.create_foreign_key("fk_permits_grant_id", "permits", "grants", ["grant_id"], ["id"])
    for name in ("ck_permits_holder_kind", "ck_permits_holder"):
        op.execute(f"ALTER TABLE permits DROP CONSTRAINT IF EXISTS {name}")
    op.execute(
        "ALTER TABLE permits ADD CONSTRAINT ck_permits_holder_kind "
        "CHECK (holder_kind IN ('person', 'system', 'platform', 'server'))"
    )
    op.execute(
        "ALTER TABLE permits ADD CONSTRAINT ck_permits_holder CHECK (holder_kind = 'system' "
        "OR (cardinality(cameras) > 0 AND (holder_kind = 'server' OR holder_id IS NOT NULL)))"
    )
    op.execute(
        "ALTER TABLE permits ADD CONSTRAINT ck_permits_footage CHECK "
        "((footage_from IS NULL) = (footage_to IS NULL) AND footage_from < footage_to)"
    )
    op.execute("CREATE INDEX ix_permits_grant_id ON permits (grant_id, expires_at) WHERE revoked_at IS NULL")


def _register() -> None:
    op.add_column("retrievals", sa.Column("action", sa.Text, nullable=False, server_default="live"))
    op.add_column("retrievals", sa.Column("footage_from", TIME))
    op.add_column("retrievals", sa.Column("footage_to", TIME))
    op.add_column("retrievals", sa.Column("grant_id", sa.Uuid))
    op.add_column("retrievals", sa.Column("emergency", sa.Boolean, nullable=False, server_default=sa.false()))
    # Characters and pairs of them, as catalog/search.py makes them; null in lines older than this search.
    op.add_column("retrievals", sa.Column("grams", ARRAY(sa.Integer)))
    op.execute("CREATE INDEX ix_retrievals_grams ON retrievals USING gin (grams)")
    op.execute("CREATE INDEX ix_retrievals_without_grams ON retrievals (asked_at, id) WHERE grams IS NULL")
    op.execute("CREATE INDEX ix_retrievals_organisation ON retrievals (organisation, asked_at, id)")
    op.execute("CREATE INDEX ix_retrievals_grant_id ON retrievals (grant_id, asked_at, id)")


def _reviews() -> None:
    op.create_table(
        "emergency_reviews",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("permit_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("person_name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("camera_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("camera_names", ARRAY(sa.Text), nullable=False),
        sa.Column("regions", ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("escalated_at", TIME),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reviewed_at", TIME),
        sa.Column("reviewed_by", sa.Uuid),
        sa.Column("reviewed_by_name", sa.Text),
        sa.Column("words", sa.Text),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("state IN ('pending', 'justified', 'unjustified')", name="state"),
        sa.CheckConstraint("(state = 'pending') = (reviewed_at IS NULL)", name="reviewed"),
        sa.PrimaryKeyConstraint("id", name="pk_emergency_reviews"),
        sa.ForeignKeyConstraint(["permit_id"], ["permits.id"], name="fk_emergency_reviews_permit_id"),
        sa.UniqueConstraint("permit_id", name="uq_emergency_reviews_permit_id"),
    )
    op.create_index("ix_emergency_reviews_state_opened_at_id", "emergency_reviews", ["state", "opened_at", "id"])
    op.create_index("ix_emergency_reviews_person_id", "emergency_reviews", ["person_id", "state"])


def _built_in() -> None:
    """Administrators and operators may look from the first day; visible and revocable as any other grant."""
    for number, role in enumerate(("administrator", "operator"), start=1):
        op.execute(f"""
            INSERT INTO grants (id, holder_kind, holder, holder_name, cameras, scope, actions, purposes, starts_at,
                limits, basis, built_in, granted_by_name, granted_at, salt)
            VALUES ('00000000-0000-7000-8000-00000000000{number}', 'role', '{role}', '{role}',
                '{{"everything": true}}', '{{""}}', '{{live,playback,snapshot,control}}', '{{}}', now(), '{{}}', '',
                true, '', now(), decode(replace(gen_random_uuid()::text, '-', ''), 'hex'))
        """)  # noqa: S608 - both are written above
