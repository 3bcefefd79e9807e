"""The way each vehicle came lately, and how fast it goes: what every scene of traffic judges by.

One speed is asked of many looks, not of two: a box trembles by a tenth of its size from picture to picture, so the
speed of a standing car from two pictures is that of a walker. And a track that jumps has changed its vehicle (the
tracker gave the number to another): its past is not the new one's, so the course begins anew.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from commonsight.analyze.kalman import Floats
from commonsight.analyze.scenes.model import Ground, Look
from commonsight.analyze.track import Tracks

POINTS_MOST: Final = 48
"""Looks a course remembers: at ten a second nearly five seconds, at one a second far more than is asked."""
JUMP_SIZES: Final = 1.0
"""A box further than this from where its course leads, in box sizes, is another vehicle's ..."""
JUMP_SECONDS: Final = 0.6
"""... when it was seen no longer ago than this: over more time it may have braked."""
SPEED_SECONDS: Final = 1.2
"""A speed is that of this time, or of the last three looks where they lie further apart."""
SPEED_SHORTEST: Final = 0.25
"""Without this much time between first and last look there is no speed, s."""
STAND_SECONDS: Final = 2.0
"""Who has kept its place this long stands; four looks at least, where they are further apart three."""
STAND_SIZES: Final = 0.3
"""How far a standing vehicle's box may wander, in box sizes: trembling boxes and a mast in the wind."""
HEIR_SECONDS: Final = 3.0
"""A track that begins this long after another was last seen ..."""
HEIR_SPEED: Final = 1.0
"""... and lies ahead of it, no further than it can have got at this speed, box sizes/s, may be the same vehicle."""


@dataclass(slots=True)
class Course:
    """One track's points: (time s, x, y of the bottom centre in pixels, size in pixels)."""

    points: deque[tuple[float, float, float, float]] = field(default_factory=lambda: deque(maxlen=POINTS_MOST))
    moved: bool = False
    """It was seen driving: whatever stands here now came here."""
    heading: tuple[float, float] | None = None
    """Where it went when it last drove: a unit vector in the picture."""
    _velocity: tuple[float, float] = (0.0, 0.0)

    def add(self, time: float, x: float, y: float, size: float) -> None:
        """Take in where it is now."""
        if self.points:
            before, ax, ay, _ = self.points[-1]
            if 0 < time - before <= JUMP_SECONDS and self.known():
                vx, vy = self.pixels()
                off = math.hypot(x - ax - vx * (time - before), y - ay - vy * (time - before))
                if off > JUMP_SIZES * size:
                    self.points.clear()
                    self.moved, self.heading = False, None
        self.points.append((time, x, y, size))
        self._velocity = self._slope()

    def recent(self, seconds: float, least: int) -> list[tuple[float, float, float, float]]:
        """Points of the last `seconds`, or the last `least` where those are more."""
        since = self.points[-1][0] - seconds
        found: list[tuple[float, float, float, float]] = []
        for point in reversed(self.points):
            if point[0] < since and len(found) >= least:
                break
            found.append(point)
        return found[::-1]

    def pixels(self) -> tuple[float, float]:
        """Velocity in the picture, pixels/s; (0, 0) while it was seen too short a time."""
        return self._velocity

    def _slope(self) -> tuple[float, float]:
        points = self.recent(SPEED_SECONDS, 3)
        if points[-1][0] - points[0][0] < SPEED_SHORTEST:
            return 0.0, 0.0
        times = [p[0] for p in points]
        return slope(times, [p[1] for p in points]), slope(times, [p[2] for p in points])

    def known(self) -> bool:
        """Was it seen long enough to have a speed?"""
        return len(self.points) > 1 and self.points[-1][0] - self.points[0][0] >= SPEED_SHORTEST

    def sizes(self) -> float:
        """Speed in box sizes/s."""
        vx, vy = self.pixels()
        return math.hypot(vx, vy) / max(self.points[-1][3], 1.0)

    def metres(self, ground: Ground, frame: tuple[int, int]) -> float | None:
        """Speed on the ground, m/s; None beyond the horizon or while seen too short a time."""
        points = self.recent(SPEED_SECONDS, 3)
        if points[-1][0] - points[0][0] < SPEED_SHORTEST:
            return None
        there = ground.metres(np.array([[p[1] / frame[0], p[2] / frame[1]] for p in points]))
        if not np.isfinite(there).all():
            return None
        times = [p[0] for p in points]
        return math.hypot(slope(times, there[:, 0].tolist()), slope(times, there[:, 1].tolist()))

    def stands(self) -> bool:
        """Has it kept its place?

        Judged by how far most looks lie from their middle, so that a single bad box or a gust changes nothing; and by
        both halves' middles, so that creeping is not standing.
        """
        points = self.recent(STAND_SECONDS, 3)
        if len(points) < 3 or points[-1][0] - points[0][0] < 0.75 * STAND_SECONDS:
            return False
        size = max(_middle([p[3] for p in points]), 1.0)
        half = len(points) // 2
        first, last = points[:half], points[-half:]
        drift = math.hypot(
            _middle([p[1] for p in last]) - _middle([p[1] for p in first]),
            _middle([p[2] for p in last]) - _middle([p[2] for p in first]),
        )
        if drift > 0.8 * STAND_SIZES * size:
            return False
        x, y = _middle([p[1] for p in points]), _middle([p[2] for p in points])
        off = sorted(math.hypot(p[1] - x, p[2] - y) for p in points)
        return off[math.ceil(0.8 * len(off)) - 1] <= STAND_SIZES * size

    def travelled(self, sizes: float) -> bool:
        """Has it come this far, in three looks at least, on a way most of which lies between its ends?"""
        points = list(self.points)
        if len(points) < 3:
            return False
        gone = math.hypot(points[-1][1] - points[0][1], points[-1][2] - points[0][2])
        way = sum(math.hypot(b[1] - a[1], b[2] - a[2]) for a, b in pairwise(points))
        return gone >= sizes * max(points[-1][3], 1.0) and gone >= 0.7 * way

    def note(self, moving: float) -> None:
        """Remember that it drives, and where to. `moving`: from this speed on, sizes/s."""
        vx, vy = self.pixels()
        pace = math.hypot(vx, vy)
        first = self.points[0]
        gone = math.hypot(self.points[-1][1] - first[1], self.points[-1][2] - first[2])
        # Speed alone is not driving: a box that swells gives its foot a speed for a moment.
        if pace >= moving * self.points[-1][3] and gone >= 0.6 * self.points[-1][3]:
            self.moved, self.heading = True, (vx / pace, vy / pace)


