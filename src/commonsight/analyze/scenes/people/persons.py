"""People in a picture: where they stand, how tall they are, how far that is in metres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from commonsight.analyze.model import Point
from commonsight.analyze.road_users import CLASSES, RoadUsers
from commonsight.analyze.scenes.model import Floats, Ground
from commonsight.analyze.track import Tracks

Bools = NDArray[np.bool_]

PERSON: Final = CLASSES.index("person")
TALL: Final = 1.7
"""Height of a person, m: the yardstick where no way to the ground is known."""
FORESHORTENED: Final = 2.0
"""Without a ground, a step away from the camera is taken for this many times its length in the picture: cameras look
down at about 30 degrees."""
HEIGHT_FOLLOWS: Final = 0.05
"""Share by which each picture moves the mean height people have in it."""


@dataclass(frozen=True, slots=True)
class Persons:
    """Columns over the N people of a picture: bottom centre of the box (N, 2), its height, both in pixels; its score;
    the box in 0..1 of the picture (N, 4)."""

    feet: Floats
    height: Floats
    score: Floats
    box: Floats

    def __len__(self) -> int:
        return len(self.feet)

    def chosen(self, rows: Bools) -> "Persons":
        """Those of the rows."""
        return Persons(self.feet[rows], self.height[rows], self.score[rows], self.box[rows])


def of_users(users: RoadUsers, least: float, size: tuple[int, int]) -> Persons:
    """The people among what was detected, from this score on."""
    rows = (users.score >= least) & (users.votes.argmax(axis=1) == PERSON) if len(users) else np.zeros(0, bool)
    xyxy = users.xyxy[rows]
    feet = np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]], axis=1)
    return Persons(feet, xyxy[:, 3] - xyxy[:, 1], users.score[rows], xyxy / np.array([*size, *size], dtype=np.float64))


def key_of(tracks: Tracks, row: int) -> tuple[int, float]:
    """Tells a track from every other one, also after the tracker began anew and its numbers with it."""
    return int(tracks.id[row]), float(tracks.born[row])


class Plan:
    """The picture of one camera as a plan in metres: by its ground, or by the height of people in it.

    Args:
        size: width and height of the picture, pixels.
    """

    def __init__(self, ground: Ground | None, size: tuple[int, int]) -> None:
        self._ground = ground
        self._size = np.array(size, dtype=np.float64)
        self._height: float | None = None

    @property
    def measured(self) -> bool:
        """Whether metres are those of the ground; otherwise they are estimated from how tall people look."""
        return self._ground is not None

    def learn(self, height: Floats) -> None:
        """People of these heights (pixels) are in the picture."""
        if not len(height):
            return
        now = float(np.median(height))
        self._height = now if self._height is None else self._height + HEIGHT_FOLLOWS * (now - self._height)

    def metres(self, points: Floats) -> Floats:
        """Points (N, 2) in pixels as metres (N, 2); not finite beyond the horizon, or before anybody was seen."""
        if self._ground is not None:
            return self._ground.metres(points / self._size)
        if self._height is None:
            return np.full(points.shape, np.nan)
        return np.asarray(points * np.array([1.0, FORESHORTENED]) * TALL / max(self._height, 1.0))

    def area(self, polygon: Floats) -> float | None:
        """Square metres of a polygon (pixels); None without a ground, or where it reaches beyond the horizon."""
        if self._ground is None:
            return None
        ring = self.metres(along(polygon))
        if not np.isfinite(ring).all():
            return None
        return float(shapely.Polygon(ring).buffer(0).area) or None


def along(polygon: Floats, pieces: int = 8) -> Floats:
    """A polygon with further points on its sides, so that it may be bent by a perspective."""
    following = np.roll(polygon, -1, axis=0)
    parts = (np.arange(pieces) / pieces)[None, :, None]
    return np.asarray((polygon[:, None] + (following - polygon)[:, None] * parts).reshape(-1, 2))


class Border:
    """How deep inside a polygon somebody stands, in metres; negative outside.

    With a ground it is measured on the ground. Without one a person's own height is the yardstick, at the place where
    the person stands: near the camera a metre is more pixels.
    """

    def __init__(self, polygon: Sequence[Point], size: tuple[int, int], ground: Ground | None) -> None:
        self.polygon = np.array(polygon, dtype=np.float64) * np.array(size, dtype=np.float64)
        self._ground, self._size = ground, np.array(size, dtype=np.float64)
        self._area = shapely.Polygon(self.polygon).buffer(0)
        self._plan: shapely.Geometry | None = None
        if ground is not None:
            ring = ground.metres(along(self.polygon) / self._size)
            # Beyond the horizon nothing is measured: people's heights have to do.
            self._plan = shapely.Polygon(ring).buffer(0) if np.isfinite(ring).all() else None

    def depth(self, feet: Floats, height: Floats) -> Floats:
        """Metres (N,) inside the border, of people with these feet (N, 2) and heights (N,) in pixels."""
        if not len(feet):
            return np.zeros(0)
        if self._plan is not None and self._ground is not None:
            on_ground = self._ground.metres(feet / self._size)
            sound = np.asarray(np.isfinite(on_ground).all(axis=1))
            depth = _depth(self._plan, np.where(sound[:, None], on_ground, 0.0))
            return np.where(sound, depth, -np.inf)
        return np.asarray(_depth(self._area, feet) * TALL / np.maximum(height, 1.0))


def _depth(area: shapely.Geometry, points: Floats) -> Floats:
    at = shapely.points(points)
    return np.asarray(np.where(shapely.covers(area, at), 1.0, -1.0) * shapely.distance(area.boundary, at))
