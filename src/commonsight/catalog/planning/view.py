"""Fields of view on a plane: sectors of circles, how they overlap, what they leave out. Pure.

Seen from above on flat ground: buildings, trees and slopes that stand in the way are not known to the file. Within some
kilometres the earth is taken as flat around one point (error below a millimetre a metre).
"""

from collections.abc import Iterable, Sequence
from math import ceil, cos, hypot, pi, radians, sin
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon

from commonsight.catalog.areas import DEGREE_METRES, Point, bearing, refused
from commonsight.catalog.model import Health
from commonsight.catalog.planning.model import (
    ASSUMED_ANGLE,
    ASSUMED_DISTANCE,
    TURNING,
    Blind,
    Coverage,
    Field,
    Overlap,
    Watcher,
)

ARC_DEGREES: Final = 3.0
"""A circle is drawn with corners so far apart; its area is then 0.05 % too small."""

CELLS_MOST: Final = 250_000
BLIND_MOST: Final = 20_000
"""Blind cells that are named; all are counted."""

Floats = npt.NDArray[np.floating[Any]]


class Plane:
    """Metres east and north of a point."""

    def __init__(self, origin: Point) -> None:
        self.origin = origin
        self._east = DEGREE_METRES * cos(radians(origin[1]))

    def to(self, point: Point) -> tuple[float, float]:
        """(lon, lat) in metres."""
        return (point[0] - self.origin[0]) * self._east, (point[1] - self.origin[1]) * DEGREE_METRES

    def back(self, x: float, y: float) -> Point:
        """Metres as (lon, lat), to a centimetre."""
        return round(self.origin[0] + x / self._east, 7), round(self.origin[1] + y / DEGREE_METRES, 7)


def field_of(
    point: Point,
    kind: str,
    direction: float | None,
    angle: float | None,
    distance: float | None,
) -> tuple[Field | None, bool]:
    """A camera's field of view, and whether it is wholly on file.

    What is missing is assumed: a camera that turns sees all round, any sees `ASSUMED_DISTANCE` and `ASSUMED_ANGLE`. A
    fixed camera without a direction has no field at all.
    """
    known = distance is not None and angle is not None and (direction is not None or angle >= 360)
    if direction is None and angle is None and kind in TURNING:
        angle = 360.0
    if direction is None and (angle is None or angle < 360):
        return None, False
    far = ASSUMED_DISTANCE if distance is None else distance
    return Field(point, direction or 0.0, ASSUMED_ANGLE if angle is None else angle, far), known


def sector(field: Field, plane: Plane) -> Polygon:
    """The field of view in metres on the plane."""
    x, y = plane.to(field.point)
    whole = field.angle >= 360
    steps = max(2, ceil(field.angle / ARC_DEGREES))
    first = field.direction - field.angle / 2
    corners = []
    for step in range(steps if whole else steps + 1):
        angle = radians(first + field.angle * step / steps)
        corners.append((x + field.distance * sin(angle), y + field.distance * cos(angle)))
    return Polygon(corners if whole else [(x, y), *corners])


def outline(field: Field) -> list[Point]:
    """The field of view as a closed ring of (lon, lat)."""
    plane = Plane(field.point)
    return [plane.back(float(x), float(y)) for x, y in sector(field, plane).exterior.coords]


