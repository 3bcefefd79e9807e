"""People on a drawn square, as the scenes of people are staged: where they walk and stand is known to the metre.

The square is 20 m wide and 15 m deep: 32 pixels a metre across and 16 in depth, as by a camera that looks down at 30
degrees. People are drawn; a detector would not know them, so their boxes are given with a real one's errors.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Setup

from . import NOON, Event, Expected, Shot, Staged, boxes, drawn
from .boxes import Box

SIZE = (640, 360)
TOP = 110.0
"""Row of the square's far edge, pixels."""
SCALE = np.array([32.0, 16.0])
TALL = 54
COATS = ((60, 70, 110), (120, 50, 50), (40, 90, 60), (150, 140, 90), (30, 30, 35), (170, 170, 175), (90, 60, 120))

Where = Callable[[float], tuple[float, float] | None]
"""Somebody's place at a time (s), metres from the far left corner; None: not there."""


class Ground:
    """The way from the picture to that square."""

    def metres(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (N, 2) in 0..1 of the picture as metres."""
        return np.asarray((np.asarray(points) * np.array(SIZE) - np.array([0.0, TOP])) / SCALE)


def pixels(x: float, y: float) -> tuple[float, float]:
    """A place on the square, in pixels of the picture."""
    return x * float(SCALE[0]), TOP + y * float(SCALE[1])


def share(x: float, y: float) -> tuple[float, float]:
    """The same in 0..1 of the picture."""
    left, top = pixels(x, y)
    return min(max(left / SIZE[0], 0.0), 1.0), min(max(top / SIZE[1], 0.0), 1.0)


def zone(x0: float, y0: float, x1: float, y1: float) -> Zone:
    """A rectangle on the square; it counts people."""
    return Zone("zone", "zone", (share(x0, y0), share(x1, y0), share(x1, y1), share(x0, y1)), ("person",))


def line(ax: float, ay: float, bx: float, by: float) -> Line:
    """A line on the square; it counts people."""
    return Line("line", "line", share(ax, ay), share(bx, by), ("person",))


def stands(x: float, y: float, begin: float = -1.0, end: float = 1e9) -> Where:
    """Stands there, shifting a little from one foot to the other."""
    return lambda t: (x + 0.06 * np.sin(t * 0.7 + x), y + 0.06 * np.cos(t * 0.5 + y)) if begin <= t < end else None


def walks(*legs: tuple[float, float, float]) -> Where:
    """Through (s, x, y) in order, straight between; not there before the first and after the last."""
    times, xs, ys = (np.array(column) for column in zip(*legs, strict=True))

    def at(t: float) -> tuple[float, float] | None:
        there = times[0] <= t <= times[-1]
        return (float(np.interp(t, times, xs)), float(np.interp(t, times, ys))) if there else None

    return at


def crosses(begin: float, a: tuple[float, float], b: tuple[float, float], speed: float = 1.3) -> Where:
    """Walks from a to b at that many metres a second."""
    return walks((begin, *a), (begin + float(np.hypot(b[0] - a[0], b[1] - a[1])) / speed, *b))


def staged(
    name: str, scene: str, people: Sequence[Where], seconds: float, fps: float, seed: int, *,
    zones: Sequence[Zone] = (), lines: Sequence[Line] = (), truth: Sequence[Event] = (),
    expected: Sequence[Expected] = (), ground: bool = False, at: datetime = NOON, kinds: Sequence[str] = (),
    settings: dict[str, float] | None = None,
) -> Staged:  # fmt: skip
    """A clip of that scene: the card's defaults where `settings` say nothing else.

    kinds: classes the detector takes each of `people` for; person where none is given. These scenes do not look at
    pixels, so the encoder is left out.
    """
    chosen = {parameter.code: parameter.default for parameter in packaged(scene).parameters} | (settings or {})
    setup = Setup("staged", scene, tuple(zones), tuple(lines), chosen, Ground() if ground else None)
    frames = _frames(name, people, seconds, fps, seed, kinds)
    return Staged(name, frames, fps, SIZE, setup, tuple(truth), tuple(expected), "given", "drawn", coded=False, at=at)


def _frames(
    name: str,
    people: Sequence[Where],
    seconds: float,
    fps: float,
    seed: int,
    kinds: Sequence[str],
) -> Iterator[Shot]:
    random = drawn.seed(seed, name)
    square = drawn.street(SIZE, random)
    for index in range(round(seconds * fps)):
        time = index / fps
        picture = square.copy()
        there: list[tuple[float, str, Box]] = []
        for number, who in enumerate(people):
            place = who(time)
            if place is None:
                continue
            left, low = pixels(*place)
            actor = drawn.person(TALL, COATS[number % len(COATS)], round(time * 9) % 8)
            box = drawn.paste(picture, actor, left - actor.shape[1] / 2, low - TALL)
            there.append((low, kinds[number] if number < len(kinds) else "person", box))
        seen = [
            (kind, box)
            for _, kind, box in there
            if not _hidden(box, [other for below, _, other in there if below > box[3] + 1])
        ]
        yield Shot(time, picture, boxes.noisy(seen, random, SIZE))


def _hidden(box: Box, before: Sequence[Box]) -> bool:
    """Is somebody behind another: more than two thirds of the box covered by one nearer the camera?"""
    area = (box[2] - box[0]) * (box[3] - box[1])
    for other in before:
        wide = min(box[2], other[2]) - max(box[0], other[0])
        high = min(box[3], other[3]) - max(box[1], other[1])
        if wide > 0 and high > 0 and wide * high > 0.67 * area:
            return True
    return False
