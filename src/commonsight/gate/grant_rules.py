"""What may stand in a grant or a request for one. Pure; every refusal names the field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.access.model import REGION
from commonsight.catalog import areas, vocabulary
from commonsight.gate.grant_model import Facts, Hours, Selection, by_kind
from commonsight.gate.model import TEXT_LONGEST, TEXT_SHORTEST, Action, Limits, purposes
from commonsight.http import within
from commonsight.problem import Refusal

DAYS_MOST: Final = 366
"""A grant runs this long at most; then somebody looks at it again."""

CAMERAS_MOST: Final = 2_000
"""Cameras named one by one. More are chosen by region, group or polygon."""

PLACES_MOST: Final = 200
"""Regions, groups or tags of one choice."""

MASKS: Final = ("faces_plates", "faces", "plates")
"""What a grant may have masked; vision/ knows how."""


def invalid(operand: str, rule: str, actual: object, expected: object = None) -> Refusal:
    """A field of a grant that breaks a rule."""
    return Refusal("gate.grant_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual)


def check_selection(chosen: Selection, scope: Sequence[str]) -> Selection:
    """`chosen`, when it names something, and only what there is and lies within `scope` (division-code prefixes).

    Cameras named one by one are looked up by the caller; groups may reach beyond the scope, which then cuts them.

    Raises:
        Refusal: `gate.grant_invalid`, `gate.grant_exceeds`, `catalog.shape_invalid`, `catalog.word_unknown`.
    """
    if chosen.empty:
        raise invalid("cameras", "at least one region, group, tag, polygon or camera", "nothing")
    for name, items, most in (
        ("regions", chosen.regions, PLACES_MOST),
        ("groups", chosen.groups, PLACES_MOST),
        ("tags", chosen.tags, PLACES_MOST),
        ("cameras", chosen.cameras, CAMERAS_MOST),
    ):
        if len(items) > most:
            raise invalid(name, f"at most {most}", len(items), most)
    for region in chosen.regions:
        if not REGION.fullmatch(region):
            raise invalid("regions", "division code prefix", region[:20])
        if not within(scope, region):
            raise Refusal(
                "gate.grant_exceeds",
                status=403,
                rule="no wider than the giver",
                operand="regions",
                expected=list(scope),
                actual=region,
            )
    for tag in chosen.tags:
        kind, _, word = tag.partition(":")
        check = _VOCABULARY.get(kind)
        if check is None:
            raise invalid("tags", "kind:…, sector:… or place:…", tag[:60], sorted(_VOCABULARY))
        check(word)
    if chosen.polygon is not None:
        areas.polygon(chosen.polygon)
    return chosen


_VOCABULARY: Final = {
    "kind": vocabulary.checked_kind,
    "sector": vocabulary.checked_sector,
    "place": vocabulary.checked_place,
}


def check_actions(said: Sequence[Action]) -> frozenset[Action]:
    """The actions. Raises Refusal `gate.grant_invalid` when there are none."""
    if not said:
        raise invalid("actions", "at least one", "none", [action.value for action in Action])
    return frozenset(said)


def check_purposes(said: Sequence[str]) -> frozenset[str]:
    """The purposes, none of them meaning all. Raises Refusal `gate.grant_invalid` for unknown ones and the system's."""
    known = [purpose.code for purpose in purposes().values() if not purpose.system]
    for code in said:
        if code not in known:
            raise invalid("purposes", "purpose", code[:40], known)
    return frozenset(said)


def check_words(said: str, operand: str) -> str:
    """Words for the register, without what cannot be printed. Raises Refusal `gate.grant_invalid`."""
    words = "".join(char for char in " ".join(said.split()) if char.isprintable())
    if not TEXT_SHORTEST <= len(words) <= TEXT_LONGEST:
        raise invalid(operand, f"{TEXT_SHORTEST} to {TEXT_LONGEST} characters", len(words), TEXT_SHORTEST)
    return words


