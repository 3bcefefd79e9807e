"""HTTP: the tree of regions with their cameras, and the map."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from commonsight.catalog import groups, overview
from commonsight.catalog.model import Box
from commonsight.catalog.views import CountsOut, DensityOut, Filtered, GroupOut, PointsOut, TreeOut, group_of
from commonsight.http import Caller, Page, Reads, narrow, problems, requires
from commonsight.places.grid import DENSITY_RESOLUTION, centre, hexadecimal
from commonsight.places.model import checked
from commonsight.problem import Refusal

router = APIRouter(tags=["cameras"])

MayRead = Annotated[Caller, requires("cameras.read")]

POINTS_FROM_ZOOM = 9
CELL_REACH_DEGREES = 0.15
"""No point of a density cell lies farther than this from its centre."""


@router.get("/cameras/tree", responses=problems(401, 403, 422))
async def tree(
    caller: MayRead,
    session: Reads,
    asked: Filtered,
    parent: Annotated[str, Query(examples=["45"], description="regions directly below this one")] = "45",
) -> Page[TreeOut]:
    """The regions below `parent` with the cameras inside them that the caller may see, by health.

    Under the same filters as a list; `parent` stands in the place of `region`.
    """
    prefixes = narrow(caller, checked(parent, operand="parent"))
    found = await overview.tree(session, parent, prefixes, asked.within(caller))
    return Page(
        items=[
            TreeOut(
                code=node.code,
                name=node.name,
                level=node.level,
                children=node.children,
                **CountsOut.of(node.counts).model_dump(),
            )
            for node in found
        ]
    )


@router.get("/cameras/groups", responses=problems(401, 403, 422))
async def group_tree(
    caller: MayRead,
    session: Reads,
    parent: Annotated[
        str | None, Query(max_length=80, description="`id` of a platform or group; the platforms when left out")
    ] = None,
) -> Page[GroupOut]:
    """The tree of business groups and virtual organisations as lower platforms report it, with cameras by health."""
    if parent is None:
        found = await groups.sources(session, caller.regions)
    elif ":" in parent:
        source, code = group_of(parent)
        found = await groups.below(session, source, code, caller.regions)
    else:
        found = await groups.below(session, group_of(f"{parent}:-")[0], None, caller.regions)
    return Page(
        items=[
            GroupOut(
                id=str(node.source) if node.code is None else f"{node.source}:{node.code}",
                name=node.name,
                kind=node.kind,
                children=node.children,
                **CountsOut.of(node.counts).model_dump(),
            )
            for node in found
        ]
    )


@router.get("/cameras/summary", responses=problems(401, 403, 422))
async def summary(caller: MayRead, session: Reads, asked: Filtered) -> CountsOut:
    """Cameras by health, under the same filters as a list."""
    return CountsOut.of(await overview.counts(session, asked.within(caller)))


@router.get("/cameras/map", response_model=DensityOut | PointsOut, responses=problems(401, 403, 422))
async def map_(
    caller: MayRead,
    session: Reads,
    asked: Filtered,
    bbox: Annotated[
        str, Query(max_length=120, examples=["107.9,22.5,108.9,23.2"], description="west,south,east,north")
    ],
    zoom: Annotated[float, Query(ge=0, le=24, description="below 9 density, from 9 points")],
) -> Response:
    """What a window of the map shows: cells of the density grid from afar, cameras from near."""
    box = box_of(bbox)
    filters = asked.within(caller)
    if zoom >= POINTS_FROM_ZOOM:
        body, number = await overview.points_json(session, filters, box)
        truncated = "true" if number > overview.POINTS_MOST else "false"
        return _json(f'{{"mode":"points","points":{body},"truncated":{truncated}}}')
    cells = []
    for cell, counts in await overview.density(session, filters):
        lon, lat = centre(cell)
        if _near(lon, box.west, box.east) and _near(lat, box.south, box.north):
            numbers = f"{counts.total},{counts.works},{counts.bad},{counts.offline},{counts.unknown}"
            cells.append(f'["{hexadecimal(cell)}",{numbers}]')
    return _json(f'{{"mode":"density","resolution":{DENSITY_RESOLUTION},"cells":[{",".join(cells)}]}}')


def _near(value: float, low: float, high: float) -> bool:
    return low - CELL_REACH_DEGREES <= value <= high + CELL_REACH_DEGREES


def _json(body: str) -> Response:
    return Response(body, media_type="application/json")


def box_of(text: str) -> Box:
    """A window from `west,south,east,north`.

    Raises:
        Refusal: `catalog.box_invalid`.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Refusal(
            "catalog.box_invalid",
            status=422,
            rule="west < east, south < north, degrees",
            operand="bbox",
            expected="west,south,east,north",
            actual=text[:120],
        )
    return Box(west, south, east, north)
