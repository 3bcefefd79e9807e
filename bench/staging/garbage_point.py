"""A garbage collection point: two bins by a wall, filled, surrounded and visited; and what only looks like it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.vision.picture import Bgr

from . import NOON, Event, Staged, boxes, drawn, lying
from .lying import Driver, Light, Lying, Walker

SIZE = (640, 360)
EVERY = 2.0
LASTING = 30.0
DUMP = 10.0
SETTINGS = {"seconds": LASTING, "dump_seconds": DUMP, "rim": 0.3, "open_from": 6.0, "open_until": 22.0}
LATE = datetime(2026, 5, 13, 15, 0, tzinfo=UTC)
"""Eleven in the evening in Asia/Shanghai."""
FOREVER = 1e9
RIM = 172
"""Row of the bins' rims."""


def bins() -> NDArray[np.uint8]:
    """Two wheeled bins side by side, their lids open behind them."""

    def draw(on: ImageDraw.ImageDraw, scale: float) -> None:
        for left, colour in ((0, (40, 90, 60)), (78, (70, 70, 76))):
            x = left * scale
            dark = tuple(value * 2 // 3 for value in colour)
            on.polygon(
                [(x, 0), (x + 70 * scale, 0), (x + 62 * scale, 82 * scale), (x + 8 * scale, 82 * scale)], (*colour, 255)
            )
            on.rectangle([x, 0, x + 70 * scale, 7 * scale], fill=(*dark, 255))
            on.ellipse([x + 10 * scale, 76 * scale, x + 24 * scale, 90 * scale], fill=(20, 20, 20, 255))
            on.ellipse([x + 46 * scale, 76 * scale, x + 60 * scale, 90 * scale], fill=(20, 20, 20, 255))

    return drawn.sprite((148, 90), draw)


def place(seconds: float, random: np.random.Generator) -> Iterator[tuple[float, Bgr]]:
    """The street with the bins on it."""
    picture = drawn.street(SIZE, random)
    drawn.paste(picture, bins(), 240, RIM)
    for index in range(round(seconds / EVERY)):
        yield index * EVERY, picture.copy()


def clips(seed: int) -> Iterator[Staged]:
    """Seven incidents, five near misses."""
    rim = Line("rim", "rim", (240 / SIZE[0], RIM / SIZE[1]), (388 / SIZE[0], RIM / SIZE[1]))
    ground = Zone("ground", "ground", ((0.15, 0.52), (0.8, 0.52), (0.8, 0.95), (0.15, 0.95)))
    setup = Setup("staged", "garbage_point", zones=(ground,), lines=(rim,), settings=SETTINGS)

    def clip(
        name: str,
        truth: tuple[Event, ...],
        seconds: float,
        things: tuple[Lying, ...] = (),
        light: Light = lying.steady,
        walkers: tuple[Walker, ...] = (),
        drivers: tuple[Driver, ...] = (),
        at: datetime = NOON,
    ) -> Staged:
        random = drawn.seed(seed, name)
        frames = lying.play(place(seconds, random), random, lying=things, walkers=walkers, drivers=drivers, light=light)
        return Staged(name, frames, 1 / EVERY, SIZE, setup, truth, boxes="given", at=at)

    random = drawn.seed(seed, "sacks")

    def sack(left: float, foot: float, since: float, until: float = FOREVER, wide: int = 44) -> Lying:
        colour = ((26, 26, 30), (180, 180, 186), (30, 60, 120))[int(random.integers(3))]
        actor = drawn.bag(wide, wide + 2, colour, random)
        return Lying(actor, left, foot - actor.shape[0], since, until)

    def brings(at: float, x: float, y: float = 262, away: float = -40) -> Walker:
        return Walker([(at - 8, 700, y), (at, x, y), (at + 3, x, y), (at + 11, away, y)])

    def event(incident: str, since: float, wait: float, box: boxes.Box | None = None) -> tuple[Event, ...]:
        return (Event(incident, since, FOREVER, wait + 12, box),)

    over_left = (sack(246, RIM + 12, 40), sack(276, RIM + 10, 40))
    above = (0.35, 0.3, 0.65, 0.55)
    yield clip("sacks-above-one-rim", event("overflow", 40, LASTING, above), 110, over_left, walkers=(brings(40, 270),))
    over_all = tuple(sack(240 + 34 * n, RIM + 8 + n % 2 * 4, 40 + 6 * n) for n in range(4))
    yield clip("fills-up-slowly", event("overflow", 46, LASTING, above), 130, over_all, lying.drifting(0.7, 1.1, 80))
    emptied = tuple(sack(240 + 34 * n, RIM + 8, 40, 100) for n in range(4))
    yield clip("overflows-and-is-emptied", event("overflow", 40, LASTING, above), 150, emptied)
    beside = sack(420, 262, 40)
    yield clip("sack-beside-the-bin", event("bag_beside", 40, LASTING), 110, (beside,), walkers=(brings(40, 440),))
    carton = Lying(drawn.box(54, 44, (165, 125, 75), random), 160, 226, 40, FOREVER)
    passers = tuple(Walker([(t, -30, 300), (t + 12, 680, 300)]) for t in (52, 70, 91))
    yield clip(
        "carton-while-people-pass",
        event("bag_beside", 40, LASTING),
        120,
        (carton,),
        walkers=(brings(40, 180), *passers),
    )
    dark = lambda picture, _: drawn.lit(picture, 0.5)  # noqa: E731
    late = sack(430, 264, 40)
    yield clip("dumped-at-night", event("out_of_hours", 40, DUMP), 90, (late,), dark, (brings(40, 450),), at=LATE)
    heap = Lying(drawn.box(60, 50, (120, 120, 130), random), 170, 230, 44, FOREVER)
    lorry = Driver([(30, 700, 320), (38, 230, 320), (50, 230, 320), (58, -200, 320)], 170, (60, 80, 140))
    fly = Walker([(40, 300, 300), (44, 210, 285), (47, 300, 300)])
    yield clip("dumped-from-a-car", event("out_of_hours", 44, DUMP), 96, (heap,), dark, (fly,), (lorry,), at=LATE)

    yield clip(
        "somebody-sorts", (), 130, walkers=(Walker([(36, 700, 262), (44, 300, 262), (110, 300, 262), (118, -40, 262)]),)
    )
    yield clip("sack-goes-in-again", (), 110, (sack(430, 262, 40, 58),), walkers=(brings(40, 450), brings(58, 450)))
    yield clip(
        "shadow-at-noon",
        (),
        130,
        light=lying.shaded([(180, 195), (460, 195), (480, 340), (200, 340)], 40, FOREVER, 0.55),
    )
    yield clip("car-waits", (), 120, drivers=(Driver([(36, 700, 330), (44, 200, 330), (130, 200, 330)]),))
    yield clip("visitor-at-night", (), 100, (), dark, (brings(40, 330),), at=LATE)
