"""Who is in a zone since when: stays that survive a lost track.

Somebody is in once deep enough inside for long enough, and out once as far outside: feet that tremble on the border
neither come nor go. A detector loses people behind each other; who vanishes inside and is found anew near there within
moments is the same person, whose stay goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from commonsight.analyze.scenes.people.persons import Bools, Border, key_of
from commonsight.analyze.track import Tracks

Key = tuple[int, float]

WARM_SECONDS: Final = 3.0
"""Who is found inside this soon after watching began was there before: how long, nobody knows."""
JUMP_SECONDS: Final = 10.0
"""A gap longer than this (or time that runs backwards) is not bridged."""
REACH: Final = 0.6
"""Who vanished is looked for this far away, in box heights, and further by what people walk meanwhile."""
WALKED: Final = 0.8
"""Box heights a second somebody lost may have walked."""
WALKED_MOST: Final = 1.5
"""The same at most, however long ago: whoever is found further away is somebody else."""
MOST: Final = 512
"""Stays at once in one zone."""


@dataclass(frozen=True, slots=True)
class StaySettings:
    """
    margin: m inside from which one is in, and outside from which one is out.
    enter_seconds: how long one must have been inside.
    lost_seconds: how long somebody who vanished inside may be found again.
    """

    margin: float = 0.2
    enter_seconds: float = 0.6
    lost_seconds: float = 6.0


@dataclass(slots=True)
class Stay:
    """One person's time in a zone. `cut`: was there before watching began. `at`, `height`: last feet and box height,
    pixels; `depth`: m inside then, `deepest` ever."""

    number: int
    began: float
    last: float
    cut: bool
    at: tuple[float, float]
    height: float
    depth: float
    deepest: float
    box: tuple[float, float, float, float]
    score: float

    @property
    def seconds(self) -> float:
        """How long it lasted so far, s."""
        return self.last - self.began


@dataclass(frozen=True, slots=True)
class Changes:
    """What a picture changed: who came, who went over the border, who vanished inside for good."""

    entered: tuple[Stay, ...] = ()
    left: tuple[Stay, ...] = ()
    lost: tuple[Stay, ...] = ()


@dataclass(slots=True)
class _Walker:
    """A track as seen from this zone: inside or outside since (None: not now), the stay it is. `robbed`: another track
    has taken its stay over, so that what it follows from now on may be anybody who was there already."""

    inside: float | None = None
    stay: Stay | None = None
    outside: float | None = None
    robbed: bool = False


@dataclass(slots=True)
class Stays:
    """The stays in one zone of one camera."""

    border: Border
    size: tuple[int, int]
    settings: StaySettings = field(default_factory=StaySettings)
    _walkers: dict[Key, _Walker] = field(default_factory=dict)
    _missing: list[Stay] = field(default_factory=list)
    _number: int = 0
    _since: float | None = None
    _time: float | None = None

    def present(self) -> list[Stay]:
        """Who is in, those a moment out of sight included."""
        return [w.stay for w in self._walkers.values() if w.stay is not None] + list(self._missing)

    def take(self, tracks: Tracks, time: float, credible: Bools) -> Changes:
        """The next picture, s: rows that are not `credible` are nobody yet."""
        ended: list[Stay] = []
        if self._time is not None and not 0 <= time - self._time <= JUMP_SECONDS:
            ended = self.present()
            self._walkers.clear()
            self._missing.clear()
            self._since = None
        self._time = time
        self._since = time if self._since is None else self._since
        entered: list[Stay] = []
        left: list[Stay] = []
        rows = np.flatnonzero(tracks.seen & credible)
        feet = np.stack([tracks.at[rows, 0], tracks.at[rows, 1]], axis=1)
        height = tracks.xyxy[rows, 3] - tracks.xyxy[rows, 1]
        for row, depth, tall in zip(rows, self.border.depth(feet, height), height, strict=True):
            self._step(tracks, int(row), float(depth), float(tall), time, entered, left)
        alive = {key_of(tracks, row) for row in range(len(tracks))}
        for gone in [key for key in self._walkers if key not in alive]:
            stay = self._walkers.pop(gone).stay
            if stay is not None:
                self._missing.append(stay)
        late = [stay for stay in self._missing if time - stay.last > self.settings.lost_seconds]
        self._missing = [stay for stay in self._missing if time - stay.last <= self.settings.lost_seconds]
        left += [stay for stay in late if self._went(stay)]
        return Changes(tuple(entered), tuple(left), (*(stay for stay in late if not self._went(stay)), *ended))

    def _step(
        self, tracks: Tracks, row: int, depth: float, tall: float, time: float, entered: list[Stay], left: list[Stay]
    ) -> None:
        key = key_of(tracks, row)
        walker = self._walkers.get(key)
        if walker is None:
            if len(self._walkers) >= MOST:
                return
            born = float(tracks.born[row])
            walker = self._walkers[key] = _Walker(stay=self._taken_over(tracks, row, tall, time, born))
        if depth >= self.settings.margin:
            walker.outside = None
            walker.inside = time if walker.inside is None else walker.inside
            if walker.stay is None and time - walker.inside >= self.settings.enter_seconds:
                if walker.robbed:
                    walker.stay = self._taken_over(tracks, row, tall, time, walker.inside)
                if walker.stay is None:
                    walker.stay = self._new(tracks, row, tall, depth, walker.inside)
                    entered.append(walker.stay)
        elif depth <= -self.settings.margin:
            walker.inside = None
            walker.outside = time if walker.outside is None else walker.outside
            # Out for as long as it takes to be in: one stretched box does not end a stay.
            if walker.stay is not None and time - walker.outside >= self.settings.enter_seconds:
                left.append(walker.stay)
                walker.stay = None
        elif walker.stay is None:
            walker.inside = None
        if walker.stay is not None and depth > -self.settings.margin:
            self._update(walker.stay, tracks, row, depth, tall, time)

    def _new(self, tracks: Tracks, row: int, tall: float, depth: float, since: float) -> Stay:
        self._number += 1
        assert self._since is not None
        born = float(tracks.born[row])
        cut = min(born, since) - self._since <= WARM_SECONDS and since - born < 0.5
        stay = Stay(self._number, since, since, cut, (0.0, 0.0), tall, depth, depth, (0.0, 0.0, 0.0, 0.0), 0.0)
        self._update(stay, tracks, row, depth, tall, since)
        return stay

    def _update(self, stay: Stay, tracks: Tracks, row: int, depth: float, tall: float, time: float) -> None:
        stay.last = max(stay.last, time)
        stay.at = (float(tracks.at[row, 0]), float(tracks.at[row, 1]))
        stay.height, stay.depth = tall, depth
        stay.deepest = max(stay.deepest, depth)
        x0, y0, x1, y1 = tracks.xyxy[row].tolist()
        wide, high = self.size
        stay.box = (_share(x0, wide), _share(y0, high), _share(x1, wide), _share(y1, high))
        stay.score = float(tracks.score[row])

    def _taken_over(self, tracks: Tracks, row: int, tall: float, time: float, since: float) -> Stay | None:
        """The stay that goes on under this track: of somebody near here who was not seen since the track followed
        whom it follows."""
        at = tracks.at[row]
        silent = [walker for walker in self._walkers.values() if walker.stay is not None and walker.stay.last < since]
        best: tuple[float, int] | None = None
        chosen: Stay | None = None
        for stay in (*self._missing, *(walker.stay for walker in silent)):
            if stay is None or stay.last >= since:
                continue
            away = float(np.hypot(at[0] - stay.at[0], at[1] - stay.at[1])) / max(stay.height, tall, 1.0)
            reach = REACH + min(WALKED * (time - stay.last), WALKED_MOST)
            if away <= reach and (best is None or (away, stay.number) < best):
                best, chosen = (away, stay.number), stay
        self._missing = [stay for stay in self._missing if stay is not chosen]
        for walker in silent:
            if walker.stay is chosen:
                walker.stay = walker.inside = None
                walker.robbed = True
        return chosen

    def _went(self, stay: Stay) -> bool:
        """Did somebody who was lost go out? At the border, or at the edge of the picture, yes."""
        x, y = stay.at
        spare = 0.5 * stay.height
        edge = min(x, self.size[0] - x) < spare or self.size[1] - y < 0.1 * stay.height
        return edge or stay.depth < max(3 * self.settings.margin, 0.6)


def boxes(stays: Sequence[Stay]) -> tuple[tuple[float, float, float, float], ...]:
    """Where they are, 0..1 of the picture."""
    return tuple(stay.box for stay in stays)


def _share(value: float, whole: float) -> float:
    return round(min(max(value / whole, 0.0), 1.0), 4)
