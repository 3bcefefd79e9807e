"""A zone on a picture of a known size: who stands in it, and how much of it vehicles cover."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from commonsight.analyze.count import inside
from commonsight.analyze.kalman import Floats
from commonsight.analyze.model import Line, Zone
from commonsight.analyze.road_users import CLASSES, PEOPLE

Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]

GRID: Final = (128, 72)
"""Columns and rows of the raster that coverage is measured on: a fiftieth of a zone of a twentieth of the picture."""
EVERYWHERE: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class Area:
    """One zone.

    Args:
        frame: (width, height) pixels.
    """

    def __init__(self, zone: Zone, frame: tuple[int, int]) -> None:
        self.zone = zone
        self.frame = frame
        self._scale = np.array(frame, dtype=np.float64)
        self.polygon = np.array(zone.polygon, dtype=np.float64) * self._scale
        vehicles = [index for index, name in enumerate(CLASSES) if name in zone.classes and index != PEOPLE]
        self._kinds = np.array(vehicles or range(1, len(CLASSES)), dtype=np.int64)
        columns, rows = (np.arange(GRID[0]) + 0.5) / GRID[0], (np.arange(GRID[1]) + 0.5) / GRID[1]
        points = np.stack(np.meshgrid(columns, rows), axis=2).reshape(-1, 2) * self._scale
        self._cells = inside(self.polygon, points).reshape(GRID[1], GRID[0])

    def holds(self, points: Floats) -> Bools:
        """Which points (N, 2), pixels, lie in it."""
        return inside(self.polygon, points) if len(points) else np.zeros(0, dtype=np.bool_)

    def vehicles(self, points: Floats, kinds: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Bools:
        """Which are vehicles of the zone's classes and stand in it by their bottom centre."""
        return self.holds(points) & np.isin(kinds, self._kinds)

    def covered(self, boxes: Floats) -> float:
        """Share of the zone under these boxes (N, 4), pixels; 0..1."""
        total = int(self._cells.sum())
        if not total or not len(boxes):
            return 0.0
        under = np.zeros_like(self._cells)
        cell = np.array([GRID[0] / self.frame[0], GRID[1] / self.frame[1]] * 2)
        limit = np.array([*GRID, *GRID])
        for x0, y0, x1, y1 in np.clip(np.rint(boxes * cell), 0, limit).astype(int):
            under[y0:y1, x0:x1] = True
        return float((under & self._cells).sum() / total)


def areas(zones: Sequence[Zone], frame: tuple[int, int]) -> list[Area]:
    """The zones on a picture of this size; without any the whole picture is one."""
    return [Area(zone, frame) for zone in zones] or [Area(Zone("picture", "picture", EVERYWHERE), frame)]


def relative(box: Floats, frame: tuple[int, int]) -> tuple[float, float, float, float]:
    """A box in 0..1 of the picture."""
    x0, y0, x1, y1 = np.clip(box / np.array([*frame, *frame], dtype=np.float64), 0.0, 1.0).round(4).tolist()
    return x0, y0, x1, y1


def nearest_line(area: Area, lines: Sequence[Line]) -> Line | None:
    """The line that belongs to a zone: the one whose middle lies nearest to the zone's edge or inside it."""
    best: tuple[float, Line] | None = None
    for line in lines:
        middle = (np.array(line.a) + np.array(line.b)) / 2 * np.array(area.frame, dtype=np.float64)
        away = 0.0 if area.holds(middle[None])[0] else _to_edge(area.polygon, middle)
        if best is None or away < best[0]:
            best = (away, line)
    return None if best is None else best[1]


def _to_edge(polygon: Floats, point: Floats) -> float:
    a, b = polygon, np.roll(polygon, -1, axis=0)
    along = b - a
    part = ((point - a) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    foot = a + np.clip(part, 0, 1)[:, None] * along
    return float(np.hypot(*(point - foot).T).min())
