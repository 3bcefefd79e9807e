"""HTTP: needs of departments: file, match, decide, review, and the library of cases."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from commonsight.analyze.demands import recipes, service, store
from commonsight.analyze.demands.model import Demand, State
from commonsight.analyze.demands.views import (
    DemandIn,
    DemandItem,
    DemandOut,
    LibraryOut,
    PublishedOut,
    PublishIn,
    RecipeOut,
    StateWord,
    StepIn,
)
from commonsight.analyze.scenes.registry import installed
from commonsight.http import (
    After,
    Caller,
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
from commonsight.records.database import ReadSession

router = APIRouter(tags=["demands"])

MayRead = Annotated[Caller, requires("demands.read")]
MayWrite = Annotated[Caller, requires("demands.write")]
MayDecide = Annotated[Caller, requires(service.OPERATES)]


@router.get("/demands", responses=problems(401, 403, 422))
async def demands(
    request: Request,
    caller: MayRead,
    session: Reads,
    state: Annotated[list[StateWord] | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[DemandItem]:
    """Needs of the caller's regions and their own, the newest first."""
    order = "demands." + ".".join(sorted(state or ()))
    last = cursor_decode(order, after, datetime, UUID) if after else None
    states = [State(one) for one in state or ()]
    found = await store.page(session, caller.regions, caller.id, states, last and (last[0], last[1]), limit + 1)
    more = cursor_encode(order, found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
    cards, language = installed().cards, language_of(request)
    return Page(items=[DemandItem.of(one, caller, cards, language) for one in found[:limit]], next=more)


@router.get("/demands/library", responses=problems(401, 403))
async def library(request: Request, caller: MayRead, session: Reads) -> LibraryOut:  # noqa: ARG001
    """Proven uses of scenes: recipes that come with the platform, and needs that were reviewed and published here."""
    cards, language = installed().cards, language_of(request)
    return LibraryOut(
        recipes=[RecipeOut.of(one, cards, language) for one in recipes.packaged()],
        cases=[PublishedOut.of(one, cards, language) for one in await store.published(session)],
    )


@router.post("/demands", status_code=201, responses=problems(401, 403, 404, 422))
async def file(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: DemandIn
) -> DemandOut:
    """File a need. The platform matches it at once: cameras, cost, accuracy, and what is missing."""
    zone = request.app.state.settings.region.timezone
    made = await service.file(session, caller, said.said(zone), request.app.state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(await _out(request, response, session, caller, made))


@router.get("/demands/{demand_id}", responses=problems(401, 403, 404))
async def one(request: Request, response: Response, caller: MayRead, session: Reads, demand_id: UUID) -> DemandOut:
    """One need with what it was matched to and what it was good for."""
    return await _out(request, response, session, caller, await service.visible(session, caller, demand_id))


@router.post("/demands/{demand_id}/match", responses=problems(401, 403, 404, 409, 422))
async def match(request: Request, response: Response, caller: MayWrite, session: Writes, demand_id: UUID) -> DemandOut:
    """Match a need anew: cameras were mended, drawn on, or built since."""
    found = await service.visible(session, caller, demand_id, for_update=True)
    made = await service.match(session, caller, found, request.app.state.clock.now())
    return await _out(request, response, session, caller, made)


@router.post("/demands/{demand_id}/steps", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def step(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    demand_id: UUID,
    said: StepIn,
    if_match: IfMatch = None,
) -> DemandOut:
    """Accept, refuse, withdraw, reopen, stop or review a need, from the version one has seen."""
    found = await service.visible(session, caller, demand_id, for_update=True)
    match_or_refuse(if_match, _etag(found))
    made = await service.step(session, caller, found, said.meant(), request.app.state.clock.now())
    return await _out(request, response, session, caller, made)


@router.put("/demands/{demand_id}/case", responses=problems(401, 403, 404, 409, 422))
async def publish(
    request: Request, response: Response, caller: MayDecide, session: Writes, demand_id: UUID, said: PublishIn
) -> DemandOut:
    """Put a reviewed need into the library of cases, with its figures as they stand."""
    found = await service.visible(session, caller, demand_id, for_update=True)
    await service.publish(session, caller, found, said.words, request.app.state.clock.now())
    return await _out(request, response, session, caller, found)


@router.delete("/demands/{demand_id}/case", responses=problems(401, 403, 404))
async def withdraw_case(
    request: Request, response: Response, caller: MayDecide, session: Writes, demand_id: UUID
) -> DemandOut:
    """Take a need out of the library; published again it is back."""
    found = await service.visible(session, caller, demand_id)
    await service.withdraw_case(session, caller, found, request.app.state.clock.now())
    return await _out(request, response, session, caller, found)


async def _out(request: Request, response: Response, session: ReadSession, caller: Caller, found: Demand) -> DemandOut:
    response.headers["ETag"] = _etag(found)
    good = None
    if found.running_at is not None:
        good = await service.benefit(session, found, request.app.state.clock.now())
    published = bool(await store.published(session, found.id))
    members = await store.members(session, found.id)
    return DemandOut.whole(found, caller, installed().cards, members, good, published, language_of(request))


def _etag(found: Demand) -> str:
    return etag_of("demand", found.id, found.version)
