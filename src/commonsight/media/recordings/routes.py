"""HTTP: recording plans, recording on order, disks, the timeline of a camera."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from commonsight.access.audit import Actor
from commonsight.access.model import Identity
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
from commonsight.media.recordings import plan_store, service, store
from commonsight.media.recordings.model import Kind, Plan, checked_span
from commonsight.media.recordings.views import (
    CostOut,
    DeviceOut,
    GapOut,
    OrderIn,
    OrderOut,
    PlanChange,
    PlanIn,
    PlanOut,
    SpanOut,
    StateOut,
    StoreOut,
    TimelineOut,
)
from commonsight.text import say

router = APIRouter(tags=["recordings"])

MayRead = Annotated[Identity, requires("recordings.read")]
MayWrite = Annotated[Identity, requires("recordings.write")]


@router.get("/recordings/plans", responses=problems(401, 403, 422))
async def plans(caller: MayRead, session: Reads, after: After = None, limit: Limit = 100) -> Page[PlanOut]:
    """Recording plans that touch one's regions, newest first."""
    last = cursor_decode("recording_plans", after, datetime, UUID) if after else None
    found = await plan_store.plans(
        session, scope=caller.regions, after=None if last is None else (last[0], last[1]), limit=limit + 1
    )
    used, states = await store.used_by_plans(session), await store.states_by_plan(session)
    following = None
    if len(found) > limit:
        following = cursor_encode("recording_plans", found[limit - 1].created_at, found[limit - 1].id)
    return Page(
        items=[PlanOut.of(plan, used.get(plan.id, 0), states.get(plan.id, {})) for plan in found[:limit]],
        next=following,
    )


@router.post("/recordings/plans", status_code=201, responses=problems(401, 403, 404, 422))
async def add_plan(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: PlanIn
) -> PlanOut:
    """Make a plan. Media nodes follow it within seconds."""
    now = request.app.state.clock.now()
    made = await service.add_plan(
        session, said.given(), caller.regions, Actor.of(caller), caller.display_name or caller.name, now
    )
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(_out(response, made, 0, {}))


@router.post("/recordings/plans/cost", responses=problems(401, 403, 404, 422))
async def estimate(request: Request, caller: MayRead, session: Reads, said: PlanIn) -> CostOut:
    """What a plan like this would take, from the bit rates measured in the last day."""
    given = said.given()
    await service.checked(session, given, caller.regions)
    return CostOut.of(await service.cost(session, given, caller.regions, request.app.state.clock.now()))


@router.get("/recordings/plans/{plan_id}", responses=problems(401, 403, 404))
async def plan(response: Response, caller: MayRead, session: Reads, plan_id: UUID) -> PlanOut:
    """One plan."""
    found = await service.known_plan(session, plan_id, caller.regions)
    used, states = await store.used_by_plans(session), await store.states_by_plan(session)
    return _out(response, found, used.get(found.id, 0), states.get(found.id, {}))


@router.get("/recordings/plans/{plan_id}/cost", responses=problems(401, 403, 404))
async def cost(request: Request, caller: MayRead, session: Reads, plan_id: UUID) -> CostOut:
    """What a plan takes a day, from the bit rates measured in the last day."""
    found = await service.known_plan(session, plan_id, caller.regions)
    return CostOut.of(await service.cost(session, found, found.scope, request.app.state.clock.now()))


