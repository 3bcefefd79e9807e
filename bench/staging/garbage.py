"""Piled garbage: heaps that grow in a corner of a street and on a real square; and what only looks like one."""

from collections.abc import Iterator

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.model import Setup

from . import Event, Staged, drawn, lying
from .lying import Driver, Light, Lying, Walker

SIZE = (640, 360)
PLAZA = (768, 576)
LASTING = 40.0
SHARE = 0.08
SETTINGS = {"seconds": LASTING, "share": SHARE}
EVERY = 4.0
TOLERANCE = LASTING + 3 * EVERY
FOREVER = 1e9
COLOURS = ((28, 28, 32), (150, 150, 155), (40, 70, 130), (130, 100, 60), (60, 110, 60), (170, 40, 40))


def heap(
    seed: object, x: float, y: float, since: float, pieces: int, gap: float, until: float = FOREVER
) -> list[Lying]:
    """Sacks and cartons in a row and on top of each other, one every `gap` seconds."""
    random = drawn.seed("heap", seed)
    made = []
    for place in range(pieces):
        wide, high = int(random.integers(34, 52)), int(random.integers(30, 44))
        colour = COLOURS[int(random.integers(len(COLOURS)))]
        draw = drawn.bag if random.random() < 0.6 else drawn.box
        left = x + (place % 4) * 32 + random.uniform(-5, 5)
        top = y - (place // 4) * 20 - high
        made.append(Lying(draw(wide, high, colour, random), left, top, since + place * gap, until))
    return made


def clips(seed: int) -> Iterator[Staged]:
    """Five heaps, five near misses."""
    corner = ((0.3, 0.4), (0.75, 0.4), (0.75, 0.85), (0.3, 0.85))
    setup = Setup("staged", "garbage", zones=(Zone("corner", "corner", corner),), settings=SETTINGS)
    box = (0.3, 0.3, 0.75, 0.85)

    def street(
        name: str, truth: tuple[Event, ...], seconds: float, things: list[Lying], light: Light = lying.steady,
        walkers: tuple[Walker, ...] = (), drivers: tuple[Driver, ...] = (),
    ) -> Staged:  # fmt: skip
        random = drawn.seed(seed, name)
        ground = lying.still(SIZE, seconds, random, EVERY)
        frames = lying.play(ground, random, lying=things, walkers=walkers, drivers=drivers, light=light)
        return Staged(name, frames, 1 / EVERY, SIZE, setup, truth, boxes="given")

    def event(since: float, until: float = FOREVER, late: float = 0.0) -> tuple[Event, ...]:
        return (Event("garbage", since, until, TOLERANCE + late, box),)

    yield street("sacks-at-once", event(60), 150, heap(1, 260, 270, 60, 7, 0))
    # It is garbage from the piece on that makes it large enough, about the fourth.
    yield street("grows-piece-by-piece", event(60 + 3 * 12, late=24), 210, heap(2, 250, 260, 60, 8, 12))
    yield street("cleared-away", event(60, 140), 190, heap(3, 270, 265, 60, 8, 0, until=140))
    clouds = lying.drifting(0.5, 1.15, 90, (0.05, 0, -0.05))
    yield street("under-clouds", event(60), 160, heap(4, 255, 280, 60, 8, 0), clouds)

    def square(name: str, truth: tuple[Event, ...], seconds: float, things: list[Lying]) -> Staged:
        random = drawn.seed(seed, name)
        lawn = Zone("lawn", "lawn", ((0.24, 0.5), (0.56, 0.5), (0.56, 0.9), (0.24, 0.9)))
        ground = lying.plaza(seconds, 0.0, EVERY)
        frames = lying.play(ground, random, lying=things, grain=0, given=False)
        own = Setup("staged", "garbage", zones=(lawn,), settings=SETTINGS)
        return Staged(name, frames, 1 / EVERY, PLAZA, own, truth, boxes="detected", ground="plaza")

    heaped = (Event("garbage", 60, FOREVER, TOLERANCE + 16, (0.24, 0.4, 0.56, 0.9)),)
    yield square("heap-on-the-square", heaped, 160, heap(5, 240, 440, 60, 8, 0))

    yield street("one-small-sack", (), 150, heap(6, 300, 260, 60, 1, 0))
    wet = lying.shaded([(230, 200), (440, 195), (450, 290), (240, 300)], 60, FOREVER, 0.6)
    yield street("wet-patch", (), 160, [], wet)
    cars = tuple(
        Driver([(50 + n, 700, 290 - 40 * n), (60 + n, 220 + 60 * n, 290 - 40 * n), (400, 220 + 60 * n, 290 - 40 * n)])
        for n in (0, 1)
    )
    yield street("cars-park", (), 170, [], drivers=cars)
    groups = tuple(
        Walker(
            [(50, 700, 230 + 9 * n), (60, 250 + 24 * n, 230 + 9 * n), (180, 250 + 24 * n, 230 + 9 * n)], 92, COLOURS[n]
        )
        for n in range(5)
    )
    yield street("people-talk", (), 170, [], walkers=groups)
    yield street("cleared-before-it-counts", (), 150, heap(7, 270, 265, 60, 8, 0, until=60 + LASTING - 14))
