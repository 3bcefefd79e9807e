"""People who walk as told before a camera, as boxes with errors, followed by the product's own tracker."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.road_users import CLASSES, RoadUsers
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Figure, Ground, Scene, Setup, Sighting
from commonsight.analyze.track import Tracker, Tracks

SIZE = (800, 480)
SCALE = np.array([40.0, 20.0])
"""Pixels a metre: the camera looks down, so depth is half as long in the picture."""
NOON = datetime(2026, 5, 13, 4, 0, tzinfo=UTC)
Where = Callable[[float], tuple[float, float] | None]
"""A person's place on the ground in metres at a time, s; None: not there."""


class Flat:
    """The ground of that camera: 20 m wide, 24 m deep."""

    def metres(self, points: Any) -> Any:
        return np.asarray(points) * np.array(SIZE) / SCALE


def stands(x: float, y: float, begin: float = 0.0, end: float = 1e9) -> Where:
    return lambda t: (x, y) if begin <= t < end else None


def walks(a: tuple[float, float], b: tuple[float, float], begin: float = 0.0, speed: float = 1.3) -> Where:
    """Straight from a to b, then gone."""
    long = float(np.hypot(b[0] - a[0], b[1] - a[1]))

    def at(t: float) -> tuple[float, float] | None:
        part = (t - begin) * speed / long
        return (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])) if 0 <= part <= 1 else None

    return at


def along(*legs: tuple[float, float, float]) -> Where:
    """Through (time, x, y) in order, straight between; not there before the first and after the last."""
    times, xs, ys = (np.array(column) for column in zip(*legs, strict=True))

    def at(t: float) -> tuple[float, float] | None:
        inside = times[0] <= t <= times[-1]
        return (float(np.interp(t, times, xs)), float(np.interp(t, times, ys))) if inside else None

    return at


@dataclass
class Given:
    """A picture as a scene is given it, without pixels."""

    time: float
    at: datetime
    elapsed: float
    users: RoadUsers
    tracks: Tracks
    size: tuple[int, int] = SIZE

    def luma(self, width: int, height: int) -> Any:
        raise AssertionError("scenes of people do not look at pixels")

    bgr = luma


@dataclass
class Told:
    """What a scene said over a clip."""

    figures: list[tuple[float, Figure]] = field(default_factory=list)
    sightings: list[tuple[float, Sighting]] = field(default_factory=list)
    afoot: list[float] = field(default_factory=list)

    def sum(self, measure: str, kind: str | None = None) -> float:
        return sum(f.value for _, f in self.figures if f.measure == measure and kind in (None, f.kind))

    def last(self, measure: str) -> float:
        return [f.value for _, f in self.figures if f.measure == measure][-1]

    def mean(self, measure: str, since: float = 0.0) -> float:
        return float(np.mean([f.value for t, f in self.figures if f.measure == measure and t >= since]))

    def phases(self) -> list[str]:
        return [s.phase.value for _, s in self.sightings]


def boxes(
    people: Sequence[tuple[float, float]], random: np.random.Generator, missing: float, kind: str, wide: float
) -> RoadUsers:
    rows = []
    for x, y in people:
        tremble, there = random.normal(0, 0.02, 4), random.random() >= missing
        if there:
            foot = np.array([x, y]) * SCALE
            box = np.array([foot[0] - wide / 2, foot[1] - 68, foot[0] + wide / 2, foot[1]])
            rows.append(box + tremble * np.array([26, 68, 26, 68]))
    votes = np.zeros((len(rows), len(CLASSES)))
    votes[:, CLASSES.index(kind)] = 0.8
    return RoadUsers(np.array(rows).reshape(-1, 4), np.full(len(rows), 0.8), votes)


def looks(
    people: Sequence[Where], seconds: float, fps: float, *, missing: float = 0.05, kind: str = "person",
    wide: float = 26.0, begin: datetime = NOON, seed: int = 1,
) -> Iterator[Given]:  # fmt: skip
    """The pictures of a clip."""
    random, tracker = np.random.default_rng(seed), Tracker()
    for index in range(round(seconds * fps)):
        time = index / fps
        there = [place for place in (who(time) for who in people) if place is not None]
        users = boxes(there, random, missing, kind, wide)
        tracks = tracker.update(users, time, SIZE)
        yield Given(time, begin + timedelta(seconds=time), 1 / fps if index else 0.0, users, tracks)


def setup(
    scene: str, *, zones: Sequence[Zone] = (), lines: Sequence[Line] = (), ground: Ground | None = None, **given: float
) -> Setup:
    """A setup with the card's defaults where nothing is given."""
    settings = {parameter.code: parameter.default for parameter in packaged(scene).parameters}
    assert set(given) <= set(settings)
    return Setup("one", scene, tuple(zones), tuple(lines), settings | given, ground)


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Zone:
    """A zone by its corners in metres."""
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) * SCALE / np.array(SIZE)
    return Zone("zone", "Zone", tuple((float(x), float(y)) for x, y in corners))


def line(ax: float, ay: float, bx: float, by: float) -> Line:
    """A line by its ends in metres."""
    a, b = np.array([[ax, ay], [bx, by]]) * SCALE / np.array(SIZE)
    return Line("line", "Line", (float(a[0]), float(a[1])), (float(b[0]), float(b[1])))


def run(scene: Scene, pictures: Iterator[Given]) -> Told:
    """Show a scene a clip."""
    told = Told()
    for look in pictures:
        seen = scene.see(look)
        told.figures += [(look.time, figure) for figure in seen.figures]
        told.sightings += [(look.time, sighting) for sighting in seen.sightings]
        if seen.afoot:
            told.afoot.append(look.time)
    return told
