"""SQL of lists: grants, requests, emergency accesses, and who may hold a grant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, exists, func, or_, select, true, tuple_, update

from commonsight.access.model import roles
from commonsight.access.tables import OrganisationRow, PersonRow
from commonsight.gate.grant_model import Grant, Holder
from commonsight.gate.grant_store import grant_of
from commonsight.gate.tables import EmergencyReviewRow, GrantRequestRow, GrantRow
from commonsight.records.database import ReadSession, WriteSession

After = tuple[datetime, UUID] | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody or something a grant can be given to."""

    kind: str
    holder: str
    name: str
    organisation: str


def _touching(column: Any, regions: Sequence[str]) -> ColumnElement[bool]:
    """A scope that meets the caller's regions: one of them begins with the other. `""` meets all."""
    place = func.unnest(column).column_valued("place")
    meets = or_(
        *(
            or_(func.starts_with(place, region), func.starts_with(cast(region, String), place))
            for region in regions or ("-",)
        )
    )
    return exists(select(1).where(meets))


def _like(q: str) -> str:
    escaped = q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


async def grants_page(
    session: ReadSession,
    regions: Sequence[str],
    *,
    state: str,
    kind: str | None,
    q: str | None,
    now: datetime,
    after: After,
    limit: int,
) -> list[Grant]:
    """Grants that touch the regions, newest first. `state`: running, ended, or all."""
    query = select(GrantRow).where(_touching(GrantRow.scope, regions))
    over = or_(GrantRow.revoked_at.is_not(None), func.coalesce(GrantRow.expires_at <= now, False))
    if state != "all":
        query = query.where(over if state == "ended" else ~over)
    if kind is not None:
        query = query.where(GrantRow.holder_kind == kind)
    if q:
        like = _like(q)
        query = query.where(or_(GrantRow.holder_name.ilike(like), GrantRow.basis.ilike(like)))
    if after is not None:
        query = query.where(tuple_(GrantRow.granted_at, GrantRow.id) < after)
    query = query.order_by(GrantRow.granted_at.desc(), GrantRow.id.desc()).limit(limit)
    return [grant_of(row) for row in await session.scalars(query)]


async def requests_page(
    session: ReadSession,
    *,
    regions: Sequence[str] | None,
    person: UUID | None,
    state: str | None,
    after: After,
    limit: int,
) -> list[GrantRequestRow]:
    """Requests that touch `regions` (None: anywhere), newest first; of one person, in one state."""
    query = select(GrantRequestRow).where(true() if regions is None else _touching(GrantRequestRow.scope, regions))
    if person is not None:
        query = query.where(GrantRequestRow.person_id == person)
    if state is not None:
        query = query.where(GrantRequestRow.state == state)
    if after is not None:
        query = query.where(tuple_(GrantRequestRow.asked_at, GrantRequestRow.id) < after)
    query = query.order_by(GrantRequestRow.asked_at.desc(), GrantRequestRow.id.desc()).limit(limit)
    return list(await session.scalars(query))


async def lock(session: WriteSession, request_id: UUID) -> GrantRequestRow | None:
    """The request as it is now, locked until the transaction ends."""
    query = select(GrantRequestRow).where(GrantRequestRow.id == request_id).with_for_update()
    row: GrantRequestRow | None = await session.scalar(query.execution_options(populate_existing=True))
    return row


async def waiting_of(session: ReadSession, person_id: UUID) -> int:
    """How many of a person's requests wait for a decision."""
    query = select(func.count()).where(GrantRequestRow.person_id == person_id, GrantRequestRow.state == "asked")
    return int(await session.scalar(query) or 0)


