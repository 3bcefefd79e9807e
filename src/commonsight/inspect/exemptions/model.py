"""Exemptions as data: kinds of reasons, states, the rules of time and of four eyes. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from commonsight.problem import Refusal

WORDS_LEAST: Final = 4
WORDS_MOST: Final = 1_000
FILE_NAME_MOST: Final = 200

_SIGNATURES: Final = {"application/pdf": (b"%PDF-",), "image/jpeg": (b"\xff\xd8\xff",), "image/png": (b"\x89PNG\r\n",)}
"""What a file of evidence may be, by what it begins with: what its sender calls it proves nothing."""


class State(StrEnum):
    """Where an exemption stands. Whether it is in force follows from `approved` and its times."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of reason. `words_least`: characters its words must have."""

    code: str
    zh: str
    en: str
    hint_zh: str
    hint_en: str
    words_least: int = WORDS_LEAST


@cache
def kinds() -> dict[str, Kind]:
    """Every kind of reason, by code, in the order people are shown them."""
    document = tomllib.loads((files("commonsight.inspect.exemptions") / "kinds.toml").read_text("utf-8"))
    return {code: Kind(code, **said) for code, said in document.items()}


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption as it stands. `regions`: counties its cameras lie in. `extend_to`: an extension that waits for a
    second person. `ends_at` is its end in force: an early end moves it."""

    id: UUID
    number: int
    version: int
    kind: str
    words: str
    chosen: Mapping[str, Any]
    regions: tuple[str, ...]
    total: int
    starts_at: datetime
    ends_at: datetime
    state: State
    asked_by: UUID
    asked_by_name: str
    organisation: str
    asked_at: datetime
    decided_by: UUID | None
    decided_by_name: str | None
    decided_words: str | None
    decided_at: datetime | None
    extend_to: datetime | None
    extend_words: str | None
    extend_by: UUID | None
    extend_by_name: str | None
    extend_at: datetime | None
    file_name: str | None
    file_type: str | None

    def phase(self, now: datetime) -> str:
        """`asked`, `refused`, `withdrawn`; of approved ones `coming`, `running`, `over`."""
        if self.state is not State.APPROVED:
            return self.state.value
        if now < self.starts_at:
            return "coming"
        return "running" if now < self.ends_at else "over"


def invalid(operand: str, rule: str, actual: object, expected: object = None) -> Refusal:
    """A request for an exemption that breaks a rule."""
    return Refusal(
        "inspect.exemption_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual
    )


def check_kind(code: str) -> Kind:
    """The kind of reason with this code. Raises Refusal `inspect.exemption_invalid`."""
    if code not in kinds():
        raise invalid("kind", "known kind", code[:40], sorted(kinds()))
    return kinds()[code]


def check_words(words: str, operand: str, least: int = WORDS_LEAST) -> str:
    """Words as they are kept: single spaces, neither too few nor too many characters.

    Raises:
        Refusal: `inspect.exemption_invalid`.
    """
    plain = " ".join(words.split())
    if not least <= len(plain) <= WORDS_MOST:
        raise invalid(operand, "characters", len(plain), f"{least} - {WORDS_MOST}")
    return plain


def check_span(starts: datetime, ends: datetime, now: datetime, days_most: int, back_days: int) -> None:
    """The times of a request: end after begin, not too long, not too far back.

    It may be over already: a power cut is often filed the day after, and past figures are told without it, too.

    Raises:
        Refusal: `inspect.exemption_invalid`, naming `starts_at` or `ends_at`.
    """
    if starts < now - timedelta(days=back_days):
        raise invalid(
            "starts_at", "days back", starts.isoformat(), f">= {(now - timedelta(days=back_days)).isoformat()}"
        )
    if ends <= starts:
        raise invalid("ends_at", "after begin", ends.isoformat(), f"> {starts.isoformat()}")
    if ends - starts > timedelta(days=days_most):
        raise invalid("ends_at", "days at most", (ends - starts).days, days_most)


def check_extension(held: Exemption, to: datetime, now: datetime, days_most: int) -> None:
    """An extension: of one that is approved and not over, beyond its end, not too far.

    Raises:
        Refusal: `inspect.exemption_state` (409) or `inspect.exemption_invalid`.
    """
    if held.phase(now) not in ("coming", "running"):
        raise wrong_state(held, now, "coming", "running")
    if to <= held.ends_at:
        raise invalid("extend_to", "after the present end", to.isoformat(), f"> {held.ends_at.isoformat()}")
    if to - held.ends_at > timedelta(days=days_most):
        raise invalid("extend_to", "days at most", (to - held.ends_at).days, days_most)


def check_eyes(asker: UUID | None, decider: UUID) -> None:
    """Four eyes: who asked does not decide. Raises Refusal `inspect.exemption_own` (403)."""
    if asker == decider:
        raise Refusal("inspect.exemption_own", status=403, rule="four eyes", operand="exemption")


def wrong_state(held: Exemption, now: datetime, *expected: str) -> Refusal:
    """It is not in a state in which this can be done."""
    return Refusal(
        "inspect.exemption_state",
        status=409,
        rule="state of the exemption",
        operand="state",
        expected=list(expected),
        actual=held.phase(now),
    )


def check_file(name: str, body: bytes, most: int) -> tuple[str, str]:
    """Name and media type of a file of evidence, told by its content.

    Raises:
        Refusal: `inspect.exemption_file` (422): too large, or neither PDF nor JPEG nor PNG.
    """
    if not 0 < len(body) <= most:
        raise Refusal(
            "inspect.exemption_file", status=422, rule="bytes", operand="file", expected=f"1 - {most}", actual=len(body)
        )
    for kind, beginnings in _SIGNATURES.items():
        if body.startswith(beginnings):
            plain = "".join(char for char in name.strip() if char.isprintable() and char not in '/\\"')
            return plain[-FILE_NAME_MOST:] or "evidence", kind
    raise Refusal(
        "inspect.exemption_file",
        status=422,
        rule="kind of file",
        operand="file",
        expected=sorted(_SIGNATURES),
        actual=body[:8].hex(),
    )
