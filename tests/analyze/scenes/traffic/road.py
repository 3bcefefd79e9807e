"""A road for tests: vehicles that go where a function says, boxes as a detector trembles, the product's own tracker."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from commonsight.analyze.road_users import CLASSES, RoadUsers
from commonsight.analyze.scenes.model import Phase, Seen, Sighting
from commonsight.analyze.track import Tracker, Tracks

SIZE = (960, 540)
NOON = datetime(2026, 5, 13, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Nanning."""

Path = Callable[[float], tuple[float, float] | None]
"""Bottom centre in pixels at a time, None where it is not there."""


@dataclass
class User:
    """A road user: `shade` is what its looks are made from; `seen` tells when the detector can see it."""

    path: Path
    kind: str = "car"
    wide: float = 80.0
    high: float = 45.0
    shade: int = 1
    seen: Callable[[float], bool] = lambda time: True


def drive(x0: float, y: float, speed: float, start: float = 0.0, end: float = 1e9) -> Path:
    """Along the picture from x0 at `start`, pixels/s."""
    return lambda t: (x0 + speed * (t - start), y) if start <= t <= end else None


def stop(x: float, y: float, speed: float, start: float, at: float, until: float = 1e9) -> Path:
    """Comes, stands at x from `at` on, and drives off at `until`."""

    def path(t: float) -> tuple[float, float] | None:
        if t < start:
            return None
        left = max(at - t, 0.0)
        # Brakes over the last two seconds.
        away = speed * left * left / 4 if left < 2 else speed * (left - 1)
        gone = max(t - until, 0.0)
        gone = speed * gone * gone / 4 if gone < 2 else speed * (gone - 1)
        return (x - away + gone, y)

    return path


@dataclass
class Picture:
    """One look; its brightness is painted when a scene asks for it."""

    time: float
    at: datetime
    elapsed: float
    users: RoadUsers
    tracks: Tracks
    painted: Sequence[tuple[Any, int]]
    light: float
    size: tuple[int, int] = SIZE
    _luma: Any = None

    def luma(self, width: int, height: int) -> Any:
        if self._luma is None:
            ground = _surface(width, height).copy()
            for box, shade in self.painted:
                _paint(ground, box * np.array([width / SIZE[0], height / SIZE[1]] * 2), shade)
            self._luma = np.clip(ground * self.light, 0, 255).astype(np.uint8)
        return self._luma


def looks(
    users: Sequence[User], seconds: float, *, every: float = 0.5, seed: int = 7, begin: datetime = NOON,
    missing: float = 0.08, tremble: float = 0.03, shake: float = 0.0,
    light: Callable[[float], float] = lambda time: 1.0,
) -> Iterator[Picture]:  # fmt: skip
    """Pictures of the road. `shake`: px the camera trembles by; `light`: how bright it is."""
    random = np.random.default_rng(seed)
    tracker = Tracker()
    for step in range(int(seconds / every) + 1):
        time = step * every
        rows, kinds, scores, painted = [], [], [], []
        shift = random.normal(0, shake, 2) if shake else np.zeros(2)
        for user in users:
            at = user.path(time)
            noise, lost, score = random.normal(0, tremble, 4), random.random(), random.uniform(0.5, 0.9)
            if at is None or not (-user.wide < at[0] < SIZE[0] + user.wide):
                continue
            box = np.array([at[0] - user.wide / 2, at[1] - user.high, at[0] + user.wide / 2, at[1]])
            box += np.tile(shift, 2)
            painted.append((box, user.shade))
            if lost < missing or not user.seen(time):
                continue
            box = np.clip(box + noise * np.array([user.wide, user.high] * 2), 0, [SIZE[0], SIZE[1]] * 2)
            if (box[2] - box[0]) >= user.wide / 3:
                rows.append(box)
                kinds.append(CLASSES.index(user.kind))
                scores.append(score)
        votes = np.zeros((len(rows), len(CLASSES)))
        votes[np.arange(len(rows)), kinds] = scores
        found = RoadUsers(np.array(rows).reshape(-1, 4), np.array(scores), votes)
        tracks = tracker.update(found, time, SIZE)
        now = begin + timedelta(seconds=time)
        yield Picture(time, now, every if step else 0.0, found, tracks, painted, light(time))


def run(scene: Any, pictures: Iterator[Picture]) -> tuple[list[Sighting], list[Seen]]:
    """What a scene says of all pictures."""
    told: list[Sighting] = []
    seen: list[Seen] = []
    for picture in pictures:
        one = scene.see(picture)
        seen.append(one)
        told += one.sightings
    return told, seen


def began(told: Sequence[Sighting]) -> list[Sighting]:
    return [one for one in told if one.phase is Phase.BEGAN]


def ended(told: Sequence[Sighting]) -> list[Sighting]:
    return [one for one in told if one.phase is Phase.ENDED]


def seconds(one: Sighting) -> float:
    return (one.at - NOON).total_seconds()


@cache
def _surface(width: int, height: int) -> Any:
    small = np.random.default_rng(1).normal(110, 12, (height // 3 + 1, width // 3 + 1))
    return np.kron(small, np.ones((3, 3)))[:height, :width]


@cache
def _pattern(shade: int) -> Any:
    return np.random.default_rng(shade).uniform(20, 235, (5, 8))


def _paint(ground: Any, box: Any, shade: int) -> None:
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    wide, high = x1 - x0, y1 - y0
    rows, columns = np.arange(high) * 5 // max(high, 1), np.arange(wide) * 8 // max(wide, 1)
    body = _pattern(shade)[np.ix_(rows, columns)]
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, ground.shape[1]), min(y1, ground.shape[0])
    if right > left and bottom > top:
        ground[top:bottom, left:right] = body[top - y0 : bottom - y0, left - x0 : right - x0]
