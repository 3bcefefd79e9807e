"""Clips of things that lie about: put down, piled up, taken away again, over a drawn street or over real footage.

Used by the city scenes; what is drawn is the same, what each calls an incident is not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.picture import Bgr

from . import Shot, boxes, drawn, footage
from .boxes import Box

EVERY = 2.0
"""s between pictures: a camera's keyframes."""


@dataclass(frozen=True)
class Lying:
    """Something on the ground. left, top: pixels; from `since` to `until`, s."""

    actor: NDArray[np.uint8]
    left: float
    top: float
    since: float
    until: float


@dataclass(frozen=True)
class Walker:
    """Somebody who goes along points (s, x, y of the feet), stands where two points are equal; not there outside."""

    points: Sequence[tuple[float, float, float]]
    high: int = 90
    coat: tuple[int, int, int] = (60, 70, 110)

    def at(self, time: float) -> tuple[float, float] | None:
        """Where the feet are; None when not there."""
        times = [point[0] for point in self.points]
        if not times[0] <= time <= times[-1]:
            return None
        return tuple(float(np.interp(time, times, [point[axis] for point in self.points])) for axis in (1, 2))  # type: ignore[return-value]


@dataclass(frozen=True)
class Driver:
    """A car along points (s, x of its left, y of its wheels)."""

    points: Sequence[tuple[float, float, float]]
    wide: int = 150
    paint: tuple[int, int, int] = (150, 40, 40)


Light = Callable[[Bgr, float], Bgr]


def steady(picture: Bgr, _: float) -> Bgr:
    """No change of light."""
    return picture


def play(
    ground: Iterator[tuple[float, Bgr]],
    random: np.random.Generator,
    *,
    lying: Sequence[Lying] = (),
    walkers: Sequence[Walker] = (),
    drivers: Sequence[Driver] = (),
    light: Light = steady,
    grain: float = 2.0,
    given: bool = True,
) -> Iterator[Shot]:
    """Draw what lies and goes over the ground, then the light and the chip's noise.

    given: boxes of walkers and drivers come with the pictures; otherwise the detector has to look.
    """
    for time, picture in ground:
        there: list[tuple[str, Box]] = []
        for thing in lying:
            if thing.since <= time < thing.until:
                drawn.paste(picture, thing.actor, thing.left, thing.top)
        for driver in drivers:
            times = [point[0] for point in driver.points]
            if times[0] <= time <= times[-1]:
                actor = drawn.car(driver.wide, driver.paint)
                x, y = (float(np.interp(time, times, [point[axis] for point in driver.points])) for axis in (1, 2))
                there.append(("car", drawn.paste(picture, actor, x, y - actor.shape[0])))
        for walker in walkers:
            feet = walker.at(time)
            if feet is not None:
                actor = drawn.person(walker.high, walker.coat, round(time * 9) % 8)
                left, top = feet[0] - actor.shape[1] / 2, feet[1] - actor.shape[0]
                there.append(("person", drawn.paste(picture, actor, left, top)))
        made = drawn.grained(light(picture, time), random, grain) if grain else light(picture, time)
        size = (picture.shape[1], picture.shape[0])
        yield Shot(time, made, boxes.noisy(there, random, size) if given else None)


def still(
    size: tuple[int, int], seconds: float, random: np.random.Generator, every: float = EVERY
) -> Iterator[tuple[float, Bgr]]:
    """A drawn street, again and again."""
    picture = drawn.street(size, random)
    for index in range(round(seconds / every)):
        yield index * every, picture.copy()


def plaza(seconds: float, start: float, every: float = EVERY) -> Iterator[tuple[float, Bgr]]:
    """Real footage: people on a square, from above."""
    return footage.pictures("plaza", seconds, 1 / every, start=start)


def area(thing: Lying, size: tuple[int, int]) -> Box:
    """Where it lies, 0..1."""
    high, wide = thing.actor.shape[:2]
    return thing.left / size[0], thing.top / size[1], (thing.left + wide) / size[0], (thing.top + high) / size[1]


def drifting(low: float, high: float, seconds: float, tint: tuple[float, float, float] = (0, 0, 0)) -> Light:
    """Light that goes from one gain to another and back, a cloud or the evening, with its colour."""

    def change(picture: Bgr, time: float) -> Bgr:
        part = 0.5 - 0.5 * np.cos(2 * np.pi * time / seconds)
        gain = low + (high - low) * part
        tinted = 1 + part * np.array(tint, np.float32)
        return np.clip(np.rint(picture * np.float32(gain) * tinted), 0, 255).astype(np.uint8)

    return change


def shaded(
    polygon: Sequence[tuple[float, float]], since: float, until: float, depth: float, drift: float = 0.0
) -> Light:
    """A shadow with a hard edge that comes, creeps `drift` pixels a second to the right, and goes."""

    def change(picture: Bgr, time: float) -> Bgr:
        if not since <= time < until:
            return picture
        gone = (time - since) * drift
        return drawn.shadow(picture, [(x + gone, y) for x, y in polygon], depth, 1.5)

    return change
