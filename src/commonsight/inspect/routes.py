"""HTTP: indicators of health, the league of regions, probes of single cameras."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from commonsight.catalog import overview
from commonsight.catalog import service as catalog
from commonsight.http import Caller, Page, Reads, Writes, narrow, problems, requires
from commonsight.inspect import store
from commonsight.inspect.indicators import indicators
from commonsight.inspect.tasks import ask_for_check
from commonsight.places.model import checked
from commonsight.problem import Refusal

router = APIRouter(tags=["health"])

MayRead = Annotated[Caller, requires("health.read")]
MayWrite = Annotated[Caller, requires("health.write")]
PROBES_MOST = 1_000


class Said(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class IndicatorOut(BaseModel):
    """A rate with what it is made of and how it is known."""

    code: str = Field(examples=["playable_rate"])
    name: Said
    value: float | None = Field(description="0 to 1; null when nothing was checked")
    numerator: int
    denominator: int
    unknown: int = Field(description="cameras never checked; in neither number")
    definition: Said
    formula: str = Field(examples=["works / (works + bad + offline)"])
    as_of: datetime


class IndicatorsOut(BaseModel):
    """The indicators of a region."""

    as_of: datetime
    region: str | None
    items: list[IndicatorOut]


class LeagueRow(BaseModel):
    """A region in the league table."""

    code: str
    name: str
    online_rate: float | None
    playable_rate: float | None
    total: int
    checked: int


class ProbeOut(BaseModel):
    """One try at a camera."""

    at: datetime
    reachable: bool = Field(description="something took the connection")
    answered: bool = Field(description="the device spoke the protocol")
    first_frame: bool = Field(description="a whole keyframe came and was decoded")
    milliseconds: int
    codec: str | None
    width: int | None
    height: int | None
    error: str | None


class AskedOut(BaseModel):
    """A check that will be made."""

    camera_id: UUID
    asked_at: datetime
    queued: bool = Field(description="false: one was waiting already")


class SweepOut(BaseModel):
    """The round over all cameras under way, or the last one."""

    started_at: datetime
    finished_at: datetime | None
    cameras: int
    done: int


@router.get("/health/indicators", responses=problems(401, 403, 422))
async def indicators_(
    request: Request, caller: MayRead, session: Reads, region: Annotated[str | None, Query(examples=["45"])] = None
) -> IndicatorsOut:
    """Online and playable rate of the cameras in a region that the caller may see, from the states last measured."""
    counts = await overview.summary(session, narrow(caller, None if region is None else checked(region)))
    now = request.app.state.clock.now()
    items = []
    for indicator in indicators().values():
        rate = indicator.of(counts)
        items.append(
            IndicatorOut(
                code=indicator.code,
                name=Said(zh=indicator.zh, en=indicator.en),
                value=rate.value,
                numerator=rate.numerator,
                denominator=rate.denominator,
                unknown=rate.unknown,
                definition=Said(zh=indicator.definition_zh, en=indicator.definition_en),
                formula=indicator.formula,
                as_of=now,
            )
        )
    return IndicatorsOut(as_of=now, region=region, items=items)


@router.get("/health/league", responses=problems(401, 403, 422))
async def league(
    caller: MayRead, session: Reads, parent: Annotated[str, Query(examples=["45"])] = "45"
) -> Page[LeagueRow]:
    """The regions below `parent`, the best playable rate first; those with nothing checked last."""
    prefixes = narrow(caller, checked(parent, operand="parent"))
    online, playable = indicators()["online_rate"], indicators()["playable_rate"]
    rows = [
        LeagueRow(
            code=node.code,
            name=node.name,
            online_rate=online.of(node.counts).value,
            playable_rate=playable.of(node.counts).value,
            total=node.counts.total,
            checked=node.counts.total - node.counts.unknown,
        )
        for node in await overview.tree(session, parent, prefixes)
    ]
    return Page(items=sorted(rows, key=_rank))


def _rank(row: LeagueRow) -> tuple[float, float, str]:
    """Best first; unknown behind zero."""
    playable = -1.0 if row.playable_rate is None else row.playable_rate
    return -playable, -(row.online_rate or 0.0), row.code


@router.get("/health/sweep", responses=problems(401, 403))
async def sweep(caller: MayRead, session: Reads) -> SweepOut | None:  # noqa: ARG001
    """How far the present round over all cameras is; null before the first."""
    found = await store.latest_sweep(session, whole=True)
    if found is None:
        return None
    return SweepOut(started_at=found.started_at, finished_at=found.finished_at, cameras=found.cameras, done=found.done)


@router.get("/cameras/{camera_id}/probes", responses=problems(401, 403, 404))
async def probes(
    caller: MayRead,
    session: Reads,
    camera_id: UUID,
    limit: Annotated[int, Query(ge=1, le=PROBES_MOST)] = 20,
) -> Page[ProbeOut]:
    """The last tries at a camera, newest first."""
    await catalog.camera(session, camera_id, caller.regions)
    return Page(
        items=[ProbeOut.model_validate(dict(row._mapping)) for row in await store.probes(session, camera_id, limit)]
    )


@router.post("/cameras/{camera_id}/probes", status_code=202, responses=problems(401, 403, 404, 409))
async def check(request: Request, caller: MayWrite, session: Writes, camera_id: UUID) -> AskedOut:
    """Check a camera now; its result appears among the probes in a moment."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    if camera.url is None or camera.archived_at is not None:
        raise Refusal(
            "inspect.no_source", status=409, rule="in use, with an address", operand="camera", actual=camera.row.name
        )
    queued = await ask_for_check(session, camera_id)
    return AskedOut(camera_id=camera_id, asked_at=request.app.state.clock.now(), queued=queued)
