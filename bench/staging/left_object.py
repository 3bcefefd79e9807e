"""Left objects: bags put down and left, on a drawn street and on a real square; and what only looks like it."""

from collections.abc import Iterator

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.model import Setup

from . import Event, Staged, drawn, lying
from .lying import Driver, Lying, Walker, area

SIZE = (640, 360)
PLAZA = (768, 576)
ALONE = 20.0
SETTINGS = {"seconds": ALONE, "largest": 0.05, "brought": 0.5}
TOLERANCE = ALONE + 15.0
"""The owner needs some seconds to get away, keyframes come every two."""
FOREVER = 1e9


def _setup(zone: tuple[tuple[float, float], ...] | None = None) -> Setup:
    zones = (Zone("ground", "ground", zone),) if zone else ()
    return Setup("staged", "left_object", zones=zones, settings=SETTINGS)


def _leaves(at: float, x: float, y: float, away: float = -60, pause: float = 3.0) -> Walker:
    """Comes from the right, puts something down at `at`, goes on."""
    return Walker([(at - 8, 700, y), (at, x, y), (at + pause, x, y), (at + pause + 8, away, y)])


def clips(seed: int) -> Iterator[Staged]:
    """Six left things, five near misses."""
    pavement = ((0.0, 0.3), (1.0, 0.3), (1.0, 0.95), (0.0, 0.95))

    def street(name: str, truth: tuple[Event, ...], seconds: float, **given: object) -> Staged:
        random = drawn.seed(seed, name)
        ground = lying.still(SIZE, seconds, random)
        frames = lying.play(ground, random, **given)  # type: ignore[arg-type]
        return Staged(name, frames, 1 / lying.EVERY, SIZE, _setup(pavement), truth, boxes="given")

    def event(thing: Lying, size: tuple[int, int], late: float = 0.0) -> Event:
        return Event("left_object", thing.since, thing.until, TOLERANCE + late, area(thing, size))

    shade = drawn.seed(seed, "things")
    suitcase = Lying(drawn.box(38, 34, (40, 60, 120), shade), 300, 190, 40, FOREVER)
    yield street("suitcase", (event(suitcase, SIZE),), 100, lying=[suitcase], walkers=[_leaves(40, 322, 226)])

    taken = Lying(drawn.bag(30, 32, (25, 25, 28), shade), 180, 200, 40, 96)
    back = Walker([(90, -30, 234), (96, 170, 234), (104, -30, 234)])
    yield street(
        "black-bag-taken-away", (event(taken, SIZE),), 130, lying=[taken], walkers=[_leaves(40, 200, 234), back]
    )

    cloudy = Lying(drawn.box(34, 30, (170, 130, 80), shade), 420, 210, 44, FOREVER)
    yield street(
        "carton-under-clouds", (event(cloudy, SIZE),), 110, lying=[cloudy], walkers=[_leaves(44, 436, 242)],
        light=lying.drifting(0.55, 1.1, 60, (0.06, 0.0, -0.06)),
    )  # fmt: skip

    busy = Lying(drawn.bag(34, 36, (150, 40, 40), shade), 260, 205, 40, FOREVER)
    passing = [Walker([(t, -30, 250), (t + 14, 680, 250)], 96, (90, 40 + t % 60, 60)) for t in range(46, 120, 11)]
    yield street(
        "red-bag-behind-passers", (event(busy, SIZE, 15),), 130, lying=[busy], walkers=[_leaves(40, 275, 242), *passing]
    )

    for name, start, x, y, colour in (
        ("rucksack-on-the-square", 0.0, 250, 330, (30, 40, 90)),
        ("carton-on-the-square", 20.0, 560, 420, (160, 120, 70)),
    ):  # fmt: skip
        random = drawn.seed(seed, name)
        thing = Lying(drawn.box(40, 36, colour, random), x, y, 44, FOREVER)
        walker = Walker([(30, x + 260, y + 60), (44, x + 20, y + 40), (47, x + 20, y + 40), (60, x - 300, y + 200)], 88)
        ground = lying.plaza(130, start)
        frames = lying.play(ground, random, lying=[thing], walkers=[walker], grain=0, given=False)
        late = 20.0  # others come by there
        yield Staged(
            name,
            frames,
            1 / lying.EVERY,
            PLAZA,
            _setup(),
            (event(thing, PLAZA, late),),
            boxes="detected",
            ground="plaza",
        )

    waiting = Walker([(40, 700, 230), (48, 300, 230), (110, 300, 230), (118, -30, 230)])
    yield street("somebody-waits", (), 130, walkers=[waiting])

    with_him = Lying(drawn.box(36, 32, (40, 90, 60), shade), 322, 200, 48, 108)
    yield street("waits-with-luggage", (), 130, lying=[with_him], walkers=[waiting])

    yield street(
        "shadow-of-a-house",
        (),
        130,
        light=lying.shaded([(200, 190), (330, 190), (350, 330), (220, 330)], 44, 1e9, 0.5, 0.15),
    )

    parked = Driver([(40, 700, 300), (50, 240, 300), (200, 240, 300)])
    yield street("car-parks", (), 130, drivers=[parked])

    was_there = Lying(drawn.bag(34, 36, (120, 120, 40), shade), 280, 205, 0, 60)
    yield street(
        "thing-of-old-taken-away",
        (),
        120,
        lying=[was_there],
        walkers=[Walker([(52, 700, 238), (60, 300, 238), (70, -30, 238)])],
    )
