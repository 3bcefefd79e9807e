"""Second factors, sign-in by another provider, and what the audit is searched by."""

import sqlalchemy as sa
from alembic import op

revision = "0021_security"
down_revision = "0020_outside"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; sessions learn how they were proved, the audit gets its indexes."""
    op.create_table(
        "second_factors",
        sa.Column("person_id", sa.Uuid, nullable=False),
        # Encrypted with `data_dir/access.key`: unlike a password it has to be read again.
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("confirmed_at", TIME),
        # The last time step a code was taken for; an earlier one is a replay.
        sa.Column("last_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("person_id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_second_factors_person_id", ondelete="CASCADE"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("code_sha256", sa.LargeBinary, nullable=False),
        sa.Column("used_at", TIME),
        sa.PrimaryKeyConstraint("person_id", "code_sha256", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_recovery_codes_person_id", ondelete="CASCADE"),
    )
    op.create_table(
        "identities",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        # The account was made for this identity: its roles follow what the provider says.
        sa.Column("managed", sa.Boolean, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("provider", "subject", name="pk_identities"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_identities_person_id", ondelete="CASCADE"),
    )
    op.create_index("ix_identities_person_id", "identities", ["person_id"])
    op.create_table(
        "sign_ins",
        # What went to the provider and what the browser kept, hashed: neither can be replayed from here.
        sa.Column("state_sha256", sa.LargeBinary, nullable=False),
        sa.Column("browser_sha256", sa.LargeBinary, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("return_to", sa.Text, nullable=False),
        # Who joins the identity to their account; none: somebody signs in.
        sa.Column("person_id", sa.Uuid),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name="pk_sign_ins"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sign_ins_person_id", ondelete="CASCADE"),
    )
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"])
    op.add_column("sessions", sa.Column("factor_at", TIME))
    op.add_column("sessions", sa.Column("provider", sa.Text))
    op.add_column("sessions", sa.Column("provider_session", sa.Text))
    op.create_index("ix_audit_action_at_id", "audit", ["action", "at", "id"])
    op.create_index("ix_audit_subject_id_at_id", "audit", ["subject_id", "at", "id"])