async def holder_of(session: ReadSession, person_id: UUID) -> Holder | None:
    """A person as grants know them."""
    query = (
        select(PersonRow.roles, func.coalesce(OrganisationRow.name, ""))
        .outerjoin(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
        .where(PersonRow.id == person_id)
    )
    row = (await session.execute(query)).first()
    return None if row is None else Holder(person_id, row[1], tuple(row[0]))


async def organisation_exists(session: ReadSession, name: str) -> bool:
    """Whether people work for an organisation of this name."""
    return bool(await session.scalar(select(exists(select(1).where(OrganisationRow.name == name)))))


async def candidates(session: ReadSession, q: str, limit: int) -> list[Candidate]:
    """Roles, organisations and active people whose name holds `q`."""
    like = _like(q.strip())
    found = [
        Candidate("role", role.code, role.code, "")
        for role in roles().values()
        if q.strip().lower() in f"{role.code} {role.zh} {role.en}".lower()
    ]
    units = select(OrganisationRow.name).where(OrganisationRow.name.ilike(like)).order_by(OrganisationRow.name)
    found += [Candidate("organisation", name, name, "") for name in await session.scalars(units.limit(limit))]
    query = (
        select(PersonRow, func.coalesce(OrganisationRow.name, ""))
        .outerjoin(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
        .where(PersonRow.active, or_(PersonRow.name.ilike(like), PersonRow.display_name.ilike(like)))
        .order_by(PersonRow.name)
        .limit(limit)
    )
    for person, organisation in await session.execute(query):
        found.append(Candidate("person", str(person.id), person.display_name or person.name, organisation))
    return found[:limit]


# --- emergency accesses ---------------------------------------------------------------------------------------------


async def reviews_page(
    session: ReadSession,
    *,
    regions: Sequence[str] | None,
    person: UUID | None,
    state: str | None,
    after: After,
    limit: int,
) -> list[EmergencyReviewRow]:
    """Emergency accesses to cameras in `regions` (None: anywhere), newest first."""
    query = select(EmergencyReviewRow)
    if regions is not None:
        query = query.where(_touching(EmergencyReviewRow.regions, regions))
    if person is not None:
        query = query.where(EmergencyReviewRow.person_id == person)
    if state is not None:
        query = query.where(EmergencyReviewRow.state == state)
    if after is not None:
        query = query.where(tuple_(EmergencyReviewRow.opened_at, EmergencyReviewRow.id) < after)
    query = query.order_by(EmergencyReviewRow.opened_at.desc(), EmergencyReviewRow.id.desc()).limit(limit)
    return list(await session.scalars(query))


async def lock_review(session: WriteSession, review_id: UUID) -> EmergencyReviewRow | None:
    """The emergency access as it is now, locked until the transaction ends."""
    query = select(EmergencyReviewRow).where(EmergencyReviewRow.id == review_id).with_for_update()
    row: EmergencyReviewRow | None = await session.scalar(query.execution_options(populate_existing=True))
    return row


async def pending_of(session: ReadSession, person_id: UUID) -> int:
    """How many of a person's emergency accesses wait for review."""
    query = select(func.count()).where(EmergencyReviewRow.person_id == person_id, EmergencyReviewRow.state == "pending")
    return int(await session.scalar(query) or 0)


async def counts(session: ReadSession, regions: Sequence[str], now: datetime) -> tuple[int, int, int]:
    """What waits in these regions: requests, emergency accesses, and those of them that are overdue."""
    requests = await session.scalar(
        select(func.count()).where(GrantRequestRow.state == "asked", _touching(GrantRequestRow.scope, regions))
    )
    pending, overdue = (
        await session.execute(
            select(func.count(), func.count().filter(EmergencyReviewRow.due_at <= now)).where(
                EmergencyReviewRow.state == "pending", _touching(EmergencyReviewRow.regions, regions)
            )
        )
    ).one()
    return int(requests or 0), int(pending), int(overdue)


async def escalate(session: WriteSession, now: datetime, limit: int) -> list[EmergencyReviewRow]:
    """Mark what nobody has reviewed in time; each once."""
    late = (
        select(EmergencyReviewRow.id)
        .where(
            EmergencyReviewRow.state == "pending",
            EmergencyReviewRow.due_at <= now,
            EmergencyReviewRow.escalated_at.is_(None),
        )
        .order_by(EmergencyReviewRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    query = (
        update(EmergencyReviewRow)
        .where(EmergencyReviewRow.id.in_(late))
        .values(escalated_at=now, version=EmergencyReviewRow.version + 1)
        .returning(EmergencyReviewRow)
    )
    return list(await session.scalars(query))
