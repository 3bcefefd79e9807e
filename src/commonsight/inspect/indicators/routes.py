"""HTTP: indicators of a scope, how they are counted, league tables, trends."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from commonsight import jobs
from commonsight.access.audit import Actor, record
from commonsight.http import (
    Caller,
    IfMatch,
    Page,
    Reads,
    Writes,
    etag_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.inspect.indicators import day_store, league_routes, service, whatif_routes
from commonsight.inspect.indicators.day_store import Choice
from commonsight.inspect.indicators.definitions import indicators, known
from commonsight.inspect.indicators.model import ScopeKind
from commonsight.inspect.indicators.sampled import SAMPLED, sampled
from commonsight.inspect.indicators.scopes import Code, Kind, Only, checked_only, scope_of, zone_of
from commonsight.inspect.indicators.service import Chosen
from commonsight.inspect.indicators.views import (
    DefinitionIn,
    DefinitionOut,
    IndicatorOut,
    IndicatorsOut,
    TrendOut,
    TrendPoint,
)
from commonsight.problem import Refusal

router = APIRouter(tags=["health"])
router.include_router(league_routes.router)
router.include_router(whatif_routes.router)

MayRead = Annotated[Caller, requires("health.read")]
MayWrite = Annotated[Caller, requires("health.write")]


@router.get("/health/indicators", responses=problems(401, 403, 404, 422))
async def indicators_(
    request: Request,
    caller: MayRead,
    session: Reads,
    region: Annotated[str | None, Query(examples=["45"])] = None,
    kind: Kind = "region",
    scope: Code = "",
    only: Only = None,
) -> IndicatorsOut:
    """The indicators of a scope, of the cameras in it that the caller may see, each with how it is known."""
    asked, now = scope_of(caller, kind, scope, region), request.app.state.clock.now()
    wanted = checked_only(only)
    found = await service.figures(session, asked, now, zone=zone_of(request), only=wanted)
    every = await service.chosen(session)
    items = [IndicatorOut.told(every[code], found[code]) for code in indicators() if code in found]
    if region is not None and asked.kind is ScopeKind.REGION and asked.regions == (region,):
        sample = await sampled(session, region, now)
        items = [one.model_copy(update={"sample": sample}) if one.code == SAMPLED else one for one in items]
    return IndicatorsOut(as_of=now, kind=asked.kind, scope=asked.code, region=region, items=items)


@router.post("/health/indicators/count", status_code=202, responses=problems(401, 403))
async def count_now(caller: MayWrite, session: Writes) -> dict[str, bool]:  # noqa: ARG001
    """Count everything that is kept by day anew now; `queued` false: it is being done already."""
    queued = await jobs.enqueue(session, "inspect:count_day", {"timestamp": 0}, queueing_lock="inspect.count_day")
    return {"queued": queued is not None}


@router.get("/health/definitions", responses=problems(401, 403))
async def definitions(caller: MayRead, session: Reads) -> Page[DefinitionOut]:  # noqa: ARG001
    """How every indicator is counted here, and how else it may be."""
    return Page(items=[DefinitionOut.of(one) for one in (await service.chosen(session)).values()])


@router.get("/health/definitions/{code}", responses=problems(401, 403, 404))
async def definition(response: Response, caller: MayRead, session: Reads, code: str) -> DefinitionOut:  # noqa: ARG001
    """How an indicator is counted here, and how else it may be."""
    known(code)
    one = (await service.chosen(session))[code]
    response.headers["ETag"] = _tag(one)
    return DefinitionOut.of(one)


@router.put("/health/definitions/{code}", responses=problems(401, 403, 404, 412, 422, 428))
async def define(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    code: str,
    said: DefinitionIn,
    if_match: IfMatch = None,
) -> DefinitionOut:
    """Choose how an indicator is counted, and the bars it is held against. Days are kept in every variant."""
    indicator = known(code)
    before = (await service.chosen(session))[code]
    match_or_refuse(if_match, _tag(before))
    variant = indicator.variant(said.variant)
    if said.alert is not None and said.alert > (said.aim or 1):
        raise Refusal(
            "inspect.bars_crossed",
            status=422,
            rule="alert <= aim",
            operand="alert",
            expected=said.aim,
            actual=said.alert,
        )
    now = request.app.state.clock.now()
    made = Choice(variant.code, said.aim, said.alert, caller.display_name, now, before.version + 1)
    await day_store.choose(session, code, made)
    actor = Actor(caller.id, caller.name, request.client.host if request.client else None)
    await record(
        session, actor, "inspect.indicator_defined", now, kind="indicator", subject_id=code, subject_name=indicator.zh,
        variant=variant.code, aim=said.aim, alert=said.alert, before=before.variant.code,
    )  # fmt: skip
    after = service.chosen_of(code, made)
    response.headers["ETag"] = _tag(after)
    return DefinitionOut.of(after)


def _tag(one: Chosen) -> str:
    return etag_of(one.indicator.code, one.version)


@router.get("/health/trend", responses=problems(401, 403, 404, 422))
async def trend(
    request: Request,
    caller: MayRead,
    session: Reads,
    indicator: Annotated[str, Query(examples=["playable"])] = "playable",
    region: Annotated[str | None, Query(examples=["45"])] = None,
    kind: Kind = "region",
    scope: Code = "",
    days: Annotated[int, Query(ge=1, le=day_store.DAYS_MOST)] = 30,
) -> TrendOut:
    """An indicator of a scope by day, today last; days that were not counted are left out."""
    one = known(indicator)
    asked = scope_of(caller, kind, scope, region)
    chosen = (await service.chosen(session))[one.code]
    now, zone = request.app.state.clock.now(), zone_of(request)
    last = service.local_day(now, zone)
    first = last - timedelta(days=days - 1)
    found = dict(await service.trend(session, asked, one.code, first, last))
    # The day that is not over is as it is now, not as it was counted some minutes ago.
    found[last] = (await service.figures(session, asked, now, zone=zone, only=[one.code]))[one.code]
    return TrendOut(
        indicator=one.code,
        variant=chosen.variant.code,
        aim=chosen.aim,
        alert=chosen.alert,
        kept=service.is_kept(asked),
        first=first,
        last=last,
        items=[TrendPoint.of(day, each) for day, each in found.items()],
    )
