"""One camera's figures of the running minute and day, as absolute values that may be written again and again."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import numpy as np

from commonsight.analyze.count import Crossing
from commonsight.analyze.engine.figures import Figures, Given
from commonsight.analyze.kalman import Floats
from commonsight.analyze.model import INTERVAL_SECONDS, SCENE, Line, Measure, Observation, Zone, interval_start
from commonsight.analyze.road_users import CLASSES

Key = tuple[str, str, str]
Written = Mapping[Key, tuple[float, float]]

_OF_LINES: Final = frozenset({Measure.CROSSINGS_IN, Measure.CROSSINGS_OUT})
_OF_ZONES: Final = frozenset({Measure.OCCUPANCY_MEAN, Measure.OCCUPANCY_MAX})

KEPT_INTERVALS: Final = 60
"""Closed minutes kept for a database that does not answer; beyond it the oldest are given up."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be written now: rows of closed and running minutes, and the totals of their days."""

    observations: tuple[Observation, ...]
    days: tuple[tuple[date, dict[str, tuple[int, int]]], ...]
    closed: datetime | None
    """Start of the last closed minute among them."""


class _Minute:
    """Figures of one minute."""

    def __init__(self, start: datetime, lines: int, zones: int, written: Written | None = None) -> None:
        self.start = start
        self.figures = Figures(written, INTERVAL_SECONDS)
        self.watched = 0.0
        self.crossings = np.zeros((lines, 2, len(CLASSES)))
        self.stood = np.zeros((zones, len(CLASSES)))
        """Road users times seconds."""
        self.most = np.zeros((zones, len(CLASSES)))