@router.get("/recordings/plans/{plan_id}/cameras", responses=problems(401, 403, 404, 422))
async def cameras(
    request: Request, caller: MayRead, session: Reads, plan_id: UUID, after: After = None, limit: Limit = 100
) -> Page[StateOut]:
    """The cameras of a plan that are to be recorded now, and how that goes."""
    found = await service.known_plan(session, plan_id, caller.regions)
    last = cursor_decode("recording_states", after, UUID) if after else None
    rows = await store.states_of_plan(session, found.id, None if last is None else last[0], limit + 1)
    language = language_of(request)
    items = [
        StateOut(
            camera_id=row.camera_id, name=row.name, code=row.code, node=row.node, kind=row.kind, state=row.state,
            reason=row.reason, words=_words(row.reason, language), since=row.since,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    following = cursor_encode("recording_states", rows[limit - 1].camera_id) if len(rows) > limit else None
    return Page(items=items, next=following)


@router.patch("/recordings/plans/{plan_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change_plan(
    request: Request, response: Response, caller: MayWrite, session: Writes, plan_id: UUID, said: PlanChange,
    if_match: IfMatch = None,
) -> PlanOut:  # fmt: skip
    """Change a plan. What it recorded is from now on kept as long as it now says, and never less than the law asks."""

    def changed(present: Plan) -> service.Given:
        match_or_refuse(if_match, etag_of(present.id, present.version))
        return said.applied(present)

    now = request.app.state.clock.now()
    made = await service.change_plan(session, plan_id, changed, caller.regions, Actor.of(caller), now)
    used, states = await store.used_by_plans(session), await store.states_by_plan(session)
    return _out(response, made, used.get(made.id, 0), states.get(made.id, {}))


@router.delete("/recordings/plans/{plan_id}", status_code=204, responses=problems(401, 403, 404, 412, 428))
async def drop_plan(
    request: Request, caller: MayWrite, session: Writes, plan_id: UUID, if_match: IfMatch = None
) -> Response:
    """Record under this plan no more. What it recorded is kept as long as it said."""

    def unchanged(present: Plan) -> None:
        match_or_refuse(if_match, etag_of(present.id, present.version))

    now = request.app.state.clock.now()
    await service.drop_plan(session, plan_id, unchanged, caller.regions, Actor.of(caller), now)
    return Response(status_code=204)


@router.get("/recordings/stores", responses=problems(401, 403))
async def stores(caller: MayRead, session: Reads) -> Page[StoreOut]:  # noqa: ARG001 - who may read, reads them all
    """The disks recordings lie on, and what happens on each while room is short."""
    return Page(
        items=[StoreOut.model_validate(row, from_attributes=True) for row in await store.stores(session)], next=None
    )


@router.post("/cameras/{camera_id}/recording", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def order(
    request: Request, caller: MayWrite, session: Writes, once: OnceOnly, camera_id: UUID, said: OrderIn
) -> OrderOut:
    """Have a camera recorded from now on for so many minutes, whatever the plans say."""
    ends = await service.order(
        session, camera_id, said.minutes, Kind(said.kind), " ".join(said.reason.split()), caller.regions,
        Actor.of(caller), request.app.state.clock.now(),
    )  # fmt: skip
    return await once.keep(OrderOut(camera_id=camera_id, ends_at=ends))


@router.delete("/cameras/{camera_id}/recording", status_code=204, responses=problems(401, 403, 404))
async def end_order(request: Request, caller: MayWrite, session: Writes, camera_id: UUID) -> Response:
    """Record it no longer than the plans say."""
    now = request.app.state.clock.now()
    await service.end_order(session, camera_id, caller.regions, Actor.of(caller), now)
    return Response(status_code=204)


@router.get("/cameras/{camera_id}/timeline", responses=problems(401, 403, 404, 422))
async def timeline(
    request: Request,
    caller: MayRead,
    camera_id: UUID,
    begin: Annotated[AwareDatetime, Query(alias="from", description="beginning of the span")],
    end: Annotated[AwareDatetime, Query(alias="to", description="end of the span, at most 7 days on")],
    device: Annotated[bool, Query(description="ask the device, too: takes seconds")] = False,
) -> TimelineOut:
    """What is recorded of a camera, by us and on demand by its device, and where there is neither. Shows no picture."""
    checked_span(begin, end, service.TIMELINE_MOST)
    state = request.app.state
    found = await service.timeline(
        state.database, camera_id, caller.regions, begin, end, device=device, now=state.clock.now()
    )
    side, language = found.device, language_of(request)
    return TimelineOut(
        spans=[SpanOut.of(held) for held in (*found.own, *(side.spans if side else ()))],
        gaps=[GapOut.model_validate({"from": low, "to": high}) for low, high in found.gaps],
        device=None if side is None else DeviceOut(
            complete=side.complete, code=side.refused.code if side.refused else None,
            words=say(side.refused.code, language, **side.refused.facts()) if side.refused else None,
        ),
    )  # fmt: skip


def _out(response: Response, plan: Plan, used: int, states: dict[str, int]) -> PlanOut:
    response.headers["ETag"] = etag_of(plan.id, plan.version)
    return PlanOut.of(plan, used, states)


def _words(reason: str | None, language: str) -> str | None:
    return None if reason is None else say(f"media.{reason}", language)
