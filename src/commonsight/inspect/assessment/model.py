"""Feedback lists: columns, verdicts, explanations as data, and the rules by which a row is explained. Pure."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal
from uuid import UUID

Verdict = Literal["playable", "online", "unplayable", "offline"]
"""What the upper platform says of a camera."""

Ours = Literal["good", "bad", "unknown"]
"""What we say of it by the list's indicator, at their time."""

BYTES_MOST: Final = 100_000_000
PROBLEMS_MOST: Final = 5_000
CLOCK_SLACK: Final = timedelta(minutes=5)
"""Clocks of two platforms may differ by this much without being wrong."""

DROPPED: Final = r"[\x01-/:-@\[-`{-~、。·—…“”‘’]"
"""What names are compared without, for Python and PostgreSQL alike."""

MATCHED_LEAST: Final = 0.6
"""A match of less confidence is shown, and not counted."""


class State(StrEnum):
    """Where a list stands."""

    RECEIVING = "receiving"
    READING = "reading"
    READ = "read"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"
    DISCARDED = "discarded"


GOOD: Final[Mapping[str, frozenset[str]]] = {
    "online": frozenset({"playable", "online", "unplayable"}),
    "playable": frozenset({"playable"}),
}
BAD: Final[Mapping[str, frozenset[str]]] = {
    "online": frozenset({"offline"}),
    "playable": frozenset({"offline", "unplayable"}),
}
"""Verdicts that count for and against a camera, by indicator. `online` says nothing of the playable rate."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a feedback list."""

    key: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reason why two platforms agree or differ."""

    code: str
    zh: str
    en: str
    words_zh: str
    words_en: str
    appeal: bool = False
    fault: bool = False


def _document(name: str) -> dict[str, Any]:
    return tomllib.loads((files("commonsight.inspect.assessment") / name).read_text("utf-8"))


@cache
def columns() -> dict[str, Column]:
    """Every column, by key."""
    return {
        key: Column(key, **(said | {"aliases": tuple(said["aliases"])}))
        for key, said in _document("columns.toml").items()
    }


@cache
def explanations() -> dict[str, Explanation]:
    """Every explanation, by code, in the order they are tried."""
    return {code: Explanation(code, **said) for code, said in _document("explanations.toml").items()}


@cache
def _verdicts() -> dict[str, Verdict]:
    return {folded(word): verdict for verdict, words in _document("verdicts.toml").items() for word in words}  # type: ignore[misc]


def folded(text: str) -> str:
    """Headings and verdicts are compared without case, spaces, and what stands in brackets."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip().strip("*").partition("(")[0]
    return "".join(char for char in plain if not char.isspace() and char not in "_-:")


def verdict_of(text: str) -> Verdict | None:
    """What a result means; None when it is no word we know."""
    return _verdicts().get(folded(text))


@cache
def _headings() -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns().values():
        for heading in (column.key, column.zh, column.en, *column.aliases):
            found.setdefault(folded(heading), column.key)
    return found


def guess(headings: Sequence[str]) -> dict[str, str]:
    """Which heading means which column, as far as their names tell: column -> heading; the first of two wins."""
    found: dict[str, str] = {}
    for heading in headings:
        for part in (heading, *heading.split("/")):
            key = _headings().get(folded(part))
            if key is not None and key not in found:
                found[key] = heading
                break
    return found


def plain_name(name: str) -> str:
    """A camera's name as two platforms compare it: without width, case, spaces and punctuation."""
    return re.sub(DROPPED, "", unicodedata.normalize("NFKC", name).lower())


@dataclass(frozen=True, slots=True)
class Said:
    """One row of a list as it was read. `region`: digits of a division code, or empty."""

    row: int
    code: str
    name: str
    region: str
    said: str
    verdict: Verdict
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Match:
    """The camera behind a row: `how` is `code`, `mapped`, `name_region`, `name` or `none`."""

    how: str = "none"
    confidence: float = 0.0
    camera: UUID | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One probe of ours. `good` by the list's indicator."""

    at: datetime
    good: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a camera around their time. `health`: the word of its standing state, since `health_at`.

    `shared`: to the upper platform whose list it is; None when that platform is not one we share to.
    """

    health: str
    health_at: datetime | None
    created_at: datetime
    archived_at: datetime | None
    exempt: bool
    shared: bool | None
    before: Try | None = None
    after: Try | None = None


def standing(indicator: str, health: str) -> Ours:
    """What a state of health is by an indicator."""
    if health == "unknown":
        return "unknown"
    good = ("works", "bad") if indicator == "online" else ("works",)
    return "good" if health in good else "bad"


def ours_at(indicator: str, at: datetime, known: Known) -> tuple[Ours, bool]:
    """What we say of a camera at their time, and whether a probe near it says so.

    The nearest probe counts. Without one, the standing state does, if it began before; else nothing is known.
    """
    tries = [one for one in (known.before, known.after) if one is not None]
    if tries:
        nearest = min(tries, key=lambda one: abs(one.at - at))
        return ("good" if nearest.good else "bad"), True
    if known.health_at is None or known.health_at > at:
        return "unknown", False
    return standing(indicator, known.health), False


def explain(indicator: str, said: Said, match: Match, known: Known | None, *, again: bool, got_at: datetime) -> str:
    """The code of why their word and ours agree or differ; the first that holds, in the order of `explanations()`.

    Args:
        indicator: `online` or `playable`.
        said: their row; its verdict counts for or against the camera by this indicator.
        match: the camera behind it.
        known: what we know of it; None without a camera.
        again: the same camera stood further up in the list.
        got_at: when the list reached us.
    """
    if again:
        return "duplicate"
    if known is None or match.confidence < MATCHED_LEAST:
        return "unmatched"
    at = said.at
    if known.archived_at is not None and known.archived_at <= at:
        return "retired"
    if known.created_at > at:
        return "filed_later"
    if at > got_at + CLOCK_SLACK:
        return "clock"
    if known.exempt:
        return "exempt"
    theirs = said.verdict in GOOD[indicator]
    ours, near = ours_at(indicator, at, known)
    if ours != "unknown" and theirs == (ours == "good"):
        return "agree"
    if not theirs and known.shared is False:
        return "not_shared"
    if ours == "unknown":
        return "never_checked" if known.health_at is None else "changed_since"
    if ours == "bad":
        return "failed_near" if near else "standing_faulty"
    if not near:
        return "standing_well"
    both = known.before is not None and known.after is not None and known.before.good and known.after.good
    return "proved_around" if both else "proved_near"
