"""A city's playable rate from a few of its cameras: who is drawn, and what the drawn ones tell. Pure.

Cameras are drawn by strata (county and platform), each in proportion to its size, because rates differ between them far
more than inside them. The interval is Wilson's at the effective size of the sample: the size at which a simple draw
would vary as much as this one, finite population considered (Korn and Graubard's way with the score interval).
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final
from uuid import UUID

LEAST_IN_STRATUM: Final = 2
"""Fewer tell nothing about how a stratum varies."""
SMALL: Final = 30
"""Strata with fewer cameras are put together, county by county, then as one."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """`name`: county and platform, or what was put together. `drawn`: those that are looked at."""

    name: str
    size: int
    drawn: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in a stratum: `size` cameras, `checked` of them were checked, `works` of those play."""

    name: str
    size: int
    checked: int
    works: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate and between which bounds it lies. `n` cameras were checked of `population`; `effective`: the size of a
    simple draw that would tell as much."""

    rate: float
    low: float
    high: float
    n: int
    population: int
    effective: float
    confidence: float


def draw(cameras: Mapping[tuple[str, str], Sequence[UUID]], share: float, seed: int) -> list[Stratum]:
    """Draw a share of the cameras of each (county, platform).

    The same cameras and the same seed give the same sample.

    Raises:
        ValueError: `share` is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share {share} must be above 0 and at most 1")
    strata = _together({key: sorted(ids) for key, ids in sorted(cameras.items()) if ids})
    total = sum(map(len, strata.values()))
    sizes = _allot({name: len(ids) for name, ids in strata.items()}, max(1, math.ceil(total * share)))
    return [
        Stratum(name, len(ids), tuple(random.Random(f"{seed}/{name}").sample(ids, sizes[name])))  # noqa: S311  no secret
        for name, ids in strata.items()
    ]


def _together(cameras: Mapping[tuple[str, str], list[UUID]]) -> dict[str, list[UUID]]:
    """Put small strata together: first those of a county, then what is still small."""
    counties: dict[str, list[UUID]] = {}
    made: dict[str, list[UUID]] = {}
    for (county, platform), ids in cameras.items():
        if len(ids) >= SMALL:
            made[f"{county}/{platform}"] = ids
        else:
            counties.setdefault(county, []).extend(ids)
    rest: list[UUID] = []
    for county, ids in counties.items():
        if len(ids) >= SMALL:
            made[f"{county}/*"] = sorted(ids)
        else:
            rest.extend(ids)
    if rest:
        made["*"] = sorted(rest)
    return made


def _allot(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """In proportion, rounded by largest remainders, at least `LEAST_IN_STRATUM` each as far as there are so many."""
    total = sum(sizes.values())
    exact = {name: size * wanted / total for name, size in sizes.items()}
    given = {name: int(value) for name, value in exact.items()}
    left = wanted - sum(given.values())
    for name in sorted(exact, key=lambda name: (given[name] - exact[name], name))[:left]:
        given[name] += 1
    return {name: min(sizes[name], max(given[name], LEAST_IN_STRATUM)) for name in sizes}


def estimate(strata: Sequence[Seen], confidence: float = 0.95) -> Estimate | None:
    """The rate of all cameras from what was seen of some; None when nothing was checked.

    A stratum in which nothing could be checked is left out of the population, so that the figure speaks of the rest.
    """
    known = [one for one in strata if one.checked]
    population = sum(one.size for one in known)
    n = sum(one.checked for one in known)
    if not n:
        return None
    rate = sum(one.size / population * one.works / one.checked for one in known)
    variance = sum((one.size / population) ** 2 * _variance(one) for one in known)
    effective = _effective(rate, variance, n, population)
    low, high = wilson(rate, effective, confidence)
    return Estimate(rate, min(low, rate), max(high, rate), n, population, effective, confidence)


def _variance(one: Seen) -> float:
    """Of the stratum's rate: unbiased, without replacement. One camera alone says nothing: the worst is taken."""
    left = 1 - one.checked / one.size
    rate = one.works / one.checked
    if one.checked < LEAST_IN_STRATUM:
        return left * 0.25
    return left * rate * (1 - rate) / (one.checked - 1)


def _effective(rate: float, variance: float, n: int, population: int) -> float:
    """Size of a simple draw with replacement that varies as much. Where nothing varied, the finite population alone
    makes the sample worth more; everybody checked is certainty."""
    left = 1 - n / population
    if left <= 0:
        return math.inf
    if variance <= 0 or rate in (0.0, 1.0):
        return n / left
    # What varied little by chance must not count as more than twice a simple draw.
    return min(rate * (1 - rate) / variance, 2 * n / left)


def wilson(rate: float, n: float, confidence: float) -> tuple[float, float]:
    """The score interval of a rate seen in `n` independent draws (Wilson, 1927); `n` may be broken, or infinite."""
    if math.isinf(n):
        return rate, rate
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
