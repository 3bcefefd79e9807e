"""Flights from people's hands: blobs linked from picture to picture, fitted to a fall, and held against the person.

A throw leaves the person and flies some way; a drop falls beside or before the person onto the floor. Near misses that
are told apart here: an arm stays within reach, a kick begins at the feet, a bird and a car do not fall, and what is put
down goes slower than it would fall.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from commonsight.analyze.scenes.model import Floats, Look
from commonsight.analyze.scenes.parcels.blobs import Blob, Differences
from commonsight.analyze.scenes.parcels.parabola import POINTS, TALL, Fit, ahead, fit
from commonsight.analyze.scenes.people.persons import Persons, of_users

Box = tuple[float, float, float, float]

WIDTH_MOST: Final = 480
"""Width of the plane worked on: a parcel of 15 cm is still some pixels, and a picture costs about a millisecond."""
PEOPLE_SECONDS: Final = 0.25
"""The detector is asked this often at most: people move little meanwhile, and a detection costs more than all else."""
PEOPLE_KEPT: Final = 1.5
"""People are remembered this long: a detector misses who throws, bent and turned, for some pictures."""
GAP_SECONDS: Final = 0.3
"""Pictures further apart show no flight."""
FLIGHT_MOST: Final = 2.0
"""Longest flight, s."""
SILENT: Final = 0.2
"""A flight without a blob for this long has landed."""
PATHS_MOST: Final = 64
SMALL, LARGE = 0.04, 0.6
"""Sizes of what is thrown, in person heights."""
REACH: Final = 0.55
"""A flight begins within this many person heights of the body's box."""
STEP: Final = (0.4, 9.0)
"""Speeds of the first two points, person heights a second."""
TOLERANCE: Final = 0.12
"""How far a blob may be from where the flight should be, in person heights."""
HANDS: Final = 0.3
"""Least height of a release above the feet, in person heights: below it, it was kicked."""
LET_GO: Final = 0.12
"""How far from the body's box a throw must get, in person heights."""
FLOOR: Final = 0.35
"""A drop ends at most this high above the feet, in person heights."""
FALL: Final = 0.25
"""Least fall from its highest point, m: less is wings that beat."""
ALONE: Final = 3
"""Least points of a throw outside of everybody's box: arms and legs are within."""
STILL: Final = 0.3
"""Who drops something has not walked further than this meanwhile, in body heights: legs fall, too, at every step."""
ONWARDS: Final = 0.6
"""What goes on after its flight with this share of its speed across has not come down."""
SIZE_SPREAD: Final = 0.35
"""Standard deviation of its size along a flight, as a share of the mean."""
LEVEL_SPREAD: Final = 25.0
"""The same of its brightness, levels of 256."""
DROP_POINTS: Final = 6
"""A drop before the body has legs and arms around it: it takes more to tell it from them."""
TALL_LEAST: Final = 55.0
"""A person smaller than this (pixels of the plane) makes a metre so few that chance falls like a parcel."""
EDGE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Flight:
    """Something left somebody's hands and came down.

    Attributes:
        kind: "throw" left the person, "drop" fell beside or before.
        began, ended: s on the stream's clock.
        feet: of the person, 0..1 of the picture.
        far: from release to the end, in person heights.
        fall: from its highest point to its end, m.
        score: 0..1.
        box: around its path, 0..1 of the picture.
    """

    kind: Literal["throw", "drop"]
    began: float
    ended: float
    feet: tuple[float, float]
    far: float
    fall: float
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Point:
    """Where something was: s, pixels; how large and how bright it was; whether outside of everybody's box."""

    time: float
    x: float
    y: float
    across: float
    level: float
    alone: bool


@dataclass(slots=True, eq=False)
class _Path:
    """Blobs that may be one flight. `body`: of the person, pixels of the plane; `tall` its height."""

    body: Floats
    tall: float
    points: list[Point]

    @property
    def size(self) -> float:
        """Of what flies, pixels, by its last points."""
        return float(np.mean([point.across for point in self.points[-3:]]))

    def rows(self) -> Floats:
        """Time, x, y of its points."""
        return np.array([(point.time, point.x, point.y) for point in self.points])


