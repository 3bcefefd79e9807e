"""Somebody drives against the traffic; and reversing, two-way roads, mixed-up tracks and a road turned round."""

from collections.abc import Iterator

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.model import Setup

from . import Event, Staged, carriageway, drawn
from .carriageway import FAR, MIDDLE, NEAR, SIZE, Vehicle, flow, stopping, through

FPS = 5.0
TOLERANCE = 4.0
RIGHT = Line("way", "way", (0.5, 0.97), (0.5, 0.6))
"""Drawn upwards: its `in` leads to the right of the picture."""
LANES = Zone("lanes", "lanes", ((0.0, 0.66), (1.0, 0.66), (1.0, 1.0), (0.0, 1.0)))
"""The two near lanes."""


def clips(seed: int) -> Iterator[Staged]:
    """Six wrong-way drivers, six near misses."""

    def clip(
        name: str, vehicles: list[Vehicle], truth: tuple[Event, ...] = (), seconds: float = 30.0,
        lines: tuple[Line, ...] = (RIGHT,), **given: object,
    ) -> Staged:  # fmt: skip
        random = drawn.seed(seed, name)
        frames = carriageway.play(vehicles, seconds, FPS, random, **given)  # type: ignore[arg-type]
        made = carriageway.setup("wrong_way", (LANES,), lines)
        return Staged(name, frames, FPS, SIZE, made, truth, boxes="given")

    def event(start: float, speed: float) -> Event:
        return Event("wrong_way", start + 1.0, start + 900 / speed, TOLERANCE)

    near = flow(NEAR, 190, 4, 0, 30)
    ghost = Vehicle(through(-150, 10), MIDDLE, paint=2)
    yield clip("against-a-drawn-direction", [ghost, *near], (event(10, 150),))
    yield clip("fast", [Vehicle(through(-260, 10), MIDDLE, paint=3), *near], (event(10, 260),))
    slow = Vehicle(through(-70, 10), MIDDLE, paint=4)
    yield clip("slow", [slow, *near], (Event("wrong_way", 12, 24, 8.0),))
    moped = Vehicle(through(-110, 10), MIDDLE, "motorcycle", 5)
    yield clip("moped", [moped, *near], (event(10, 110),))
    broken = Vehicle(through(-120, 10), MIDDLE, paint=2, blind=lambda t: 13.4 <= t < 15.6)
    yield clip("lost-for-two-seconds", [broken, *near], (event(10, 120),))
    learned = [*flow(MIDDLE, 170, 4, 0, 52), *flow(NEAR, 190, 4, 2, 60), Vehicle(through(-150, 60), MIDDLE, paint=2)]
    yield clip("against-a-learned-direction", learned, (event(60, 150),), 72.0, lines=())

    yield clip("all-go-right", [*near, *flow(MIDDLE, 150, 3, 1, 30)])
    yield clip("mast-in-the-wind", [*near, Vehicle(carriageway.standing(300.0), MIDDLE)], shake=5.0)

    def reversing(t: float) -> float | None:
        return stopping(420, 120, 6)(t) if t < 8 else 420 - min(14 * (t - 8), 90)

    yield clip("reversing-into-a-space", [Vehicle(reversing, MIDDLE, paint=2), *near])
    row = [Vehicle(through(110, 1.05 * n), MIDDLE, paint=1) for n in range(24)]
    yield clip("a-dense-row-half-of-it-missing", row, missing=0.45)
    yield clip("the-other-lane-goes-the-other-way", [*near, *flow(FAR, -170, 3, 0, 30)])
    turned = [*flow(MIDDLE, 170, 4, 0, 44), *flow(MIDDLE, -170, 4, 56, 90), *flow(NEAR, -190, 3, 55, 90)]
    yield clip("roadworks-turn-the-road-round", turned[:11], (), 50.0, lines=())


def clean(name: str, size: tuple[int, int]) -> Setup:
    """On other footage: the direction is learned, because a line drawn by nobody who knows the road means nothing."""
    del name, size
    return carriageway.setup("wrong_way", (Zone("all", "all", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))),))
