"""Indicators as data: what is computed and what people read come from the same lines of `indicators.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from commonsight.catalog.model import Counts

STATES = ("works", "bad", "offline", "unknown")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator."""

    code: str
    zh: str
    en: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    definition_zh: str
    definition_en: str

    @property
    def formula(self) -> str:
        """As people read it: `works / (works + bad + offline)`."""
        return " / ".join(
            side[0] if len(side) == 1 else f"({' + '.join(side)})" for side in (self.numerator, self.denominator)
        )

    def of(self, counts: Counts) -> "Rate":
        """The indicator's value for these cameras."""
        over = sum(getattr(counts, state) for state in self.numerator)
        under = sum(getattr(counts, state) for state in self.denominator)
        return Rate(over, under, counts.total - under)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it is made of. `unknown`: cameras that are in neither number."""

    numerator: int
    denominator: int
    unknown: int

    @property
    def value(self) -> float | None:
        """0 to 1; None when nothing was checked: unknown is not zero."""
        return None if self.denominator == 0 else self.numerator / self.denominator


@cache
def indicators() -> dict[str, Indicator]:
    """Every indicator, by code. Raises ValueError on a state that there is not."""
    found = {}
    for code, said in tomllib.loads((files("commonsight.inspect") / "indicators.toml").read_text("utf-8")).items():
        sides = {side: tuple(said.pop(side)) for side in ("numerator", "denominator")}
        for side, states in sides.items():
            if not states or not set(states) <= set(STATES):
                raise ValueError(f"indicator {code!r}: {side} {states} must be among {STATES}")
        found[code] = Indicator(code, **(said | sides))
    return found
