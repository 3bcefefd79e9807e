"""Somebody drives against the traffic.

The direction allowed is drawn (a line across the road, whose `in` direction it is) or learned from those who drive. One
goes the wrong way who keeps going against it for a way and a time no trembling box, no mixed-up track and no reversing
into a parking space makes.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from commonsight.analyze.model import Line
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.traffic.area import Area, areas, nearest_line, relative
from commonsight.analyze.scenes.traffic.course import Course, Courses
from commonsight.analyze.scenes.traffic.field import Field

AGAINST: Final = -0.5
"""Cosine to the allowed direction at which one goes against it: more than 120 degrees off. Changing lanes is not."""
STEADY: Final = 0.8
"""Least share of the way that must go against: a track that swings to and fro does not."""
SLOW_SIZES: Final = 0.4
"""Slower than this, box sizes/s, somebody reverses or is pushed."""
SILENT_SECONDS: Final = 3.0
"""One seen going wrong and lost is over after this; a new track where it must be by now goes on with it."""
THIN_SECONDS: Final = 0.25
MEET_SECONDS: Final = 1.0
MEET_SIZES: Final = 0.5
MEET_SHARE: Final = 0.5
BUSY: Final = 2.0
"""In a lane where others go the right way so many times the way is asked: rows of vehicles mix trackers up."""
MANY: Final = 3
"""So many wrong at once, and more than go right: the camera was turned or the road's direction was changed."""
MANY_SECONDS: Final = 20.0


_Pass = tuple[float, int, float, float]
"""When, which track, x, y in pixels: somebody going the right way."""


@dataclass(slots=True)
class _Wrong:
    """Somebody going the wrong way: lasts over changes of the track's number."""

    key: str
    zone: str
    track: int
    began: datetime
    time: float
    at: tuple[float, float]
    velocity: tuple[float, float]
    size: float