@dataclass(slots=True)
class Flights:
    """Flights before one camera. `least`: score people are found with."""

    least: float
    _size: tuple[int, int] = (0, 0)
    _differences: Differences = field(default_factory=Differences)
    _paths: list[_Path] = field(default_factory=list)
    _loose: list[tuple[float, list[Blob]]] = field(default_factory=list)
    _people: Persons | None = None
    _asked: float = -np.inf
    _time: float = -np.inf

    @property
    def people(self) -> Persons | None:
        """Who was found lately; None when nobody was."""
        return self._people

    def look(self, look: Look) -> bool:
        """Find people, if it is time to. Tells whether the picture follows the last one closely enough for a flight."""
        close = 0 < look.time - self._time <= GAP_SECONDS and look.size == self._size
        if not close:
            self._differences.clear()
            self._paths.clear()
            self._loose.clear()
        if look.size != self._size or look.time < self._time:
            self._people, self._asked = None, -np.inf
        self._size, self._time = look.size, look.time
        if look.time - self._asked >= PEOPLE_SECONDS:
            found = of_users(look.users, self.least, look.size)
            if len(found):
                self._people, self._asked = found, look.time
            elif look.time - self._asked > PEOPLE_KEPT:
                self._people = None
        return close

    def take(self, look: Look) -> list[Flight]:
        """Flights that ended by this picture. Call `look` first; without anybody in sight there is nothing to do."""
        if self._people is None:
            return []
        wide = min(self._size[0], WIDTH_MOST) & ~1
        high = max(2, round(self._size[1] * wide / self._size[0])) & ~1
        flights: list[Flight] = []
        for time, blobs in self._differences.take(look.luma(wide, high), look.time):
            flights += self._step(time, blobs, (wide, high))
        return flights

    def _step(self, time: float, blobs: list[Blob], size: tuple[int, int]) -> list[Flight]:
        assert self._people is not None
        bodies = self._people.box * np.array([*size, *size], dtype=np.float64)
        free = self._extend(time, blobs, bodies)
        self._begin(time, free, bodies)
        self._loose = [*((t, b) for t, b in self._loose[-4:] if time - t <= SILENT), (time, free)]
        over = [
            path
            for path in self._paths
            if time - path.points[-1].time > SILENT or time - path.points[0].time > FLIGHT_MOST
        ]
        self._paths = [path for path in self._paths if path not in over]
        judged = [judge(path.body, path.points, size, _moved(path.body, bodies)) for path in over]
        flights = [flight for flight in judged if flight is not None]
        return _distinct(flights)

    def _extend(self, time: float, blobs: list[Blob], bodies: Floats) -> list[Blob]:
        """Each path takes the blob that lies where it should be; the longest first. What is left over is returned."""
        free = list(blobs)
        for path in sorted(self._paths, key=lambda each: -len(each.points)):
            x, y = ahead(path.rows(), time, path.tall)
            near = [(float(np.hypot(b.x - x, b.y - y)), place, b) for place, b in enumerate(free) if _alike(b, path)]
            near = [each for each in near if each[0] <= TOLERANCE * path.tall + 2]
            if near:
                blob = min(near)[2]
                path.points.append(_point(time, blob, bodies))
                free.remove(blob)
        return free

    def _begin(self, time: float, free: list[Blob], bodies: Floats) -> None:
        """Pairs of blobs near somebody's body, as far apart as something thrown goes meanwhile."""
        for before, earlier in self._loose[-2:]:
            apart = time - before
            for one in earlier:
                body = _nearest(bodies, one)
                if body is None:
                    continue
                tall = float(body[3] - body[1])
                if tall < TALL_LEAST or not SMALL * tall <= one.across <= LARGE * tall:
                    continue
                for other in free:
                    speed = float(np.hypot(other.x - one.x, other.y - one.y)) / tall / apart
                    alike = 1 / 3 <= other.across / one.across <= 3
                    if STEP[0] <= speed <= STEP[1] and alike and len(self._paths) < PATHS_MOST:
                        points = [_point(before, one, bodies), _point(time, other, bodies)]
                        self._paths.append(_Path(body, tall, points))


