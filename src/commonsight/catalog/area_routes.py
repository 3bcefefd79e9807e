"""HTTP: cameras chosen by shape: inside a polygon, nearest to a point, along a route."""

from collections import Counter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from commonsight.catalog import area_store, areas
from commonsight.catalog.model import Counts, Health
from commonsight.catalog.views import CameraOut, CountsOut, Filtered, plain
from commonsight.http import (
    After,
    Caller,
    Limit,
    Page,
    Reads,
    cursor_decode,
    cursor_encode,
    problems,
    requires,
)

router = APIRouter(tags=["cameras"])

MayRead = Annotated[Caller, requires("cameras.read")]

IDS_MOST = 10_000
"""Ids of one answer: a selection is handed on, not read."""

_SQUARE = {
    "type": "Polygon",
    "coordinates": [[[108.3, 22.8], [108.4, 22.8], [108.4, 22.9], [108.3, 22.9], [108.3, 22.8]]],
}


class SelectIn(BaseModel):
    """An area."""

    model_config = ConfigDict(extra="forbid")

    polygon: dict[str, Any] = Field(
        examples=[_SQUARE], description="GeoJSON Polygon or MultiPolygon, at most 5,000 vertices"
    )


class SelectedOut(Page[UUID]):
    """The cameras inside an area: all counted, ids by page."""

    counts: CountsOut


@router.post("/cameras/select", responses=problems(401, 403, 422))
async def select(
    caller: MayRead,
    session: Reads,
    asked: Filtered,
    said: SelectIn,
    after: After = None,
    limit: Annotated[int, Query(ge=0, le=IDS_MOST, description="ids in one answer; 0 only counts")] = 1_000,
) -> SelectedOut:
    """Cameras inside a polygon, under the same filters as a list."""
    behind = None if after is None else cursor_decode("select", after, UUID)[0]
    parts = areas.parts(areas.polygon(said.polygon))
    counts, ids = await area_store.inside(session, asked.within(caller), parts, behind, limit)
    following = cursor_encode("select", ids[limit - 1]) if limit and len(ids) > limit else None
    return SelectedOut(items=ids[:limit], next=following, counts=CountsOut.of(counts))


class NearOut(CameraOut):
    """A camera and how far it is."""

    metres: float
    bearing: float = Field(description="from the point to the camera, degrees clockwise from north")


class NearestOut(Page[NearOut]):
    """Cameras by distance."""


@router.get("/cameras/nearest", response_model=NearestOut, responses=problems(401, 403, 422))
async def nearest(
    caller: MayRead,
    session: Reads,
    asked: Filtered,
    lon: Annotated[float, Query(ge=-180, le=180, examples=[108.366])],
    lat: Annotated[float, Query(ge=-89, le=89, examples=[22.817])],
    within: Annotated[float, Query(gt=0, le=areas.NEAREST_METRES_MOST, description="metres")] = 5_000,
    limit: Annotated[int, Query(ge=1, le=500)] = 20,
) -> Response:
    """The cameras nearest to a point, under the same filters as a list; distances in metres."""
    found = await area_store.nearest(session, asked.within(caller), (lon, lat), within, limit)
    items = []
    for near in found:
        assert near.row.point is not None
        towards = round(areas.bearing((lon, lat), near.row.point), 1)
        items.append(plain(near.row) | {"metres": round(near.metres, 1), "bearing": towards})
    return JSONResponse({"items": items, "next": None})


class AlongIn(BaseModel):
    """A route."""

    model_config = ConfigDict(extra="forbid")

    line: dict[str, Any] = Field(
        examples=[{"type": "LineString", "coordinates": [[108.3, 22.82], [108.36, 22.81], [108.4, 22.83]]}],
        description="GeoJSON LineString, at most 5,000 vertices and 1,000 km",
    )
    metres: float = Field(default=50, gt=0, le=areas.BUFFER_METRES_MOST, description="farthest from the route")


class BesideOut(CameraOut):
    """A camera beside a route."""

    along: float = Field(description="metres along the route to the place nearest to it")
    metres: float = Field(description="metres from there")


class AlongOut(Page[BesideOut]):
    """The cameras along a route, in the order in which it passes them."""

    counts: CountsOut
    length: float = Field(description="of the route, metres")


@router.post("/cameras/along", response_model=AlongOut, responses=problems(401, 403, 422))
async def along(
    caller: MayRead, session: Reads, asked: Filtered, said: AlongIn, after: After = None, limit: Limit = 100
) -> Response:
    """Cameras along a route, under the same filters as a list."""
    behind = None if after is None else tuple(cursor_decode("along", after, float, UUID))
    segments = areas.route(said.line)
    found = await area_store.beside(session, asked.within(caller), segments, said.metres)
    rest = [camera for camera in found if behind is None or (camera.along, camera.id) > behind]
    page = rest[:limit]
    rows = await area_store.rows_of(session, [camera.id for camera in page])
    items = [
        plain(rows[camera.id]) | {"along": round(camera.along, 1), "metres": round(camera.off, 1)} for camera in page
    ]
    following = cursor_encode("along", page[-1].along, page[-1].id) if len(rest) > limit else None
    return JSONResponse(
        {
            "items": items,
            "next": following,
            "counts": CountsOut.of(_counts(found)).model_dump(),
            "length": round(segments[-1].before + segments[-1].length, 1),
        }
    )


def _counts(found: list[area_store.Beside]) -> Counts:
    by = Counter(Health(camera.health) for camera in found)
    return Counts(len(found), by[Health.WORKS], by[Health.BAD], by[Health.OFFLINE], by[Health.UNKNOWN])
