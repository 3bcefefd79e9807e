"""Vehicles by class and direction over lines, how fast they go, and the queue before a stop line."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from commonsight.analyze.count import Crossing, LineCounter
from commonsight.analyze.kalman import Floats
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.traffic.area import Area, nearest_line
from commonsight.analyze.scenes.traffic.course import Courses, metres_between, present
from commonsight.analyze.scenes.traffic.queue import QueueWatch

STEP_SECONDS: Final = 0.2
"""A speed in the picture becomes one on the ground over this time: short, because the ground is seen in perspective."""
KMH_MOST: Final = 220.0
"""A speed beyond is a mixed-up track's, not a vehicle's."""


class VehicleFlow:
    """Counts crossings as the counting of lines does, and gives each its speed."""

    card = packaged("vehicle_flow")

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._begin((0, 0))

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        if look.size != self._frame:
            self._begin(look.size)
        self._courses.take(look.tracks, look.time)
        figures: list[Figure] = []
        assert self._counter is not None
        crossings = self._counter.update(look.tracks, look.time)
        counted = {(line.id, way, kind): 0.0 for line in self.setup.lines for way in ("in", "out")
                   for kind in line.classes if kind != "person"}  # fmt: skip
        speeds: dict[tuple[str, str], list[tuple[float, float | None]]] = {}
        for crossing in crossings:
            line, kind = self.setup.lines[crossing.line], CLASSES[crossing.kind]
            key = (line.id, crossing.direction, kind)
            if key not in counted:
                continue
            counted[key] += 1
            if not crossing.inferred:
                speeds.setdefault((line.id, crossing.direction), []).append(self._speed(crossing))
        figures += [Figure(line, f"flow_{way}", kind, value) for (line, way, kind), value in counted.items()]
        figures += self._paces(speeds)
        figures += self._queues(look)
        return Seen(figures) if figures else NOTHING

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Figures only: nothing lasts."""
        del at
        return ()

    def _begin(self, frame: tuple[int, int]) -> None:
        self._frame = frame
        self._courses = Courses()
        self._counter: LineCounter | None = None
        self._watched: list[tuple[str, QueueWatch]] = []
        if not frame[0]:
            return
        self._counter = LineCounter([(line.a, line.b) for line in self.setup.lines], frame)
        for zone in self.setup.zones:
            area = Area(zone, frame)
            line = nearest_line(area, self.setup.lines)
            if line is not None:
                self._watched.append((zone.id, QueueWatch(area, line, self.setup.ground)))

    def _speed(self, crossing: Crossing) -> tuple[float, float | None]:
        """(box sizes/s, km/h or None without a ground) of one vehicle on the line."""
        size = max(math.sqrt(crossing.box[0] * crossing.box[1]), 1.0)
        lengths = math.hypot(*crossing.velocity) / size
        ground = self.setup.ground
        if ground is None:
            return lengths, None
        at: Floats = np.array(crossing.at)
        then = at + STEP_SECONDS * np.array(crossing.velocity)
        metres = metres_between(ground, self._frame, at, then)
        kmh = None if metres is None else 3.6 * metres / STEP_SECONDS
        return lengths, kmh if kmh is not None and kmh <= KMH_MOST else None

    @staticmethod
    def _paces(speeds: dict[tuple[str, str], list[tuple[float, float | None]]]) -> list[Figure]:
        figures = []
        for (line, way), found in speeds.items():
            figures.append(Figure(line, f"speed_lengths_{way}", "all", math.fsum(f[0] for f in found) / len(found)))
            known = [kmh for _, kmh in found if kmh is not None]
            if known:
                figures.append(Figure(line, f"speed_{way}", "all", math.fsum(known) / len(known)))
        return figures

    def _queues(self, look: Look) -> list[Figure]:
        figures = []
        there = present(look)
        for zone, watched in self._watched:
            queue = watched.measure(look.tracks, self._courses, there)
            figures.append(Figure(zone, "queue_vehicles", "all", float(queue.vehicles)))
            figures.append(Figure(zone, "queue_vehicles_max", "all", float(queue.vehicles)))
            figures.append(Figure(zone, "queue_lengths_max", "all", queue.lengths))
            if queue.metres is not None:
                figures.append(Figure(zone, "queue_metres_max", "all", queue.metres))
        return figures
