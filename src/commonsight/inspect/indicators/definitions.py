"""Indicators as data: what is computed and what people read come from the same lines of `indicators.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from commonsight.problem import Refusal

Unit = Literal["camera", "field", "hour", "second", "try"]
UNITS: Final = ("camera", "field", "hour", "second", "try")
SIDES: Final = ("numerator", "denominator", "unknown")


@dataclass(frozen=True, slots=True)
class Count:
    """Something that is counted, by the name it has in formulas."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to count an indicator. `unknown`: what belongs to the question and was not measured, in the same unit."""

    code: str
    zh: str
    en: str
    unit: Unit
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    unknown: tuple[str, ...]
    definition_zh: str
    definition_en: str

    @property
    def formula(self) -> str:
        """As programs and the reference read it: `works / (works + bad + offline)`."""
        return " / ".join(_sum(side, str) for side in (self.numerator, self.denominator))

    def worded(self, language: str) -> str:
        """As people read it: `正常 ÷（正常 + 播放异常 + 离线）`."""

        def word(code: str) -> str:
            count = counts()[code]
            return count.en if language == "en" else count.zh

        return " ÷ ".join(_sum(side, word) for side in (self.numerator, self.denominator))

    @property
    def counts(self) -> frozenset[str]:
        """Everything it needs counted."""
        return frozenset(self.numerator + self.denominator + self.unknown)

    def sums(self, counted: Mapping[str, int]) -> tuple[int, int, int]:
        """Numerator, denominator and unknown of what was counted; what was not counted at all is nothing."""
        over, under, unknown = (sum(counted.get(code, 0) for code in getattr(self, side)) for side in SIDES)
        return over, under, unknown


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: its name, the bars it is held against and the ways it may be counted, the usual one first.

    `down`: filters of the camera list that show what is behind a bad figure; empty: no filter tells it. `faults`: codes
    of maintenance whose repair betters it, those that begin with one of them too; empty: no repair in the field does.
    """

    code: str
    zh: str
    en: str
    variants: Mapping[str, Variant]
    aim: float | None
    alert: float | None
    down: Mapping[str, str]
    faults: tuple[str, ...]

    @property
    def usual(self) -> Variant:
        """The variant taken unless an operator chooses another."""
        return next(iter(self.variants.values()))

    def variant(self, code: str | None) -> Variant:
        """The variant of this code, the usual one for None.

        Raises:
            Refusal: `inspect.variant_unknown` (422), naming those there are.
        """
        if code is None:
            return self.usual
        if code not in self.variants:
            raise Refusal(
                "inspect.variant_unknown", status=422, rule="one of", operand="variant",
                expected=list(self.variants), actual=code[:40],
            )  # fmt: skip
        return self.variants[code]


def _sum(side: tuple[str, ...], word: Any) -> str:
    return word(side[0]) if len(side) == 1 else f"({' + '.join(word(code) for code in side)})"


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads((files("commonsight.inspect.indicators") / "indicators.toml").read_text("utf-8"))


@cache
def counts() -> dict[str, Count]:
    """Everything that is counted, by code."""
    return {code: Count(code, **said) for code, said in _document()["counts"].items()}


@cache
def indicators() -> dict[str, Indicator]:
    """Every indicator, by code, in the order they are shown. Raises ValueError on a count that there is not."""
    return {code: read(code, said) for code, said in _document()["indicators"].items()}


def read(code: str, said: Mapping[str, Any]) -> Indicator:
    """An indicator as its lines say it.

    Raises:
        ValueError: a count that is not listed, a side that is empty, a unit or bar that makes no sense.
    """
    aim, alert = said.get("aim"), said.get("alert")
    if not all(bar is None or 0 < bar <= 1 for bar in (aim, alert)) or (alert or 0) > (aim or 1):
        raise ValueError(f"indicator {code!r}: 0 < alert {alert} <= aim {aim} <= 1")
    variants = {name: _variant(f"{code}.{name}", name, lines) for name, lines in said["variants"].items()}
    return Indicator(
        code, said["zh"], said["en"], variants, aim, alert, said.get("down", {}), tuple(said.get("faults", ()))
    )


def _variant(place: str, name: str, said: Mapping[str, Any]) -> Variant:
    sides = {side: tuple(said.get(side, ())) for side in SIDES}
    for side, named in sides.items():
        if (side != "unknown" and not named) or not set(named) <= set(counts()):
            raise ValueError(f"indicator {place}: {side} {named} must be among {sorted(counts())}")
    if said["unit"] not in UNITS:
        raise ValueError(f"indicator {place}: unit {said['unit']!r} must be among {UNITS}")
    return Variant(
        name, said["zh"], said["en"], said["unit"], sides["numerator"], sides["denominator"], sides["unknown"],
        said["definition_zh"], said["definition_en"],
    )  # fmt: skip


def known(code: str) -> Indicator:
    """The indicator of this code.

    Raises:
        Refusal: `inspect.indicator_unknown` (404), naming those there are.
    """
    found = indicators().get(code)
    if found is None:
        raise Refusal(
            "inspect.indicator_unknown", status=404, rule="one of", operand="indicator",
            expected=list(indicators()), actual=code[:40],
        )  # fmt: skip
    return found
