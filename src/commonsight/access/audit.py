"""The audit: who changed what, when, from where. Written in the transaction of the change, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from commonsight.access.model import Identity
from commonsight.access.tables import AuditRow
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person, or the local administrator at the machine (id None)."""

    id: UUID | None
    name: str
    address: str | None = None

    @classmethod
    def of(cls, caller: Identity) -> "Actor":
        """The actor a caller is."""
        return cls(caller.id, caller.name, caller.address)


LOCAL = Actor(None, "local")
"""Somebody with a shell on this machine."""


async def record(
    session: WriteSession,
    actor: Actor,
    action: str,
    now: datetime,
    *,
    kind: str,
    subject_id: object = None,
    subject_name: str | None = None,
    **detail: Any,
) -> None:
    """Write one entry. `action` is `<room>.<noun>_<past participle>`; `detail` holds JSON values, never secrets."""
    session.add(
        AuditRow(
            id=uuid7(),
            at=now,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject_kind=kind,
            subject_id=None if subject_id is None else str(subject_id),
            subject_name=subject_name,
            address=actor.address,
            detail=detail,
        )
    )
    await session.flush()


async def page(
    session: ReadSession,
    *,
    actor_id: UUID | None,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[AuditRow]:
    """Entries, newest first. `action` may be a prefix ("access.token")."""
    query = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)
    if actor_id is not None:
        query = query.where(AuditRow.actor_id == actor_id)
    if action:
        query = query.where(AuditRow.action.startswith(action, autoescape=True))
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if until is not None:
        query = query.where(AuditRow.at < until)
    if after is not None:
        query = query.where(tuple_(AuditRow.at, AuditRow.id) < after)
    return list(await session.scalars(query))
