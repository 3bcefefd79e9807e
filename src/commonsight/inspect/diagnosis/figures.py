"""How well each item was measured to be found (`figures.toml`, written by `python -m bench.diagnosis --write`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson) and what it was counted on."""

    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Strength:
    """Detection at one strength of a fault."""

    zh: str
    en: str
    found: float
    n: int


@dataclass(frozen=True, slots=True)
class Detection:
    """How well an item is found: `area` under the ROC; at the shipped thresholds, over all strengths; by strength."""

    area: float
    found: Share
    false: Share
    strengths: tuple[Strength, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. `false`: clean looks with any false alarm. `minutes`: of unique clean footage."""

    measured_on: str
    clips: tuple[str, ...]
    minutes: float
    milliseconds: float
    false: Share
    items: Mapping[str, Detection]
    zh: str
    en: str


@cache
def figures() -> Figures:
    """The figures that ship with the product."""
    read = tomllib.loads((files("commonsight.inspect.diagnosis") / "figures.toml").read_text("utf-8"))
    return Figures(
        measured_on=read["measured_on"],
        clips=tuple(read["clips"]),
        minutes=read["minutes"],
        milliseconds=read["milliseconds"],
        false=Share(**read["false"]),
        items={
            code: Detection(
                one["area"],
                Share(**one["found"]),
                Share(**one["false"]),
                tuple(Strength(**each) for each in one["strengths"]),
            )
            for code, one in read["items"].items()
        },
        zh=read["zh"],
        en=read["en"],
    )
