"""HTTP: keep a set of cameras under an id that every list, map and export takes as a filter."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from commonsight.catalog import area_store, areas, selection_store
from commonsight.catalog.views import Filtered
from commonsight.http import Caller, Reads, Writes, problems, requires
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession

router = APIRouter(tags=["cameras"])

MayRead = Annotated[Caller, requires("cameras.read")]

NAMED_MOST = 10_000


class SelectionIn(BaseModel):
    """What to choose by; just one of the three. The filters of the request narrow it."""

    model_config = ConfigDict(extra="forbid")

    polygon: dict[str, Any] | None = Field(None, description="GeoJSON Polygon or MultiPolygon")
    line: dict[str, Any] | None = Field(None, description="GeoJSON LineString; with `metres`")
    metres: float = Field(default=50, gt=0, le=areas.BUFFER_METRES_MOST, description="farthest from the line")
    cameras: list[UUID] | None = Field(None, min_length=1, max_length=NAMED_MOST, description="ids")


class SelectionOut(BaseModel):
    """A selection. Whoever uses it sees those of its cameras that lie within their own regions."""

    id: UUID
    total: int
    made_at: datetime
    expires_at: datetime


@router.post("/cameras/selections", status_code=201, responses=problems(401, 403, 422))
async def choose(caller: MayRead, session: Writes, asked: Filtered, said: SelectionIn) -> SelectionOut:
    """Keep the cameras of an area, along a route, or named, for a week. Use it as `?selection=` wherever filters go."""
    filters = asked.within(caller)
    if sum(one is not None for one in (said.polygon, said.line, said.cameras)) != 1:
        raise Refusal("catalog.selection_empty", status=422, rule="one of", operand="polygon, line, cameras")
    if said.polygon is not None:
        parts = areas.parts(areas.polygon(said.polygon))
        made = await selection_store.choose_inside(session, caller.id, filters, parts)
    else:
        ids = said.cameras or []
        if said.line is not None:
            segments = areas.route(said.line)
            ids = [beside.id for beside in await area_store.beside(session, filters, segments, said.metres)]
        made = await selection_store.choose_named(session, caller.id, filters, ids)
    return await _shown(session, made)


@router.get("/cameras/selections/{selection_id}", responses=problems(401, 403, 404))
async def selection(caller: MayRead, session: Reads, selection_id: UUID) -> SelectionOut:  # noqa: ARG001
    """How many cameras a selection has, and until when it is kept."""
    return await _shown(session, selection_id)


async def _shown(session: ReadSession, selection_id: UUID) -> SelectionOut:
    found = await selection_store.selection(session, selection_id)
    return SelectionOut(id=found.id, total=found.total, made_at=found.made_at, expires_at=found.expires_at)
