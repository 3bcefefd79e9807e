"""Pure rules of diagnosis: items and thresholds, day and night, when a verdict changes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from uuid import UUID

Worse = Literal["above", "below"]


class Phase(StrEnum):
    """How much light there is outside."""

    DAY = "day"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Words:
    """What people read of an item, in one language."""

    name: str
    definition: str
    next: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a picture is diagnosed for; `items.toml` explains the fields."""

    code: str
    unit: str
    worse: Worse
    day: float
    night: float
    looks: int
    needs: str
    silences: frozenset[str]
    zh: Words
    en: Words

    def threshold(self, phase: Phase) -> float:
        """The threshold that ships with the product."""
        return self.night if phase is Phase.NIGHT else self.day

    def faulty(self, score: float, threshold: float) -> bool:
        """Whether a score lies on the wrong side."""
        return score > threshold if self.worse == "above" else score < threshold


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look says about one item. `evidence`: name of the kept picture, if one was kept."""

    camera_id: UUID
    item: str
    score: float
    threshold: float
    faulty: bool
    at: datetime
    evidence: str | None = None
    detail: Mapping[str, Any] | None = None


@cache
def items() -> Mapping[str, Item]:
    """All items by code, in the order of the file."""
    text = (files("commonsight.inspect.diagnosis") / "items.toml").read_text("utf-8")
    return {code: _item(code, fields) for code, fields in tomllib.loads(text).items()}


def _item(code: str, fields: dict[str, Any]) -> Item:
    return Item(
        code=code,
        unit=fields["unit"],
        worse=fields["worse"],
        day=float(fields["threshold"]),
        night=float(fields.get("night", fields["threshold"])),
        looks=fields["looks"],
        needs=fields["needs"],
        silences=frozenset(fields.get("silences", ())),
        zh=Words(**fields["zh"]),
        en=Words(**fields["en"]),
    )
