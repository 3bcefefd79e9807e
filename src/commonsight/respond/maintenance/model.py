"""Faults of cameras and the catalogue of what they can be (`faults.toml`): pure types and rules."""

import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

CODE_MOST: Final = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check found wrong.

    Args:
        code: of `faults.toml`: `offline`, `no_video`, `unauthorized`, `undecodable`, `bad_picture.<item>`, `clock`,
            `label`, `record.<field>`, `seen`.
        at: when it was seen, UTC.
        detail: what was measured, JSON-able: shown to the firm in words, never with secrets.
        evidence: a reference to a kept picture or measurement, never the picture itself.
    """

    camera_id: UUID
    code: str
    at: datetime
    detail: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """What holds for every fault of a code. `family`: of one family a camera has one fault at a time."""

    code: str
    family: str
    like: str
    severity: int
    zh: str
    en: str
    first_zh: tuple[str, ...]
    first_en: tuple[str, ...]

    def said(self, language: str) -> str:
        """What it is, in a few words."""
        return self.en if language.startswith("en") else self.zh

    def first(self, language: str) -> tuple[str, ...]:
        """What to look at first."""
        return self.first_en if language.startswith("en") else self.first_zh


@cache
def _sheet() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("commonsight.respond.maintenance") / "faults.toml").read_text("utf-8"))


def codes() -> tuple[str, ...]:
    """The codes of the catalogue, as it has them."""
    return tuple(_sheet())


@cache
def sort_of(code: str) -> Sort:
    """What is known of a code.

    Raises:
        ValueError: the catalogue has no such code; whoever reports faults is part of the program.
    """
    head, _, item = code.partition(".")
    said = _sheet().get(code) or _sheet().get(f"{head}.*" if item else "")
    if said is None or item == "*" or len(code) > CODE_MOST:
        raise ValueError(f"{code!r} is no fault of {sorted(_sheet())}")
    return Sort(
        code, said.get("family", code), said["like"], said["severity"], said["zh"], said["en"],
        tuple(said["first_zh"]), tuple(said["first_en"]),
    )  # fmt: skip
