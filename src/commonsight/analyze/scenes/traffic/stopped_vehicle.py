"""A vehicle stands where traffic flows: a breakdown, an accident, somebody who lets people out on a fast road."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from commonsight.analyze.model import Line
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.traffic.area import Area, areas, nearest_line, relative
from commonsight.analyze.scenes.traffic.course import Courses
from commonsight.analyze.scenes.traffic.spots import Spot, Spots, ahead_of, others_near

HABIT_CELLS: Final = (24, 14)
HABIT_STOPS: Final = 3
"""After this many stops that ended by themselves at a place, stopping there is usual: a light, a bus stop, a gate."""
HABIT_FACTOR: Final = 1.5
"""Standing this many times as long as the longest usual stop is unusual."""
HABIT_LEAST: Final = 5.0
HABIT_MOST: Final = 240.0
"""Stops shorter or longer than these, s, make no habit."""
FLOW_SECONDS: Final = 60.0
"""Others must have driven past within this time: otherwise nothing flows, and that is congestion or a red light."""
SET_OFF_SECONDS: Final = 12.0
"""Others must have been driving past for this long: when a jam breaks up, one lane sets off before the other."""
ALONE_SIZES: Final = 6.0
DUTY_LEAST: Final = 0.3
"""Share of looks with a box: below it something else flickers there (a reflection, a lamp, a sign)."""
STOP_LINE_SIZES: Final = 3.0


class StoppedVehicle:
    """Looks at standing vehicles and asks what the others do."""

    card = packaged("stopped_vehicle")

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._settings = {each.code: each.default for each in self.card.parameters} | dict(setup.settings)
        self._begin((0, 0))
        self._lasting = Lasting()

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        ended: list[Sighting] = []
        if look.size != self._frame:
            ended = self._lasting.end_all(look.at)
            self._begin(look.size)
        self._courses.take(look.tracks, look.time)
        for spot in self._spots.take(look, self._courses):
            self._remember(spot, look.time)
            ended += self._lasting.end(spot.name, spot.confirmed_at)
        told = list(ended)
        figures, afoot = [], False
        standing = list(self._spots.all.values())
        for area in self._areas:
            here = [spot for spot in standing if area.vehicles(spot.foot[None], _kind(spot))[0]]
            count = 0
            for spot in here:
                score = self._unusual(spot, standing, area, look.time)
                if score is None and spot.name not in self._lasting:
                    afoot |= self._near(spot, look.time)
                    continue
                count += 1
                told += self._lasting.hold(
                    spot.name, self.card.code, area.zone.id, look.at, score or 0.5,
                    (relative(spot.box, look.size),), self._detail(spot, look.time), since=spot.since_at,
                )  # fmt: skip
            figures.append(Figure(area.zone.id, "stopped", "all", float(count)))
        return Seen(figures, told, afoot) if figures else NOTHING

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """All is over."""
        return self._lasting.end_all(at)

    def _begin(self, frame: tuple[int, int]) -> None:
        self._frame = frame
        self._courses = Courses()
        self._spots = Spots(self._settings["lost_seconds"])
        self._areas: list[Area] = areas(self.setup.zones, frame) if frame[0] else []
        self._stop: dict[str, Line | None] = {
            area.zone.id: nearest_line(area, self.setup.lines) for area in self._areas
        }
        self._habits: dict[tuple[int, int], deque[float]] = {}

    # -- what is unusual ---------------------------------------------------------------------------------------------

    def _unusual(self, spot: Spot, standing: Sequence[Spot], area: Area, time: float) -> float | None:
        """How sure it is that this one should not stand here, 0..1; None: it may."""
        settings = self._settings
        stood = spot.stood(time)
        # What stood already when we began to look may be a thing that is always there; it has to be surer.
        limit = self._limit(spot, area) * (1.0 if spot.arrived else 2.0)
        if spot.heading is not None and ahead_of(spot, standing, spot.heading):
            spot.blocked = time
        # Who waited for the one before has its own time once that one is gone: queues set off one by one.
        free = min(stood, time - spot.blocked)
        if free < limit or spot.duty < DUTY_LEAST:
            return None
        passed = [moment for moment in spot.passed if moment >= max(spot.since, time - FLOW_SECONDS)]
        flowing = len(passed)
        if flowing >= settings["passing"] and time - passed[0] >= SET_OFF_SECONDS:
            sure = min(flowing / (2 * settings["passing"]), 1.0)
            return round(min(1.0, (0.6 if spot.arrived else 0.5) + 0.2 * sure + 0.2 * spot.duty), 2)
        alone = not others_near(spot, standing, ALONE_SIZES)
        # At night nobody comes by for minutes: one that stands alone is told, only later.
        if alone and spot.arrived and stood >= max(settings["alone_seconds"], limit):
            return 0.5
        return None

    def _limit(self, spot: Spot, area: Area) -> float:
        """Seconds it may stand at its place."""
        limit = self._settings["seconds"]
        line = self._stop[area.zone.id]
        if line is not None and _before(line, spot, self._frame):
            limit = max(limit, self._settings["light_seconds"])
        column, row = self._cell(spot)
        near = [(column + x, row + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        usual = [stood for cell in near for stood in self._habits.get(cell, ())]
        if len(usual) >= HABIT_STOPS:
            limit = max(limit, HABIT_FACTOR * max(usual))
        return limit

    def _remember(self, spot: Spot, time: float) -> None:
        """A stop that nobody was told of ended: such stops are usual here."""
        stood = spot.stood(time)
        if spot.name in self._lasting or not HABIT_LEAST <= stood <= HABIT_MOST:
            return
        self._habits.setdefault(self._cell(spot), deque(maxlen=8)).append(stood)

    def _cell(self, spot: Spot) -> tuple[int, int]:
        x, y = spot.foot / np.array(self._frame)
        return int(np.clip(x * HABIT_CELLS[0], 0, HABIT_CELLS[0] - 1)), int(
            np.clip(y * HABIT_CELLS[1], 0, HABIT_CELLS[1] - 1)
        )

    def _near(self, spot: Spot, time: float) -> bool:
        """Has it arrived and stood for a third of what is allowed? Then a closer look pays."""
        return spot.arrived and spot.stood(time) >= self._settings["seconds"] / 3 and len(spot.passed) > 0

    @staticmethod
    def _detail(spot: Spot, time: float) -> dict[str, object]:
        return {"kind": spot.kind, "seconds": round(spot.stood(time)), "passed": len(spot.passed)}


def _kind(spot: Spot) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([int(spot.votes.argmax())], dtype=np.int64)


def _before(line: Line, spot: Spot, frame: tuple[int, int]) -> bool:
    """Does it stand at the stop line: nearer than a few lengths?"""
    scale = np.array(frame, dtype=np.float64)
    a, b = np.array(line.a) * scale, np.array(line.b) * scale
    along = b - a
    part = float(np.clip(((spot.foot - a) @ along) / max(float(along @ along), 1e-9), 0, 1))
    return bool(np.hypot(*(spot.foot - a - part * along)) <= STOP_LINE_SIZES * spot.size)
