"""All SQL of gate/."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, literal_column, or_, select, text, tuple_, update

from commonsight.catalog.search import Term, terms
from commonsight.gate.model import Action, Binding, Door, Limits, Permit
from commonsight.gate.tables import PermitRow, RetrievalRow
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines of the register; None leaves a condition out. `regions`: prefixes the reader may see."""

    regions: Sequence[str]
    camera: UUID | None = None
    person: UUID | None = None
    holder_kind: str | None = None
    purpose: str | None = None
    unit: str | None = None
    action: str | None = None
    grant: UUID | None = None
    emergency: bool | None = None
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def moment(session: ReadSession) -> datetime:
    """The database's time: issuers, media nodes and the register then agree on what has expired."""
    value: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return value


async def permit_by_ticket(session: ReadSession, digest: bytes) -> Permit | None:
    """The permit this ticket belongs to."""
    row = await session.scalar(select(PermitRow).where(PermitRow.ticket_sha256 == digest))
    return None if row is None else permit_of(row)


async def permit_by_id(session: ReadSession, permit_id: UUID) -> Permit | None:
    """The permit with this id."""
    row = await session.get(PermitRow, permit_id)
    return None if row is None else permit_of(row)


async def lock_permit(session: WriteSession, permit_id: UUID) -> PermitRow | None:
    """The permit's row as it is now, locked: an opening and a revocation never pass each other."""
    query = select(PermitRow).where(PermitRow.id == permit_id).with_for_update()
    row: PermitRow | None = await session.scalar(query.execution_options(populate_existing=True))
    return row


async def running_permits(session: WriteSession, holder_id: UUID, now: datetime) -> list[PermitRow]:
    """A person's permits that are worth something, locked."""
    query = (
        select(PermitRow)
        .where(PermitRow.holder_id == holder_id, PermitRow.revoked_at.is_(None), PermitRow.expires_at > now)
        .order_by(PermitRow.id)
        .with_for_update()
    )
    return list(await session.scalars(query))


