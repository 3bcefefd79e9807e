"""HTTP: rounds and their progress, checks asked for now, limits, samples."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from commonsight.catalog.views import Filtered
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
    match_or_refuse,
    narrow,
    problems,
    requires,
    sees,
)
from commonsight.inspect.sweeps import limits_store, samples, samples_store, service, store
from commonsight.inspect.sweeps.views import (
    AskIn,
    LimitIn,
    LimitOut,
    RoundAsked,
    RoundDetail,
    RoundOut,
    SampleDetail,
    SampleIn,
    SampleOut,
    StratumOut,
    told,
)
from commonsight.places.model import checked
from commonsight.problem import Refusal
from commonsight.records.base import uuid7

router = APIRouter(tags=["health"])

MayRead = Annotated[Caller, requires("health.read")]
MayWrite = Annotated[Caller, requires("health.write")]
Kinds = Literal["whole", "fresh", "asked", "recheck", "sample"]


@router.get("/health/sweeps", responses=problems(401, 403, 422))
async def rounds(
    caller: MayRead,  # noqa: ARG001
    session: Reads,
    kind: Annotated[list[Kinds] | None, Query(description="only these")] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[RoundOut]:
    """Rounds, the newest first."""
    kinds = kind or [*store.BACKGROUND, *store.URGENT]
    before = None if after is None else cursor_decode("sweeps", after, datetime, UUID)
    found = await store.sweeps(session, kinds, None if before is None else (before[0], before[1]), limit + 1)
    more = found[limit - 1] if len(found) > limit else None
    return Page(
        items=[RoundOut.of(one) for one in found[:limit]],
        next=None if more is None else cursor_encode("sweeps", more.started_at, more.id),
    )


@router.post("/health/sweeps", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def ask(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, asked: Filtered,
    said: AskIn,
) -> RoundAsked:  # fmt: skip
    """Check cameras now, before what the background does: those of the filters, which work as for the camera list."""
    settings, clock = request.app.state.settings.inspect, request.app.state.clock
    made = await service.ask(session, settings, clock, asked.within(caller), said.cameras, said.title, caller.id)
    return await once.keep(await _asked(request, response, session, made, "/health/sweeps"), 202)


@router.get("/health/sweeps/limits", responses=problems(401, 403))
async def limits(request: Request, caller: MayRead, session: Reads) -> Page[LimitOut]:  # noqa: ARG001
    """How politely cameras are tried: the settings' limits, then those set for a platform or a network."""
    defaults = limits_store.defaults(request.app.state.settings.inspect)
    named = await limits_store.limits(session)
    return Page(
        items=[
            *(LimitOut.default(kind, limit) for kind, limit in defaults.items()),
            *(LimitOut.of(kept) for kept in named),
        ]
    )


@router.put("/health/sweeps/limits", responses=problems(401, 403, 404, 412, 422))
async def set_limit(
    response: Response, caller: MayWrite, session: Writes, said: LimitIn, if_match: IfMatch = None
) -> LimitOut:
    """Set the limit of a platform or a network; rounds under way take it over within some ten seconds."""
    _all_regions(caller)
    known = await limits_store.of(session, said.platform, said.prefix)
    if if_match is not None:
        match_or_refuse(if_match, etag_of(known.id, known.version) if known is not None else etag_of())
    if said.platform is not None and not await limits_store.is_platform(session, said.platform):
        raise Refusal("inspect.limit_platform", status=404, operand="platform", actual=str(said.platform))
    made = await limits_store.put(session, uuid7(), said.platform, said.prefix, said.limit, said.note)
    kept = await limits_store.one(session, made)
    assert kept is not None
    response.headers["ETag"] = etag_of(kept.id, kept.version)
    return LimitOut.of(kept)


