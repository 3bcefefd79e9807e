"""Rules that say who is competent for an incident, and when nobody is to be called: pure types and rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.analyze.model import Hours
from commonsight.problem import Refusal

RULES_MOST: Final = 500
NOTE_MOST: Final = 200
MINUTES_MOST: Final = 60 * 24 * 90


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule says. Empty `scene`, `incident`, `region`: any.

    Attributes:
        region: prefix of the division code it holds in.
        hours: when it holds; None: always.
        quiet: in these hours incidents are recorded and open no case.
        acknowledge, close: minutes; None: what the kind of case says.
    """

    scene: str
    incident: str
    region: str
    hours: Hours | None
    quiet: bool
    organisation: UUID | None
    acknowledge: int | None
    close: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it stands."""

    id: UUID
    said: Said
    organisation_name: str
    by_name: str
    changed_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: an incident of a scene at a place at a moment."""

    scene: str
    incident: str
    place: str
    at: datetime


def fits(said: Said, asked: Asked, zone: str) -> bool:
    """Whether a rule speaks of this incident."""
    return (
        said.scene in ("", asked.scene)
        and said.incident in ("", asked.incident)
        and asked.place.startswith(said.region)
        and (said.hours is None or said.hours.holds(asked.at.astimezone(ZoneInfo(zone))))
    )


def weight(said: Said) -> tuple[bool, bool, int, bool]:
    """How closely a rule names what it speaks of: kind before scene before region before hours."""
    return (bool(said.incident), bool(said.scene), len(said.region), said.hours is not None)


def order(rules: Iterable[Rule], asked: Asked, zone: str) -> list[Rule]:
    """The rules that speak of an incident, the one that decides first; of two alike the older one."""
    found = [rule for rule in rules if fits(rule.said, asked, zone)]
    return sorted(found, key=lambda rule: (tuple(-int(part) for part in weight(rule.said)), rule.id))


def check(said: Said, kinds: Mapping[str, frozenset[str]]) -> Said:
    """The rules for a rule.

    Args:
        kinds: codes of incidents by scene, as installed.

    Raises:
        Refusal: `analyze.rule_invalid` (422) naming the field, the rule and the value.
    """
    if said.scene and said.scene not in kinds:
        raise _refused("scene", "a scene that is installed", said.scene)
    known = kinds[said.scene] if said.scene else frozenset().union(*kinds.values())
    if said.incident and said.incident not in known:
        raise _refused("incident", "one the scene reports", said.incident)
    if said.quiet and (said.organisation or said.acknowledge or said.close):
        raise _refused("quiet", "no organisation and no times: no case is opened", said.quiet)
    if said.acknowledge and said.close and said.acknowledge > said.close:
        raise _refused("acknowledge_minutes", "at most close_minutes", said.acknowledge)
    if not said.quiet and not (said.organisation or said.acknowledge or said.close):
        raise _refused("organisation_id", "an organisation, times, or quiet: otherwise the rule says nothing", None)
    return said


def _refused(operand: str, rule: str, actual: object) -> Refusal:
    return Refusal("analyze.rule_invalid", status=422, rule=rule, operand=operand, expected=rule, actual=actual)


def as_json(said: Said) -> dict[str, Any]:
    """Stored and shown form."""
    return {
        "scene": said.scene, "incident": said.incident, "region": said.region,
        "hours": None if said.hours is None else said.hours.as_json(), "quiet": said.quiet,
        "organisation_id": None if said.organisation is None else str(said.organisation),
        "acknowledge_minutes": said.acknowledge, "close_minutes": said.close, "note": said.note,
    }  # fmt: skip


def from_json(kept: Mapping[str, Any]) -> Said:
    """What `as_json` made."""
    hours, unit = kept["hours"], kept["organisation_id"]
    return Said(
        kept["scene"], kept["incident"], kept["region"], None if hours is None else Hours.of(hours), kept["quiet"],
        None if unit is None else UUID(str(unit)), kept["acknowledge_minutes"], kept["close_minutes"], kept["note"],
    )  # fmt: skip