class Courses:
    """The courses of all tracks alive; as many as the tracker keeps.

    Args:
        moving: from this speed on, in box sizes/s, a vehicle counts as driving.
    """

    def __init__(self, moving: float = 0.5) -> None:
        self._moving = moving
        self._of: dict[int, Course] = {}
        self._lost: deque[tuple[float, Course]] = deque(maxlen=64)

    def take(self, tracks: Tracks, time: float) -> None:
        """Take in a look. Only tracks really seen in it go on: a guess is no evidence of motion."""
        for row in np.flatnonzero(tracks.seen):
            x, y = tracks.at[row].tolist()
            number = int(tracks.id[row])
            course = self._of.get(number)
            if course is None:
                course = self._of[number] = self._heir(time, x, y, float(tracks.size[row]))
            course.add(time, x, y, float(tracks.size[row]))
            course.note(self._moving)
        alive = set(tracks.id.tolist())
        for gone in [number for number in self._of if number not in alive]:
            self._lost.append((time, self._of.pop(gone)))
        while self._lost and time - self._lost[0][0] > HEIR_SECONDS:
            self._lost.popleft()

    def _heir(self, time: float, x: float, y: float, size: float) -> Course:
        """A new track's course: whoever brakes hard or is hidden for a moment goes on under a new number, and has
        driven here all the same. Only that and the way it went is handed on, never points."""
        course = Course()
        for other in [*self._of.values(), *(one for _, one in self._lost)]:
            if not other.moved or not other.points:
                continue
            last, ox, oy, _ = other.points[-1]
            passed = time - last
            if not 0 < passed <= HEIR_SECONDS + 1.0 or other.heading is None:
                continue
            off = (x - ox, y - oy)
            along = off[0] * other.heading[0] + off[1] * other.heading[1]
            across = abs(off[0] * other.heading[1] - off[1] * other.heading[0])
            if across <= 0.5 * size and -0.5 * size <= along <= (1.0 + HEIR_SPEED * passed) * size:
                course.moved, course.heading = True, other.heading
        return course

    def get(self, track: int) -> Course | None:
        """The course of a track, if it was ever seen."""
        return self._of.get(track)


def _middle(values: list[float]) -> float:
    """The median; of an even number the lower one."""
    return sorted(values)[(len(values) - 1) // 2]


def slope(times: list[float], values: list[float]) -> float:
    """Least squares: how much the values rise a second."""
    middle = sum(times) / len(times)
    level = sum(values) / len(values)
    spread = sum((t - middle) ** 2 for t in times)
    if spread <= 1e-12:
        return 0.0
    return sum((t - middle) * (v - level) for t, v in zip(times, values, strict=True)) / spread


def metres_between(ground: Ground, frame: tuple[int, int], a: Floats, b: Floats) -> float | None:
    """Distance on the ground of two points in pixels, m; None beyond the horizon."""
    there = ground.metres(np.array([a, b], dtype=np.float64) / np.array(frame, dtype=np.float64))
    return float(np.hypot(*(there[0] - there[1]))) if np.isfinite(there).all() else None


def present(look: Look, seconds: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which tracks are there now: believed, and silent no longer than `seconds` or the time between two looks."""
    tracks = look.tracks
    return tracks.believed & (look.time - tracks.last <= max(seconds, 1.5 * look.elapsed))
