"""A vehicle breaks down while others drive past; and queues, jams, short stops and shaking masts."""

from collections.abc import Iterator

from commonsight.analyze.model import Line

from . import Event, Staged, carriageway, drawn
from .carriageway import FAR, MIDDLE, NEAR, SIZE, Vehicle, flow, stopping

FPS = 2.0
SECONDS = 20.0
"""What the card waits for."""


def clips(seed: int) -> Iterator[Staged]:
    """Six breakdowns, seven near misses."""

    def clip(
        name: str, vehicles: list[Vehicle], truth: tuple[Event, ...] = (), seconds: float = 80.0,
        lines: tuple[Line, ...] = (), **given: object,
    ) -> Staged:  # fmt: skip
        random = drawn.seed(seed, name)
        frames = carriageway.play(vehicles, seconds, FPS, random, **given)  # type: ignore[arg-type]
        return Staged(name, frames, FPS, SIZE, carriageway.setup("stopped_vehicle", lines=lines), truth, boxes="given")

    def event(began: float, ended: float, lane: float = MIDDLE, x: float = 320) -> Event:
        return Event("stopped_vehicle", began, ended, SECONDS + 8, carriageway.area(x, lane))

    past = [*flow(FAR, 170, 5, 0, 80), *flow(NEAR, 210, 7, 2, 80)]
    yield clip("breakdown-until-the-end", [Vehicle(stopping(320, 150, 10), paint=2), *past], (event(10, 80),))
    yield clip("breakdown-towed-away", [Vehicle(stopping(320, 150, 8, 55), paint=3), *past], (event(8, 55),))
    lost = Vehicle(stopping(320, 150, 8), paint=4, blind=lambda t: 36 <= t < 62)
    yield clip("lost-by-the-detector-for-26-s", [lost, *past], (event(8, 80),))
    hidden = [*flow(NEAR, 120, 5, 0, 80, "truck"), *flow(FAR, 170, 5, 0, 80)]
    yield clip("behind-a-row-of-lorries", [Vehicle(stopping(320, 150, 8), paint=0), *hidden], (event(8, 80),))
    yield clip("mast-in-the-wind", [Vehicle(stopping(320, 150, 8), paint=5), *past], (event(8, 80),), shake=3.0)
    dusk = {"light": lambda t: 1.0 - 0.007 * t}
    yield clip("at-dusk", [Vehicle(stopping(320, 150, 8), paint=2), *past], (event(8, 80),), **dusk)

    def queue(red: float, begin: float) -> list[Vehicle]:
        return [
            Vehicle(stopping(480 - 105 * n, 150, begin + 4 + 1.5 * n, begin + red + 1.2 * n), MIDDLE, paint=n)
            for n in range(4)
        ]

    line = Line("stop", "stop", (0.83, 0.95), (0.83, 0.55))
    yield clip("queue-at-a-red-light", [*queue(50, 5), *flow(FAR, 170, 5, 0, 80)], lines=(line,))
    yield clip("short-stop", [Vehicle(stopping(320, 150, 10, 24), paint=2), *past])
    jam = [
        Vehicle(stopping(560 - 120 * n, 100, 3 + n, 70 + n), lane, paint=n) for n in range(5) for lane in (FAR, MIDDLE)
    ]
    yield clip("nobody-moves", jam)
    yield clip("flow-and-a-shaking-mast", [*past, *flow(MIDDLE, 180, 4, 1, 80)], shake=5.0)
    crawl = [Vehicle(carriageway.through(14, -11.0 * n), MIDDLE, paint=n) for n in range(9)]
    yield clip("a-crawling-lane-beside-a-fast-one", [*crawl, *flow(FAR, 170, 5, 0, 80)])
    usual = [Vehicle(stopping(320, 150, 8 + 30 * n, 23 + 30 * n), paint=n) for n in range(4)]
    yield clip("bus-stop-of-fifteen-seconds", [*usual, *flow(FAR, 170, 5, 0, 120)], seconds=120)
    yield clip("detector-misses-a-third", past, missing=0.35)
