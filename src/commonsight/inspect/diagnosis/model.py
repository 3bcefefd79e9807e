"""Pure rules of diagnosis: items, whose threshold applies, what a look finds, when a verdict changes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal
from uuid import UUID

Worse = Literal["above", "below"]
ANY_KIND: Final = ""
"""As the kind of a threshold: all kinds of camera that have none of their own."""


class Phase(StrEnum):
    """How much light there is: the sun is down, or the camera sees without colour, at night."""

    DAY = "day"
    NIGHT = "night"


class State(StrEnum):
    """What is held of one item of one camera."""

    UNKNOWN = "unknown"
    WELL = "well"
    FAULT = "fault"


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
    least: float
    most: float
    looks: int
    needs: str
    fault: str
    spoils: bool
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
class Own:
    """What somebody said of one item of one camera: its own threshold, or (`value` None) no verdict until `until`."""

    value: float | None
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether it still applies."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What operators set: (item, kind, phase) -> value; `ANY_KIND` for every kind without its own."""

    changed: Mapping[tuple[str, str, Phase], float]

    def of(self, item: Item, kind: str, phase: Phase, own: Own | None = None) -> float:
        """The threshold that applies: the camera's own, its kind's, everybody's, the product's."""
        if own is not None and own.value is not None:
            return own.value
        for key in ((item.code, kind, phase), (item.code, ANY_KIND, phase)):
            if key in self.changed:
                return self.changed[key]
        return item.threshold(phase)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look says about one item."""

    camera_id: UUID
    item: str
    score: float
    threshold: float
    faulty: bool
    at: datetime
    evidence: str | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is held of one item of one camera. `streak`: looks in a row that disagree with `state`."""

    state: State
    score: float
    threshold: float
    streak: int
    since: datetime
    at: datetime

    @property
    def suspect(self) -> bool:
        """Whether another look would settle something."""
        return self.streak > 0


def find(
    camera_id: UUID,
    scores: Mapping[str, float],
    *,
    kind: str,
    phase: Phase,
    at: datetime,
    thresholds: Thresholds,
    own: Mapping[str, Own] | None = None,
    details: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Finding]:
    """Hold the scores of one look against the thresholds.

    What is only a consequence of another fault that this look shows is left out, as is what somebody muted: such an
    item keeps the verdict it has.
    """
    own, details = own or {}, details or {}
    found: dict[str, Finding] = {}
    for code, item in items().items():
        said = own.get(code)
        said = said if said is not None and said.holds(at) else None
        if code not in scores or (said is not None and said.value is None):
            continue
        limit = thresholds.of(item, kind, phase, said)
        faulty = item.faulty(scores[code], limit)
        found[code] = Finding(camera_id, code, scores[code], limit, faulty, at, detail=details.get(code))
    silenced: set[str] = set()
    for code, finding in found.items():
        if finding.faulty and code not in silenced:
            silenced |= items()[code].silences
    return [finding for code, finding in found.items() if code not in silenced]


def judge(before: Verdict | None, finding: Finding, looks: int) -> Verdict:
    """The verdict after one more look.

    Args:
        looks: so many in a row must disagree before the verdict changes. A first look that finds nothing wrong settles
            it at once; one that finds a fault does not.
    """
    said = State.FAULT if finding.faulty else State.WELL
    if before is None:
        before = Verdict(State.UNKNOWN, finding.score, finding.threshold, 0, finding.at, finding.at)
    if finding.at < before.at:
        return before
    after = replace(before, score=finding.score, threshold=finding.threshold, at=finding.at)
    if said is before.state:
        return replace(after, streak=0)
    needed = 1 if before.state is State.UNKNOWN and said is State.WELL else looks
    if before.streak + 1 < needed:
        return replace(after, streak=before.streak + 1)
    return replace(after, state=said, streak=0, since=finding.at)


@cache
def items() -> Mapping[str, Item]:
    """All items by code, in the order of the file: what silences others comes first."""
    text = (files("commonsight.inspect.diagnosis") / "items.toml").read_text("utf-8")
    return {code: _item(code, fields) for code, fields in tomllib.loads(text).items()}


def _item(code: str, fields: dict[str, Any]) -> Item:
    least, most = fields["range"]
    return Item(
        code=code,
        unit=fields["unit"],
        worse=fields["worse"],
        day=float(fields["threshold"]),
        night=float(fields.get("night", fields["threshold"])),
        least=float(least),
        most=float(most),
        looks=fields["looks"],
        needs=fields["needs"],
        fault=fields.get("fault", f"bad_picture.{code}"),
        spoils=fields.get("spoils", True),
        silences=frozenset(fields.get("silences", ())),
        zh=Words(**fields["zh"]),
        en=Words(**fields["en"]),
    )
