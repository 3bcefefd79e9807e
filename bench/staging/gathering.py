"""Gatherings: crowds that stand or grow; and queues, passing crowds and small groups."""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from . import Event, Expected, Staged, drawn
from .people import Where, crosses, staged, stands, zone

SQUARE = zone(2, 1, 18, 14)
EVERY = 4.0
SETTINGS = {"seconds": 40.0}
LATE = 45.0
"""40 s it has to last, and a picture every four."""
GATHERS = 25.0
"""s more while people still come: one of ten boxes is missing, so the first eight are not at once seen as eight."""


def _crowd(
    count: int, middle: tuple[float, float], spread: float, seed: int, name: str, since: float, each: float
) -> list[Where]:
    """People who come one after the other and stand around a place, no nearer than they would."""
    random, places = drawn.seed(seed, name), []
    while len(places) < count:
        x, y = (float(random.normal(m, spread)) for m in middle)
        if all((x - a) ** 2 + (y - b) ** 2 > 0.36 for a, b in places):
            places.append((x, y))
    return [stands(x, y, since + each * number) for number, (x, y) in enumerate(places)]


def clips(seed: int) -> Iterator[Staged]:
    """Five gatherings, five near misses."""

    def clip(name: str, people: list[Where], *, gathers: bool = True, seconds: float = 130, **given: object) -> Staged:
        truth = [Event("gathering", _formed(people, seconds), seconds, LATE + GATHERS)] if gathers else []
        return staged(
            name, "gathering", people, seconds, 1 / EVERY, seed, zones=[SQUARE], truth=truth,
            settings=SETTINGS, **given,  # type: ignore[arg-type]
        )  # fmt: skip

    full = Expected("zone", "people", "person", 14.0, 70)
    yield clip("a-crowd-stands", _crowd(14, (10, 7), 1.6, seed, "a", 4, 2), expected=[full])
    yield clip("a-crowd-grows", _crowd(24, (8, 8), 2.0, seed, "b", 4, 3))
    yield clip("on-known-ground", _crowd(12, (12, 6), 1.4, seed, "c", 4, 2), ground=True)
    ring = [
        stands(10 + dx, 7 + dy)
        for dx, dy in ((1.5, 0), (1, 1.2), (0, 1.6), (-1, 1.2), (-1.5, 0), (-1, -1.2), (0, -1.6), (1, -1.2))
    ]
    yield clip("a-ring-of-onlookers", [*ring, stands(10.9, 8.4), stands(9.2, 5.6), stands(10, 7)])
    passers = [crosses(n * 3.0, (1, 3 + n % 4), (19, 3 + n % 4)) for n in range(40)]
    yield clip("a-crowd-among-passers", [*_crowd(13, (10, 10), 1.3, seed, "d", 4, 2), *passers])

    yield clip("queue", [stands(4 + 0.8 * n, 8 + 0.1 * (n % 2)) for n in range(13)], gathers=False)
    stream = [crosses(-20 + n * 0.7, (1, 2 + n * 7 % 11), (19, 2 + n * 7 % 11), 1.1 + n % 5 * 0.1) for n in range(220)]
    yield clip("passing-crowd", stream, gathers=False)
    yield clip("four-talk", [stands(9, 6), stands(10, 6.5), stands(9.5, 7.2), stands(10.2, 7.4)], gathers=False)
    apart = [stands(3 + n % 4 * 4.5, 2 + n // 4 * 4.5) for n in range(12)]
    yield clip("many-far-apart", apart, gathers=False)
    yield clip("a-group-stops-for-a-moment", [
        *(_pause(who) for who in _crowd(12, (10, 7), 1.4, seed, "e", 30, 0)),
    ], gathers=False)  # fmt: skip


def _pause(who: Where) -> Where:
    """Stands for twenty seconds, then goes."""
    return lambda t: who(t) if t < 50 else None


def _formed(people: list[Where], seconds: float) -> float:
    """The first second at which eight of them are chained by distances of 2 m: what the card calls near each other."""
    for second in range(round(seconds)):
        places = np.array([place for who in people if (place := who(float(second))) is not None]).reshape(-1, 2)
        apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        _, label = connected_components(csr_matrix(apart <= 2.0), directed=False)
        if len(places) and np.bincount(label).max() >= 8:
            return float(second)
    raise ValueError("nobody gathers in this clip")
