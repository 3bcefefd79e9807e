"""Traffic in a zone is congested: many vehicles, slow, for longer than a red light lasts."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.traffic.area import Area, areas, relative
from commonsight.analyze.scenes.traffic.course import Course, Courses, present
from commonsight.analyze.scenes.traffic.spots import Spots

MOVING_SIZES: Final = 0.2
"""From this speed on, box sizes/s, a vehicle moves."""
SLOW_SHARE: Final = 0.8
"""Share of the time that must be slow: a queue at a light is slow while it is red, congestion when it is green, too."""
FREE_SHARE: Final = 0.4
"""Below this share of the later half of the time it is over; between the two nothing changes."""
WATCHED_SHARE: Final = 0.7
"""Share of the time that must have been watched before anything is said."""
PARKED_SECONDS: Final = 15.0
PARKED_PASSED: Final = 3
"""Who has stood longer than this while so many drove past is parked or broken down, not congested."""
BOXES_MOST: Final = 8


@dataclass(slots=True)
class _Second:
    """A second or so of one zone: watched, and of it slow."""

    begin: float
    watched: float = 0.0
    slow: float = 0.0


class _Road:
    """What is remembered of one zone: its slow and free seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._past: deque[_Second] = deque()

    def add(self, time: float, elapsed: float, *, slow: bool) -> None:
        """Take in a look; it stands for the time since the one before."""
        if not self._past or time - self._past[-1].begin >= 1.0:
            self._past.append(_Second(time))
        self._past[-1].watched += elapsed
        self._past[-1].slow += elapsed if slow else 0.0
        while self._past and self._past[0].begin < time - self._seconds:
            self._past.popleft()

    def slow(self, time: float, seconds: float) -> tuple[float, float]:
        """(share of the watched time that was slow, share of the time that was watched) of the last `seconds`.

        Nothing counts as watched before there was time to: half a cycle of a light is all red or all green.
        """
        if not self._past or time - self._past[0].begin < seconds - 2.0:
            return 0.0, 0.0
        recent = [each for each in self._past if each.begin >= time - seconds]
        watched = sum(each.watched for each in recent)
        return sum(each.slow for each in recent) / max(watched, 1e-9), min(watched / seconds, 1.0)

    def began(self, time: float) -> float:
        """Seconds since the first slow look that is remembered."""
        return next((time - each.begin for each in self._past if each.slow), 0.0)


class Congestion:
    """Judges each zone by how many are in it, how fast, and for how long."""

    card = packaged("congestion")

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._settings = {each.code: each.default for each in self.card.parameters} | dict(setup.settings)
        self._lasting = Lasting()
        self._begin((0, 0))

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        told: list[Sighting] = []
        if look.size != self._frame:
            told = self._lasting.end_all(look.at)
            self._begin(look.size)
        tracks = look.tracks
        self._courses.take(tracks, look.time)
        self._spots.take(look, self._courses)
        there = present(look)
        parked = self._parked(look.time)
        figures: list[Figure] = []
        afoot = False
        for area in self._areas:
            rows = np.flatnonzero(there & area.vehicles(tracks.at, tracks.kind))
            flowing = [int(row) for row in rows if int(tracks.id[row]) not in parked]
            courses = [course for row in flowing if (course := self._courses.get(int(tracks.id[row]))) is not None]
            known = [course for course in courses if course.known()]
            slow, found = self._slow(area, known)
            figures += found
            figures.append(Figure(area.zone.id, "vehicles", "all", float(len(flowing))))
            figures.append(Figure(area.zone.id, "occupancy", "all", area.covered(tracks.xyxy[flowing])))
            boxes = [relative(tracks.xyxy[row], look.size) for row in flowing[:BOXES_MOST]]
            said, near = self._judge(look, area, len(known), slow, boxes)
            told += said
            afoot |= near
        return Seen(figures, told, afoot) if figures or told else NOTHING

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """All is over."""
        return self._lasting.end_all(at)

    def _begin(self, frame: tuple[int, int]) -> None:
        self._frame = frame
        self._courses = Courses()
        self._spots = Spots(20.0)
        self._areas: list[Area] = areas(self.setup.zones, frame) if frame[0] else []
        self._roads = {area.zone.id: _Road(self._settings["seconds"]) for area in self._areas}

    def _parked(self, time: float) -> set[int]:
        """Tracks of those that stand while the others drive."""
        return {
            spot.track
            for spot in self._spots.all.values()
            if spot.stood(time) > PARKED_SECONDS and len(spot.passed) >= PARKED_PASSED
        }

    def _slow(self, area: Area, courses: Sequence[Course]) -> tuple[bool, list[Figure]]:
        """Is the traffic slow, and the figures of its speed."""
        if not courses:
            return False, []
        zone = area.zone.id
        sizes = [course.sizes() for course in courses]
        moving = sum(pace >= MOVING_SIZES for pace in sizes) / len(sizes)
        mean = math.fsum(sizes) / len(sizes)
        figures = [Figure(zone, "moving_share", "all", moving), Figure(zone, "speed_lengths", "all", mean)]
        ground = self.setup.ground
        if ground is not None:
            paces = [pace for course in courses if (pace := course.metres(ground, self._frame)) is not None]
            if paces:
                kmh = 3.6 * math.fsum(paces) / len(paces)
                figures.append(Figure(zone, "speed", "all", kmh))
                return kmh < self._settings["slow_kmh"], figures
        return mean < self._settings["slow_lengths"], figures

    def _judge(
        self, look: Look, area: Area, count: int, slow: bool, boxes: list[tuple[float, float, float, float]]
    ) -> tuple[list[Sighting], bool]:
        zone, seconds = area.zone.id, self._settings["seconds"]
        road = self._roads[zone]
        crowded = slow and count >= self._settings["vehicles"]
        road.add(look.time, look.elapsed, slow=crowded)
        share, watched = road.slow(look.time, seconds)
        if zone in self._lasting:
            lately, watched = road.slow(look.time, seconds / 2)
            if watched >= WATCHED_SHARE and lately <= FREE_SHARE:
                return self._lasting.end(zone, look.at), False
        elif not (crowded and share >= SLOW_SHARE and watched >= WATCHED_SHARE):
            return [], share >= 0.5 and watched >= 0.3
        began = look.at - timedelta(seconds=road.began(look.time))
        detail = {"vehicles": count, "slow_share": round(share, 2)}
        told = self._lasting.hold(zone, self.card.code, zone, look.at, round(share, 2), boxes, detail, since=began)
        return told, False