def judge(body: Floats, points: Sequence[Point], size: tuple[int, int], moved: float = 0.0) -> Flight | None:
    """What a row of points is, that began near a body (x0, y0, x1, y1): a throw, a drop, or nothing (None).

    Args:
        points: in order of time; body and points in pixels of a picture of `size` (width, height).
        moved: how far the body has gone since, in its heights.
    """
    tall = float(body[3] - body[1])
    if len(points) < POINTS:
        return None
    path = np.array([(point.time, point.x, point.y) for point in points])
    found = fit(path, tall)
    if found is None:
        return None
    flown = path[found.first : found.last + 1]
    begin, end = flown[0, 1:], flown[-1, 1:]
    # Below the hands, or still rising at its end: kicked, or something that goes on its way.
    if body[3] - begin[1] < HANDS * tall or found.down <= 0:
        return None
    wide, high = size
    if not (EDGE * wide < end[0] < (1 - EDGE) * wide and end[1] < (1 - EDGE / 2) * high):
        return None
    far = float(np.hypot(*(end - begin))) / tall
    top = min(float(flown[:, 2].min()), float(begin[1]) - found.rise)
    fall = (float(end[1]) - top) / tall * TALL
    outside = max(body[0] - end[0], end[0] - body[2], 0.0) / tall
    score = _score(found, len(flown))
    low, most = flown[:, 1:].min(axis=0), flown[:, 1:].max(axis=0)
    box = (_share(low[0], wide), _share(low[1], high), _share(most[0], wide), _share(most[1], high))
    feet = (float((body[0] + body[2]) / 2 / wide), float(body[3] / high))
    times = float(flown[0, 0]), float(flown[-1, 0])
    piece = points[found.first : found.last + 1]
    free = sum(point.alone for point in piece)
    if fall < FALL or _goes_on(path, found) or not _one_thing(piece):
        return None
    if outside >= LET_GO and free >= max(ALONE, 0.4 * len(flown)):
        return Flight("throw", *times, feet, far, fall, score, box)
    if len(flown) < DROP_POINTS:
        return None
    if outside < LET_GO and moved <= STILL and body[3] - end[1] <= FLOOR * tall and found.rise < 0.2 * tall:
        return Flight("drop", *times, feet, far, fall, score, box)
    return None


def _score(found: Fit, points: int) -> float:
    """How sure: by how near its points are to the fall expected, and how many there are."""
    steep = 1 - abs(float(np.log(found.ratio))) / 0.8
    return float(np.clip(0.35 + 0.25 * (1 - found.off) + 0.2 * max(steep, 0.0) + 0.2 * min(points / 10, 1.0), 0, 1))


def _one_thing(piece: Sequence[Point]) -> bool:
    """Is it one thing all the way: of one size and one brightness? Limbs and shadows that happen to lie on a curve are
    not."""
    across = np.array([point.across for point in piece])
    level = np.array([point.level for point in piece])
    return bool(across.std() <= SIZE_SPREAD * across.mean() and level.std() <= LEVEL_SPREAD)


def _point(time: float, blob: Blob, bodies: Floats) -> Point:
    return Point(time, blob.x, blob.y, blob.across, blob.level, _alone(bodies, blob))


def _goes_on(path: Floats, found: Fit) -> bool:
    """Does it fly on after what looks like a flight?"""
    after = path[found.last :]
    flown = path[found.first : found.last + 1]
    if len(after) < 4:
        return False
    then = abs(after[-1, 1] - after[0, 1]) / (after[-1, 0] - after[0, 0])
    before = abs(flown[-1, 1] - flown[0, 1]) / (flown[-1, 0] - flown[0, 0])
    return bool(then > ONWARDS * before and before > 0)


def _alone(bodies: Floats, blob: Blob) -> bool:
    within = (bodies[:, 0] <= blob.x) & (blob.x <= bodies[:, 2]) & (bodies[:, 1] <= blob.y) & (blob.y <= bodies[:, 3])
    return not bool(within.any())


def _moved(body: Floats, bodies: Floats) -> float:
    """How far a body has gone: to the nearest one now, in its heights."""
    middle = (body[:2] + body[2:]) / 2
    away = np.hypot(*((bodies[:, :2] + bodies[:, 2:]) / 2 - middle).T)
    return float(away.min() / max(float(body[3] - body[1]), 1.0))


def _distinct(flights: Sequence[Flight]) -> list[Flight]:
    """Paths that shared their blobs are one flight: the farthest stays."""
    kept: list[Flight] = []
    for flight in sorted(flights, key=lambda each: (-each.far, each.began)):
        if all(flight.began > other.ended or flight.ended < other.began for other in kept):
            kept.append(flight)
    return sorted(kept, key=lambda each: each.began)


def _nearest(bodies: Floats, blob: Blob) -> Floats | None:
    """The body in whose reach the blob is."""
    tall = np.maximum(bodies[:, 3] - bodies[:, 1], 1.0)
    aside = np.maximum(np.maximum(bodies[:, 0] - blob.x, blob.x - bodies[:, 2]), 0)
    above = np.maximum(np.maximum(bodies[:, 1] - blob.y, blob.y - bodies[:, 3]), 0)
    away = np.hypot(aside, above) / tall
    place = int(np.argmin(away))
    return bodies[place] if away[place] <= REACH else None


def _alike(blob: Blob, path: _Path) -> bool:
    return 1 / 3 <= blob.across / path.size <= 3


def _share(value: float, whole: float) -> float:
    return round(float(min(max(value / whole, 0.0), 1.0)), 4)