class Tally:
    """Adds up what one camera's counters report.

    Args:
        camera_id, place: of every row.
        lines, zones: targets, in the order of the counters.
        now: the present; the running minute is the one it lies in.
        minute: what another worker has already written of the running minute; counting goes on from it.
        day: the same for the running day (UTC), crossings (in, out) by class.
        shown: the same by line.
    """

    def __init__(
        self,
        camera_id: UUID,
        place: str,
        lines: Sequence[Line],
        zones: Sequence[Zone],
        now: datetime,
        minute: Written | None = None,
        day: Mapping[str, tuple[int, int]] | None = None,
        shown: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        self._camera_id, self._place = camera_id, place
        self._lines, self._zones = tuple(lines), tuple(zones)
        flow = self._flow(minute or {})
        others = {key: value for key, value in (minute or {}).items() if key not in flow}
        self._minute = _Minute(interval_start(now), len(self._lines), len(self._zones), others)
        self._closed: deque[_Minute] = deque(maxlen=KEPT_INTERVALS)
        self._days: dict[date, dict[str, list[int]]] = {}
        self._shown = [list((shown or {}).get(line.id, (0, 0))) for line in self._lines]
        today = self._day(now)
        for kind, (into, outof) in (day or {}).items():
            today[kind] = [into, outof]
        self._resume(flow)

    def _flow(self, written: Written) -> dict[Key, tuple[float, float]]:
        """Those of the figures written so far that are counted here and not given by scenes."""
        lines, zones = {line.id for line in self._lines}, {zone.id for zone in self._zones}
        return {
            key: value
            for key, value in written.items()
            if (key[0] in lines and key[1] in _OF_LINES) or (key[0] in zones and key[1] in _OF_ZONES)
        }

    def _resume(self, written: Written) -> None:
        minute = self._minute
        coverage = max((c for _, c in written.values()), default=0.0)
        minute.watched = coverage * INTERVAL_SECONDS
        lines = {line.id: place for place, line in enumerate(self._lines)}
        zones = {zone.id: place for place, zone in enumerate(self._zones)}
        for (target, measure, kind), (value, _) in written.items():
            if kind not in CLASSES:
                continue
            column = CLASSES.index(kind)
            if target in lines and measure == Measure.CROSSINGS_IN:
                minute.crossings[lines[target], 0, column] = value
            elif target in lines and measure == Measure.CROSSINGS_OUT:
                minute.crossings[lines[target], 1, column] = value
            elif target in zones and measure == Measure.OCCUPANCY_MEAN:
                minute.stood[zones[target], column] = value * minute.watched
            elif target in zones and measure == Measure.OCCUPANCY_MAX:
                minute.most[zones[target], column] = value

    def _day(self, now: datetime) -> dict[str, list[int]]:
        return self._days.setdefault(now.astimezone(UTC).date(), {})

    def advance(self, now: datetime) -> None:
        """Close the running minute when `now` lies beyond it. A clock that was set back does not open an old minute."""
        start = interval_start(now)
        if start > self._minute.start:
            self._closed.append(self._minute)
            self._minute = _Minute(start, len(self._lines), len(self._zones))

    def cross(self, crossing: Crossing, now: datetime) -> bool:
        """Count a crossing; False when the line does not count its class."""
        self.advance(now)
        kind = CLASSES[crossing.kind]
        if kind not in self._lines[crossing.line].classes:
            return False
        direction = 0 if crossing.direction == "in" else 1
        self._minute.crossings[crossing.line, direction, crossing.kind] += 1
        self._shown[crossing.line][direction] += 1
        self._day(now).setdefault(kind, [0, 0])[direction] += 1
        return True

    def watch(self, seconds: float, present: Floats, now: datetime) -> None:
        """`seconds` were watched with `present` (zones, 6) road users in the zones."""
        self.advance(now)
        self._minute.watched += seconds
        self._minute.stood += present * seconds
        np.maximum(self._minute.most, present, out=self._minute.most)

    def figures(self, given: Iterable[Given], seconds: float, now: datetime) -> None:
        """A look that stands for `seconds` gave these figures of scenes."""
        self.advance(now)
        self._minute.figures.add(given, seconds)

    def shown(self, line: int) -> tuple[int, int]:
        """Crossings (in, out) of a line, all classes, today and since this tally began: what viewers see rising."""
        return self._shown[line][0], self._shown[line][1]

    def page(self, now: datetime) -> Page:
        """Everything that has to be written, absolute: writing it twice is writing it once."""
        self.advance(now)
        rows = [row for minute in (*self._closed, self._minute) for row in self._rows(minute)]
        days = tuple((day, {k: (v[0], v[1]) for k, v in t.items()}) for day, t in sorted(self._days.items()))
        return Page(tuple(rows), days, self._closed[-1].start if self._closed else None)

    def written(self, page: Page, now: datetime) -> None:
        """`page` is in the database: its closed minutes and past days need not be kept."""
        while page.closed and self._closed and self._closed[0].start <= page.closed:
            self._closed.popleft()
        today = now.astimezone(UTC).date()
        for day, _ in page.days:
            if day < today:
                self._days.pop(day, None)

    def _rows(self, minute: _Minute) -> list[Observation]:
        coverage = min(minute.watched / INTERVAL_SECONDS, 1.0)
        rows: list[Observation] = []

        def add(target: str, measure: Measure, kind: str, value: float) -> None:
            rows.append(
                Observation(
                    self._camera_id, self._place, SCENE, target, minute.start, INTERVAL_SECONDS, measure, kind,
                    float(value), coverage,
                )
            )  # fmt: skip

        # Zeros are written, too: "watched, nobody came" is another thing than "not watched".
        for place, line in enumerate(self._lines):
            for kind in line.classes:
                column = CLASSES.index(kind)
                add(line.id, Measure.CROSSINGS_IN, kind, minute.crossings[place, 0, column])
                add(line.id, Measure.CROSSINGS_OUT, kind, minute.crossings[place, 1, column])
        for place, zone in enumerate(self._zones):
            for kind in zone.classes:
                column = CLASSES.index(kind)
                add(zone.id, Measure.OCCUPANCY_MEAN, kind, minute.stood[place, column] / max(minute.watched, 1e-9))
                add(zone.id, Measure.OCCUPANCY_MAX, kind, minute.most[place, column])
        counted = {(row.target, row.measure, row.kind) for row in rows}
        share = min(minute.figures.watched / INTERVAL_SECONDS, 1.0)
        for (target, measure, kind), folded in minute.figures.rows.items():
            # What is counted here has been counted: a scene that says the same does not write over it.
            if (target, measure, kind) not in counted:
                rows.append(
                    Observation(
                        self._camera_id, self._place, folded.scene, target, minute.start, INTERVAL_SECONDS, measure,
                        kind, float(folded.value), share,
                    )
                )  # fmt: skip
        return rows
