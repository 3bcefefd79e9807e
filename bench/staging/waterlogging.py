"""A road under water: it rises over the kerb, ripples and mirrors; and wet road, shadow and traffic, which are none."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import ndimage

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.vision.picture import Bgr

from . import Event, Expected, Shot, Staged, drawn, lying
from .lying import Driver, Light, Walker, steady

SIZE = (640, 360)
EVERY = 2.0
LASTING = 30.0
SETTINGS = {"seconds": LASTING, "share": 0.3}
FOREVER = 1e9
KERB = 180
ROAD = ((0.0, 0.54), (1.0, 0.54), (1.0, 1.0), (0.0, 1.0))

Reach = Callable[[float], float]
"""Row down from which the road is under water, at a time; beyond the picture: dry."""


def flooded(picture: Bgr, top: float, random: np.random.Generator, ripple: float, mirror: float) -> Bgr:
    """The picture with water from row `top` down, on which what is above it is mirrored."""
    high, wide = picture.shape[:2]
    if top >= high:
        return picture
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    wave = np.zeros((high, wide), np.float32)
    for _ in range(4):
        pitch, slant, phase = random.uniform(8, 30), random.uniform(-0.5, 0.5), random.uniform(0, 6.3)
        wave += np.sin((y + slant * x) * 6.28 / pitch + phase)
    back = np.clip(2 * top - y + wave * ripple, 0, high - 1)
    image = np.stack(
        [ndimage.map_coordinates(picture[..., c].astype(np.float32), [back, x], order=1) for c in range(3)], axis=2
    )
    sky = np.array((168, 162, 152), np.float32) + (wave * 3)[..., None]
    seen = sky + (image - sky) * mirror
    edge = top + ndimage.gaussian_filter1d(np.sin(np.arange(wide) / 37.0) * 5 + np.sin(np.arange(wide) / 11.0) * 2, 2)
    cover = np.clip(y - edge[None], 0, 1)[..., None]
    return np.clip(np.rint(picture + (seen - picture) * cover), 0, 255).astype(np.uint8)


def clips(seed: int) -> Iterator[Staged]:
    """Five floods, six near misses."""
    road = Zone("road", "road", ROAD)
    kerb = Line("kerb", "kerb", (0.02, KERB / SIZE[1]), (0.98, KERB / SIZE[1]))

    def play(
        seconds: float, top: Reach, random: np.random.Generator, ripple: float, mirror: float, light: Light,
        drivers: Sequence[Driver], walkers: Sequence[Walker],
    ) -> Iterator[Shot]:  # fmt: skip
        def wet(picture: Bgr, time: float) -> Bgr:
            return light(flooded(picture, top(time), random, ripple, mirror), time)

        ground = lying.still(SIZE, seconds, random, EVERY)
        return lying.play(ground, random, drivers=drivers, walkers=walkers, light=wet)

    def clip(
        name: str, top: Reach, *, line: bool = True, seconds: float = 240, ripple: float = 2.0, mirror: float = 0.4,
        light: Light = steady, drivers: Sequence[Driver] = (), walkers: Sequence[Walker] = (),
    ) -> Staged:  # fmt: skip
        times = np.arange(0, seconds, EVERY)
        rows = np.array([top(float(time)) for time in times])
        share = np.clip((SIZE[1] - rows) / (SIZE[1] * 0.46), 0, 1)
        # With a kerb it is water over the kerb; without one, water on so much of the road.
        under = times[(rows <= KERB + 3) if line else (share >= SETTINGS["share"])]
        truth = (Event("waterlogging", float(under[0]), FOREVER, LASTING + 60),) if len(under) > 20 else ()
        expected = (Expected("road", "water_share", "all", float(share[times >= seconds - 40].mean()), seconds - 40),)
        setup = Setup("staged", "waterlogging", zones=(road,), lines=(kerb,) if line else (), settings=SETTINGS)
        random = drawn.seed(seed, name)
        frames = play(seconds, top, random, ripple, mirror, light, drivers, walkers)
        return Staged(name, frames, 1 / EVERY, SIZE, setup, truth, expected, boxes="given")

    def rises(end: float, since: float = 60, until: float = 130) -> Reach:
        return lambda time: float(np.interp(time, [since, until], [SIZE[1] + 20, end]))

    def dry(_: float) -> float:
        return SIZE[1] + 100.0

    traffic = [
        Driver(
            [(t, -170, 340 - 40 * (t // 9 % 2)), (t + 10, 700, 340 - 40 * (t // 9 % 2))],
            150,
            (60 + t * 7 % 150, 90, 40 + t * 3 % 160),
        )
        for t in range(20, 236, 9)
    ]
    yield clip("rises-over-the-kerb", rises(172))
    yield clip("rises-under-traffic", rises(170), drivers=traffic)
    yield clip("rises-under-clouds", rises(174), light=lying.drifting(0.55, 1.05, 100), ripple=1.2)
    yield clip("large-pool", rises(235), line=False, ripple=2.5)
    yield clip("mirrors-the-houses", rises(172), ripple=1.0, mirror=0.75)

    yield clip("wet-road", dry, light=lying.shaded([(-10, 183), (650, 183), (650, 365), (-10, 365)], 60, FOREVER, 0.62))
    yield clip("busy-road", dry, drivers=traffic)
    standing = [
        Driver(
            [
                (50 + 3 * n, -170, 345 - 45 * (n % 2)),
                (62 + 3 * n, 470 - 160 * (n // 2), 345 - 45 * (n % 2)),
                (300, 470 - 160 * (n // 2), 345 - 45 * (n % 2)),
            ],
            150,
            (90 + 20 * n, 70, 60),
        )
        for n in range(6)
    ]
    yield clip("cars-stand", dry, drivers=standing)
    yield clip("small-puddle", rises(335), line=False)
    yield clip(
        "clouds-and-shade",
        dry,
        light=lying.shaded([(100, 150), (500, 150), (620, 365), (60, 365)], 50, FOREVER, 0.5, 0.4),
    )
    crowd = [
        Walker([(t, -30, 250 + t % 90), (t + 14, 680, 250 + t % 90)], 92, (40 + t % 100, 60, 90))
        for t in range(30, 230, 5)
    ]
    yield clip("people-cross", dry, walkers=crowd)