class WrongWay:
    """Follows each vehicle's way against the direction of its place."""

    card = packaged("wrong_way")

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._settings = {each.code: each.default for each in self.card.parameters} | dict(setup.settings)
        self._lasting = Lasting()
        self._next = 1
        self._begin((0, 0))

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        told: list[Sighting] = []
        if look.size != self._frame:
            told = self._lasting.end_all(look.at)
            self._begin(look.size)
        tracks = look.tracks
        self._courses.take(tracks, look.time)
        right, suspects = self._sort(look)
        self._right.extend(right)
        self._field.forget(set(tracks.id.tolist()))
        told += self._judge(look, suspects)
        told += self._end(look)
        count = {area.zone.id: 0 for area in self._areas}
        for wrong in self._wrong.values():
            count[wrong.zone] += wrong.key in self._lasting
        figures = [Figure(zone, "wrong_way", "all", float(number)) for zone, number in count.items()]
        return Seen(figures, told, bool(suspects)) if figures or told else NOTHING

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """All is over."""
        return self._lasting.end_all(at)

    def _begin(self, frame: tuple[int, int]) -> None:
        self._frame = frame
        self._courses = Courses(SLOW_SIZES)
        self._field = Field()
        self._areas: list[Area] = areas(self.setup.zones, frame) if frame[0] else []
        self._allowed: dict[str, tuple[float, float] | None] = {}
        for area in self._areas:
            line = nearest_line(area, self.setup.lines)
            self._allowed[area.zone.id] = None if line is None else into(line, frame)
        self._wrong: dict[str, _Wrong] = {}
        self._right: deque[_Pass] = deque(maxlen=512)
        self._suspected: deque[tuple[float, int]] = deque(maxlen=256)

    def allowed(self, area: Area, at: tuple[float, float]) -> tuple[float, float] | None:
        """The allowed direction at a point (0..1), a unit vector in pixels; None while nobody knows."""
        drawn = self._allowed[area.zone.id]
        if drawn is not None:
            return drawn
        learned = self._field.direction(at)
        return None if learned is None else learned[0]

    # -- who goes which way ------------------------------------------------------------------------------------------

    def _sort(self, look: Look) -> tuple[list[_Pass], list[tuple[int, Area, Course]]]:
        """Those seen driving the right way, and rows of those driving against it."""
        tracks = look.tracks
        right: list[_Pass] = []
        suspects: list[tuple[int, Area, Course]] = []
        for area in self._areas:
            rows = tracks.seen & tracks.believed & area.vehicles(tracks.at, tracks.kind)
            for row in np.flatnonzero(rows).tolist():
                track = int(tracks.id[row])
                course = self._courses.get(track)
                if course is None or course.heading is None or course.sizes() < SLOW_SIZES:
                    continue
                x, y = tracks.at[row].tolist()
                at = (x / self._frame[0], y / self._frame[1])
                allowed = self.allowed(area, at)
                turned = -1.0 if allowed is None else allowed[0] * course.heading[0] + allowed[1] * course.heading[1]
                if allowed is not None and turned < AGAINST:
                    suspects.append((row, area, course))
                    continue
                if allowed is not None and turned > -AGAINST:
                    right.append((look.time, track, x, y))
                self._field.learn(track, at, course.heading)
        return right, suspects

    def _judge(self, look: Look, suspects: list[tuple[int, Area, Course]]) -> list[Sighting]:
        told: list[Sighting] = []
        tracks = look.tracks
        sure: list[tuple[int, Area, Course, float]] = []
        for row, area, course in suspects:
            x, y = tracks.at[row].tolist()
            allowed = self.allowed(area, (x / self._frame[0], y / self._frame[1]))
            if allowed is None:
                continue
            lengths = 0.0 if self._through_others(course) else self._against(course, allowed)
            known = self._known(int(tracks.id[row]), (x, y), float(tracks.size[row]), look.time)
            least = self._settings["lengths"] * (BUSY if self._busy(course, allowed) else 1.0)
            if lengths >= least or known is not None:
                sure.append((row, area, course, lengths))
                self._suspected.append((look.time, int(tracks.id[row])))
        if self._all_wrong(look.time):
            # Everybody: it is the direction that is wrong. What was drawn stays, what was learned is learned anew.
            self._field.clear()
            return told
        for row, area, course, lengths in sure:
            told += self._tell(look, row, area, course, lengths)
        return told

    def _against(self, course: Course, allowed: tuple[float, float]) -> float:
        """Box sizes gone against the direction without a break, newest first; 0 unless long, fast and straight enough.

        Sizes are each point's own: what drives away becomes smaller.
        """
        points = thinned(course)
        gone = way = 0.0
        first = points[-1][0]
        for (before, ax, ay, asize), (_, bx, by, bsize) in zip(points[-2::-1], points[:0:-1], strict=False):
            size = max((asize + bsize) / 2, 1.0)
            step = math.hypot(bx - ax, by - ay) / size
            along = -((bx - ax) * allowed[0] + (by - ay) * allowed[1]) / size
            if along < -0.3:
                break  # here it still went the right way: a turn, or a track that came from another vehicle
            gone, way, first = gone + along, way + step, before
        lasted = points[-1][0] - first
        if lasted < self._settings["seconds"] or way <= 0 or gone < STEADY * way:
            return 0.0
        return gone

    def _through_others(self, course: Course) -> bool:
        """Does its way lead through vehicles that came the right way at the same time? Then it is none: a tracker that
        gives each number to the vehicle behind makes a dense row go backwards."""
        points = course.recent(2.0, 3)
        met = 0
        for time, x, y, size in points:
            met += any(
                abs(time - moment) <= MEET_SECONDS and math.hypot(x - ox, y - oy) <= MEET_SIZES * size
                for moment, _, ox, oy in self._right
            )
        return met >= MEET_SHARE * len(points)

    def _busy(self, course: Course, allowed: tuple[float, float]) -> bool:
        """Do others drive the right way in this very lane just now?"""
        time, x, y, size = course.points[-1]
        return any(
            time - moment <= 2 * MEET_SECONDS
            and abs((ox - x) * allowed[1] - (oy - y) * allowed[0]) <= MEET_SIZES * size
            and math.hypot(ox - x, oy - y) <= 8 * size
            for moment, _, ox, oy in self._right
        )

    def _all_wrong(self, time: float) -> bool:
        since = time - MANY_SECONDS
        wrong = {track for moment, track in self._suspected if moment >= since}
        right = {track for moment, track, *_ in self._right if moment >= since} - wrong
        return len(wrong) >= MANY and len(wrong) > len(right)

    # -- telling -----------------------------------------------------------------------------------------------------

    def _known(self, track: int, at: tuple[float, float], size: float, time: float) -> _Wrong | None:
        """The wrong-way driver this is: by its track, or by where that one must be by now."""
        for wrong in self._wrong.values():
            if wrong.track == track:
                return wrong
        for wrong in self._wrong.values():
            passed = time - wrong.time
            off = math.hypot(
                at[0] - wrong.at[0] - wrong.velocity[0] * passed, at[1] - wrong.at[1] - wrong.velocity[1] * passed
            )
            if 0 < passed <= SILENT_SECONDS and off <= (1.0 + passed) * max(size, wrong.size):
                return wrong
        return None

    def _tell(self, look: Look, row: int, area: Area, course: Course, lengths: float) -> list[Sighting]:
        tracks = look.tracks
        x, y = tracks.at[row].tolist()
        size = float(tracks.size[row])
        track = int(tracks.id[row])
        wrong = self._known(track, (x, y), size, look.time)
        if wrong is None:
            lasted = look.time - course.points[0][0]
            wrong = _Wrong(
                f"{look.at:%H%M%S}-{self._next}", area.zone.id, track, look.at - timedelta(seconds=lasted), look.time,
                (x, y), (0.0, 0.0), size,
            )  # fmt: skip
            self._next += 1
            self._wrong[wrong.key] = wrong
        wrong.track, wrong.time, wrong.at, wrong.size = track, look.time, (x, y), size
        wrong.velocity = course.pixels()
        detail: dict[str, object] = {"kind": CLASSES[int(tracks.kind[row])], "lengths": round(lengths, 1)}
        ground = self.setup.ground
        speed = None if ground is None else course.metres(ground, self._frame)
        if speed is not None:
            detail["kmh"] = round(3.6 * speed)
        score = min(1.0, 0.5 + 0.1 * lengths) if self._allowed[area.zone.id] else min(0.9, 0.4 + 0.1 * lengths)
        box = (relative(tracks.xyxy[row], self._frame),)
        return self._lasting.hold(
            wrong.key, self.card.code, wrong.zone, look.at, round(score, 2), box, detail, since=wrong.began
        )

    def _end(self, look: Look) -> list[Sighting]:
        told = []
        for key, wrong in list(self._wrong.items()):
            if look.time - wrong.time > SILENT_SECONDS:
                told += self._lasting.end(key, look.at)
                del self._wrong[key]
        return told


def thinned(course: Course) -> list[tuple[float, float, float, float]]:
    """Its points `THIN_SECONDS` apart at least, the newest among them: over a tenth of a second a box mostly
    trembles."""
    kept = [course.points[-1]]
    for point in reversed(course.points):
        if kept[-1][0] - point[0] >= THIN_SECONDS:
            kept.append(point)
    return kept[::-1]


def into(line: Line, frame: tuple[int, int]) -> tuple[float, float]:
    """The `in` direction of a line as a unit vector in pixels: from the left of a->b to its right."""
    x, y = (line.b[0] - line.a[0]) * frame[0], (line.b[1] - line.a[1]) * frame[1]
    length = max(math.hypot(x, y), 1e-9)
    return -y / length, x / length
