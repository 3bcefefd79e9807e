"""HTTP: what a camera is watched for, counts now, series, observations."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.analyze import service
from commonsight.analyze.model import (
    LINES_MAX,
    ZONES_MAX,
    Analysis,
    Observation,
    Stored,
    dump_line,
    dump_zone,
    parse_lines,
    parse_zones,
)
from commonsight.analyze.scenes.document import (
    POINTS_MAX,
    SETUPS_MAX,
    dump_point,
    dump_setup,
    parse_ground,
    parse_scenes,
)
from commonsight.http import (
    After,
    Caller,
    IfMatch,
    Limit,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    problems,
    requires,
)

router = APIRouter(tags=["analysis"])

CameraReader = Annotated[Caller, requires("cameras.read")]
CountReader = Annotated[Caller, requires("counts.read")]
Editor = Annotated[Caller, requires("analysis.write")]

_LINE = {"id": "gate-north", "name": "北门", "a": [0.1, 0.5], "b": [0.9, 0.5], "classes": ["person", "car"]}
_ZONE = {"id": "square", "name": "广场", "polygon": [[0.2, 0.6], [0.8, 0.6], [0.5, 0.9]], "classes": ["person"]}
_SETUP = {"id": "jam-1", "scene": "congestion", "name": "拥堵", "zones": ["square"], "settings": {"seconds": 180}}
_GROUND = {"picture": [0.2, 0.9], "metres": [0, 0]}


class AnalysisIn(BaseModel):
    """Lines and zones in 0..1 of the picture, x to the right, y down. A line's `in` leads from the left of a->b to its
    right as seen in the picture; a zone counts who stands in it."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = Field(examples=[True])
    model: str | None = Field(None, max_length=80, description="model card; null: the platform's")
    fps: float | None = Field(None, gt=0, le=60, description="pictures looked at a second; null: the platform's")
    lines: list[dict[str, Any]] = Field(default_factory=list, max_length=LINES_MAX, examples=[[_LINE]])
    zones: list[dict[str, Any]] = Field(default_factory=list, max_length=ZONES_MAX, examples=[[_ZONE]])

    scenes: list[dict[str, Any]] | None = Field(
        None, max_length=SETUPS_MAX, examples=[[_SETUP]], description="left out: they stay as they are"
    )
    ground: list[dict[str, Any]] | None = Field(
        None, max_length=POINTS_MAX, examples=[[_GROUND]], description="left out: it stays as it is"
    )

    def parsed(self) -> Analysis:
        """The document, or a refusal that names what is wrong with it."""
        return Analysis(
            self.enabled,
            self.model,
            self.fps,
            parse_lines(self.lines),
            parse_zones(self.zones),
            parse_scenes(self.scenes or []),
            parse_ground(self.ground or []),
        )

    def left_out(self) -> list[str]:
        """Parts that stay as they are."""
        return [name for name in ("scenes", "ground") if getattr(self, name) is None]


class StateOut(BaseModel):
    """How the watching goes; `reason` is a message code when it does not run."""

    running: bool
    worker: str | None
    epoch: int
    fps: float = Field(description="pictures looked at a second, mean of the last half minute")
    coverage: float = Field(description="share of the last half minute really watched")
    reason: str | None = Field(examples=["vision.model_missing"])


class AnalysisOut(AnalysisIn):
    """The document with its state."""

    enabled_by: str | None = Field(description="what has switched it on for a time; null: somebody did, for good")
    state: StateOut


class Group(BaseModel):
    """Road users in the pictures now, and crossings since the start."""

    model_config = ConfigDict(populate_by_name=True)

    now: int
    into: int = Field(alias="in")
    out: int
    total: int


class OfClass(BaseModel):
    """The same for one class."""

    model_config = ConfigDict(populate_by_name=True)

    now: int
    into: int = Field(alias="in")
    out: int


class CountsOut(BaseModel):
    """People and vehicles now and since the start."""

    as_of: datetime
    since: datetime | None
    people: Group
    vehicles: Group
    by_class: dict[str, OfClass]
    cameras_watched: int
    coverage: float = Field(description="mean share of the last half minute really watched, over watched cameras")


class SeriesItem(BaseModel):
    """One class over one step."""

    model_config = ConfigDict(populate_by_name=True)

    start: datetime
    seconds: int
    kind: str = Field(alias="class")
    into: int = Field(alias="in")
    out: int
    occupancy: float | None = Field(description="mean number in a zone; null where no zone is watched")
    coverage: float


