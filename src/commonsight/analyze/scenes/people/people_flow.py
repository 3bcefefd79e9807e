"""People over lines, by direction: how many, how dense the stream is, and when it is too much for the passage.

Its figures are measures of their own (`people_in` …), so that a line which the camera's document counts too is never
added up twice.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.people.gates import Gates

WINDOW_SECONDS: Final = 60.0
"""A rate is that of the last minute watched."""
CALM: Final = 0.8
"""An alarm ends below this share of the limit that began it."""
KEPT: Final = 4096


class PeopleFlow:
    """The scene `people_flow`."""

    card = packaged("people_flow")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._gates = Gates(setup.lines)
        self._crossed: list[deque[float]] = [deque(maxlen=KEPT) for _ in setup.lines]
        self._watched = 0.0
        self._metres = [_metres(setup, place) for place in range(len(setup.lines))]
        self._lasting = Lasting()

    def see(self, look: Look) -> Seen:
        """Count who went over, and hold the rate against the limit."""
        self._watched += look.elapsed
        lines = self._setup.lines
        counted = np.zeros((len(lines), 3))
        for crossing in self._gates.take(look):
            counted[crossing.line, 0 if crossing.direction == "in" else 1] += 1
            counted[crossing.line, 2] += crossing.inferred
            self._crossed[crossing.line].append(self._watched)
        figures: list[Figure] = []
        sightings: list[Sighting] = []
        for place, line in enumerate(lines):
            names = ("people_in", "people_out", "people_inferred")
            figures += [Figure(line.id, n, "person", float(v)) for n, v in zip(names, counted[place], strict=True)]
            rate = self._rate(place)
            figures.append(Figure(line.id, "people_rate", "person", rate))
            metres = self._metres[place]
            if metres is not None:
                figures.append(Figure(line.id, "people_rate_metre", "person", rate / metres))
            sightings += self._judge(place, rate, look.at)
        return Seen(figures, sightings, any(self._crossed))

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Nothing is seen to go on any more."""
        return self._lasting.end_all(at)

    def _rate(self, place: int) -> float:
        """People a minute over a line, both ways, in the last minute watched."""
        crossed = self._crossed[place]
        while crossed and crossed[0] <= self._watched - WINDOW_SECONDS:
            crossed.popleft()
        # A window not yet full is not made longer than it was: three people in two seconds are not ninety a minute.
        return len(crossed) * 60.0 / WINDOW_SECONDS

    def _judge(self, place: int, rate: float, at: datetime) -> list[Sighting]:
        most = self._setup.settings["most"]
        line = self._setup.lines[place]
        if most <= 0:
            return []
        if rate >= (most if line.id not in self._lasting else CALM * most):
            (x0, y0), (x1, y1) = line.a, line.b
            box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
            detail = {"people_rate": rate, "most": most}
            return self._lasting.hold(line.id, "flow_high", line.id, at, min(rate / (2 * most), 1.0), [box], detail)
        return self._lasting.end(line.id, at)


def _metres(setup: Setup, place: int) -> float | None:
    """Length of a line on the ground, m; None without a ground, or where it reaches beyond the horizon."""
    if setup.ground is None:
        return None
    line = setup.lines[place]
    ends = setup.ground.metres(np.array([line.a, line.b]))
    long = float(np.hypot(*(ends[1] - ends[0])))
    return long if np.isfinite(long) and long > 0.1 else None
