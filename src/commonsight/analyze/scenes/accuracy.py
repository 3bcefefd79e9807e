"""What was measured of a scene, as figures with their uncertainty: never a share without the events behind it."""

import math
from dataclasses import dataclass
from typing import Final

from scipy.special import gammaincinv

from commonsight.analyze.scenes.model import Accuracy

Z95: Final = 1.959964
"""Two-sided 95 % point of the normal distribution."""
UPPER: Final = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A share of counted things; `low` and `high` bound it at 95 % (Wilson's score interval)."""

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What an `Accuracy` says.

    Attributes:
        recall: of the events in the truth, those found; None without events.
        precision: of the reports, those that were events; None without reports.
        f1: harmonic mean of both, None where one is missing.
        alarms_an_hour: false alarms in an hour of footage without events; None when none was watched.
        alarms_upper: bound that the true rate stays below, at 95 % (Poisson); with no alarm in t hours it is about 3/t.
    """

    recall: Share | None
    precision: Share | None
    f1: float | None
    alarms_an_hour: float | None
    alarms_upper: float | None


def judged(accuracy: Accuracy) -> Judged:
    """The figures of one measurement."""
    recall = share(accuracy.found, accuracy.truth)
    precision = share(accuracy.found, accuracy.found + accuracy.wrong)
    f1 = None
    if recall is not None and precision is not None:
        both = recall.value + precision.value
        f1 = 2 * recall.value * precision.value / both if both else 0.0
    watched = accuracy.hours > 0
    return Judged(
        recall,
        precision,
        f1,
        accuracy.alarms / accuracy.hours if watched else None,
        float(gammaincinv(accuracy.alarms + 1, UPPER)) / accuracy.hours if watched else None,
    )


def share(part: int, whole: int) -> Share | None:
    """`part` of `whole` with its interval; None of nothing."""
    if whole <= 0:
        return None
    return Share(part / whole, *wilson(part, whole), whole)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Bounds of a share at 95 %: Wilson's score interval. `whole` is above 0."""
    value, spread = part / whole, Z95**2 / whole
    middle = (value + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(value * (1 - value) / whole + spread / (4 * whole)) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)
