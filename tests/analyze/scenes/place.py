"""A place for tests: a drawn ground on which things lie, people stand and light changes, and looks at it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from commonsight.analyze.road_users import CLASSES, RoadUsers
from commonsight.analyze.scenes.model import Phase, Scene, Seen, Sighting

SIZE = (240, 160)
NOON = datetime(2026, 5, 13, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Nanning."""

Pixels = Any
Box = tuple[int, int, int, int]


@cache
def _ground() -> Pixels:
    random = np.random.default_rng(5)
    wide, high = SIZE
    plane = np.full((high, wide, 3), 95.0)
    plane[: high // 2] = (140, 145, 150)
    plane[: high // 2 : 16] -= 25
    plane[: high // 2, ::16] -= 25
    plane[high // 2 - 3 : high // 2] = 180
    fine = ndimage.gaussian_filter(random.normal(0, 1, (high, wide)), 1.2)
    return plane + (fine / fine.std() * 4.0)[..., None]


def ground() -> Pixels:
    """Slabs with joints, kerb and asphalt; float64 (height, width, 3)."""
    return _ground().copy()


@dataclass
class Put:
    """Something on the ground at a box from one moment to another. shade: blue, green, red; rough: its own pattern."""

    box: Box
    since: float
    until: float = 1e9
    shade: tuple[int, int, int] = (40, 60, 130)
    rough: float = 14.0
    kind: str = ""
    """A class of the detector: then it is somebody, not something."""

    def there(self, time: float) -> bool:
        return self.since <= time < self.until


@dataclass
class Picture:
    """One look; `analyze.scenes.model.Look`."""

    pixels: Pixels
    time: float
    elapsed: float
    start: datetime = NOON
    boxes: Sequence[tuple[str, Box]] = ()
    asked: list[float] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return self.start + timedelta(seconds=self.time)

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def users(self) -> RoadUsers:
        self.asked.append(self.time)
        votes = np.zeros((len(self.boxes), len(CLASSES)))
        for row, (kind, _) in enumerate(self.boxes):
            votes[row, CLASSES.index(kind)] = 0.8
        xyxy = np.array([box for _, box in self.boxes], np.float64).reshape(-1, 4)
        return RoadUsers(xyxy, votes.max(axis=1, initial=0.0), votes)

    @property
    def tracks(self) -> Any:
        raise AssertionError("these scenes follow nobody")

    def luma(self, width: int, height: int) -> Any:
        return np.asarray(self._image.convert("L").resize((width, height), Image.Resampling.BOX))

    def bgr(self, width: int, height: int) -> Any:
        return np.asarray(self._image.resize((width, height), Image.Resampling.BOX))[..., ::-1]

    @property
    def _image(self) -> Image.Image:
        return Image.fromarray(np.clip(self.pixels, 0, 255).astype(np.uint8)[..., ::-1])


@cache
def pattern(wide: int, high: int) -> Pixels:
    """Unevenness of a thing, of standard deviation 1."""
    fine = ndimage.gaussian_filter(np.random.default_rng(wide * 1000 + high).normal(0, 1, (high, wide)), 1.0)
    return (fine / fine.std())[..., None]


Change = Callable[[Pixels, float], Pixels]


def looks(
    things: Sequence[Put] = (),
    *,
    seconds: float = 80.0,
    every: float = 2.0,
    light: Change = lambda pixels, _: pixels,
    start: datetime = NOON,
    asked: list[float] | None = None,
    place: Pixels = None,
) -> Iterator[Picture]:
    """Looks at the place, the same in every run. asked: gathers when a scene asked for the detector."""
    grain = np.random.default_rng(3).normal(0, 1.2, (SIZE[1], SIZE[0], 1))
    plain = ground() if place is None else place
    for index in range(int(seconds / every)):
        time = index * every
        pixels = plain.copy()
        for put in things:
            if put.there(time):
                x0, y0, x1, y1 = put.box
                pixels[y0:y1, x0:x1] = np.array(put.shade) + pattern(x1 - x0, y1 - y0) * put.rough
        pixels = light(pixels, time) + np.roll(grain, index * 1237)
        boxes = [(put.kind, put.box) for put in things if put.kind and put.there(time)]
        given = [] if asked is None else asked
        yield Picture(pixels, time, every if index else 0.0, start, boxes, given)


def run(scene: Scene, pictures: Iterator[Picture]) -> tuple[list[tuple[float, Sighting]], list[Seen]]:
    """What a scene told, with the moment it did, and all it gave."""
    told, given = [], []
    for picture in pictures:
        seen = scene.see(picture)  # type: ignore[arg-type]
        told += [(picture.time, one) for one in seen.sightings]
        given.append(seen)
    return told, given


def began(told: Sequence[tuple[float, Sighting]]) -> list[tuple[float, str]]:
    return [(time, one.incident) for time, one in told if one.phase is Phase.BEGAN]


def ended(told: Sequence[tuple[float, Sighting]]) -> list[float]:
    return [time for time, one in told if one.phase is Phase.ENDED]


def figures(given: Sequence[Seen], measure: str) -> list[float]:
    return [figure.value for seen in given for figure in seen.figures if figure.measure == measure]
