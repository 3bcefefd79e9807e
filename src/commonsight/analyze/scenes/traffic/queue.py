"""The queue before a stop line: who stands in it, and how far it reaches back."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from commonsight.analyze.kalman import Floats
from commonsight.analyze.model import Line
from commonsight.analyze.scenes.model import Ground
from commonsight.analyze.scenes.traffic.area import Area
from commonsight.analyze.scenes.traffic.course import Courses, metres_between
from commonsight.analyze.track import Tracks

JOIN_SIZES: Final = 0.2
"""Slower than this, box sizes/s, a vehicle joins a queue that reaches to it ..."""
LEAVE_SIZES: Final = 0.6
"""... and faster than this it has left: between the two a queue creeps and stays a queue."""
HEAD_SIZES: Final = 3.0
"""The first one stands within this of the line."""
GAP_SIZES: Final = 3.0
"""Further behind the one before, in box sizes, it is not the same queue."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: vehicles in it; how far the last one's rear is from the line, m (None without a ground) and in vehicle
    lengths as seen."""

    vehicles: int
    metres: float | None
    lengths: float


class QueueWatch:
    """The queue of one zone before one stop line."""

    def __init__(self, area: Area, line: Line, ground: Ground | None) -> None:
        scale = np.array(area.frame, dtype=np.float64)
        self._area, self._ground = area, ground
        self._a = np.array(line.a) * scale
        self._along = np.array(line.b) * scale - self._a
        self._in: set[int] = set()

    def measure(self, tracks: Tracks, courses: Courses, there: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Queue:
        """The queue among those that are there now."""
        rows = np.flatnonzero(there & self._area.vehicles(tracks.at, tracks.kind)).tolist()
        slow = []
        for row in rows:
            course = courses.get(int(tracks.id[row]))
            pace = None if course is None or not course.known() else course.sizes()
            limit = LEAVE_SIZES if int(tracks.id[row]) in self._in else JOIN_SIZES
            if pace is not None and pace < limit:
                slow.append(row)
        feet = [self._foot(tracks.at[row]) for row in slow]
        order = sorted(range(len(slow)), key=lambda place: feet[place][0])
        chain: list[int] = []
        reach, lengths = 0.0, 0.0
        for place in order:
            row, away = slow[place], feet[place][0]
            size = float(tracks.size[row])
            if away - reach > (GAP_SIZES if chain else HEAD_SIZES) * size:
                break
            lengths += max(away - reach, 0.0) / size
            reach = max(reach, away)
            chain.append(place)
        self._in = {int(tracks.id[slow[place]]) for place in chain}
        if not chain:
            return Queue(0, None if self._ground is None else 0.0, 0.0)
        last = slow[chain[-1]]
        metres = None
        if self._ground is not None:
            metres = metres_between(self._ground, self._area.frame, tracks.at[last], feet[chain[-1]][1])
        return Queue(len(chain), metres, lengths + 1.0)

    def _foot(self, at: Floats) -> tuple[float, Floats]:
        """(distance to the line, px; the nearest point of the line)."""
        part = float(np.clip(((at - self._a) @ self._along) / max(float(self._along @ self._along), 1e-9), 0, 1))
        foot = self._a + part * self._along
        return float(np.hypot(*(at - foot))), foot
