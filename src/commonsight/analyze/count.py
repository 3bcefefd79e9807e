"""Counting what crosses a line and what stands in a zone.

A line counts a road user when the bottom centre of its box (where it stands on the road) goes from
one side to the other within the segment. Between the two lies a band in which nothing is decided,
so that boxes trembling on the line count nothing; coming back counts only after a real excursion.

Detectors find a road user late and lose it early. A track that begins just behind a line, moving away
from it, or ends just before a line, moving towards it, has crossed it unseen: such crossings are
inferred from its motion and marked `inferred`.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from commonsight.analyze.kalman import Floats
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.track import Tracks

Direction = Literal["in", "out"]
Point = tuple[float, float]

STILL_THERE_SECONDS = 0.5
"""A track not seen for longer than this is not counted as present."""


@dataclass(frozen=True, slots=True)
class CountSettings:
    """What the counters take for granted; lengths in box sizes (sqrt(width x height)).

    Attributes:
        band: half width of the band around a line in which nothing is decided.
        excursion: how far beyond a line a road user must have been to count when it comes back.
        along: least movement of a box's top across the line, as a share of its bottom's.
        ends: how far beyond an end of the segment still counts as within.
        infer_seconds: longest time an unseen crossing may lie before a track's birth or after its end.
        infer_sizes: longest way it may lie away.
        infer_speed: least speed across the line for it, sizes/s.
        echo_seconds, echo_overlap: an inferred crossing this near in time to another in the same direction, with boxes
            that overlap by this share of the smaller when both stand on the line, is that other one.
        twin_seconds, twin_overlap: the same for two seen crossings: one road user under two boxes, or under two tracks
            one after the other.
        hold_seconds: a crossing is reported this long after it happened: by then its class is surer, and what went
            back at once did not cross.
        least_weight: score-seconds a track must have gathered by then; parts of vehicles and reflections flicker past
            a line, too.
    """

    band: float = 0.15
    excursion: float = 0.3
    along: float = 0.1
    ends: float = 0.0
    infer_seconds: float = 1.0
    infer_sizes: float = 1.5
    infer_speed: float = 1.0
    echo_seconds: float = 0.5
    echo_overlap: float = 0.15
    twin_seconds: float = 0.6
    twin_overlap: float = 0.4
    hold_seconds: float = 1.2
    least_weight: float = 0.2


@dataclass(frozen=True, slots=True)
class Crossing:
    """One road user went over one line.

    Attributes:
        line: index of the line.
        direction: "in" = from the left of a->b to its right as seen in the picture (y down).
        kind: index into `CLASSES`.
        track: id of the track.
        time: when it was on the line, s.
        at: where, pixels.
        box: (width, height) of its box, pixels.
        velocity: of its bottom centre, pixels/s.
        inferred: not seen crossing, but concluded from its motion before or after.
    """

    line: int
    direction: Direction
    kind: int
    track: int
    time: float
    at: Point
    box: Point
    velocity: Point
    inferred: bool


@dataclass(slots=True)
class _Past:
    """What a counter remembers of a track. Lists have one entry per line."""

    born: float
    first: Point
    last: float
    at: Point
    size: float
    side: list[int]
    """-1 or +1 once sure, 0 while it has been in the band only."""
    distance: list[float]
    """Signed distance when last seen."""
    over: list[tuple[float, float, float] | None]
    """(time, x, y) where it was last exactly on the line's straight."""
    far: list[Point | None]
    """Signed distances of bottom and top when it was furthest on its side; None: the top was out of sight."""
    crossed: list[int]
    """Crossings so far."""
    velocity: Point = (0.0, 0.0)
    box: Point = (0.0, 0.0)
    kind: int = 0
    believed: bool = False
    solid: bool = False
    """Whether it has gathered enough to count."""
    asked: bool = False
    """Whether it was already judged if it crossed before it was first seen."""
    waiting: list[Crossing] = field(default_factory=list)
    """Crossings not reported yet: the track is not believed, or they are too fresh."""


