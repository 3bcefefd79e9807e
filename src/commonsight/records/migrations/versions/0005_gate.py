"""Tables of gate/: permits and the retrieval register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0005_gate"
down_revision = "0004_catalog"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "permits",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("holder_kind", sa.Text, nullable=False),
        sa.Column("holder_id", sa.Uuid),
        sa.Column("holder_name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("purpose_code", sa.Text, nullable=False),
        sa.Column("purpose_text", sa.Text, nullable=False),
        # Empty stands for every camera, which only our own processes may be given.
        sa.Column("cameras", ARRAY(sa.Uuid), nullable=False),
        sa.Column("window", JSONB),
        sa.Column("limits", JSONB, nullable=False),
        sa.Column("ticket_sha256", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("revoked_at", TIME),
        sa.Column("revoked_reason", sa.Text),
        sa.CheckConstraint("door IN ('retrieval', 'sharing', 'trade')", name="door"),
        sa.CheckConstraint("holder_kind IN ('person', 'system')", name="holder_kind"),
        sa.CheckConstraint(
            "holder_kind = 'system' OR (holder_id IS NOT NULL AND cardinality(cameras) > 0)", name="holder"
        ),
        sa.CheckConstraint("purpose_code <> ''", name="purpose"),
        sa.CheckConstraint("octet_length(ticket_sha256) = 32", name="ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_permits"),
        sa.UniqueConstraint("ticket_sha256", name="uq_permits_ticket_sha256"),
    )
    op.create_index("ix_permits_holder_id_expires_at", "permits", ["holder_id", "expires_at"])
    op.create_table(
        "retrievals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("permit_id", sa.Uuid, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        # What the register must still say when the camera has been renamed or removed.
        sa.Column("camera_id", sa.Uuid, nullable=False),
        sa.Column("camera_name", sa.Text, nullable=False),
        sa.Column("region", sa.Text(collation="C"), nullable=False),
        sa.Column("holder_kind", sa.Text, nullable=False),
        sa.Column("holder_id", sa.Uuid),
        sa.Column("holder_name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("purpose_code", sa.Text, nullable=False),
        sa.Column("purpose_text", sa.Text, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("opened_at", TIME),
        sa.Column("first_frame_at", TIME),
        sa.Column("closed_at", TIME),
        sa.Column("seconds", sa.Double, nullable=False, server_default="0"),
        sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("node", sa.Text),
        sa.Column("close_reason", sa.Text),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("purpose_code <> ''", name="purpose"),
        sa.CheckConstraint("first_frame_at IS NULL OR opened_at IS NOT NULL", name="order"),
        sa.PrimaryKeyConstraint("id", name="pk_retrievals"),
        sa.ForeignKeyConstraint(["permit_id"], ["permits.id"], name="fk_retrievals_permit_id"),
    )
    op.create_index("ix_retrievals_asked_at_id", "retrievals", ["asked_at", "id"])
    op.create_index("ix_retrievals_camera_id_asked_at_id", "retrievals", ["camera_id", "asked_at", "id"])
    op.create_index("ix_retrievals_holder_id_asked_at_id", "retrievals", ["holder_id", "asked_at", "id"])
    op.create_index("ix_retrievals_permit_id_camera_id", "retrievals", ["permit_id", "camera_id"])
    op.create_index(
        "ix_retrievals_running",
        "retrievals",
        ["opened_at"],
        postgresql_where=sa.text("opened_at IS NOT NULL AND closed_at IS NULL"),
    )