@router.delete("/health/sweeps/limits/{limit_id}", status_code=204, responses=problems(401, 403, 404, 412))
async def drop_limit(caller: MayWrite, session: Writes, limit_id: UUID, if_match: IfMatch = None) -> None:
    """Let the settings' own limit hold again."""
    _all_regions(caller)
    kept = await limits_store.one(session, limit_id, lock=True)
    if kept is None:
        raise Refusal("inspect.limit_unknown", status=404, operand="limit", actual=str(limit_id))
    if if_match is not None:
        match_or_refuse(if_match, etag_of(kept.id, kept.version))
    await limits_store.drop(session, limit_id)


@router.get("/health/sweeps/{sweep_id}", responses=problems(401, 403, 404))
async def one_round(request: Request, caller: MayRead, session: Reads, sweep_id: UUID) -> RoundDetail:
    """A round's progress: its rate, the time that remains, each platform, and why cameras do not play."""
    found = await store.sweep(session, sweep_id)
    if found is None:
        raise Refusal("inspect.round_unknown", status=404, operand="sweep", actual=str(sweep_id))
    progress = await service.progress(session, found, request.app.state.clock.now())
    seen = [one for one in progress.platforms if one.region is None or sees(caller, one.region)]
    return RoundDetail.made(found, progress, seen)


@router.post("/health/samples", status_code=202, responses=problems(401, 403, 409, 422))
async def draw(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: SampleIn
) -> RoundAsked:
    """Draw a few of a region's cameras, county by county and platform by platform, and check them now."""
    region = checked(said.region)
    if not sees(caller, region):
        raise Refusal("inspect.sample_outside", status=403, rule="within your regions", operand="region", actual=region)
    made = await service.ask_for_sample(
        session, request.app.state.settings.inspect, request.app.state.clock, region, said.share, said.seed,
        said.confidence, caller.id,
    )  # fmt: skip
    return await once.keep(await _asked(request, response, session, made, "/health/samples"), 202)


@router.get("/health/samples", responses=problems(401, 403, 422))
async def drawn(caller: MayRead, session: Reads, limit: Limit = 20, after: After = None) -> Page[SampleOut]:
    """Samples of the caller's regions, the newest first, with what they tell (so far)."""
    before = None if after is None else cursor_decode("samples", after, datetime, UUID)
    found = await samples_store.samples(
        session, narrow(caller, None), None if before is None else (before[0], before[1]), limit + 1
    )
    more = found[limit - 1] if len(found) > limit else None
    items = []
    for one in found[:limit]:
        _, estimate = told(one) if one.result is not None else await samples.so_far(session, one.id)
        items.append(SampleOut.of(one, estimate))
    return Page(items=items, next=None if more is None else cursor_encode("samples", more.started_at, more.id))


@router.get("/health/samples/{sample_id}", responses=problems(401, 403, 404))
async def sample(caller: MayRead, session: Reads, sample_id: UUID) -> SampleDetail:
    """A sample with its strata."""
    found = await samples_store.sample(session, sample_id)
    if found is None or not sees(caller, found.region):
        raise Refusal("inspect.sample_unknown", status=404, operand="sample", actual=str(sample_id))
    seen, estimate = told(found) if found.result is not None else await samples.so_far(session, sample_id)
    return SampleDetail(
        **SampleOut.of(found, estimate).model_dump(), strata=[StratumOut.of(stratum) for stratum in seen]
    )


async def _asked(request: Request, response: Response, session: Writes, made: UUID, under: str) -> RoundAsked:
    found = await store.sweep(session, made)
    assert found is not None
    prefix = request.url.path.removesuffix(under)
    response.headers["Location"] = follow = f"{prefix}{under}/{made}"
    return RoundAsked(id=made, kind=found.kind, cameras=found.cameras, follow=follow)


def _all_regions(caller: Caller) -> None:
    """Limits hold for everybody, so only who answers for the whole region may set them."""
    if not any(len(region) <= 2 for region in caller.regions):
        raise Refusal(
            "inspect.limit_scope", status=403, rule="the whole region", operand="region", actual=list(caller.regions)
        )
