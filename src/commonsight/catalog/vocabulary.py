"""Kinds and sectors: the closed vocabularies of the camera file, from `vocabulary.toml`."""

import tomllib
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
class Sector:
    """Whose business a camera serves. `industry` and `network` are the digits of its GB/T 28181 identifiers."""

    code: str
    zh: str
    en: str
    industry: str
    network: int


@cache
def _document() -> tuple[dict[str, Kind], dict[str, Sector]]:
    words = tomllib.loads((files("commonsight.catalog") / "vocabulary.toml").read_text("utf-8"))
    kinds = {code: Kind(code, **word) for code, word in words["kinds"].items()}
    return kinds, {code: Sector(code, **word) for code, word in words["sectors"].items()}


def kinds() -> dict[str, Kind]:
    """Every kind, by code."""
    return _document()[0]


def sectors() -> dict[str, Sector]:
    """Every sector, by code."""
    return _document()[1]


def checked_kind(code: str) -> str:
    """`code`, when it is a kind. Raises Refusal `catalog.word_unknown`."""
    return _checked("kind", code, list(kinds()))


def checked_sector(code: str) -> str:
    """`code`, when it is a sector. Raises Refusal `catalog.word_unknown`."""
    return _checked("sector", code, list(sectors()))


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
