"""How well text is read, as `bench.osd` measured it: shown beside every reading."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

FILE: Final = "figures.toml"
"""Written by `python -m bench.osd --write`."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of drawn clocks and labels, and the processor's time; `bench/osd.py` says how they are drawn."""

    measured: str
    pictures: int
    clocks_read: float
    clocks_wrong: float
    labels_named: float
    milliseconds_first: float
    milliseconds: float


@cache
def figures() -> Figures | None:
    """The last measurement; None before the first."""
    sheet = files("commonsight.inspect.osd") / FILE
    return Figures(**tomllib.loads(sheet.read_text("utf-8"))) if sheet.is_file() else None
