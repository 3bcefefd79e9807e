"""HTTP: ask for a grant, follow it, withdraw; the approver's desk."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.gate import asking, giving, request_store
from commonsight.gate.grant_model import Hours, Selection
from commonsight.gate.grant_views import (
    ApprovalIn,
    CountedOut,
    GrantOut,
    OverlapOut,
    PreviewOut,
    RequestIn,
    RequestOut,
    WaitingOut,
    WordsIn,
)
from commonsight.gate.model import Action
from commonsight.gate.tables import GrantRequestRow
from commonsight.http import (
    After,
    IfMatch,
    Limit,
    OnceOnly,
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

router = APIRouter()

Asks = Annotated[Identity, requires("grants.request")]
Sees = Annotated[Identity, requires("grants.read")]
Decides = Annotated[Identity, requires("grants.write")]
State = Literal["asked", "approved", "refused", "withdrawn"]


@router.get("/grant-requests/mine", responses=problems(401, 403, 422))
async def mine(caller: Asks, session: Reads, after: After = None, limit: Limit = 100) -> Page[RequestOut]:
    """One's own requests, newest first."""
    return await _page(session, after, limit, person=caller.id, regions=None, state=None)


@router.get("/grant-requests/waiting", responses=problems(401, 403))
async def waiting(request: Request, caller: Sees, session: Reads) -> WaitingOut:
    """What waits for somebody in one's regions: requests, emergency accesses, and those overdue."""
    now = request.app.state.clock.now()
    requests, pending, overdue = await request_store.counts(session, caller.regions, now)
    return WaitingOut(requests=requests, emergencies=pending, overdue=overdue)


@router.get("/grant-requests", responses=problems(401, 403, 422))
async def desk(
    caller: Sees, session: Reads, state: State | None = "asked", after: After = None, limit: Limit = 100
) -> Page[RequestOut]:
    """Requests that touch one's regions, newest first."""
    return await _page(session, after, limit, person=None, regions=caller.regions, state=state)


@router.post("/grant-requests", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def ask(
    request: Request, response: Response, caller: Asks, session: Writes, once: OnceOnly, said: RequestIn
) -> RequestOut:
    """Ask for a grant for oneself, within one's own regions."""
    state = request.app.state
    wish = asking.Wish(
        cameras=said.cameras.meant(),
        actions=[Action(name) for name in said.actions],
        purposes=said.purposes,
        expires_at=said.expires_at,
        reason=said.reason,
        starts_at=said.starts_at,
        hours=None if said.hours is None else said.hours.meant(state.settings.region.timezone),
        masked=said.masked,
    )
    row = await asking.ask(session, caller, wish, state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{row.id}"
    response.headers["ETag"] = _etag(row)
    return await once.keep(_out(row))


@router.get("/grant-requests/{request_id}", responses=problems(401, 403, 404))
async def one(request: Request, response: Response, caller: Asks, session: Reads, request_id: UUID) -> RequestOut:
    """A request, one's own or one that may be read of."""
    row = await asking.visible(session, caller, request_id, request.app.state.settings.region.code)
    response.headers["ETag"] = _etag(row)
    return _out(row)


@router.get("/grant-requests/{request_id}/preview", responses=problems(401, 403, 404))
async def preview(request: Request, response: Response, caller: Sees, session: Reads, request_id: UUID) -> PreviewOut:
    """What approving would come to: how many cameras, how many of them one may give, what the asker holds already."""
    state = request.app.state
    row = await asking.visible(session, caller, request_id, state.settings.region.code)
    found = await asking.preview(session, caller, row)
    response.headers["ETag"] = _etag(row)
    now = state.clock.now()
    return PreviewOut(
        asked=CountedOut(cameras=found.asked.cameras, names=list(found.asked.names)),
        given=CountedOut(cameras=found.given.cameras, names=list(found.given.names)),
        overlaps=[OverlapOut(grant=GrantOut.of(one.grant, now), cameras=one.cameras) for one in found.overlaps],
    )


@router.post("/grant-requests/{request_id}/withdraw", responses=problems(401, 403, 404, 409))
async def withdraw(request: Request, caller: Asks, session: Writes, request_id: UUID) -> RequestOut:
    """Take one's own request back while it waits."""
    return _out(await asking.withdraw(session, caller, request_id, request.app.state.clock.now()))


@router.post("/grant-requests/{request_id}/approve", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def approve(
    request: Request,
    caller: Decides,
    session: Writes,
    request_id: UUID,
    said: ApprovalIn,
    if_match: IfMatch = None,
) -> RequestOut:
    """Approve a request as it was asked for, or narrower. This gives the grant."""
    state = request.app.state
    now, zone = state.clock.now(), state.settings.region.timezone

    def wanted(row: GrantRequestRow) -> giving.Wanted:
        limits = said.limits.meant()
        if row.masked:
            limits.setdefault("mask", "faces_plates")
        kept = None if row.hours is None else Hours.of(row.hours)
        return giving.Wanted(
            holder_kind="person",
            holder=str(row.person_id),
            cameras=Selection.of(row.cameras) if said.cameras is None else said.cameras.meant(),
            actions=[Action(name) for name in (row.actions if said.actions is None else said.actions)],
            purposes=row.purposes if said.purposes is None else said.purposes,
            hours=kept if said.hours is None else said.hours.meant(zone),
            starts_at=said.starts_at or row.starts_at,
            expires_at=said.expires_at or row.expires_at,
            limits=limits,
            basis=row.reason,
            request_id=row.id,
        )

    def expected(row: GrantRequestRow) -> None:
        match_or_refuse(if_match, _etag(row))

    row, grant = await asking.approve(
        session, caller, request_id, wanted, said.words, expected, state.settings.region.code, now
    )
    await _audited(session, caller, row, now, grant=str(grant.id))
    return _out(row)


@router.post("/grant-requests/{request_id}/refuse", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def refuse(
    request: Request, caller: Decides, session: Writes, request_id: UUID, said: WordsIn, if_match: IfMatch = None
) -> RequestOut:
    """Refuse a request and say why."""
    state = request.app.state

    def expected(row: GrantRequestRow) -> None:
        match_or_refuse(if_match, _etag(row))

    row = await asking.refuse(
        session, caller, request_id, said.reason, expected, state.settings.region.code, state.clock.now()
    )
    await _audited(session, caller, row, state.clock.now())
    return _out(row)


async def _page(
    session: Reads,
    after: str | None,
    limit: int,
    *,
    person: UUID | None,
    regions: tuple[str, ...] | None,
    state: str | None,
) -> Page[RequestOut]:
    last = cursor_decode("grant_requests", after, datetime, UUID) if after else None
    rows = await request_store.requests_page(
        session,
        regions=regions,
        person=person,
        state=state,
        after=None if last is None else (last[0], last[1]),
        limit=limit + 1,
    )
    more = cursor_encode("grant_requests", rows[limit - 1].asked_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[_out(row) for row in rows[:limit]], next=more)


def _out(row: GrantRequestRow) -> RequestOut:
    return RequestOut.model_validate(row, from_attributes=True)


def _etag(row: GrantRequestRow) -> str:
    return etag_of(row.id, row.version)


async def _audited(session: Writes, caller: Identity, row: GrantRequestRow, now: datetime, **detail: object) -> None:
    await audit.record(
        session,
        Actor.of(caller),
        f"gate.request_{row.state}",
        now,
        kind="grant_request",
        subject_id=row.id,
        subject_name=row.person_name,
        **detail,
    )
