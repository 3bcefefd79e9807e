"""Density, and gatherings: more than so many people near each other for a time, standing or growing.

A queue stands, but in a row; a passing crowd is dense, but does not stand.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from commonsight.analyze.count import inside
from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Box, Lasting
from commonsight.analyze.scenes.model import Figure, Floats, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.people.groups import Group, groups
from commonsight.analyze.scenes.people.persons import Persons, Plan, of_users

BEFORE_SECONDS: Final = (3.0, 15.0)
"""A picture this long ago tells who stands."""
BETWEEN_SECONDS: Final = 1.0
"""Places of people are remembered this far apart at least."""
LAPSE_SECONDS: Final = 20.0
"""A gathering that is not one for this long is over: detectors lose people, groups fall apart and close again."""
STAYS: Final = 0.7
"""A gathering goes on with this share of the people it takes to begin one."""
GROWTH: Final = 1.5
"""A group that has grown by this factor since it was first seen grows."""
GROUPS_MOST: Final = 32
COVERED_GRID: Final = 64
SURE: Final = 1.96
"""Standard deviations on each side of an interval of 95 %."""
FOUND_DOUBT: Final = 0.1
"""How far the share of people a detector finds may be from what was set, as a share of it."""


@dataclass(slots=True)
class _Candidate:
    """A group followed from picture to picture, by its middle."""

    number: int
    since: datetime
    seen: datetime
    middle: Floats
    first: int
    people: deque[int] = field(default_factory=lambda: deque(maxlen=32))


@dataclass(slots=True)
class _Place:
    """One zone: its polygon in pixels, its area on the ground, who stood where, and its groups."""

    zone: Zone
    polygon: Floats
    grid: Floats
    area: float | None
    before: deque[tuple[datetime, Floats]] = field(default_factory=lambda: deque(maxlen=32))
    candidates: list[_Candidate] = field(default_factory=list)
    number: int = 0


class Gathering:
    """The scene `gathering`."""

    card = packaged("gathering")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._size = (0, 0)
        self._plan = Plan(setup.ground, (1, 1))
        self._places: list[_Place] = []
        self._lasting = Lasting()

    def see(self, look: Look) -> Seen:
        """Count who stands in each zone, and look for groups."""
        if look.size != self._size:
            self._restart(look.size)
        people = of_users(look.users, self._setup.settings["score"], look.size)
        self._plan.learn(people.height)
        figures: list[Figure] = []
        sightings: list[Sighting] = []
        afoot = False
        for place in self._places:
            there = people.chosen(inside(place.polygon, people.feet))
            figures += self._figures(place, there, look.size)
            found = self._groups(place, there, look.at)
            afoot |= any(self._there(group) >= STAYS * self._setup.settings["least"] for group in found)
            sightings += self._judge(place, there, found, look.at)
        return Seen(figures, sightings, afoot)

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Nobody looks any more."""
        return self._lasting.end_all(at)

    def _restart(self, size: tuple[int, int]) -> None:
        self._size = size
        self._plan = Plan(self._setup.ground, size)
        self._places = []
        for zone in self._setup.zones:
            polygon = np.array(zone.polygon, dtype=np.float64) * np.array(size, dtype=np.float64)
            self._places.append(_Place(zone, polygon, _grid(polygon), self._plan.area(polygon)))

    def _figures(self, place: _Place, there: Persons, size: tuple[int, int]) -> list[Figure]:
        """People with error; per square metre where there is a ground; the share of the zone people cover."""
        count, error = estimate(len(there), self._setup.settings["found"])
        zone = place.zone.id
        figures = [
            Figure(zone, "people", "person", count),
            Figure(zone, "people_error", "person", error),
            Figure(zone, "people_most", "person", count),
            Figure(zone, "covered", "person", _covered(place.grid, there, size)),
        ]
        if place.area is not None:
            figures += [
                Figure(zone, "density", "person", count / place.area),
                Figure(zone, "density_error", "person", error / place.area),
            ]
        return figures

    def _groups(self, place: _Place, there: Persons, at: datetime) -> list[Group]:
        points = self._plan.metres(there.feet)
        sound = _finite(points)
        points = np.where(sound[:, None], points, 1e6 * (1 + np.arange(len(points)))[:, None])
        old = [feet for when, feet in place.before if _within(at - when)]
        before = self._plan.metres(old[-1]) if old else None
        if not place.before or (at - place.before[-1][0]).total_seconds() >= BETWEEN_SECONDS:
            place.before.append((at, there.feet))
        return groups(points, self._setup.settings["near"], before if before is None else before[_finite(before)])

    def _judge(self, place: _Place, there: Persons, found: Sequence[Group], at: datetime) -> list[Sighting]:
        settings = self._setup.settings
        told: list[Sighting] = []
        free = list(place.candidates)
        for group in found:
            candidate = _nearest(group, free)
            if candidate is not None:
                free.remove(candidate)
            key = "" if candidate is None else f"{place.zone.id}-{candidate.number}"
            least = settings["least"] * (STAYS if key in self._lasting else 1.0)
            if not self._qualifies(group, candidate, least):
                continue
            if candidate is None:
                if len(place.candidates) >= GROUPS_MOST:
                    continue
                place.number += 1
                candidate = _Candidate(place.number, at, at, group.middle, len(group))
                place.candidates.append(candidate)
                key = f"{place.zone.id}-{candidate.number}"
            candidate.seen, candidate.middle = at, group.middle
            candidate.people.append(len(group))
            if (at - candidate.since).total_seconds() < settings["seconds"]:
                continue
            score = _score(group, there, settings["least"])
            detail = {
                "people": round(self._there(group)),
                "standing": round(group.standing or 0.0, 2),
                "growing": _grows(group, candidate),
            }
            told += self._lasting.hold(
                key, "gathering", place.zone.id, at, score, [_around(group, there)], detail, candidate.since
            )
        over = [c for c in place.candidates if (at - c.seen).total_seconds() > LAPSE_SECONDS]
        place.candidates = [c for c in place.candidates if c not in over]
        for candidate in over:
            told += self._lasting.end(f"{place.zone.id}-{candidate.number}", at)
        return told

    def _there(self, group: Group) -> float:
        """People in a group, those the detector misses included."""
        return len(group) / self._setup.settings["found"]

    def _qualifies(self, group: Group, candidate: _Candidate | None, least: float) -> bool:
        """Large enough, no row, and standing; half of them is enough where it grows."""
        # As many as are there, not as were found: a detector that misses one in seven does not make the group smaller.
        if self._there(group) < least or group.row or group.standing is None:
            return False
        share = self._setup.settings["standing"]
        grows = candidate is not None and _grows(group, candidate)
        return group.standing >= (share / 2 if grows else share)


