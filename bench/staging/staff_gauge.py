"""A staff gauge in a river: a scale with marks, water that ripples and mirrors it, levels that are known."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw
from scipy import ndimage

from commonsight.analyze.model import Line
from commonsight.analyze.scenes.model import Setup
from commonsight.vision.picture import Bgr

from . import Event, Expected, Shot, Staged, drawn
from .lying import Light, drifting, steady

SIZE = (640, 480)
EVERY = 10.0
LOW, HIGH = 10.0, 12.0
TOP, FOOT, MIDDLE = 70, 410, 330
"""Rows of the marks of `HIGH` and `LOW`, and the scale's middle column."""
ALARM = 11.2
SETTINGS = {"low_m": LOW, "high_m": HIGH, "alarm_m": ALARM, "seconds": 20.0}
FOREVER = 1e9

Level = Callable[[float], float]


def row(level: float) -> float:
    """Row of the picture at which the water's edge is."""
    return FOOT + (TOP - FOOT) * (level - LOW) / (HIGH - LOW)


def scale(wide: int = 34) -> NDArray[np.uint8]:
    """A board of four metres with marks like the letter E, every ten centimetres, red and blue metre by metre."""
    per = (FOOT - TOP) / (HIGH - LOW)
    high = round(4 * per)

    def draw(on: ImageDraw.ImageDraw, finer: float) -> None:
        on.rectangle([0, 0, wide * finer, high * finer], fill=(228, 228, 222, 255))
        for tenth in range(40):
            y0 = tenth * per / 10
            ink = ((180, 40, 40), (40, 50, 150))[tenth // 10 % 2]
            left = 0.12 if tenth % 2 else 0.5
            for part in (0.0, 0.4, 0.8):
                y = (y0 + part * per / 10) * finer
                on.rectangle(
                    [wide * left * finer, y, wide * (left + 0.38) * finer, y + per / 10 * 0.2 * finer], (*ink, 255)
                )
            on.rectangle([wide * 0.46 * finer, y0 * finer, wide * 0.54 * finer, (y0 + per / 10) * finer], (*ink, 255))

    return drawn.sprite((wide, high), draw)


def river(
    seconds: float, level: Level, random: np.random.Generator, *, ripple: float, mirror: float, light: Light = steady,
    dirty: float = 0.0, grain: float = 2.0,
) -> Iterator[Shot]:  # fmt: skip
    """A concrete bank with the scale on it and water before it, mirrored so much and rippled by so many pixels."""
    high = SIZE[1]
    bank = np.clip(np.array((128, 132, 134)) + drawn.rough(SIZE, random, 4.0, 6.0)[..., None], 0, 255).astype(np.uint8)
    for y in range(20, high, 70):
        bank[y : y + 2] = bank[y : y + 2] * 0.8
    board = scale()
    if dirty:
        stain = np.clip(1 - dirty * (drawn.rough((board.shape[1], board.shape[0]), random, 0.2, 0.8) > 0.3), 0, 1)
        board = board.copy()
        board[..., :3] = (board[..., :3] * stain[..., None]).astype(np.uint8)
    drawn.paste(bank, board, MIDDLE - board.shape[1] / 2, row(HIGH + 1.0))
    for index in range(round(seconds / EVERY)):
        time = index * EVERY
        surface = row(level(time))
        yield Shot(time, drawn.grained(light(_wet(bank, surface, random, ripple, mirror), time), random, grain))


def _wet(bank: Bgr, surface: float, random: np.random.Generator, ripple: float, mirror: float) -> Bgr:
    high, wide = bank.shape[:2]
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    wave = np.zeros((high, wide), np.float32)
    for _ in range(4):
        pitch, slant, phase = random.uniform(6, 26), random.uniform(-0.4, 0.4), random.uniform(0, 6.3)
        wave += np.sin((y + slant * x) * 6.28 / pitch + phase)
    glint = ndimage.gaussian_filter(random.normal(0, 1, (high, wide)), (0.8, 3.0)) * 60
    back = 2 * surface - y + wave * ripple
    image = np.stack(
        [
            ndimage.map_coordinates(bank[..., c].astype(np.float32), [back, x], order=1, mode="reflect")
            for c in range(3)
        ],
        axis=2,
    )
    water = np.array((78, 84, 70), np.float32) + (wave * 4 + glint * min(1.0, ripple / 2))[..., None]
    seen = water + (image - water) * mirror
    cover = np.clip(y + 0.5 - surface + wave * 0.25, 0, 1)[..., None]
    made = bank + (seen - bank) * cover
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def clips(seed: int) -> Iterator[Staged]:
    """Five rises above the alarm level and four that stay below it; the level is known in all of them."""
    mark = Line("gauge", "gauge", (MIDDLE / SIZE[0], FOOT / SIZE[1]), (MIDDLE / SIZE[0], TOP / SIZE[1]))
    setup = Setup("staged", "staff_gauge", lines=(mark,), settings=SETTINGS)

    def clip(
        name: str, level: Level, seconds: float = 400, ripple: float = 1.5, mirror: float = 0.25, **given: object
    ) -> Staged:
        frames = river(seconds, level, drawn.seed(seed, name), ripple=ripple, mirror=mirror, **given)  # type: ignore[arg-type]
        times = np.arange(0, seconds, EVERY)
        levels = np.array([level(float(time)) for time in times])
        over = times[levels >= ALARM + 0.02]
        truth = (Event("level_high", float(over[0]), FOREVER, 90.0),) if len(over) > 6 else ()
        late = times >= 60
        # Readings follow as the middle of five looks, so they are some looks behind a level that rises.
        expected = tuple(
            Expected(
                "gauge",
                "level",
                "all",
                float(levels[(times >= since) & (times < since + 100) & late].mean()),
                since,
                since + 99,
            )
            for since in (60.0, 160.0, 260.0)
        )
        return Staged(name, frames, 1 / EVERY, SIZE, setup, truth, expected)

    def rise(start: float, end: float, since: float, until: float) -> Level:
        return lambda time: float(np.interp(time, [since, until], [start, end]))

    yield clip("rises", rise(10.5, 11.6, 60, 300))
    yield clip("rises-fast-rough", rise(10.3, 11.7, 160, 220), ripple=4.0, mirror=0.15)
    yield clip("rises-in-the-evening", rise(10.6, 11.5, 60, 240), light=drifting(0.35, 1.0, 500))
    yield clip("rises-calm", rise(10.4, 11.5, 80, 300), ripple=0.7, mirror=0.4)
    yield clip("rises-dirty-board", rise(10.6, 11.6, 60, 300), dirty=0.35)
    yield clip("stands", lambda _: 10.8)
    yield clip("stands-just-below", lambda _: 11.1, ripple=2.5)
    yield clip("falls", rise(11.1, 10.3, 60, 300), ripple=3.0, light=drifting(0.6, 1.1, 200))
    yield clip("low-and-calm", lambda _: 10.25, ripple=0.5, mirror=0.45)


def clean(_: str, __: tuple[int, int]) -> None:
    """There is no gauge in any of the clips: a line where none is would measure nothing."""
    return
