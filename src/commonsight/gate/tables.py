"""Tables of gate/ (created by migrations 0005 and 0015)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Double, ForeignKey, Integer, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from commonsight.records.base import Base, UtcDateTime


class PermitRow(Base):
    """A permit as stored."""

    __tablename__ = "permits"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(Text)
    holder_kind: Mapped[str] = mapped_column(Text)
    holder_id: Mapped[UUID | None]
    holder_name: Mapped[str] = mapped_column(Text)
    organisation: Mapped[str] = mapped_column(Text)
    purpose_code: Mapped[str] = mapped_column(Text)
    purpose_text: Mapped[str] = mapped_column(Text)
    cameras: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    window: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    limits: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ticket_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_reason: Mapped[str | None] = mapped_column(Text)
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    footage_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    footage_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("grants.id"))
    emergency: Mapped[bool] = mapped_column(server_default="false")
    viewer_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    viewer_address: Mapped[str | None] = mapped_column(Text)
    session_id: Mapped[UUID | None]
    open_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RetrievalRow(Base):
    """One line of the register: who looked at which camera, of which unit, why, when, how long."""

    __tablename__ = "retrievals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    permit_id: Mapped[UUID] = mapped_column(ForeignKey("permits.id"))
    door: Mapped[str] = mapped_column(Text)
    camera_id: Mapped[UUID]
    camera_name: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text(collation="C"))
    holder_kind: Mapped[str] = mapped_column(Text)
    holder_id: Mapped[UUID | None]
    holder_name: Mapped[str] = mapped_column(Text)
    organisation: Mapped[str] = mapped_column(Text)
    purpose_code: Mapped[str] = mapped_column(Text)
    purpose_text: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_frame_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[float] = mapped_column(Double, server_default="0")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    node: Mapped[str | None] = mapped_column(Text)
    close_reason: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    footage_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    footage_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    grant_id: Mapped[UUID | None]
    emergency: Mapped[bool] = mapped_column(server_default="false")
    grams: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))


class GrantRow(Base):
    """A grant as stored."""

    __tablename__ = "grants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    holder_kind: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(Text)
    holder_name: Mapped[str] = mapped_column(Text)
    door: Mapped[str] = mapped_column(Text, server_default="retrieval")
    cameras: Mapped[dict[str, Any]] = mapped_column(JSONB)
    scope: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    hours: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    limits: Mapped[dict[str, Any]] = mapped_column(JSONB)
    basis: Mapped[str] = mapped_column(Text)
    built_in: Mapped[bool] = mapped_column(server_default="false")
    granted_by: Mapped[UUID | None]
    granted_by_name: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    request_id: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[UUID | None]
    revoked_by_name: Mapped[str | None] = mapped_column(Text)
    revoked_reason: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary)


class GrantRequestRow(Base):
    """A request for a grant as stored."""

    __tablename__ = "grant_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    person_id: Mapped[UUID]
    person_name: Mapped[str] = mapped_column(Text)
    organisation: Mapped[str] = mapped_column(Text)
    cameras: Mapped[dict[str, Any]] = mapped_column(JSONB)
    scope: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    hours: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    masked: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str | None] = mapped_column(Text)
    decided_words: Mapped[str | None] = mapped_column(Text)
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("grants.id"))
    salt: Mapped[bytes] = mapped_column(LargeBinary)


class EmergencyReviewRow(Base):
    """An emergency access and what a reviewer says of it afterwards."""

    __tablename__ = "emergency_reviews"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    permit_id: Mapped[UUID] = mapped_column(ForeignKey("permits.id"))
    person_id: Mapped[UUID]
    person_name: Mapped[str] = mapped_column(Text)
    organisation: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    camera_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    camera_names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(Text)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[UUID | None]
    reviewed_by_name: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