def estimate(seen: int, found: float) -> tuple[float, float]:
    """People there, by how many were seen of them, and half the width of its interval of 95 %.

    Args:
        found: share of people the detector finds in this picture.
    """
    count = seen / found
    chance = seen * (1 - found) / found**2
    return count, SURE * float(np.sqrt(chance + (FOUND_DOUBT / 2 * count) ** 2))


def _within(ago: timedelta) -> bool:
    return BEFORE_SECONDS[0] <= ago.total_seconds() <= BEFORE_SECONDS[1]


def _finite(points: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(np.isfinite(points).all(axis=1))


def _nearest(group: Group, candidates: Sequence[_Candidate]) -> _Candidate | None:
    """The group of before that this one is: its middle moved no further than the group is wide."""
    reach = max(3.0, 0.5 * float(np.sqrt(len(group))))
    near = [(float(np.hypot(*(group.middle - c.middle))), c.number, c) for c in candidates]
    near = [each for each in near if each[0] <= reach]
    return min(near)[2] if near else None


def _grows(group: Group, candidate: _Candidate) -> bool:
    return len(group) >= GROWTH * candidate.first


def _score(group: Group, there: Persons, least: float) -> float:
    """How sure: how well its people were seen, how many stand, how far it is above the limit."""
    seen = float(there.score[group.rows].mean())
    return seen * (0.5 + 0.5 * (group.standing or 0.0)) * min(len(group) / least, 1.0)


def _around(group: Group, there: Persons) -> Box:
    box = np.clip(there.box[group.rows], 0, 1)
    low, high = box[:, :2].min(axis=0), box[:, 2:].max(axis=0)
    return (round(float(low[0]), 4), round(float(low[1]), 4), round(float(high[0]), 4), round(float(high[1]), 4))


def _grid(polygon: Floats) -> Floats:
    """Points spread evenly over a polygon, pixels."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    parts = (np.arange(COVERED_GRID) + 0.5) / COVERED_GRID
    x, y = np.meshgrid(low[0] + parts * (high[0] - low[0]), low[1] + parts * (high[1] - low[1]))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    return np.asarray(points[inside(polygon, points)])


def _covered(grid: Floats, there: Persons, size: tuple[int, int]) -> float:
    """Share of the zone's picture that people's boxes cover."""
    if not len(grid) or not len(there):
        return 0.0
    box = there.box * np.array([*size, *size], dtype=np.float64)
    under = np.zeros(len(grid), dtype=bool)
    for x0, y0, x1, y1 in box:
        under |= (grid[:, 0] >= x0) & (grid[:, 0] <= x1) & (grid[:, 1] >= y0) & (grid[:, 1] <= y1)
    return float(under.mean())
