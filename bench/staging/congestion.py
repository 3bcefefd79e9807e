"""Traffic that crawls; and red lights, parked rows, few slow vehicles and dense traffic that flows."""

from collections.abc import Iterator

from . import Event, Staged, carriageway, drawn
from .carriageway import FAR, MIDDLE, SIZE, Vehicle, Way, flow, standing, stopping, through

FPS = 2.0
SECONDS = 90.0
"""What the scene waits for here: half of the card's time, and the lights are shorter by as much."""


def clips(seed: int) -> Iterator[Staged]:
    """Five jams, six near misses."""

    def clip(
        name: str, vehicles: list[Vehicle], truth: tuple[Event, ...] = (), seconds: float = 160.0, **given: object
    ) -> Staged:
        random = drawn.seed(seed, name)
        frames = carriageway.play(vehicles, seconds, FPS, random, **given)  # type: ignore[arg-type]
        return Staged(name, frames, FPS, SIZE, carriageway.setup("congestion", seconds=SECONDS), truth, boxes="given")

    def event(began: float, ended: float) -> Event:
        return Event("congestion", began, ended, SECONDS + 25)

    def row(lane: float, speed: float, gap: float = 105.0) -> list[Vehicle]:
        count = round((160 * speed + 900) / gap)
        return [Vehicle(through(speed, (600 - gap * n) / -speed), lane, paint=n) for n in range(count)]

    yield clip("two-lanes-crawl", [*row(FAR, 5), *row(MIDDLE, 6)], (event(0, 160),))
    yield clip("nobody-moves", [Vehicle(standing(40.0 + 112 * n), lane, paint=n)
                                for n in range(6) for lane in (FAR, MIDDLE)], (event(0, 160),))  # fmt: skip

    def waves(n: int) -> Way:
        # Stop and go: half a minute at a stand, then a car's length.
        return lambda t: 620.0 - 100 * n + 55 * (t // 30) + min(t % 30, 4) * 55 / 4

    yield clip("stop-and-go", [Vehicle(waves(n), lane, paint=n) for n in range(13) for lane in (FAR, MIDDLE)],
               (event(0, 160),))  # fmt: skip
    dense = [*row(FAR, 5), *row(MIDDLE, 4)]
    yield clip("a-detector-that-misses-a-fifth", dense, (event(0, 160),), missing=0.2)
    yield clip("mast-in-the-wind", dense, (event(0, 160),), shake=3.0)

    def light(place: int, cycle: int, red: float, length: float) -> Way:
        begin = length * cycle
        return stopping(520 - 100 * place, 150, begin + 5 + place, begin + red + 1.2 * place)

    cycles = [Vehicle(light(n, c, 25, 45), MIDDLE, paint=n) for c in range(4) for n in range(6)]
    yield clip("a-light-red-for-25-of-45-s", [*cycles, *flow(FAR, 150, 9, 0, 160)])
    long = [Vehicle(light(n, c, 38, 55), MIDDLE, paint=n) for c in range(3) for n in range(6)]
    yield clip("a-light-red-for-38-of-55-s", long)
    parked = [Vehicle(standing(40.0 + 112 * n), FAR, paint=n) for n in range(6)]
    yield clip("a-row-of-parked-cars", [*parked, *flow(MIDDLE, 150, 5, 0, 160)])
    yield clip("three-slow-ones", [Vehicle(through(6, -30.0 * n - 20), MIDDLE, paint=n) for n in range(3)])
    yield clip("dense-and-flowing", [*flow(FAR, 120, 1.8, 0, 160), *flow(MIDDLE, 140, 1.7, 0, 160)])
    yield clip("empty", [])
