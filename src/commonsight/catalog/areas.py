"""Shapes on the map that choose cameras: polygons, routes, distances. Pure; WGS-84 degrees in, metres where it says so.

Edges of polygons are straight in longitude and latitude, as GeoJSON has them. Distances are on a sphere of the earth's
mean radius (error below 0.6 %); along a route each piece is taken as flat, which at 5 km is exact to centimetres.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asin, atan2, ceil, cos, degrees, hypot, isfinite, radians, sin, sqrt
from typing import Any, Final

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.validation import explain_validity

from commonsight.problem import Refusal

VERTICES_MOST: Final = 5_000
"""Vertices of one shape."""

PART_VERTICES: Final = 64
"""A polygon is cut into parts of so few vertices: a point is compared with the edges around it, not with all."""

PARTS_MOST: Final = 4_000

ROUTE_METRES_MOST: Final = 1_000_000.0
BUFFER_METRES_MOST: Final = 5_000.0
SEGMENT_METRES: Final = 5_000.0
NEAREST_METRES_MOST: Final = 100_000.0

EARTH_METRES: Final = 6_371_008.8
DEGREE_METRES: Final = radians(1) * EARTH_METRES

Point = tuple[float, float]


def refused(rule: str, operand: str, expected: object, actual: object = None) -> Refusal:
    """A shape that cannot be used."""
    return Refusal("catalog.shape_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual)


def metres(first: Point, second: Point) -> float:
    """The way between two points over the sphere."""
    (lon, lat), (x, y) = first, second
    half = sin(radians(y - lat) / 2) ** 2 + cos(radians(lat)) * cos(radians(y)) * sin(radians(x - lon) / 2) ** 2
    return 2 * EARTH_METRES * asin(min(1.0, sqrt(half)))


def reach(point: Point, distance: float) -> tuple[float, float, float, float]:
    """A window (west, south, east, north) that holds every point within `distance` metres."""
    lon, lat = point
    up = distance / DEGREE_METRES * 1.001
    side = up / max(cos(radians(min(abs(lat) + up, 89.9))), 1e-3)
    return lon - side, lat - up, lon + side, lat + up


def _positions(said: object, operand: str, least: int) -> list[Point]:
    if not isinstance(said, Sequence) or isinstance(said, str) or not least <= len(said) <= VERTICES_MOST:
        raise refused("positions", operand, f"{least}..{VERTICES_MOST} positions")
    found = []
    for position in said:
        try:
            lon, lat = (float(value) for value in position[:2])
        except (TypeError, ValueError, KeyError) as error:
            raise refused("position", operand, "[lon, lat]", str(position)[:60]) from error
        if not (isfinite(lon) and isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
            raise refused("degrees", operand, "[lon -180..180, lat -90..90]", str(position)[:60])
        found.append((lon, lat))
    return found


def _coordinates(said: Mapping[str, Any], operand: str, *kinds: str) -> tuple[str, Any]:
    kind = said.get("type")
    if kind == "Feature" and isinstance(said.get("geometry"), Mapping):
        said = said["geometry"]
        kind = said.get("type")
    if kind not in kinds:
        raise refused("GeoJSON type", operand, list(kinds), str(kind)[:40])
    return str(kind), said.get("coordinates")


def polygon(said: Mapping[str, Any], operand: str = "polygon") -> Polygon | MultiPolygon:
    """A GeoJSON Polygon or MultiPolygon, holes included.

    Raises:
        Refusal: `catalog.shape_invalid`, naming what is wrong: type, positions, an edge that crosses another.
    """
    kind, coordinates = _coordinates(said, operand, "Polygon", "MultiPolygon")
    every = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(every, list) or not every:
        raise refused("rings", operand, "at least one ring")
    shapes, count = [], 0
    for rings in every:
        if not isinstance(rings, list) or not rings:
            raise refused("rings", operand, "at least one ring")
        read = [_positions(ring, operand, 4) for ring in rings]
        count += sum(map(len, read))
        if count > VERTICES_MOST:
            raise refused("vertices", operand, f"at most {VERTICES_MOST}", count)
        if any(ring[0] != ring[-1] for ring in read):
            raise refused("closed ring", operand, "first and last position alike")
        shapes.append(Polygon(read[0], read[1:]))
    shape = shapes[0] if len(shapes) == 1 else MultiPolygon(shapes)
    if not shape.is_valid:
        raise refused("simple polygon", operand, "edges that do not cross", explain_validity(shape)[:80])
    if shape.area == 0:
        raise refused("area", operand, "> 0", 0)
    return shape


def parts(shape: Polygon | MultiPolygon) -> list[list[Point]]:
    """The same area as rings without holes of few vertices. Neighbours share their cut: a point on it lies in both."""
    waiting, done = list(getattr(shape, "geoms", [shape])), list[list[Point]]()
    while waiting:
        part = waiting.pop()
        if part.geom_type != "Polygon" or part.is_empty:
            waiting.extend(geometry for geometry in getattr(part, "geoms", []) if geometry.area > 0)
        elif not part.interiors and (len(part.exterior.coords) <= PART_VERTICES or len(done) >= PARTS_MOST):
            done.append([(float(x), float(y)) for x, y in part.exterior.coords])
        else:
            waiting.extend(_halves(part))
    return done


def _halves(part: Polygon) -> Iterator[Polygon]:
    """Both sides of a cut across the longer side, or through a hole, which is none any more afterwards."""
    west, south, east, north = part.bounds
    if part.interiors:
        middle = part.interiors[0].centroid
        x, y = middle.x, middle.y
    else:
        x, y = (west + east) / 2, (south + north) / 2
    if east - west > north - south:
        sides = box(west, south, x, north), box(x, south, east, north)
    else:
        sides = box(west, south, east, y), box(west, y, east, north)
    for side in sides:
        yield shapely.intersection(part, side)


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight piece of a route: its ends, metres of route before it, its length in metres."""

    start: Point
    end: Point
    before: float
    length: float


def route(said: Mapping[str, Any], operand: str = "line") -> list[Segment]:
    """A GeoJSON LineString as pieces of at most `SEGMENT_METRES`.

    Raises:
        Refusal: `catalog.shape_invalid`; also for a route longer than `ROUTE_METRES_MOST`.
    """
    _, coordinates = _coordinates(said, operand, "LineString")
    positions = _positions(coordinates, operand, 2)
    length = sum(metres(*pair) for pair in pairwise(positions))
    if not 0 < length <= ROUTE_METRES_MOST:
        raise refused("length", operand, f"> 0, <= {ROUTE_METRES_MOST:.0f} m", round(length))
    found, before = [], 0.0
    for start, end in pairwise(positions):
        whole = LineString([start, end])
        pieces = max(1, ceil(metres(start, end) / SEGMENT_METRES))
        marks = [whole.interpolate(n / pieces, normalized=True) for n in range(pieces + 1)]
        for a, b in pairwise(marks):
            far = metres((a.x, a.y), (b.x, b.y))
            if far > 0:
                found.append(Segment((a.x, a.y), (b.x, b.y), before, far))
            before += far
    return found


def bearing(start: Point, end: Point) -> float:
    """The direction from one point to another near it, degrees clockwise from north."""
    east = (end[0] - start[0]) * cos(radians((start[1] + end[1]) / 2))
    north = end[1] - start[1]
    return degrees(atan2(east, north)) % 360 if hypot(east, north) else 0.0