class LineCounter:
    """Crossings of the lines of one camera.

    Args:
        lines: ((ax, ay), (bx, by)) in 0..1 of the picture, x to the right, y down.
        frame: (width, height) pixels.
    """

    def __init__(
        self, lines: Sequence[tuple[Point, Point]], frame: tuple[int, int], settings: CountSettings | None = None
    ) -> None:
        self.settings = settings or CountSettings()
        scale = np.array(frame, dtype=np.float64)
        ends = np.array(lines, dtype=np.float64).reshape(-1, 2, 2) * scale
        self._a = ends[:, 0]
        along = ends[:, 1] - ends[:, 0]
        self._length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
        self._along = along / self._length[:, None]
        # To the right of a->b when y points down: the side that `in` leads to.
        self._normal = np.stack([-self._along[:, 1], self._along[:, 0]], axis=1)
        self._edge = 0.01 * frame[1]
        self._past: dict[int, _Past] = {}
        self._recent: deque[Crossing] = deque(maxlen=256)
        self._start: float | None = None

    def update(self, tracks: Tracks, time: float) -> list[Crossing]:
        """Crossings that became certain with the frame at `time` (s)."""
        if self._start is None:
            self._start = time
        found: list[Crossing] = []
        distance = self._distances(tracks.at)
        for row in np.flatnonzero(tracks.seen):
            found += self._see(tracks, int(row), distance[row], time)
        alive = set(tracks.id.tolist())
        for ended in [i for i in self._past if i not in alive]:
            found += self._infer_end(ended, self._past.pop(ended), time)
        return found

    def finish(self, time: float) -> list[Crossing]:
        """The stream ended at `time`: judge the tracks that were already lost by then."""
        found: list[Crossing] = []
        for track, past in list(self._past.items()):
            found += self._infer_end(track, past, time)
        self._past.clear()
        return found

    def _distances(self, points: Floats) -> Floats:
        """(N, L) signed distance of points (N, 2) from the lines' straights, positive on the `in` side."""
        return np.asarray(((points[:, None, :] - self._a[None]) * self._normal[None]).sum(axis=2))

    def _see(self, tracks: Tracks, row: int, distance: Floats, time: float) -> list[Crossing]:
        track = int(tracks.id[row])
        at = (float(tracks.at[row, 0]), float(tracks.at[row, 1]))
        size = float(tracks.size[row])
        band = self.settings.band * size
        past = self._past.get(track)
        if past is None:
            lines = len(self._a)
            side = [0 if abs(d) < band else (1 if d > 0 else -1) for d in distance]
            past = self._past[track] = _Past(
                time, at, time, at, size, side, distance.tolist(), [None] * lines, [None] * lines, [0] * lines
            )
        ends = self._ends(tracks.box[row])
        for line, now in enumerate(distance.tolist()):
            self._step(past, track, line, now, ends and (ends[0][line], ends[1][line]), at, time, size)
        past.last, past.at, past.size = time, at, size
        past.velocity = (float(tracks.velocity[row, 0]), float(tracks.velocity[row, 1]))
        x0, y0, x1, y1 = tracks.xyxy[row].tolist()
        past.box = (x1 - x0, y1 - y0)
        past.kind = int(tracks.kind[row])
        past.believed = bool(tracks.believed[row])
        past.solid = bool(tracks.weight[row] >= self.settings.least_weight)
        if not past.believed:
            return []
        if not past.asked and time - past.born >= 0.2:
            past.asked = True
            self._infer_birth(past, track, time)
        return self._settle(past, time - self.settings.hold_seconds)

    def _step(
        self, past: _Past, track: int, line: int, now: float, ends: Point | None, at: Point, time: float, size: float
    ) -> None:
        before = past.distance[line]
        if (before < 0) != (now < 0):
            part = before / (before - now)
            past.over[line] = (
                past.last + part * (time - past.last),
                past.at[0] + part * (at[0] - past.at[0]),
                past.at[1] + part * (at[1] - past.at[1]),
            )
        past.distance[line] = now
        side = 1 if now > 0 else -1
        needed = (self.settings.excursion if past.crossed[line] else self.settings.band) * size
        if side == past.side[line]:
            far = past.far[line]
            if ends is None or far is None or abs(ends[0]) > abs(far[0]):
                past.far[line] = ends
            return
        if abs(now) < needed or not self._whole(past.far[line], ends):
            return
        came_from, past.side[line] = past.side[line], side
        past.far[line] = ends
        over = past.over[line]
        if came_from == 0 or over is None or not self._within(line, over[1:], size):
            return
        if any(w.line == line for w in past.waiting):
            past.waiting = [w for w in past.waiting if w.line != line]
            return
        past.crossed[line] += 1
        past.waiting.append(self._crossing(line, side, past, track, over, inferred=False))

    def _ends(self, box: Floats) -> tuple[list[float], list[float]] | None:
        """Distances of bottom and top centre of a detected box from each line; None when the picture cuts its top."""
        if box[1] <= self._edge:
            return None
        middle = (box[0] + box[2]) / 2
        bottom, top = self._distances(np.array([[middle, box[3]], [middle, box[1]]])).tolist()
        return bottom, top

    def _whole(self, far: Point | None, ends: Point | None) -> bool:
        """Did the top come along? If only the bottom moved, something has stepped before the road user, or away."""
        if far is None or ends is None or ends[0] == far[0]:
            return True
        return (ends[1] - far[1]) / (ends[0] - far[0]) >= self.settings.along

    def _within(self, line: int, at: tuple[float, ...], size: float) -> bool:
        along = (at[0] - self._a[line, 0]) * self._along[line, 0] + (at[1] - self._a[line, 1]) * self._along[line, 1]
        spare = self.settings.ends * size
        return bool(-spare <= along <= self._length[line] + spare)

    def _crossing(
        self, line: int, side: int, past: _Past, track: int, over: tuple[float, float, float], *, inferred: bool
    ) -> Crossing:
        direction: Direction = "in" if side > 0 else "out"
        return Crossing(
            line, direction, past.kind, track, over[0], (over[1], over[2]), past.box, past.velocity, inferred
        )

    def _infer_birth(self, past: _Past, track: int, time: float) -> None:
        """Did it cross just before it was first seen? Judged by its mean motion since then."""
        elapsed = time - past.born
        velocity = ((past.at[0] - past.first[0]) / elapsed, (past.at[1] - past.first[1]) / elapsed)
        for line in range(len(self._a)):
            if past.crossed[line]:
                continue
            across = float(velocity[0] * self._normal[line, 0] + velocity[1] * self._normal[line, 1])
            gone = float(self._distances(np.array([past.first]))[0, line])
            side = 1 if across > 0 else -1
            over = self._unseen(line, past.first, past.born, gone, velocity, across, past.size, -side)
            # What had already crossed when the stream began is not ours to count.
            if over is None or over[0] < (self._start or 0.0) or past.side[line] != side:
                continue
            past.crossed[line] += 1
            past.waiting.append(self._crossing(line, side, past, track, over, inferred=True))

    def _infer_end(self, track: int, past: _Past, time: float) -> list[Crossing]:
        """Did it cross just after it was last seen?"""
        if not past.believed:
            return []
        for line in range(len(self._a)):
            if past.crossed[line] or past.last >= time:
                continue
            across = float(past.velocity[0] * self._normal[line, 0] + past.velocity[1] * self._normal[line, 1])
            side = 1 if across > 0 else -1
            if past.side[line] == side:
                continue
            gone = past.distance[line]
            over = self._unseen(line, past.at, past.last, gone, past.velocity, across, past.size, side)
            if over is None or over[0] > time:
                continue
            past.waiting.append(self._crossing(line, side, past, track, over, inferred=True))
        return self._settle(past, time)

    def _unseen(
        self,
        line: int,
        at: Point,
        time: float,
        distance: float,
        velocity: Point,
        across: float,
        size: float,
        ahead: int,
    ) -> tuple[float, float, float] | None:
        """Where and when motion from `at` meets the line; `ahead` -1 looks back in time along the motion."""
        settings = self.settings
        if abs(across) < settings.infer_speed * size or abs(distance) > settings.infer_sizes * size:
            return None
        seconds = -distance / across
        # Backwards in time for a birth, forwards for an end; a little the other way when it was on the line.
        forwards = (ahead > 0) == (across > 0)
        if not -0.1 <= (seconds if forwards else -seconds) <= settings.infer_seconds:
            return None
        over = (time + seconds, at[0] + velocity[0] * seconds, at[1] + velocity[1] * seconds)
        return over if self._within(line, over[1:], size) else None

    def _settle(self, past: _Past, before: float) -> list[Crossing]:
        """Report what waits since `before`, without echoes: one road user under two tracks."""
        ripe = [w for w in past.waiting if w.time <= before]
        past.waiting = [w for w in past.waiting if w.time > before]
        settled = []
        for crossing in ripe if past.solid else ():
            crossing = replace(crossing, kind=past.kind)
            if not any(self._echo(crossing, other) for other in self._recent):
                self._recent.append(crossing)
                settled.append(crossing)
        return settled

    def _echo(self, one: Crossing, other: Crossing) -> bool:
        """Is `one` the same road user as `other`, reported before?"""
        if one.line != other.line or one.direction != other.direction or one.track == other.track:
            return False
        settings = self.settings
        seen = not (one.inferred or other.inferred)
        if abs(one.time - other.time) >= (settings.twin_seconds if seen else settings.echo_seconds):
            return False
        least = settings.twin_overlap if seen else settings.echo_overlap
        # The other moves on until the moment of this crossing.
        seconds = one.time - other.time
        there = (other.at[0] + other.velocity[0] * seconds, other.at[1] + other.velocity[1] * seconds)
        return overlap(one.at, one.box, there, other.box) > least