async def lock_person(session: WriteSession, person_id: UUID) -> None:
    """Let one of a person's emergency accesses be written at a time, so that they can be counted."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('commonsight.gate.person:' || :person, 0))"),
        {"person": str(person_id)},
    )


async def lock_running_under(session: WriteSession, grant_id: UUID, now: datetime) -> list[PermitRow]:
    """The permits of a grant that are worth something, locked."""
    query = select(PermitRow).where(*_running_under(grant_id, now)).order_by(PermitRow.id).with_for_update()
    return list(await session.scalars(query))


async def running_under(session: ReadSession, grant_id: UUID, now: datetime) -> int:
    """How many permits of a grant are worth something."""
    return int(await session.scalar(select(func.count()).where(*_running_under(grant_id, now))) or 0)


def _running_under(grant_id: UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (PermitRow.grant_id == grant_id, PermitRow.revoked_at.is_(None), PermitRow.expires_at > now)


async def waiting_retrieval(
    session: WriteSession, permit_id: UUID, camera_id: UUID, action: str
) -> RetrievalRow | None:
    """The line written when the permit was issued for `action`, while nothing has been opened under it yet."""
    query = (
        select(RetrievalRow)
        .where(
            RetrievalRow.permit_id == permit_id,
            RetrievalRow.camera_id == camera_id,
            RetrievalRow.opened_at.is_(None),
            RetrievalRow.action == action,
        )
        .limit(1)
    )
    row: RetrievalRow | None = await session.scalar(query)
    return row


async def mark_first_frame(session: WriteSession, retrieval_id: UUID, now: datetime) -> None:
    """Note when the first picture left; the first note stays."""
    await session.execute(
        update(RetrievalRow)
        .where(RetrievalRow.id == retrieval_id, RetrievalRow.opened_at.is_not(None))
        .values(first_frame_at=func.coalesce(RetrievalRow.first_frame_at, now))
    )


async def mark_closed(
    session: WriteSession, retrieval_id: UUID, now: datetime, *, seconds: float, size: int, reason: str
) -> None:
    """Note what was seen; a line closes once."""
    await session.execute(
        update(RetrievalRow)
        .where(RetrievalRow.id == retrieval_id, RetrievalRow.closed_at.is_(None))
        .values(closed_at=now, seconds=seconds, bytes=size, close_reason=reason)
    )


async def close_abandoned(session: WriteSession, grace_seconds: float) -> int:
    """Close lines whose permit ran out or was revoked `grace_seconds` ago without a word from their media node."""
    result = await session.execute(
        text(
            "UPDATE retrievals r SET closed_at = least(p.expires_at, coalesce(p.revoked_at, p.expires_at)), "
            "close_reason = 'node_lost' FROM permits p WHERE p.id = r.permit_id AND r.opened_at IS NOT NULL "
            "AND r.closed_at IS NULL AND least(p.expires_at, coalesce(p.revoked_at, p.expires_at)) "
            "< clock_timestamp() - make_interval(secs => :grace)"
        ),
        {"grace": grace_seconds},
    )
    return int(getattr(result, "rowcount", 0))


async def close_inherited(session: WriteSession, node: str, before: datetime) -> int:
    """Close the lines that an earlier process of this name left open."""
    query = update(RetrievalRow).where(
        RetrievalRow.node == node,
        RetrievalRow.opened_at < before,
        RetrievalRow.closed_at.is_(None),
    )
    result = await session.execute(query.values(closed_at=before, close_reason="node_lost"))
    return int(getattr(result, "rowcount", 0))


def _register(wanted: Filter) -> Select[RetrievalRow]:
    inside = [RetrievalRow.region.startswith(prefix, autoescape=True) for prefix in wanted.regions]
    query = select(RetrievalRow).where(or_(*inside) if inside else false())
    for column, value in (
        (RetrievalRow.camera_id, wanted.camera),
        (RetrievalRow.holder_id, wanted.person),
        (RetrievalRow.holder_kind, wanted.holder_kind),
        (RetrievalRow.purpose_code, wanted.purpose),
        (RetrievalRow.organisation, wanted.unit),
        (RetrievalRow.action, wanted.action),
        (RetrievalRow.grant_id, wanted.grant),
        (RetrievalRow.emergency, wanted.emergency),
    ):
        if value is not None:
            query = query.where(column == value)
    for term in terms(wanted.words):
        query = query.where(_holds(term))
    if wanted.since is not None:
        query = query.where(RetrievalRow.asked_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(RetrievalRow.asked_at < wanted.until)
    return query.order_by(RetrievalRow.asked_at.desc(), RetrievalRow.id.desc())


def _holds(term: Term) -> ColumnElement[bool]:
    """Lines that hold the term in name, unit, camera or reason; lines older than the index are read through."""
    said = func.lower(
        func.normalize(
            func.concat_ws(
                " ",
                RetrievalRow.holder_name,
                RetrievalRow.organisation,
                RetrievalRow.camera_name,
                RetrievalRow.purpose_text,
            ),
            literal_column("NFKC"),
        )
    )
    holds = said.contains(term.text, autoescape=True)
    indexed = RetrievalRow.grams.contains(list(term.grams))
    return or_(and_(indexed, holds) if term.compare else indexed, and_(RetrievalRow.grams.is_(None), holds))


async def register_page(
    session: ReadSession, wanted: Filter, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[RetrievalRow]:
    """Lines of the register, newest first."""
    query = _register(wanted).limit(limit)
    if after is not None:
        query = query.where(tuple_(RetrievalRow.asked_at, RetrievalRow.id) < after)
    return list(await session.scalars(query))


async def register_rows(session: ReadSession, wanted: Filter, limit: int) -> AsyncIterator[RetrievalRow]:
    """The same lines as a stream, a thousand at a time, for an export."""
    result = await session.stream_scalars(_register(wanted).limit(limit).execution_options(yield_per=1000))
    async for row in result:
        yield row


def permit_of(row: PermitRow) -> Permit:
    """The permit a row holds."""
    limits: dict[str, Any] = row.limits
    return Permit(
        id=row.id,
        door=Door(row.door),
        holder_kind=row.holder_kind,
        holder_id=row.holder_id,
        holder_name=row.holder_name,
        organisation=row.organisation,
        purpose_code=row.purpose_code,
        purpose_text=row.purpose_text,
        cameras=frozenset(row.cameras),
        limits=Limits(**limits),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        revoked_reason=row.revoked_reason,
        window=row.window,
        actions=frozenset(Action(action) for action in row.actions),
        footage=None if row.footage_from is None or row.footage_to is None else (row.footage_from, row.footage_to),
        grant_id=row.grant_id,
        emergency=row.emergency,
        binding=Binding(row.viewer_sha256, row.viewer_address, row.open_by, row.opened_at),
    )