def check_span(starts_at: datetime | None, expires_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """From when to when, not earlier than now. Raises Refusal `gate.grant_invalid`."""
    begin = max(starts_at or now, now)
    if expires_at <= begin:
        raise invalid("expires_at", "after the beginning", expires_at.isoformat(), begin.isoformat())
    if expires_at - begin > timedelta(days=DAYS_MOST):
        raise invalid("expires_at", f"at most {DAYS_MOST} days", expires_at.isoformat(), DAYS_MOST)
    return begin, expires_at


def check_hours(begin: str, end: str, days: Sequence[int], zone: str) -> Hours:
    """A daily window. Raises Refusal `gate.grant_invalid`."""
    try:
        opens, closes = time.fromisoformat(begin), time.fromisoformat(end)
    except ValueError:
        raise invalid("hours", "HH:MM", f"{begin[:10]}-{end[:10]}") from None
    if opens.tzinfo or closes.tzinfo or opens == closes:
        raise invalid("hours", "two different times of day", f"{begin[:20]}-{end[:20]}")
    if not days or not set(days) <= set(range(1, 8)):
        raise invalid("hours", "days 1 (Monday) to 7", list(days)[:10])
    ZoneInfo(zone)
    return Hours(opens.replace(second=0, microsecond=0), closes.replace(second=0, microsecond=0), frozenset(days), zone)


def check_limits(said: Mapping[str, Any]) -> Limits:
    """What permits under a grant hold back. Raises Refusal `gate.grant_invalid`."""
    limits = Limits(**said)
    if limits.mask is not None and limits.mask not in MASKS:
        raise invalid("limits.mask", "mask", limits.mask[:40], list(MASKS))
    for name, least, most in (("resolution", 120, 4320), ("fps", 0.2, 60.0), ("minutes", 1, 240)):
        value = getattr(limits, name)
        if value is not None and not least <= value <= most:
            raise invalid(f"limits.{name}", f"{least} to {most}", value)
    return limits


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, to compare an approval with."""

    cameras: Selection
    actions: frozenset[Action]
    purposes: frozenset[str]
    hours: Hours | None
    starts_at: datetime
    expires_at: datetime


def check_narrower(approved: Asked, asked: Asked, named: Mapping[UUID, Facts]) -> None:
    """Refuse (`gate.approval_wider`) an approval that gives what nobody asked for.

    Args:
        named: what is known of the cameras that `approved` names one by one.
    """

    def wider(operand: str, expected: object, actual: object) -> Refusal:
        return Refusal(
            "gate.approval_wider",
            status=422,
            rule="an approval may only narrow",
            operand=operand,
            expected=expected,
            actual=actual,
        )

    if more := approved.actions - asked.actions:
        raise wider("actions", sorted(asked.actions), sorted(more))
    if asked.purposes and (not approved.purposes or approved.purposes - asked.purposes):
        raise wider("purposes", sorted(asked.purposes), sorted(approved.purposes))
    if approved.starts_at < asked.starts_at:
        raise wider("starts_at", asked.starts_at.isoformat(), approved.starts_at.isoformat())
    if approved.expires_at > asked.expires_at:
        raise wider("expires_at", asked.expires_at.isoformat(), approved.expires_at.isoformat())
    if asked.hours is not None and approved.hours != asked.hours and not _hours_within(approved.hours, asked.hours):
        raise wider("hours", asked.hours.as_json(), approved.hours and approved.hours.as_json())
    outside = beyond(approved.cameras, asked.cameras, named)
    if outside is not None:
        raise wider("cameras", asked.cameras.as_json(), outside)


def _hours_within(inner: Hours | None, outer: Hours) -> bool:
    if inner is None or outer.end <= outer.begin or inner.end <= inner.begin:
        return False
    return inner.days <= outer.days and outer.begin <= inner.begin and inner.end <= outer.end


def beyond(inner: Selection, outer: Selection, named: Mapping[UUID, Facts]) -> str | None:
    """The first part of `inner` that reaches beyond `outer`, judged by what is written; None when none does.

    A group or polygon that happens to hold no further camera is still a further choice, so it counts as beyond.
    """
    has, needs = by_kind(inner.tags), by_kind(outer.tags)
    for kind, tags in needs.items():
        if not has.get(kind) or set(has[kind]) - set(tags):
            return f"tags {kind}"
    if outer.placeless:
        return None
    if inner.placeless:
        return "everything"
    for region in inner.regions:
        if not region.startswith(outer.regions or ("-",)):
            return f"region {region}"
    for _, code in set(inner.groups) - set(outer.groups):
        return f"group {code}"
    if inner.shape is not None and (outer.shape is None or not outer.shape.covers(inner.shape)):
        return "polygon"
    untagged = Selection(regions=outer.regions, groups=outer.groups, polygon=outer.polygon, cameras=outer.cameras)
    for camera_id in sorted(inner.cameras):
        facts = named.get(camera_id)
        if facts is None or not untagged.holds(facts):
            return f"camera {camera_id}"
    return None
