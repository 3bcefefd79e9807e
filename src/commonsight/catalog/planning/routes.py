"""HTTP: before you build: coverage, blind spots, planned points, savings."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from commonsight.access.audit import Actor, record
from commonsight.catalog.imports.model import MEDIA_TYPES, Format
from commonsight.catalog.planning import savings_file, service, store
from commonsight.catalog.planning.model import Planned, State
from commonsight.catalog.planning.views import (
    BlindIn,
    BlindOut,
    CoverageOut,
    DecisionIn,
    FieldIn,
    PointChange,
    PointIn,
    PointOut,
    SavingsOut,
)
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
    language_of,
    match_or_refuse,
    narrow,
    problems,
    requires,
)
from commonsight.places.model import checked

router = APIRouter(tags=["planning"])

MayRead = Annotated[Caller, requires("cameras.read")]
MayWrite = Annotated[Caller, requires("cameras.write")]
Region = Annotated[str | None, Query(examples=["4501"], description="division code prefix")]
Since = Annotated[AwareDatetime | None, Query(alias="from", description="decided at or after")]
Until = Annotated[AwareDatetime | None, Query(alias="to", description="decided before")]


@router.post("/planning/coverage", responses=problems(401, 403, 422))
async def coverage(request: Request, caller: MayRead, session: Reads, said: FieldIn) -> CoverageOut:
    """What existing cameras see already of what a planned one would see, and which of them make it a duplicate."""
    planned = said.field()
    found = await service.coverage(session, caller.regions, planned)
    return CoverageOut.of(planned, found, language_of(request))


@router.post("/planning/blind-spots", responses=problems(401, 403, 422))
async def blind_spots(request: Request, caller: MayRead, session: Reads, asked: Filtered, said: BlindIn) -> BlindOut:
    """Which parts of an area no camera sees; under the same filters as a list."""
    found = await service.blind_spots(session, asked.within(caller), said.polygon, said.cell_metres)
    return BlindOut.of(found, language_of(request))


@router.get("/planning/points", responses=problems(401, 403, 422))
async def points(
    caller: MayRead,
    session: Reads,
    region: Region = None,
    state: State | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[PointOut]:
    """Planned points, newest first."""
    wanted = store.Wanted(narrow(caller, None if region is None else checked(region)), state)
    found, following = await _page(session, wanted, "points", after, limit)
    return Page(items=found, next=following)


async def _page(
    session: Reads, wanted: store.Wanted, order: str, after: str | None, limit: int
) -> tuple[list[PointOut], str | None]:
    order = f"{order}.{wanted.state or ''}"
    last = cursor_decode(order, after, datetime, UUID) if after else None
    found = await store.page(session, wanted, last and (last[0], last[1]), limit)
    following = None
    if len(found) > limit:
        point = found[limit - 1]
        decided = wanted.state not in (None, State.PLANNED)
        following = cursor_encode(order, point.decided_at if decided else point.created_at, point.id)
    return [PointOut.of(point) for point in found[:limit]], following


@router.post("/planning/points", status_code=201, responses=problems(401, 403, 409, 422))
async def add(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: PointIn
) -> PointOut:
    """File a point that somebody wants to build."""
    now = request.app.state.clock.now()
    made = await service.add(session, said.name, said.region, said.field(), said.cost, said.note, _planner(caller), now)
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(_out(response, made))


@router.get("/planning/points/{point_id}", responses=problems(401, 403, 404))
async def point(response: Response, caller: MayRead, session: Reads, point_id: UUID) -> PointOut:
    """A planned point and what became of it."""
    return _out(response, await service.seen(session, point_id, caller.regions))


@router.patch("/planning/points/{point_id}", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    point_id: UUID,
    said: PointChange,
    if_match: IfMatch = None,
) -> PointOut:
    """Change a point that is not decided yet; everything left out stays."""
    given = said.model_dump(exclude_unset=True)
    fields = {name: value for name, value in given.items() if value is not None or name == "cost"}
    changed = await service.change(
        session,
        point_id,
        fields,
        _planner(caller),
        lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )
    return _out(response, changed)


@router.post("/planning/points/{point_id}/decision", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def decide(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    point_id: UUID,
    said: DecisionIn,
    if_match: IfMatch = None,
) -> PointOut:
    """Say that a point was built, saved because existing cameras see enough, or withdrawn. The coverage is kept."""
    decided = await service.decide(
        session,
        point_id,
        said.state,
        said.reason,
        said.cost,
        _planner(caller),
        lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )
    return _out(response, decided)


@router.get("/planning/savings", responses=problems(401, 403, 422))
async def savings(
    caller: MayRead,
    session: Reads,
    region: Region = None,
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = 100,
) -> SavingsOut:
    """Points that were not built because existing cameras see enough: by whom, what it would have cost, and why."""
    wanted = _saved(caller, region, since, until)
    number, priced, cost = await store.total(session, wanted)
    found, following = await _page(session, wanted, "savings", after, limit)
    return SavingsOut(items=found, next=following, points=number, priced=priced, cost=float(cost))


_FILE: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": problems(401, 403, 422) | {200: {"content": {"text/csv": {}}, "description": "the file"}},
}


@router.get("/planning/savings/export.csv", **_FILE)
@router.get("/planning/savings/export.xlsx", **_FILE)
async def export_savings(
    request: Request,
    caller: MayRead,
    session: Writes,
    region: Region = None,
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """The record of savings as CSV or Excel. The export itself is audited."""
    ending = Format(request.url.path.rpartition(".")[2])
    wanted = _saved(caller, region, since, until)
    now, language = request.app.state.clock.now(), language_of(request)
    await record(session, _planner(caller).actor, "catalog.savings_exported", now, kind="savings", region=region)
    above = savings_file.heading(wanted, language, f"{caller.display_name}（{caller.organisation}）", now)
    return StreamingResponse(
        savings_file.lines(request.app.state.database, wanted, language, above, ending),
        media_type=MEDIA_TYPES[ending],
        headers={
            "Content-Disposition": f'attachment; filename="savings-{now:%Y%m%d-%H%M%S}.{ending}"',
            "Cache-Control": "no-store",
        },
    )


def _saved(caller: Caller, region: str | None, since: datetime | None, until: datetime | None) -> store.Wanted:
    return store.Wanted(narrow(caller, None if region is None else checked(region)), State.SAVED, since, until)


def _planner(caller: Caller) -> service.Planner:
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    return service.Planner(actor, caller.organisation, caller.regions)


def _etag(point: Planned) -> str:
    return etag_of(point.id, point.version)


def _out(response: Response, point: Planned) -> PointOut:
    response.headers["ETag"] = _etag(point)
    return PointOut.of(point)
