"""People over a line: streams in both directions, one too dense, and crossings that are none."""

from collections.abc import Iterator

import numpy as np

from . import Event, Expected, Staged, drawn
from .people import Where, crosses, line, staged, walks

GATE = line(10, 1, 10, 14)
FPS = 5.0


def _stream(count: int, every: float, seed: int, name: str, *, right: bool) -> list[Where]:
    random = drawn.seed(seed, name)
    people = []
    for number in range(count):
        y, speed = float(random.uniform(2, 13)), float(random.uniform(1.0, 1.6))
        a, b = ((1.0, y), (19.0, y)) if right else ((19.0, y), (1.0, y))
        people.append(crosses(1 + number * every, a, b, speed))
    return people


def clips(seed: int) -> Iterator[Staged]:
    """Counted streams, one passage that is too full, three near misses."""

    def clip(name: str, people: list[Where], seconds: float, into: int, out: int, **given: object) -> Staged:
        expected = [
            Expected("line", "people_in", "person", float(into)),
            Expected("line", "people_out", "person", float(out)),
        ]
        return staged(name, "people_flow", people, seconds, FPS, seed, lines=[GATE], expected=expected, **given)  # type: ignore[arg-type]

    # From the left of a→b (downwards) to its right is towards the left of the picture.
    yield clip("thin-stream", _stream(10, 3, seed, "thin", right=True), 50, 0, 10)
    yield clip(
        "both-ways", [*_stream(14, 2.5, seed, "r", right=True), *_stream(10, 3, seed, "l", right=False)], 55, 10, 14
    )
    yield clip("side-by-side", [crosses(1 + n * 4, (1, y), (19, y)) for n in range(5) for y in (5, 7.5, 10)], 38, 0, 15)
    yield clip("dense-stream", _stream(40, 0.9, seed, "dense", right=False), 60, 40, 0)
    full = _stream(36, 1.0, seed, "full", right=True)
    yield clip(
        "too-many-a-minute", full, 56, 0, 36, settings={"most": 24}, truth=[Event("flow_high", 33, 56, 20)]
    )  # fmt: skip
    yield clip("below-the-limit", _stream(20, 2.4, seed, "some", right=True), 65, 0, 20, settings={"most": 30})

    # They stop for a second before they turn: nobody turns on the spot at full pace.
    turning = [
        walks((1 + n * 3, 1, 4.0 + n), (8 + n * 3, 9.0, 4.0 + n), (9 + n * 3, 9.1, 4.0 + n), (17 + n * 3, 1, 4.0 + n))
        for n in range(5)
    ]
    yield clip("turn-back-before-it", turning, 34, 0, 0)
    along = [walks((1 + n * 3, 9.4 + 0.1 * n, 1), (11 + n * 3, 9.4 + 0.1 * n, 14)) for n in range(4)]
    yield clip("along-the-line", along, 26, 0, 0)
    standing = [lambda t, n=n: (10 + 0.1 * np.sin(t * 2 + n), 3.0 + 2 * n) for n in range(5)]
    yield clip("standing-on-it", standing, 30, 0, 0)  # type: ignore[arg-type]
