"""Customers before a shelf: some look for long, some pass, some hide each other."""

from collections.abc import Iterator

from . import Expected, Staged
from .people import Where, staged, stands, walks, zone

SHELF = zone(6, 3, 12, 12)
FPS = 4.0


def _customer(begin: float, stay: float, y: float) -> Where:
    """Comes from the left, stands before the shelf for so long, goes on."""
    return walks((begin, 1, y), (begin + 6, 8.5, y), (begin + 6 + stay, 8.8, y), (begin + 14.5 + stay, 19.5, y))


def clips(seed: int) -> Iterator[Staged]:
    """Stays of known length; a stay takes in the way through the zone, about 4.5 s."""

    def clip(
        name: str, stays: list[tuple[float, float, float]], seconds: float, more: tuple[Where, ...] = ()
    ) -> Staged:
        lengths = [stay + 4.5 for _, stay, _ in stays]
        bounds = {"0-30": (0, 30), "30-60": (30, 60), "60-180": (60, 180)}
        expected = [Expected("zone", "stays", "all", float(len(stays)))]
        expected += [
            Expected("zone", "stays", name, float(count))
            for name, (low, high) in bounds.items()
            if (count := sum(low <= length < high for length in lengths))
        ]
        return staged(
            name, "dwell", [*(_customer(*one) for one in stays), *more], seconds, FPS, seed, zones=[SHELF],
            expected=expected,
        )  # fmt: skip

    yield clip("one-after-the-other", [(1, 12, 5), (25, 35, 8), (70, 12, 6)], 120)
    yield clip("at-the-same-time", [(1, 15, 4), (3, 40, 7), (6, 70, 10)], 110)
    passers = tuple(walks((5 + 8 * n, 1, 5.5), (18 + 8 * n, 19, 5.5)) for n in range(8))
    yield clip("among-passers", [(2, 45, 8), (10, 20, 10.5)], 90, passers)
    yield clip("two-side-by-side", [(1, 40, 6), (2, 40, 7.6)], 75)
    yield clip("long-looks", [(1, 100, 5), (5, 80, 9)], 135)
    yield clip("only-passers", [], 75, passers)
    yield clip("beside-the-zone", [], 50, (stands(4, 7), stands(14, 7)))
    yield clip("at-its-edge", [], 50, (lambda t: (5.95 + 0.12 * (int(t * 2) % 2), 7.0),))
