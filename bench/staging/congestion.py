"""Traffic that crawls; and red lights, parked rows, few slow vehicles and dense traffic that flows."""

from collections.abc import Iterator

from . import Event, Staged, carriageway, drawn
from .carriageway import FAR, MIDDLE, SIZE, Vehicle, Way, flow, standing, stopping, through

FPS = 1.0
SECONDS = 180.0
"""What the card waits for."""


def clips(seed: int) -> Iterator[Staged]:
    """Five jams, six near misses."""

    def clip(
        name: str, vehicles: list[Vehicle], truth: tuple[Event, ...] = (), seconds: float = 320.0, **given: object
    ) -> Staged:
        random = drawn.seed(seed, name)
        frames = carriageway.play(vehicles, seconds, FPS, random, **given)  # type: ignore[arg-type]
        return Staged(name, frames, FPS, SIZE, carriageway.setup("congestion"), truth, boxes="given")

    def event(began: float, ended: float) -> Event:
        return Event("congestion", began, ended, SECONDS + 40)

    def row(lane: float, speed: float, gap: float = 105.0) -> list[Vehicle]:
        count = round((320 * speed + 900) / gap)
        return [Vehicle(through(speed, (600 - gap * n) / -speed), lane, paint=n) for n in range(count)]

    yield clip("two-lanes-crawl", [*row(FAR, 5), *row(MIDDLE, 6)], (event(0, 320),))
    yield clip("nobody-moves", [Vehicle(standing(40.0 + 112 * n), lane, paint=n)
                                for n in range(6) for lane in (FAR, MIDDLE)], (event(0, 320),))  # fmt: skip

    def waves(n: int) -> Way:
        # Stop and go: half a minute at a stand, then a car's length.
        return lambda t: 620.0 - 100 * n + 55 * (t // 30) + min(t % 30, 4) * 55 / 4

    yield clip("stop-and-go", [Vehicle(waves(n), lane, paint=n) for n in range(13) for lane in (FAR, MIDDLE)],
               (event(0, 320),))  # fmt: skip
    dense = [*row(FAR, 5), *row(MIDDLE, 4)]
    yield clip("a-detector-that-misses-a-fifth", dense, (event(0, 320),), missing=0.2)
    yield clip("mast-in-the-wind", dense, (event(0, 320),), shake=3.0)

    def light(place: int, cycle: int, red: float, length: float) -> Way:
        begin = length * cycle
        return stopping(520 - 100 * place, 150, begin + 5 + place, begin + red + 1.2 * place)

    cycles = [Vehicle(light(n, c, 45, 80), MIDDLE, paint=n) for c in range(4) for n in range(6)]
    yield clip("a-light-red-for-45-of-80-s", [*cycles, *flow(FAR, 150, 9, 0, 320)])
    long = [Vehicle(light(n, c, 75, 110), MIDDLE, paint=n) for c in range(3) for n in range(6)]
    yield clip("a-light-red-for-75-of-110-s", long)
    parked = [Vehicle(standing(40.0 + 112 * n), FAR, paint=n) for n in range(6)]
    yield clip("a-row-of-parked-cars", [*parked, *flow(MIDDLE, 150, 5, 0, 320)])
    yield clip("three-slow-ones", [Vehicle(through(6, -30.0 * n - 20), MIDDLE, paint=n) for n in range(3)])
    yield clip("dense-and-flowing", [*flow(FAR, 120, 1.2, 0, 320), *flow(MIDDLE, 140, 1.1, 0, 320)])
    yield clip("empty", [])
