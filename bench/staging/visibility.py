"""Fog over a drawn road with houses at known distances, put in by the formula of haze; and what only looks like fog."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.vision.picture import Bgr

from . import Event, Expected, Shot, Staged, boxes, drawn
from .lying import Light, drifting, steady

SIZE = (640, 360)
EVERY = 10.0
NEAR, FAR = 40.0, 250.0
LEAST = 300.0
SETTINGS = {"near_m": NEAR, "far_m": FAR, "least_m": LEAST, "kept": 0.35, "seconds": 60.0}
FOREVER = 1e9
CLEAR = 8000.0
"""Visibility of a clear day, m."""

Metres = Callable[[float], float]


def town(random: np.random.Generator) -> tuple[Bgr, NDArray[np.float32]]:
    """A road with houses, and for every pixel its distance in metres."""
    wide, high = SIZE
    y = np.mgrid[0:high, 0:wide][0]
    picture = np.zeros((high, wide, 3))
    distance = np.full((high, wide), 3000.0, np.float32)
    picture[: high // 2] = (215, 200, 185)
    horizon = high // 2
    road = y >= horizon
    distance[road] = 12.0 * (high - horizon) / np.maximum(y[road] - horizon + 6, 1)
    picture[road] = (92, 92, 90)

    def house(x0: int, x1: int, y0: int, y1: int, metres: float, pitch: int, wall: tuple[int, int, int]) -> None:
        picture[y0:y1, x0:x1] = wall
        distance[y0:y1, x0:x1] = metres
        for top in range(y0 + pitch // 2, y1 - pitch // 2, pitch):
            for left in range(x0 + pitch // 2, x1 - pitch // 2, pitch):
                picture[top : top + pitch // 2, left : left + pitch // 2] = (48, 44, 40)

    house(30, 190, 60, 250, NEAR, 24, (120, 140, 170))
    house(330, 440, 110, 182, FAR, 12, (110, 120, 150))
    house(460, 610, 130, 184, 700, 10, (130, 135, 150))
    picture += drawn.rough(SIZE, random, 3.0, 3.0)[..., None]
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), distance


def fog(picture: Bgr, distance: NDArray[np.float32], metres: float) -> Bgr:
    """The picture through haze of this visibility (5 % of the contrast left): light fades, air-light comes instead."""
    left = np.exp(-3.0 / metres * distance)[..., None]
    return np.clip(np.rint(picture * left + 205 * (1 - left)), 0, 255).astype(np.uint8)


def day(
    seconds: float, metres: Metres, random: np.random.Generator, light: Light = steady, blur: float = 0.0,
    lorry: tuple[float, float] | None = None,
) -> Iterator[Shot]:  # fmt: skip
    """Pictures of the town in air that changes."""
    clear, distance = town(random)
    for index in range(round(seconds / EVERY)):
        time = index * EVERY
        picture = fog(clear, distance, metres(time))
        there: list[tuple[str, boxes.Box]] = []
        if lorry is not None and lorry[0] <= time < lorry[1]:
            there.append(("truck", drawn.paste(picture, drawn.car(220, (180, 180, 185)), 290, 105)))
        if blur and time >= seconds / 2:
            picture = ndimage.gaussian_filter(picture, (blur, blur, 0))
        yield Shot(time, drawn.grained(light(picture, time), random), boxes.noisy(there, random, SIZE))


def clips(seed: int) -> Iterator[Staged]:
    """Five fogs, five near misses; the visibility is known in all of them."""
    near = Zone("near", "near", ((0.06, 0.2), (0.28, 0.2), (0.28, 0.66), (0.06, 0.66)))
    far = Zone("far", "far", ((0.52, 0.31), (0.685, 0.31), (0.685, 0.5), (0.52, 0.5)))
    setup = Setup("staged", "visibility", zones=(near, far), settings=SETTINGS)

    def clip(name: str, metres: Metres, seconds: float = 600, known: bool = True, **given: object) -> Staged:
        frames = day(seconds, metres, drawn.seed(seed, name), **given)  # type: ignore[arg-type]
        times = np.arange(0, seconds, EVERY)
        low = times[np.array([metres(float(time)) for time in times]) < LEAST]
        truth = (Event("low_visibility", float(low[0]), FOREVER, SETTINGS["seconds"] + 90),) if len(low) > 12 else ()
        last = [metres(float(time)) for time in times[times >= seconds - 100]]
        expected = (
            (Expected("far", "visibility", "all", float(np.mean(last)), seconds - 100),)
            if known and max(last) < 3000
            else ()
        )
        return Staged(name, frames, 1 / EVERY, SIZE, setup, truth, expected, boxes="given")

    def comes(end: float, since: float = 120, until: float = 300) -> Metres:
        return lambda time: float(np.exp(np.interp(time, [since, until], np.log([CLEAR, end]))))

    yield clip("thick-fog", comes(120))
    yield clip("fog", comes(260))
    yield clip("fog-in-the-morning-light", comes(270), light=drifting(0.5, 1.1, 600))
    yield clip("fog-quickly", comes(180, 200, 220))
    yield clip(
        "fog-through-a-soft-lens", comes(150), light=lambda picture, _: ndimage.gaussian_filter(picture, (0.8, 0.8, 0))
    )
    yield clip("clear", lambda _: CLEAR)
    yield clip("light-haze", comes(900))
    yield clip("clouds", lambda _: CLEAR, light=drifting(0.35, 1.1, 300))
    yield clip("evening", lambda _: CLEAR, light=drifting(1.0, 0.18, 1200))
    yield clip("lorry-before-it", lambda _: CLEAR, lorry=(200, 420))
    yield clip("lens-gets-dirty", lambda _: CLEAR, blur=1.2, known=False)


def clean(_: str, __: tuple[int, int]) -> Setup:
    """The lower half of the picture for the near target, the upper one for the far one; distances are not known."""
    near = Zone("near", "near", ((0.05, 0.55), (0.95, 0.55), (0.95, 0.95), (0.05, 0.95)))
    far = Zone("far", "far", ((0.05, 0.05), (0.95, 0.05), (0.95, 0.4), (0.05, 0.4)))
    return Setup(
        "clean", "visibility", zones=(near, far), settings=SETTINGS | {"near_m": 0.0, "far_m": 0.0, "seconds": 20.0}
    )