class SeriesOut(BaseModel):
    """A series, oldest first."""

    items: list[SeriesItem]


class ObservationOut(BaseModel):
    """One figure with its coverage."""

    model_config = ConfigDict(populate_by_name=True)

    camera: UUID
    place: str
    scene: str
    target: str
    start: datetime
    seconds: int
    measure: str
    kind: str = Field(alias="class")
    value: float
    coverage: float


@router.get("/cameras/{camera_id}/analysis", responses=problems(401, 403, 404))
async def read_analysis(caller: CameraReader, camera_id: UUID, session: Reads, response: Response) -> AnalysisOut:
    """What a camera is watched for, and how it goes."""
    stored = await service.get(session, caller, camera_id)
    response.headers["ETag"] = service.etag(stored)
    return _out(stored)


@router.put("/cameras/{camera_id}/analysis", responses=problems(401, 403, 404, 412, 422, 428))
async def write_analysis(
    caller: Editor,
    camera_id: UUID,
    body: AnalysisIn,
    session: Writes,
    response: Response,
    if_match: IfMatch = None,
) -> AnalysisOut:
    """Replace what a camera is watched for. Workers pick it up within seconds."""
    stored = await service.put(session, caller, camera_id, body.parsed(), if_match, keep=body.left_out())
    response.headers["ETag"] = service.etag(stored)
    return _out(stored)


@router.get("/counts/now", responses=problems(401, 403))
async def counts_now(
    caller: CountReader,
    session: Reads,
    request: Request,
    region: Annotated[str | None, Query(pattern=r"^\d{2,12}$", examples=["45"])] = None,
) -> CountsOut:
    """People and vehicles in the pictures now and counted since the start."""
    now = request.app.state.clock.now()
    return CountsOut.model_validate(await service.now_for(session, caller, region, now))


@router.get("/counts/series", responses=problems(401, 403, 404, 422))
async def counts_series(
    caller: CountReader,
    session: Reads,
    request: Request,
    region: Annotated[str | None, Query(pattern=r"^\d{2,12}$", examples=["45"])] = None,
    camera: UUID | None = None,
    hours: Annotated[float, Query(gt=0, le=service.SERIES_HOURS_MOST)] = 24,
    step: Annotated[int, Query(description="seconds: 60, 300, 900, 3600 or 86400")] = 300,
) -> SeriesOut:
    """Crossings and occupancy by class in steps of time."""
    now = request.app.state.clock.now()
    items = await service.series(
        session, caller, region=region, camera_id=camera, hours=hours, step=step, now=now
    )  # fmt: skip
    return SeriesOut(items=[SeriesItem.model_validate(item) for item in items])


@router.get("/observations", responses=problems(401, 403, 404, 422))
async def observations(
    caller: CountReader,
    session: Reads,
    request: Request,
    camera: UUID,
    measure: Annotated[str | None, Query(max_length=80)] = None,
    begin: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ObservationOut]:
    """A camera's observations as stored, oldest first; without `from` those of the last hour."""
    end = end or request.app.state.clock.now() + timedelta(minutes=1)
    begin = begin or end - timedelta(hours=1)
    key = cursor_decode("observations", after, datetime, str, str, str) if after else None
    rows = await service.observations(session, caller, camera, measure, begin, end, key, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = cursor_encode("observations", last.start, last.target, last.measure, last.kind) if last else None
    return Page(items=[_observation(row) for row in rows[:limit]], next=following)


def _observation(row: Observation) -> ObservationOut:
    return ObservationOut(
        camera=row.camera_id,
        place=row.place,
        scene=row.scene,
        target=row.target,
        start=row.start,
        seconds=row.seconds,
        measure=row.measure,
        kind=row.kind,
        value=row.value,
        coverage=row.coverage,
    )


def _out(stored: Stored) -> AnalysisOut:
    analysis, state = stored.analysis, stored.state
    return AnalysisOut(
        enabled=analysis.enabled,
        model=analysis.model,
        fps=analysis.fps,
        lines=[dump_line(line) for line in analysis.lines],
        zones=[dump_zone(zone) for zone in analysis.zones],
        scenes=[dump_setup(setup) for setup in analysis.scenes],
        ground=[dump_point(point) for point in analysis.ground],
        enabled_by=stored.enabled_by,
        state=StateOut(
            running=state.running,
            worker=state.worker,
            epoch=state.epoch,
            fps=state.fps,
            coverage=state.coverage,
            reason=state.reason,
        ),
    )