def overlap(at: Point, box: Point, other_at: Point, other_box: Point) -> float:
    """Shared part of two boxes (width, height) standing at two bottom centres, as a share of the smaller."""
    width = min((box[0] + other_box[0]) / 2 - abs(at[0] - other_at[0]), box[0], other_box[0])
    height = min(at[1], other_at[1]) - max(at[1] - box[1], other_at[1] - other_box[1])
    smaller = min(box[0] * box[1], other_box[0] * other_box[1])
    return max(width, 0.0) * max(height, 0.0) / max(smaller, 1e-9)


class ZoneCounter:
    """How many road users of each class stand in each zone of one camera.

    Args:
        zones: polygons, points in 0..1 of the picture.
        frame: (width, height) pixels.
    """

    def __init__(self, zones: Sequence[Sequence[Point]], frame: tuple[int, int]) -> None:
        scale = np.array(frame, dtype=np.float64)
        self._polygons = [np.array(zone, dtype=np.float64) * scale for zone in zones]

    def present(self, tracks: Tracks, time: float) -> Floats:
        """Road users in each zone at `time`, (zones, 6).

        One missed box does not mean that somebody left: tracks count until silent for `STILL_THERE_SECONDS`.
        """
        there = tracks.believed & (time - tracks.last <= STILL_THERE_SECONDS)
        found = np.zeros((len(self._polygons), len(CLASSES)))
        for zone, polygon in enumerate(self._polygons):
            found[zone] = np.bincount(tracks.kind[there & inside(polygon, tracks.at)], minlength=len(CLASSES))
        return found


def inside(polygon: Floats, points: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of `points` (N, 2) lie in `polygon` (M, 2), by the even-odd rule."""
    x, y = points[:, 0][:, None], points[:, 1][:, None]
    ax, ay = polygon[:, 0][None], polygon[:, 1][None]
    bx, by = np.roll(polygon[:, 0], -1)[None], np.roll(polygon[:, 1], -1)[None]
    spans = (ay > y) != (by > y)
    rise = np.where(by == ay, 1.0, by - ay)
    return np.asarray((spans & (x < (bx - ax) * (y - ay) / rise + ax)).sum(axis=1) % 2 == 1)
