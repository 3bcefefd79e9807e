"""A drawn carriageway with vehicles that go where a function says, and the boxes a detector would have given.

Vehicles are seen from the side and drive across the picture in lanes; nearer lanes are lower and their vehicles larger.
What another vehicle hides has no box; a vehicle may also be lost for a while without a reason, as detectors do.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Setup
from commonsight.vision.picture import Bgr

from . import Shot, boxes, drawn

SIZE = (640, 360)
FAR, MIDDLE, NEAR = 225.0, 275.0, 335.0
"""Where the wheels of each lane's vehicles stand, pixels from the top."""
SCALE = {FAR: 0.75, MIDDLE: 1.0, NEAR: 1.3}
LENGTH = 84
"""Of a car in the middle lane, pixels."""
HIDDEN = 0.5
"""A vehicle of which more than this share is hidden has no box."""
PAINTS = ((150, 40, 40), (40, 60, 140), (210, 210, 205), (30, 32, 36), (120, 125, 130), (200, 160, 40), (60, 110, 70))

Way = Callable[[float], float | None]
"""Middle of the vehicle, pixels from the left, at a time in s; None where it is not there."""

ROAD = Zone("road", "road", ((0.0, 0.52), (1.0, 0.52), (1.0, 1.0), (0.0, 1.0)))


@dataclass
class Vehicle:
    """One actor. `blind`: when the detector does not find it; `paint`: number of its colour."""

    way: Way
    lane: float = MIDDLE
    kind: str = "car"
    paint: int = 0
    blind: Callable[[float], bool] = lambda _: False

    @property
    def wide(self) -> int:
        length = {"bus": 200, "truck": 170, "motorcycle": 44}.get(self.kind, LENGTH)
        return round(length * SCALE[self.lane])


def through(speed: float, start: float) -> Way:
    """Drives through the whole picture, entering at `start`; pixels/s, below 0 to the left."""

    def way(t: float) -> float | None:
        if t < start:
            return None
        x = -150 + speed * (t - start) if speed > 0 else SIZE[0] + 150 + speed * (t - start)
        return x if -160 <= x <= SIZE[0] + 160 else None

    return way


def standing(x: float) -> Way:
    """Has always stood at x."""
    return lambda _: x


def stopping(x: float, speed: float, at: float, until: float = 1e9) -> Way:
    """Comes from the left, brakes over two seconds, stands at x from `at` to `until`, and sets off."""

    def way(t: float) -> float | None:
        left = max(at - t, 0.0)
        back = speed * left**2 / 4 if left < 2 else speed * (left - 1)
        gone = max(t - until, 0.0)
        on = speed * gone**2 / 4 if gone < 2 else speed * (gone - 1)
        place = x - back + on
        return place if -160 <= place <= SIZE[0] + 160 else None

    return way


def flow(lane: float, speed: float, every: float, begin: float, end: float, kind: str = "car") -> list[Vehicle]:
    """A lane in which somebody drives through every few seconds."""
    times = np.arange(begin, end, every)
    return [Vehicle(through(speed, float(t)), lane, kind, place % len(PAINTS)) for place, t in enumerate(times)]


def setup(scene: str, zones: tuple[Zone, ...] = (ROAD,), lines: tuple[Line, ...] = (), **given: float) -> Setup:
    """The card's defaults but for what is given."""
    settings = {parameter.code: parameter.default for parameter in packaged(scene).parameters} | given
    return Setup("staged", scene, zones, lines, settings)


def play(
    vehicles: Sequence[Vehicle], seconds: float, fps: float, random: np.random.Generator, *,
    shake: float = 0.0, light: Callable[[float], float] = lambda _: 1.0, missing: float = boxes.MISSING,
    tremble: float = boxes.TREMBLE, people: Sequence[tuple[Callable[[float], tuple[float, float] | None], int]] = (),
) -> Iterator[Shot]:  # fmt: skip
    """The clip's pictures.

    Args:
        shake: standard deviation of the mast's swaying, pixels.
        light: how bright it is.
        people: where somebody's feet are, and how tall they are, pixels.
    """
    ground = drawn.street(SIZE, random)
    for step in range(round(seconds * fps)):
        t = step / fps
        picture = ground.copy()
        truth = _draw(picture, vehicles, t)
        for way, high in people:
            if (feet := way(t)) is not None:
                box = drawn.paste(picture, drawn.person(high, step=step % 8), feet[0] - high * 0.21, feet[1] - high)
                truth.append(("person", box))
        sway = random.normal(0, shake, 2).round() if shake else np.zeros(2)
        if shake:
            picture = np.roll(picture, (int(sway[1]), int(sway[0])), axis=(0, 1))
        moved = [(kind, (a + sway[0], b + sway[1], c + sway[0], d + sway[1])) for kind, (a, b, c, d) in truth]
        users = boxes.noisy(moved, random, SIZE, missing=missing, tremble=tremble)
        shown: Bgr = drawn.grained(drawn.lit(picture, light(t)) if light(t) != 1.0 else picture, random)
        yield Shot(t, shown, users)


def _draw(picture: Bgr, vehicles: Sequence[Vehicle], t: float) -> list[tuple[str, boxes.Box]]:
    """Draw who is there, the nearer over the farther; returns the boxes of those that can be seen."""
    there = []
    for vehicle in sorted(vehicles, key=lambda one: one.lane):
        x = vehicle.way(t)
        if x is None:
            continue
        body = drawn.car(vehicle.wide, PAINTS[vehicle.paint % len(PAINTS)])
        box = drawn.paste(picture, body, x - vehicle.wide / 2, vehicle.lane - body.shape[0])
        there.append((vehicle, box))
    seen = []
    for place, (vehicle, box) in enumerate(there):
        hidden = max((_inside(box, other) for one, other in there[place + 1 :] if one.lane > vehicle.lane), default=0.0)
        if hidden <= HIDDEN and not vehicle.blind(t):
            seen.append((vehicle.kind, box))
    return seen


def _inside(box: boxes.Box, other: boxes.Box) -> float:
    """Share of a box under another one."""
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    return max(wide, 0.0) * max(high, 0.0) / max((box[2] - box[0]) * (box[3] - box[1]), 1.0)


def area(x: float, lane: float, wide: float = LENGTH) -> tuple[float, float, float, float]:
    """Around where a vehicle stands, in 0..1."""
    return (
        max(x - wide, 0) / SIZE[0], max(lane - wide, 0) / SIZE[1], min(x + wide, SIZE[0]) / SIZE[0],
        min(lane + wide / 4, SIZE[1]) / SIZE[1],
    )  # fmt: skip
