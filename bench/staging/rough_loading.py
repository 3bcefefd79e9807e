"""Rough loading: parcels thrown and dropped again and again; and careful work that looks like it."""

from collections.abc import Iterator, Sequence

from . import Event, Staged, drawn, hands, lying
from .hands import Act, Worker
from .thrown_parcel import FPS, SIZE, TOLERANCE, setup

MINUTES = 0.5
TIMES = 3


def clips(seed: int) -> Iterator[Staged]:
    """Five rough loadings, four near misses. Three times within half a minute is rough here: clips stay short."""
    things = drawn.seed(seed, "loads")
    parcels = [
        drawn.box(26, 22, (190, 150, 95), things),
        drawn.box(30, 20, (225, 225, 220), things),
        drawn.bag(24, 26, (25, 25, 28), things),
        drawn.box(20, 18, (60, 90, 170), things),
    ]

    def clip(name: str, acts: Sequence[Act], rough: Sequence[Act], x: float = 230, right: bool = True) -> Staged:
        random = drawn.seed(seed, name)
        worker = Worker([(0, x, 290), (600, x, 290)], acts, right=right)
        seconds = max(act.at for act in acts) + 4
        truth: tuple[Event, ...] = ()
        if len(rough) >= TIMES:
            began = hands.lands(worker, rough[TIMES - 1])
            truth = (Event("rough_loading", began, seconds, TOLERANCE),)
        frames = hands.play(lying.still(SIZE, seconds, random, 1 / FPS), random, workers=[worker])
        given = setup("rough_loading", times=TIMES, minutes=MINUTES)
        return Staged(name, frames, FPS, SIZE, given, truth, boxes="given")

    def throws(at: Sequence[float], speed: tuple[float, float]) -> list[Act]:
        return [Act("throw", when, parcels[place % 4], speed) for place, when in enumerate(at)]

    def drops(at: Sequence[float], held: float) -> list[Act]:
        return [Act("drop", when, parcels[place % 4], held=held) for place, when in enumerate(at)]

    three = (3.0, 6.0, 9.0)
    for name, acts, right in (
        ("three-throws", throws(three, (2.0, 1.2)), True),
        ("three-throws-to-the-left", throws(three, (1.6, 1.8)), False),
        ("three-drops", drops(three, 0.75), True),
        ("five-flat-throws", throws((3, 5.5, 8, 10.5, 13), (2.6, 0.4)), True),
        ("throws-and-a-drop", [*throws((3.0, 6.0), (2.0, 1.0)), *drops((9.0,), 0.8)], True),
    ):
        yield clip(name, acts, acts, 230 if right else 420, right)

    two = throws((3.0, 6.0), (2.0, 1.2))
    yield clip("only-two-throws", [*two, Act("put", 9.0, parcels[2])], two)
    yield clip(
        "put-down-again-and-again", [Act("put", at, parcels[0], seconds=1.0) for at in (3.0, 6.0, 9.0, 12.0)], ()
    )
    yield clip("let-go-near-the-floor", drops((3.0, 5.5, 8.0, 10.5), 0.25), ())
    yield clip("waving-on", [Act("swing", 2.0, seconds=4.0), Act("swing", 7.0, seconds=4.0)], ())