def coverage(planned: Field, watchers: Iterable[Watcher]) -> Coverage:
    """What existing cameras see of a planned field; those that see nothing of it are left out."""
    plane = Plane(planned.point)
    wanted = sector(planned, plane)
    here = shapely.Point(0.0, 0.0)
    overlaps: list[Overlap] = []
    pieces: list[tuple[Watcher, Polygon]] = []
    unknown = 0
    for watcher in watchers:
        x, y = plane.to(watcher.point)
        far = hypot(x, y)
        if watcher.field is None:
            unknown += far <= planned.distance + ASSUMED_DISTANCE
            continue
        if far > planned.distance + watcher.field.distance:
            continue
        seen = sector(watcher.field, plane)
        piece = shapely.intersection(wanted, seen)
        share = piece.area / wanted.area
        sees = bool(seen.intersects(here))
        if share < 1e-6 and not sees:
            continue
        pieces.append((watcher, piece))
        overlaps.append(Overlap(watcher, share, far, bearing(planned.point, watcher.point), sees))
    overlaps.sort(key=lambda overlap: (-overlap.share, overlap.metres, overlap.watcher.code))

    def together(chosen: Iterable[Polygon]) -> float:
        return min(1.0, float(shapely.union_all(list(chosen)).area / wanted.area))

    return Coverage(
        area=float(wanted.area),
        seen=together(piece for watcher, piece in pieces if watcher.known),
        working=together(piece for watcher, piece in pieces if watcher.known and watcher.health is Health.WORKS),
        assumed=together(piece for _, piece in pieces),
        overlaps=tuple(overlaps),
        unknown=unknown,
    )


def blind_spots(area: Polygon | MultiPolygon, watchers: Sequence[Watcher], cell_metres: float) -> Blind:
    """Lay a grid over an area and see which of its cells no camera sees. A cell is seen when its centre is.

    Raises:
        Refusal: `catalog.shape_invalid` when the area has more than `CELLS_MOST` cells of this size.
    """
    west, south, east, north = area.bounds
    plane = Plane(((west + east) / 2, (south + north) / 2))
    left, low = plane.to((west, south))
    right, high = plane.to((east, north))
    columns, rows = max(1, ceil((right - left) / cell_metres)), max(1, ceil((high - low) / cell_metres))
    if columns * rows > CELLS_MOST:
        least = ceil(((right - left) * (high - low) / CELLS_MOST) ** 0.5) + 1
        raise refused("cells of a grid", "cell_metres", f">= {least} m, or a smaller area", cell_metres)
    xs = left + (np.arange(columns) + 0.5) * cell_metres
    ys = low + (np.arange(rows) + 0.5) * cell_metres
    flat = shapely.transform(area, lambda points: np.array([plane.to((x, y)) for x, y in points]))
    shapely.prepare(flat)
    inside = shapely.contains_xy(flat, *np.meshgrid(xs, ys))
    seen = np.zeros((rows, columns), np.int32)
    working, assumed = np.zeros_like(seen), np.zeros_like(seen)
    used = unknown = 0
    for watcher in watchers:
        if watcher.field is None:
            unknown += 1
            continue
        used += 1
        counts = [assumed]
        if watcher.known:
            counts.append(seen)
            if watcher.health is Health.WORKS:
                counts.append(working)
        _mark(watcher.field, plane, xs, ys, counts)
    cells = int(inside.sum())
    nobody = inside & (seen == 0)
    where = np.argwhere(nobody)[:BLIND_MOST]

    def share(mask: npt.NDArray[np.bool_]) -> float:
        return float((inside & mask).sum() / cells) if cells else 0.0

    return Blind(
        cells=cells,
        cell_metres=cell_metres,
        seen=share(seen > 0),
        working=share(working > 0),
        assumed=share(assumed > 0),
        twice=share(seen > 1),
        blind=tuple(plane.back(float(xs[column]), float(ys[row])) for row, column in where),
        cameras=used,
        unknown=unknown,
    )


def _mark(field: Field, plane: Plane, xs: Floats, ys: Floats, counts: Sequence[npt.NDArray[np.int32]]) -> None:
    """Count one up in the cells whose centres the field holds."""
    x, y = plane.to(field.point)
    first, last = np.searchsorted(xs, (x - field.distance, x + field.distance))
    bottom, top = np.searchsorted(ys, (y - field.distance, y + field.distance))
    if first >= last or bottom >= top:
        return
    east, north = np.meshgrid(xs[first:last] - x, ys[bottom:top] - y)
    held = np.hypot(east, north) <= field.distance
    if field.angle < 360:
        off = np.arctan2(east, north) - radians(field.direction)
        # A half turn is both its ends: rounding may not lose the cell straight behind.
        held &= np.abs((off + pi) % (2 * pi) - pi) <= radians(field.angle / 2) + 1e-9
    for count in counts:
        count[bottom:top, first:last] += held
