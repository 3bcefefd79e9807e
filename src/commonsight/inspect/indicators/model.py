"""What a figure is: a rate with what it is made of, how much was measured, and how far it may be wrong."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from commonsight.inspect.indicators.definitions import Indicator, Variant
from commonsight.problem import Refusal

Z: Final = 1.959964
"""Two-sided 95 % of the normal distribution: how sure every interval here is."""

Counted = Mapping[str, int]
"""Named counts of a set of cameras; a count that is not there was not counted."""


class ScopeKind(StrEnum):
    """What cameras may be taken together by."""

    REGION = "region"
    SECTOR = "sector"
    UNIT = "unit"
    PLATFORM = "platform"
    MAINTENANCE = "maintenance"
    """The firm or unit under contract that keeps them running."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of cameras that a figure is about.

    `code`: of the kind (a division code, a sector, a unit's or platform's id, a maintenance unit's name); of a region:
    the prefix. `regions`: what of it counts, as division-code prefixes; nobody is told of more than they may see.
    """

    kind: ScopeKind
    code: str
    regions: tuple[str, ...]

    @classmethod
    def region(cls, code: str, *within: str) -> "Scope":
        """All cameras of a region, or of the parts of it that somebody may see."""
        return cls(ScopeKind.REGION, code, within or (code,))


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of an indicator for some cameras, with everything one may ask of it.

    `exempt`: cameras that an approved exemption takes out of the count. `as_of`: when it was counted.
    `sampled`: it stands for more cameras than were looked at, drawn at random.
    """

    indicator: str
    variant: str
    numerator: int
    denominator: int
    unknown: int
    exempt: int
    as_of: datetime | None
    unit: str = "camera"

    @property
    def value(self) -> float | None:
        """0 to 1; None when nothing was measured: unknown is not zero."""
        return None if self.denominator <= 0 else self.numerator / self.denominator

    @property
    def coverage(self) -> float | None:
        """Share that was measured of what the question is about; None when the question is about nothing."""
        whole = self.denominator + self.unknown
        return None if whole <= 0 else self.denominator / whole

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the rate of all of them lies, 95 %; of no width when all were measured. Only of counts of cameras."""
        value = self.value
        if value is None:
            return None
        if self.unit != "camera":
            return value, value
        return interval(self.numerator, self.denominator, self.denominator + self.unknown)


def figure(indicator: Indicator, variant: Variant, counted: Counted, as_of: datetime | None, exempt: int = 0) -> Figure:
    """An indicator's value for what was counted."""
    over, under, unknown = variant.sums(counted)
    return Figure(indicator.code, variant.code, over, under, max(0, unknown), exempt, as_of, variant.unit)


def interval(hits: int, measured: int, whole: int) -> tuple[float, float]:
    """Wilson's score interval for the share of hits among `whole`, of which `measured` were drawn at random.

    The correction for a finite whole makes it narrower the more of it was measured, and of no width when all was. What
    a sweep checks first is scattered over the region by a hash, so the part that is measured stands for the rest.

    Raises:
        ValueError: unless 0 <= hits <= measured <= whole and measured > 0.
    """
    if not 0 <= hits <= measured <= whole or measured == 0:
        raise ValueError(f"0 <= {hits} <= {measured} <= {whole}, measured > 0")
    share = hits / measured
    if measured == whole:
        return share, share
    n = measured * (whole - 1) / (whole - measured)
    middle = share + Z * Z / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    # No further out than if all that is left were bad, or good; rounding leaves the share itself inside.
    least, most = hits / whole, (hits + whole - measured) / whole
    low, high = max(least, (middle - spread) / scale), min(most, (middle + spread) / scale)
    return min(low, share), max(high, share)


def added(parts: Iterable[Counted]) -> dict[str, int]:
    """Counts of several sets of cameras that have none in common, taken together."""
    whole: dict[str, int] = {}
    for part in parts:
        for code, number in part.items():
            whole[code] = whole.get(code, 0) + number
    return whole


def scope_kind(said: str) -> ScopeKind:
    """The kind of scope of this name.

    Raises:
        Refusal: `inspect.scope_unknown` (422).
    """
    try:
        return ScopeKind(said)
    except ValueError:
        raise Refusal(
            "inspect.scope_unknown", status=422, rule="one of", operand="kind",
            expected=[kind.value for kind in ScopeKind], actual=said[:40],
        ) from None  # fmt: skip
