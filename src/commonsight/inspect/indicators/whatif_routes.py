"""HTTP: what repairs would gain, and the cameras behind a figure as a selection that every page understands."""

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from commonsight.catalog import selection_store
from commonsight.catalog.model import Filters
from commonsight.http import Caller, Reads, Writes, problems, requires
from commonsight.inspect.indicators import behind, repairs
from commonsight.inspect.indicators.repairs import Cause, WhatIf
from commonsight.inspect.indicators.scopes import Code, Kind, scope_of
from commonsight.inspect.indicators.views import FigureOut
from commonsight.inspect.indicators.whatif import Step, needed, thinned
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession
from commonsight.respond.maintenance import things_store

router = APIRouter(tags=["health"])

MayRead = Annotated[Caller, requires("health.read")]
SHOWN_MOST = 50
CURVE_MOST = 400
Bar = Annotated[float, Query(gt=0, le=1, description="the rate that is to be reached", examples=[0.95])]


class StepOut(BaseModel):
    """After so many orders."""

    orders: int
    cameras: int
    value: float
    gain: float = Field(description="against now, in shares of one")

    @classmethod
    def of(cls, step: Step, now: Fraction) -> "StepOut":
        return cls(orders=step.orders, cameras=step.cameras, value=float(step.value), gain=float(step.value - now))


class RepairOut(BaseModel):
    """One order and what it gains by itself."""

    place: int
    kind: Literal["case", "shared", "camera"]
    case_id: UUID | None
    by: str | None = Field(description="what its cameras share: switch, line, device, network, platform, site, unit")
    name: str | None
    cameras: int
    camera_id: UUID | None = Field(description="its camera, when it is one")
    gain: float = Field(description="in shares of one")
    value: float = Field(description="the rate after it and all before it")


class WhatIfOut(BaseModel):
    """What repairs gain, in the order that gains most."""

    indicator: str
    figure: FigureOut
    lacking: int = Field(description="cameras that the rate lacks")
    truncated: bool = Field(description="there are more; choose a smaller scope")
    orders: int
    curve: list[StepOut]
    first: StepOut | None = Field(description="after the first `orders` asked for")
    bar: float
    needed: StepOut | None = Field(description="the fewest orders that reach the bar; null: all do not")
    items: list[RepairOut]
    as_of: datetime


class SelectionIn(BaseModel):
    """Which cameras: those the first `orders` repairs mend, or those behind a figure."""

    model_config = ConfigDict(extra="forbid")

    indicator: str = Field(max_length=40)
    region: str | None = None
    kind: str = "region"
    scope: str = Field("", max_length=200)
    which: Literal["lacking", "unknown", "exempt", "repairs"] = "lacking"
    orders: int = Field(0, ge=0, le=repairs.LACKING_MOST, description="of the repairs, the first so many")


class BehindOut(BaseModel):
    """A selection that every list, map and export takes as a filter."""

    id: UUID
    total: int
    expires_at: datetime


@router.get("/health/what-if", responses=problems(401, 403, 404, 422))
async def what_if(
    request: Request,
    caller: MayRead,
    session: Reads,
    indicator: Annotated[str, Query(examples=["playable"])] = "playable",
    region: Annotated[str | None, Query(examples=["4501"])] = None,
    kind: Kind = "region",
    scope: Code = "",
    orders: Annotated[int, Query(ge=0, le=repairs.LACKING_MOST, description="after so many")] = 500,
    bar: Bar = 0.95,
) -> WhatIfOut:
    """Which repairs to make first, what they gain, and how many a bar needs. Cost is counted by order, not camera."""
    now = request.app.state.clock.now()
    found = await repairs.what_if(session, scope_of(caller, kind, scope, region), indicator, now)
    steps = found.steps
    start = steps[0].value if steps else Fraction(0)
    reached = needed(steps, Fraction(str(bar)))
    return WhatIfOut(
        indicator=indicator,
        figure=FigureOut.of(found.now),
        lacking=found.lacking,
        truncated=found.truncated,
        orders=len(found.order),
        curve=[StepOut.of(step, start) for step in thinned(steps, CURVE_MOST)],
        first=StepOut.of(steps[min(orders, len(steps) - 1)], start) if steps else None,
        bar=bar,
        needed=None if reached is None else StepOut.of(reached, start),
        items=await _shown(session, found),
        as_of=now,
    )


async def _shown(session: ReadSession, found: WhatIf) -> list[RepairOut]:
    if found.now.denominator <= 0:
        return []
    shown = []
    names = await behind.case_numbers(session, [c.case_id for c in found.causes.values() if c.case_id is not None])
    for place, one in enumerate(found.order[:SHOWN_MOST], start=1):
        cause = found.causes[one.key]
        shown.append(
            RepairOut(
                place=place,
                kind="case" if cause.case_id else "shared" if cause.thing else "camera",
                case_id=cause.case_id,
                by=None if cause.thing is None else cause.thing[0],
                name=await _name(session, cause, one.cameras[0], names),
                cameras=len(one.cameras),
                camera_id=one.cameras[0] if len(one.cameras) == 1 else None,
                gain=one.gain / found.now.denominator,
                value=float(found.steps[place].value),
            )
        )
    return shown


async def _name(session: ReadSession, cause: Cause, camera: UUID, numbers: dict[UUID, str]) -> str | None:
    if cause.case_id is not None:
        return numbers.get(cause.case_id)
    if cause.thing is not None:
        return await things_store.thing_name(session, cause.thing)
    return next(iter(await things_store.names(session, [camera], 1)), None)


@router.post("/health/selections", status_code=201, responses=problems(401, 403, 404, 422))
async def select(request: Request, caller: MayRead, session: Writes, said: SelectionIn) -> BehindOut:
    """Keep the cameras behind a figure, or those that the first repairs mend, for a week: use it as `?selection=`."""
    now = request.app.state.clock.now()
    asked = scope_of(caller, said.kind, said.scope, said.region)
    if said.which == "repairs":
        found = await repairs.what_if(session, asked, said.indicator, now)
        cameras = [camera for one in found.order[: said.orders] for camera in one.cameras]
    else:
        cameras = await behind.cameras(session, asked, said.indicator, said.which, now)
    if not cameras:
        raise Refusal(
            "inspect.nothing_behind", status=422, rule="at least one camera", operand=said.which, expected=">= 1",
            actual=0,
        )  # fmt: skip
    made = await selection_store.choose_named(session, caller.id, Filters(regions=asked.regions), cameras)
    kept = await selection_store.selection(session, made)
    return BehindOut(id=kept.id, total=kept.total, expires_at=kept.expires_at)
