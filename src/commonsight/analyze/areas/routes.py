"""HTTP: areas with a capacity: set up, now, curve, known counts."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from commonsight.analyze.areas import service, store
from commonsight.analyze.areas.model import Area, Gate, Level
from commonsight.analyze.areas.store import Known
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
    problems,
    requires,
)
from commonsight.records.database import ReadSession

router = APIRouter(tags=["visitor areas"])

Reader = Annotated[Caller, requires("scenes.read")]
Editor = Annotated[Caller, requires("analysis.write")]

HOURS_MOST = 24 * 31
CURVE_MOST = 1_500
STEPS = (60, 300, 900, 3_600)
COUNTS_SHOWN = 20
GATES_SHOWN = 500
FRESH = timedelta(minutes=5)
"""A figure older than this is not told as now."""


class GateIO(BaseModel):
    """One line of one camera's scene `visitors`. `inward`: which of its directions leads into the area."""

    model_config = ConfigDict(extra="forbid")

    camera: UUID
    line: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", examples=["gate-north"])
    inward: Literal["in", "out"] = "in"


class AreaIn(BaseModel):
    """An area with its gates. `zero`: minutes after local midnight at which nobody is inside; null: never empty."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80, examples=["青秀山"])
    region: str = Field(pattern=r"^\d{2,12}$", examples=["450103"])
    capacity: int = Field(gt=0, le=5_000_000, examples=[60000])
    warn: float = Field(0.8, gt=0, lt=1, description="share of the capacity from which there is a warning")
    zero: int | None = Field(240, ge=0, lt=1440, examples=[240])
    timezone: str = Field("Asia/Shanghai", max_length=60)
    gates: list[GateIO] = Field(min_length=1, max_length=service.GATES_MOST)

    def area(self, now: datetime) -> Area:
        """What is stored of it, without an id yet."""
        gates = tuple(Gate(one.camera, one.line, one.inward) for one in self.gates)
        return Area(
            UUID(int=0), self.name.strip(), self.region, self.capacity, gates, now, self.warn, self.zero, self.timezone
        )  # fmt: skip


class DrawnOut(BaseModel):
    """A line some camera counts visitors over."""

    camera: UUID
    camera_name: str
    line: str
    line_name: str


class InsideOut(BaseModel):
    """How many are inside, and how sure that is."""

    at: datetime
    inside: int
    error: int = Field(description="half the width of the interval of 95 %, people")
    share: float = Field(description="of the capacity")
    coverage: float = Field(description="share of the gates really watched in the last minute")
    settled: bool = Field(description="goes back to a count or an empty hour; otherwise it began at an unknown number")


class AreaOut(AreaIn):
    """An area as it stands. `now` is null while no minute of the last five was worked out."""

    id: UUID
    etag: str = Field(description="for If-Match, as in the header")
    level: Level
    balance: float = Field(description="people that one person counted going out stands for; learned")
    drift: float = Field(description="systematic error as a share of all crossings since the last count; learned")
    now: InsideOut | None


class CountIn(BaseModel):
    """How many were counted inside, now."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=0, le=5_000_000)
    note: str = Field("", max_length=200)


class CountOut(BaseModel):
    """A moment at which it was known how many are inside. `thought`: what the gates said then."""

    at: datetime
    kind: Literal["empty", "count"]
    count: int
    thought: float | None
    by: str
    note: str


class PointOut(BaseModel):
    """One step of the curve."""

    model_config = ConfigDict(populate_by_name=True)

    start: datetime
    seconds: int
    inside: float
    most: float
    error: float
    coverage: float
    into: float = Field(alias="in")
    out: float


class CurveOut(BaseModel):
    """A curve, oldest first, with the counts that correct it."""

    items: list[PointOut]
    counts: list[CountOut]


@router.get("/visitor-areas", responses=problems(401, 403))
async def areas(
    request: Request, caller: Reader, session: Reads, after: After = None, limit: Limit = 50
) -> Page[AreaOut]:
    """Areas in the caller's regions, by name, with how many are inside now."""
    key = cursor_decode("visitor_areas", after, str, UUID) if after else None
    found = await store.page(session, caller.regions, key and (key[0], key[1]), limit + 1)
    more = cursor_encode("visitor_areas", found[limit - 1].name, found[limit - 1].id) if len(found) > limit else None
    now = request.app.state.clock.now()
    return Page(items=[await _out(session, area, now) for area in found[:limit]], next=more)


@router.get("/visitor-gates", responses=problems(401, 403))
async def gates(caller: Reader, session: Reads) -> Page[DrawnOut]:
    """Lines that may be gates: those the scene `visitors` counts over, on cameras the caller sees."""
    found = await store.drawn(session, caller.regions, GATES_SHOWN)
    return Page(items=[DrawnOut.model_validate(one, from_attributes=True) for one in found])


