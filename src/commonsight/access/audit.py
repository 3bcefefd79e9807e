"""The audit: who changed what, when, from where. Written in the transaction of the change, never changed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_

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


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None leaves a condition out. `action` may be a prefix ("access.token"); `who` and `what` are words
    of the actor's and of the object's name, `what` also its whole id."""

    actor_id: UUID | None = None
    action: str | None = None
    who: str | None = None
    what: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(
    session: ReadSession, wanted: Filter, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[AuditRow]:
    """Entries, newest first."""
    query = _wanted(wanted).limit(limit)
    if after is not None:
        query = query.where(tuple_(AuditRow.at, AuditRow.id) < after)
    return list(await session.scalars(query))


async def rows(session: ReadSession, wanted: Filter, most: int) -> AsyncIterator[AuditRow]:
    """Entries, newest first, a few hundred at a time."""
    found = await session.stream_scalars(_wanted(wanted).limit(most).execution_options(yield_per=500))
    async for row in found:
        yield row


def _wanted(wanted: Filter) -> Select[AuditRow]:
    query = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc())
    if wanted.actor_id is not None:
        query = query.where(AuditRow.actor_id == wanted.actor_id)
    if wanted.action:
        query = query.where(AuditRow.action.startswith(wanted.action, autoescape=True))
    if wanted.who:
        query = query.where(AuditRow.actor_name.icontains(wanted.who, autoescape=True))
    if wanted.what:
        named = AuditRow.subject_name.icontains(wanted.what, autoescape=True)
        query = query.where(or_(named, AuditRow.subject_id == wanted.what))
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    return query
