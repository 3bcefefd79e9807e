"""HTTP: emergency accesses and their reviews."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.gate import emergency, giving, request_store
from commonsight.gate.grant_views import EmergencyOut, ReviewIn
from commonsight.gate.tables import EmergencyReviewRow
from commonsight.http import (
    After,
    IfMatch,
    Limit,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    etag_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.problem import Refusal

router = APIRouter()

Looks = Annotated[Identity, requires("pictures.view")]
Sees = Annotated[Identity, requires("grants.read")]
Reviews = Annotated[Identity, requires("grants.write")]
State = Literal["pending", "justified", "unjustified"]


@router.get("/emergencies/mine", responses=problems(401, 403, 422))
async def mine(caller: Looks, session: Reads, after: After = None, limit: Limit = 100) -> Page[EmergencyOut]:
    """One's own emergency accesses and what was said of them, newest first."""
    return await _page(session, after, limit, person=caller.id, regions=None, state=None)


@router.get("/emergencies", responses=problems(401, 403, 422))
async def desk(
    caller: Sees, session: Reads, state: State | None = None, after: After = None, limit: Limit = 100
) -> Page[EmergencyOut]:
    """Emergency accesses to cameras in one's regions, newest first."""
    return await _page(session, after, limit, person=None, regions=caller.regions, state=state)


@router.get("/emergencies/{emergency_id}", responses=problems(401, 403, 404))
async def one(request: Request, response: Response, caller: Sees, session: Reads, emergency_id: UUID) -> EmergencyOut:
    """One emergency access."""
    row = await session.get(EmergencyReviewRow, emergency_id)
    if row is None or not giving.touches(caller, row.regions, request.app.state.settings.region.code):
        raise Refusal("gate.review_unknown", status=404, operand="emergency", actual=str(emergency_id))
    response.headers["ETag"] = _etag(row)
    return _out(row)


@router.post("/emergencies/{emergency_id}/review", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def review(
    request: Request, caller: Reviews, session: Writes, emergency_id: UUID, said: ReviewIn, if_match: IfMatch = None
) -> EmergencyOut:
    """Say of somebody else's emergency access whether it was one. If it was not, what still runs is cut."""
    state = request.app.state
    now = state.clock.now()

    def expected(row: EmergencyReviewRow) -> None:
        match_or_refuse(if_match, _etag(row))

    row = await emergency.review(
        session, caller, emergency_id, said.state, said.words, expected, state.settings.region.code, now
    )
    await audit.record(
        session,
        Actor.of(caller),
        "gate.emergency_reviewed",
        now,
        kind="emergency",
        subject_id=row.id,
        subject_name=row.person_name,
        state=row.state,
    )
    return _out(row)


async def _page(
    session: Reads,
    after: str | None,
    limit: int,
    *,
    person: UUID | None,
    regions: tuple[str, ...] | None,
    state: str | None,
) -> Page[EmergencyOut]:
    last = cursor_decode("emergencies", after, datetime, UUID) if after else None
    rows = await request_store.reviews_page(
        session,
        regions=regions,
        person=person,
        state=state,
        after=None if last is None else (last[0], last[1]),
        limit=limit + 1,
    )
    more = cursor_encode("emergencies", rows[limit - 1].opened_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[_out(row) for row in rows[:limit]], next=more)


def _out(row: EmergencyReviewRow) -> EmergencyOut:
    return EmergencyOut.model_validate(row, from_attributes=True)


def _etag(row: EmergencyReviewRow) -> str:
    return etag_of(row.id, row.version)