@router.post("/visitor-areas", status_code=201, responses=problems(401, 403, 404, 422))
async def add(
    request: Request, response: Response, caller: Editor, session: Writes, once: OnceOnly, said: AreaIn
) -> AreaOut:
    """Set an area up. Its figure begins with the next minute; until the first empty hour or count it is not settled."""
    now = request.app.state.clock.now()
    made = await service.add(session, caller, said.area(now))
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    response.headers["ETag"] = etag_of(made.id, made.version)
    return await once.keep(await _out(session, made, now))


@router.get("/visitor-areas/{area_id}", responses=problems(401, 403, 404))
async def one(request: Request, response: Response, caller: Reader, session: Reads, area_id: UUID) -> AreaOut:
    """One area."""
    found = await service.visible(session, caller, area_id)
    response.headers["ETag"] = etag_of(found.id, found.version)
    return await _out(session, found, request.app.state.clock.now())


@router.put("/visitor-areas/{area_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: Editor,
    session: Writes,
    area_id: UUID,
    said: AreaIn,
    if_match: IfMatch = None,
) -> AreaOut:
    """Change an area, from the version one has seen. What it has learned of its gates stays."""
    now = request.app.state.clock.now()
    before = await service.visible(session, caller, area_id, for_update=True)
    match_or_refuse(if_match, etag_of(before.id, before.version))
    made = await service.change(session, caller, before, said.area(now))
    response.headers["ETag"] = etag_of(made.id, made.version)
    return await _out(session, made, now)


@router.delete("/visitor-areas/{area_id}", status_code=204, responses=problems(401, 403, 404, 412, 428))
async def give_up(request: Request, caller: Editor, session: Writes, area_id: UUID, if_match: IfMatch = None) -> None:
    """Give an area up. Its curve and counts stay in the records."""
    before = await service.visible(session, caller, area_id, for_update=True)
    match_or_refuse(if_match, etag_of(before.id, before.version))
    await service.end(session, before, request.app.state.clock.now())


@router.post("/visitor-areas/{area_id}/counts", status_code=201, responses=problems(401, 403, 404, 422))
async def enter_count(
    request: Request, caller: Editor, session: Writes, area_id: UUID, once: OnceOnly, said: CountIn
) -> CountOut:
    """Enter how many were counted inside: the figure goes on from there, and learns from the difference."""
    area = await service.visible(session, caller, area_id, for_update=True)
    now = request.app.state.clock.now()
    return await once.keep(_count(await service.enter_count(session, area, said.count, caller.name, said.note, now)))


@router.get("/visitor-areas/{area_id}/curve", responses=problems(401, 403, 404, 422))
async def curve(
    request: Request,
    caller: Reader,
    session: Reads,
    area_id: UUID,
    hours: Annotated[float, Query(gt=0, le=HOURS_MOST)] = 24,
) -> CurveOut:
    """How many were inside, in the finest steps that fit, with the counts that correct it."""
    area = await service.visible(session, caller, area_id)
    now = request.app.state.clock.now()
    step = next((one for one in STEPS if hours * 3600 / one <= CURVE_MOST), STEPS[-1])
    rows = await store.curve(session, area.id, now - timedelta(hours=hours), now, step, CURVE_MOST)
    points = [
        PointOut(
            start=row.slot, seconds=step, inside=round(row.inside, 1), most=round(row.most, 1),
            error=round(row.error, 1), coverage=round(row.coverage, 3), into=row.into, out=round(row.outof, 1),
        )
        for row in rows
    ]  # fmt: skip
    counts = [_count(known) for known in await store.known(session, area.id, now, COUNTS_SHOWN)]
    return CurveOut(items=points, counts=counts)


def _count(known: Known) -> CountOut:
    return CountOut.model_validate(
        {"at": known.at, "kind": known.kind, "count": known.count, "thought": known.thought, "by": known.by,
         "note": known.note}
    )  # fmt: skip


async def _out(session: ReadSession, area: Area, now: datetime) -> AreaOut:
    found = await store.last(session, area.id, now)
    inside = None
    if found is not None and now - found[0].at <= FRESH:
        standing, error = found
        inside = InsideOut(
            at=standing.at, inside=round(standing.inside), error=round(error),
            share=round(standing.inside / area.capacity, 4), coverage=round(standing.coverage, 3),
            settled=standing.settled,
        )  # fmt: skip
    return AreaOut(
        id=area.id, etag=etag_of(area.id, area.version),
        name=area.name, region=area.region, capacity=area.capacity, warn=area.warn, zero=area.zero,
        timezone=area.timezone,
        gates=[GateIO.model_validate(gate) for gate in store.dump_gates(area.gates)],
        level=area.level, balance=round(area.balance, 4), drift=round(area.drift, 4), now=inside,
    )  # fmt: skip
