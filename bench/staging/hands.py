"""Workers with parcels: thrown, dropped, put down, handed over, and what only looks like it.

A worker is `high` pixels tall, which is 1.7 m: so things fall with 9.81/1.7 of that a second and second. An arm that
throws speeds up along its swing, and lets go with the speed it has reached.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from commonsight.vision.picture import Bgr

from . import Shot, boxes, drawn
from .boxes import Box

Does = Literal["throw", "drop", "put", "swing", "carry"]
SWING_SECONDS = 0.35
SHOULDER, ARM = 0.8, 0.42
"""Height of the shoulder above the feet and length of the arm, in body heights."""


@dataclass(frozen=True)
class Act:
    """What a worker does with one parcel, at `at` s: the moment of letting go.

    throw: leaves the hand with `speed` (across, up) in body heights a second. drop: is let go at `held` body heights
    above the feet. put: is lowered to the ground in `seconds`. swing: the arm goes round, nothing in it, for `seconds`.
    carry: is held all the time.
    """

    does: Does
    at: float
    parcel: NDArray[np.uint8] | None = None
    speed: tuple[float, float] = (1.5, 1.0)
    held: float = 0.6
    seconds: float = 1.2


@dataclass(frozen=True)
class Worker:
    """Somebody who stands, or goes along points (s, x, y of the feet), and does things one after the other."""

    points: Sequence[tuple[float, float, float]]
    acts: Sequence[Act] = ()
    high: int = 120
    coat: tuple[int, int, int] = (60, 70, 110)
    right: bool = True

    def feet(self, time: float) -> tuple[float, float] | None:
        """Where the feet are; None when not there."""
        times = [point[0] for point in self.points]
        if not times[0] <= time <= times[-1]:
            return None
        x, y = (float(np.interp(time, times, [point[axis] for point in self.points])) for axis in (1, 2))
        return x, y

    def hand(self, act: Act | None, time: float, feet: tuple[float, float]) -> tuple[float, float]:
        """Where the hand is, pixels."""
        side = 1.0 if self.right else -1.0
        # Angle of the arm from straight down, forwards; at rest it hangs with the load before the belly.
        angle, reach = 0.5, 0.8
        if act is not None and act.does == "throw":
            part = float(np.clip((time - act.at + SWING_SECONDS) / SWING_SECONDS, 0, 1))
            # Back first, then forwards faster and faster, then slowly down again.
            reach = 1.0
            if part < 0.3:
                angle = 0.5 - 1.2 * part / 0.3
            elif part < 1:
                angle = -0.7 + 2.2 * ((part - 0.3) / 0.7) ** 2
            else:
                angle = max(1.5 - 2 * (time - act.at), 0.5)
        elif act is not None and act.does == "swing" and 0 <= time - act.at <= act.seconds:
            angle, reach = 1.4 + 1.4 * np.sin((time - act.at) * 2 * np.pi * 1.6), 1.0
        elif act is not None and act.does == "drop":
            angle, reach = 1.1, 1.0
        x = feet[0] + side * np.sin(angle) * ARM * reach * self.high
        y = feet[1] - SHOULDER * self.high + np.cos(angle) * ARM * reach * self.high
        if act is not None and act.does == "drop":
            y = feet[1] - act.held * self.high
        if act is not None and act.does == "put":
            part = np.clip((time - act.at + act.seconds) / act.seconds, 0, 1)
            smooth = part * part * (3 - 2 * part)
            low = feet[1] - 0.05 * self.high
            y = y + smooth * (low - y) if time <= act.at else low + (y - low) * min((time - act.at) / act.seconds, 1)
        return float(x), float(y)

    def doing(self, time: float) -> Act | None:
        """The act at hand: the next one until half a second after it, then the one after."""
        return next((act for act in self.acts if time <= act.at + max(act.seconds, 0.6)), None)


@dataclass(frozen=True)
class Mover:
    """Something that moves by itself along points (s, x, y of its middle)."""

    actor: NDArray[np.uint8]
    points: Sequence[tuple[float, float, float]]
    flutter: float = 0.0
    """Pixels up and down, twice a second: wings."""

    def at(self, time: float) -> tuple[float, float] | None:
        """Its middle; None when not there."""
        times = [point[0] for point in self.points]
        if not times[0] <= time <= times[-1]:
            return None
        x, y = (float(np.interp(time, times, [point[axis] for point in self.points])) for axis in (1, 2))
        return x, y + self.flutter * float(np.sin(time * 4 * np.pi))


@dataclass
class _Flying:
    """A parcel on its way, or where it lies."""

    actor: NDArray[np.uint8]
    began: float
    start: tuple[float, float]
    speed: tuple[float, float]
    fall: float
    floor: float
    landed: float = field(init=False)

    def __post_init__(self) -> None:
        up, fall = self.speed[1], self.fall
        self.landed = (up + np.sqrt(up * up + 2 * fall * max(self.floor - self.start[1], 0.0))) / fall

    def at(self, time: float) -> tuple[float, float]:
        gone = min(time - self.began, self.landed)
        x = self.start[0] + self.speed[0] * gone
        y = self.start[1] - self.speed[1] * gone + self.fall * gone * gone / 2
        # It slides on a little and comes to rest.
        slid = np.clip(time - self.began - self.landed, 0, 0.3)
        return float(x + 0.4 * self.speed[0] * (slid - slid * slid / 0.6)), float(y)


def lands(worker: Worker, act: Act) -> float:
    """When what is let go comes down, s."""
    flying = _let_go(worker, act)
    return act.at + (0.0 if flying is None else float(flying.landed))


def path(worker: Worker, act: Act, size: tuple[int, int]) -> Box:
    """The box around what is let go on its way, 0..1."""
    flying = _let_go(worker, act)
    assert flying is not None
    times = act.at + np.linspace(0, flying.landed, 20)
    places = np.array([flying.at(float(time)) for time in times]) / np.array(size)
    (x0, y0), (x1, y1) = places.min(axis=0), places.max(axis=0)
    return float(max(x0, 0)), float(max(y0, 0)), float(min(x1, 1)), float(min(y1, 1))


def _let_go(worker: Worker, act: Act) -> _Flying | None:
    if act.parcel is None or act.does not in ("throw", "drop"):
        return None
    feet = worker.feet(act.at)
    assert feet is not None
    high = worker.high
    across, up = act.speed if act.does == "throw" else (0.0, 0.0)
    side = 1.0 if worker.right else -1.0
    floor = feet[1] - act.parcel.shape[0] / 2
    start = worker.hand(act, act.at, feet)
    return _Flying(act.parcel, act.at, start, (side * across * high, up * high), 9.81 * high / 1.7, floor)


def play(
    ground: Iterator[tuple[float, Bgr]],
    random: np.random.Generator,
    *,
    workers: Sequence[Worker] = (),
    movers: Sequence[Mover] = (),
    cars: Sequence[Mover] = (),
    grain: float = 2.0,
) -> Iterator[Shot]:
    """Draw workers, their parcels and what else moves over the ground; boxes of workers and cars are given."""
    for time, picture in ground:
        there: list[tuple[str, Box]] = []
        for car in cars:
            at = car.at(time)
            if at is not None:
                there.append(("car", _middle(picture, car.actor, at)))
        for worker in workers:
            feet = worker.feet(time)
            if feet is None:
                continue
            going = len(worker.points) > 2
            body = drawn.person(worker.high, worker.coat, round(time * 9) % 8 if going else 0)
            there.append(("person", drawn.paste(picture, body, feet[0] - body.shape[1] / 2, feet[1] - worker.high)))
            _arm(picture, worker, feet, time)
        for worker in workers:
            _parcels(picture, worker, time)
        for mover in movers:
            at = mover.at(time)
            if at is not None:
                _middle(picture, mover.actor, at)
        size = (picture.shape[1], picture.shape[0])
        made = drawn.grained(picture, random, grain) if grain else picture
        yield Shot(time, made, boxes.noisy(there, random, size))


def _arm(picture: Bgr, worker: Worker, feet: tuple[float, float], time: float) -> None:
    hand = worker.hand(worker.doing(time), time, feet)
    image = Image.fromarray(picture)
    on = ImageDraw.Draw(image)
    shoulder = (feet[0], feet[1] - SHOULDER * worker.high)
    on.line([shoulder, hand], fill=worker.coat[::-1], width=max(3, round(0.075 * worker.high)))
    r = 0.045 * worker.high
    on.ellipse([hand[0] - r, hand[1] - r, hand[0] + r, hand[1] + r], fill=(130, 160, 205))
    picture[:] = np.asarray(image)


def _parcels(picture: Bgr, worker: Worker, time: float) -> None:
    doing = worker.doing(time)
    for act in worker.acts:
        if act.parcel is None:
            continue
        if time >= act.at and act.does != "carry":
            flying = _let_go(worker, act)
            feet = worker.feet(act.at)
            assert feet is not None
            lies = (worker.hand(act, act.at, feet)[0], feet[1] - act.parcel.shape[0] / 2)
            _middle(picture, act.parcel, lies if flying is None else flying.at(time))
        elif act is doing:
            feet = worker.feet(time)
            if feet is not None:
                _middle(picture, act.parcel, worker.hand(act, time, feet))


def _middle(picture: Bgr, actor: NDArray[np.uint8], at: tuple[float, float]) -> Box:
    return drawn.paste(picture, actor, at[0] - actor.shape[1] / 2, at[1] - actor.shape[0] / 2)
