"""Kinds, sectors and kinds of place: the closed vocabularies of the camera file, from `vocabulary.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from commonsight.problem import Refusal


@dataclass(frozen=True, slots=True)
class Kind:
    """What a camera is built like. `gb` is PTZType of GB/T 28181, 0 when unknown."""

    code: str
    zh: str
    en: str
    gb: int


@dataclass(frozen=True, slots=True)
class Place:
    """What kind of place a camera looks at. `gb` is PositionType of GB/T 28181 (2016), 0 when unknown."""

    code: str
    zh: str
    en: str
    gb: int


@dataclass(frozen=True, slots=True)
class Sector:
    """Whose business a camera serves. `industry` and `network` are the digits of its GB/T 28181 identifiers."""

    code: str
    zh: str
    en: str
    industry: str
    network: int


@cache
def _document() -> tuple[dict[str, Kind], dict[str, Sector], dict[str, Place]]:
    words = tomllib.loads((files("commonsight.catalog") / "vocabulary.toml").read_text("utf-8"))
    return (
        {code: Kind(code, **word) for code, word in words["kinds"].items()},
        {code: Sector(code, **word) for code, word in words["sectors"].items()},
        {code: Place(code, **word) for code, word in words["places"].items()},
    )


def kinds() -> dict[str, Kind]:
    """Every kind, by code."""
    return _document()[0]


def sectors() -> dict[str, Sector]:
    """Every sector, by code."""
    return _document()[1]


def places() -> dict[str, Place]:
    """Every kind of place, by code."""
    return _document()[2]


def meant(words: Mapping[str, Kind | Sector | Place], said: str) -> str | None:
    """The code that somebody means by a code, a name in either language, or a number of GB/T 28181; None by no word."""
    said = said.strip().casefold()
    for code, word in words.items():
        number = "" if isinstance(word, Sector) else str(word.gb)
        if said in (code, word.zh.casefold(), word.en.casefold(), number):
            return code
    return None


def checked_kind(code: str) -> str:
    """`code`, when it is a kind. Raises Refusal `catalog.word_unknown`."""
    return _checked("kind", code, list(kinds()))


def checked_sector(code: str) -> str:
    """`code`, when it is a sector. Raises Refusal `catalog.word_unknown`."""
    return _checked("sector", code, list(sectors()))


def checked_place(code: str) -> str:
    """`code`, when it is a kind of place. Raises Refusal `catalog.word_unknown`."""
    return _checked("place", code, list(places()))


def _checked(field: str, code: str, known: list[str]) -> str:
    if code in known:
        return code
    raise Refusal(
        "catalog.word_unknown",
        status=422,
        rule="one of the vocabulary",
        operand=field,
        expected=known,
        actual=code[:40],
    )
