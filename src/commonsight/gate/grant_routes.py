"""HTTP: grants one holds, gives and takes back; may I see this camera, by which grant, else why not."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.gate import emergency, giving, grant_store, grants, request_store, selection
from commonsight.gate import grant_rules as rules
from commonsight.gate.grant_model import Grant
from commonsight.gate.grant_views import (
    AccessOut,
    ActionAccess,
    CandidateOut,
    CountedOut,
    GrantDetail,
    GrantIn,
    GrantOut,
    HolderKind,
    RevokedOut,
    SelectionIn,
    WordsIn,
)
from commonsight.gate.model import Action, Door
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
    language_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.text import say

router = APIRouter()

Asks = Annotated[Identity, requires("grants.request")]
Sees = Annotated[Identity, requires("grants.read")]
Gives = Annotated[Identity, requires("grants.write")]
Looks = Annotated[Identity, requires("cameras.read")]


@router.get("/grants/mine", responses=problems(401, 403))
async def mine(request: Request, caller: Asks, session: Reads) -> Page[GrantOut]:
    """The grants one holds: one's own, one's organisation's, one's roles'; newest first, without those revoked."""
    now = request.app.state.clock.now()
    held = await grant_store.held_by(session, grants.holder_of(caller))
    return Page(items=[GrantOut.of(grant, now) for grant in held])


@router.post("/grants/count", responses=problems(401, 403, 422))
async def count(caller: Asks, session: Reads, said: SelectionIn) -> CountedOut:
    """How many cameras a choice comes to within one's regions, and the names of the first few."""
    chosen = rules.check_selection(said.meant(), caller.regions)
    found = await selection.count(session, (caller.regions,), chosen)
    return CountedOut(cameras=found.cameras, names=list(found.names))


@router.get("/grants/candidates", responses=problems(401, 403, 422))
async def candidates(
    caller: Gives,  # noqa: ARG001 - only who may give grants looks people up here
    session: Reads,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Limit = 50,
) -> Page[CandidateOut]:
    """Roles, organisations and people a grant can be given to."""
    found = await request_store.candidates(session, q, limit)
    return Page(items=[CandidateOut.model_validate(one, from_attributes=True) for one in found])


@router.get("/grants", responses=problems(401, 403, 422))
async def all_grants(
    request: Request,
    caller: Sees,
    session: Reads,
    state: Literal["running", "ended", "all"] = "running",
    holder_kind: HolderKind | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[GrantOut]:
    """Grants that touch one's regions, newest first."""
    now = request.app.state.clock.now()
    last = cursor_decode("grants", after, datetime, UUID) if after else None
    found = await request_store.grants_page(
        session,
        caller.regions,
        state=state,
        kind=holder_kind,
        q=q,
        now=now,
        after=None if last is None else (last[0], last[1]),
        limit=limit + 1,
    )
    more = cursor_encode("grants", found[limit - 1].granted_at, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[GrantOut.of(grant, now) for grant in found[:limit]], next=more)


@router.post("/grants", status_code=201, responses=problems(401, 403, 404, 422))
async def give(
    request: Request, response: Response, caller: Gives, session: Writes, once: OnceOnly, said: GrantIn
) -> GrantOut:
    """Give a grant. It never reaches beyond the giver's own regions, whatever it names."""
    state = request.app.state
    now = state.clock.now()
    wanted = giving.Wanted(
        holder_kind=said.holder_kind,
        holder=said.holder,
        cameras=said.cameras.meant(),
        actions=[Action(name) for name in said.actions],
        purposes=said.purposes,
        hours=None if said.hours is None else said.hours.meant(state.settings.region.timezone),
        starts_at=said.starts_at,
        expires_at=said.expires_at,
        limits=said.limits.meant(),
        basis=said.basis,
        door=Door(said.door),
    )
    grant = await giving.give(session, caller, wanted, now)
    await _audited(session, caller, "gate.grant_given", grant, now)
    response.headers["Location"] = f"{request.url.path}/{grant.id}"
    response.headers["ETag"] = etag(grant)
    return await once.keep(GrantOut.of(grant, now))


@router.get("/grants/{grant_id}", responses=problems(401, 403, 404))
async def one(request: Request, response: Response, caller: Looks, session: Reads, grant_id: UUID) -> GrantDetail:
    """A grant one holds or may read of, how many cameras it comes to, and what a revocation would cut."""
    state = request.app.state
    grant, running = await giving.one(session, caller, grant_id, state.settings.region.code)
    found = await selection.count(session, (grant.scope, caller.regions), grant.cameras)
    response.headers["ETag"] = etag(grant)
    plain = GrantOut.of(grant, state.clock.now()).model_dump()
    return GrantDetail(**plain, running_permits=running, counted=found.cameras, names=list(found.names))


@router.post("/grants/{grant_id}/revoke", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def revoke(
    request: Request, caller: Gives, session: Writes, grant_id: UUID, said: WordsIn, if_match: IfMatch = None
) -> RevokedOut:
    """Take a grant back with a reason. Every permit under it, and every picture running under those, ends now."""
    state = request.app.state
    now = state.clock.now()

    def expected(present: Grant) -> None:
        match_or_refuse(if_match, etag(present))

    grant, cut = await giving.revoke(session, caller, grant_id, said.reason, expected, state.settings.region.code, now)
    await _audited(session, caller, "gate.grant_revoked", grant, now, permits=cut)
    return RevokedOut(**GrantOut.of(grant, now).model_dump(), permits_cut=cut)


@router.get("/cameras/{camera_id}/access", responses=problems(401, 403, 404))
async def access(request: Request, caller: Looks, session: Reads, camera_id: UUID) -> AccessOut:
    """May I see this camera, by which grant, else why not: for each action."""
    now = request.app.state.clock.now()
    language = language_of(request)
    seen = await grants.seen(session, caller, (camera_id,))
    holder = grants.holder_of(caller)
    held = await grant_store.held_by(session, holder)
    told = []
    for action in Action:
        covering, short = grants.weigh(held, holder, seen, action, None, now)
        nearest = grants.nearest(short)
        grant = max(covering, key=Grant.width) if covering else nearest.grant if nearest is not None else None
        miss = "none" if nearest is None else nearest.miss
        told.append(
            ActionAccess(
                action=action.value,
                allowed=bool(covering),
                grant=None if grant is None else GrantOut.of(grant, now),
                until=grant.ends(now) if covering and grant is not None else None,
                operand=None if covering else miss,
                expected=None if covering or nearest is None else nearest.expected,
                actual=None if covering or nearest is None else nearest.actual,
                why=None if covering else say(f"gate.miss_{miss}", language),
            )
        )
    pending = await request_store.pending_of(session, caller.id)
    return AccessOut(
        camera_id=camera_id,
        actions=told,
        emergency="pictures.view" in caller.permissions and pending < emergency.UNREVIEWED_MOST,
        emergencies_waiting=pending,
        requests_waiting=await request_store.waiting_of(session, caller.id),
    )


def etag(grant: Grant) -> str:
    """The version of a grant."""
    return etag_of(grant.id, grant.version)


async def _audited(
    session: Writes, caller: Identity, action: str, grant: Grant, now: datetime, **detail: object
) -> None:
    await audit.record(
        session,
        Actor.of(caller),
        action,
        now,
        kind="grant",
        subject_id=grant.id,
        subject_name=grant.holder_name,
        holder_kind=grant.holder_kind,
        **detail,
    )
