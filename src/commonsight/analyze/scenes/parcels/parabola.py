"""Is a row of points a flight? Straight across, and down with the acceleration of a fall.

How many pixels a metre is, the person tells whom it left: a body is 1.7 m. A camera that looks down shortens bodies and
falls alike, so their ratio holds.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from commonsight.analyze.scenes.model import Floats

GRAVITY: Final = 9.81
"""m/s²."""
TALL: Final = 1.7
"""Height of a person, m."""
RATIO: Final = (0.6, 1.6)
"""Measured fall over the expected: people are smaller and taller, throws come nearer and go away."""
POINTS: Final = 5
SECONDS: Final = 0.25
"""Least length of a flight."""
OFF: Final = 0.018
OFF_PIXELS: Final = 0.6
"""Root mean square distance from the parabola: this share of the person's height, and this many pixels."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A flight.

    first, last: indices of its points. ratio: measured fall over the expected. off: distance from the parabola over
    what is allowed, 0..1. rise: of its top above its beginning, pixels, 0 for a fall. down: pixels a second downwards
    at its end.
    """

    first: int
    last: int
    ratio: float
    off: float
    rise: float
    down: float


def expected(height: float) -> float:
    """Fall in pixels/s², where a person is this many pixels tall."""
    return GRAVITY * height / TALL


def fit(points: Floats, height: float) -> Fit | None:
    """The longest piece of the points that is a flight; None if none is.

    Args:
        points: (N, 3) time in s rising, x, y in pixels, y down.
        height: of the person, pixels.
    """
    count = len(points)
    for length in range(count, POINTS - 1, -1):
        fits = [_flight(points, first, first + length - 1, height) for first in range(count - length + 1)]
        sound = [each for each in fits if each is not None]
        if sound:
            return min(sound, key=lambda each: (each.off, each.first))
    return None


def ahead(points: Floats, time: float, height: float) -> tuple[float, float]:
    """Where the flight is at `time`, by its last points and the fall expected."""
    last = points[-4:]
    fall = expected(height)
    t = last[:, 0] - time
    line = np.stack([np.ones_like(t), t], axis=1)
    (x, _), (y, _) = (
        np.linalg.lstsq(line, side, rcond=None)[0] for side in (last[:, 1], last[:, 2] - 0.5 * fall * t * t)
    )
    return float(x), float(y)


def _flight(points: Floats, first: int, last: int, height: float) -> Fit | None:
    piece = points[first : last + 1]
    t = piece[:, 0] - piece[0, 0]
    if t[-1] < SECONDS:
        return None
    powers = np.stack([np.ones_like(t), t, t * t], axis=1)
    x, y = piece[:, 1], piece[:, 2]
    across = np.linalg.lstsq(powers[:, :2], x, rcond=None)[0]
    down = np.linalg.lstsq(powers, y, rcond=None)[0]
    # As many points as unknowns fit everything: what is left is shared among the rest.
    free = max(2 * len(t) - 5, 1)
    rest = float(((x - powers[:, :2] @ across) ** 2).sum() + ((y - powers @ down) ** 2).sum())
    off = float(np.sqrt(rest / free)) / (OFF * height + OFF_PIXELS)
    ratio = 2 * float(down[2]) / expected(height)
    if off > 1 or not RATIO[0] <= ratio <= RATIO[1]:
        return None
    speed = float(down[1])
    rise = speed * speed / (4 * float(down[2])) if speed < 0 else 0.0
    return Fit(first, last, ratio, off, rise, speed + 2 * float(down[2]) * float(t[-1]))
