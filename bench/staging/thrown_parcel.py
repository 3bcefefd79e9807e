"""Parcels thrown in a yard, over a drawn street and over a real square; and what only looks like throwing."""

from collections.abc import Iterator

import numpy as np

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Setup

from . import Event, Staged, drawn, footage, hands, lying
from .hands import Act, Mover, Worker

SIZE = (640, 360)
PLAZA = (768, 576)
FPS = 15.0
TOLERANCE = 3.0
"""A flight is judged when it is over, a moment later."""
YARD = ((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0))


def setup(scene: str, **given: float) -> Setup:
    """The card's defaults in the whole yard."""
    settings = {parameter.code: parameter.default for parameter in packaged(scene).parameters} | given
    return Setup("staged", scene, zones=(Zone("yard", "yard", YARD),), settings=settings)


def clips(seed: int) -> Iterator[Staged]:
    """Six throws, seven near misses."""

    def yard(name: str, truth: tuple[Event, ...], seconds: float = 8.0, fps: float = FPS, **given: object) -> Staged:
        random = drawn.seed(seed, name)
        frames = hands.play(lying.still(SIZE, seconds, random, 1 / fps), random, **given)  # type: ignore[arg-type]
        return Staged(name, frames, fps, SIZE, setup("thrown_parcel"), truth, boxes="given")

    def event(worker: Worker, act: Act, size: tuple[int, int] = SIZE) -> Event:
        end = hands.lands(worker, act)
        return Event("thrown_parcel", act.at, end, end - act.at + TOLERANCE, hands.path(worker, act, size))

    things = drawn.seed(seed, "parcels")
    carton = drawn.box(26, 22, (190, 150, 95), things)
    white = drawn.box(30, 20, (225, 225, 220), things)
    small = drawn.box(14, 12, (200, 170, 60), things)
    sack = drawn.bag(24, 26, (25, 25, 28), things)

    for name, parcel, speed, right, fps in (
        ("carton-to-the-right", carton, (2.0, 1.2), True, FPS),
        ("envelope-high-arc", white, (1.4, 2.0), True, FPS),
        ("small-parcel-to-the-left", small, (2.6, 0.6), False, FPS),
        ("sack-thrown-flat-at-25", sack, (3.0, 0.2), True, 25.0),
        ("carton-at-12", carton, (1.8, 1.0), True, 12.5),
    ):
        act = Act("throw", 4.0, parcel, speed)
        worker = Worker([(0, 220 if right else 420, 290), (60, 220 if right else 420, 290)], [act], right=right)
        yield yard(name, (event(worker, act),), fps=fps, workers=[worker])

    name = "carton-over-the-square"
    random = drawn.seed(seed, name)
    act = Act("throw", 4.0, drawn.box(24, 20, (190, 150, 95), random), (2.0, 1.2))
    worker = Worker([(0, 300, 420), (60, 300, 420)], [act], high=110)
    frames = hands.play(footage.pictures("plaza", 8.0, FPS, start=12.0), random, workers=[worker], grain=0)
    truth = (event(worker, act, PLAZA),)
    yield Staged(name, frames, FPS, PLAZA, setup("thrown_parcel"), truth, boxes="given", ground="plaza")

    still = [(0.0, 260.0, 290.0), (60.0, 260.0, 290.0)]
    yield yard("put-down", (), workers=[Worker(still, [Act("put", 4.0, carton, seconds=0.9)])])
    yield yard("swinging-arm", (), workers=[Worker(still, [Act("swing", 2.0, seconds=5.0)])])
    ball = drawn.bag(14, 14, (230, 230, 230), things)
    times = np.arange(0, 0.6, 0.04)
    kick = [(4 + float(t), 285 + 420 * float(t), 282 - 160 * float(t) + 340 * float(t) ** 2) for t in times]
    kicked = Mover(ball, [(0.0, 285.0, 282.0), *kick, (60.0, *kick[-1][1:])])
    yield yard("kick", (), workers=[Worker(still)], movers=[kicked])
    bird = Mover(drawn.bag(12, 8, (30, 30, 30), things), [(3.0, -20.0, 180.0), (5.5, 660.0, 140.0)], flutter=4)
    yield yard("bird", (), workers=[Worker(still)], movers=[bird])
    van = Mover(drawn.car(190, (200, 200, 205)), [(2.0, -100.0, 300.0), (5.0, 740.0, 300.0)])
    yield yard("passing-car", (), workers=[Worker([(0, 260, 260), (60, 260, 260)])], cars=[van])
    carrier = Worker([(0, -40, 280), (4, 320, 280), (8, 680, 280)], [Act("carry", 60.0, carton)])
    yield yard("carried-by", (), workers=[carrier, Worker(still)])
    drop = Worker(still, [Act("drop", 4.0, small, held=0.3)])
    yield yard("dropped-from-low", (), workers=[drop])
