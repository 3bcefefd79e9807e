"""What is kept of somebody who passed, and what may be asked for. Pure types and rules."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from commonsight.problem import Refusal

SCENE: Final = "traits"
"""Code of the scene that collects."""

COLOURS: Final = (
    "black", "white", "grey", "red", "blue", "yellow", "orange", "brown", "green", "purple", "cyan", "pink",
)  # fmt: skip
"""The colours GA/T 1400 has words for, in English; what none of them won clearly has none."""
PLATE_COLOURS: Final = ("blue", "green", "yellow", "white", "black")
KINDS: Final = ("person", "bicycle", "motorcycle", "car", "bus", "truck")

PROVINCES: Final = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使"
PLATE: Final = re.compile(rf"[{PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9学警港澳挂领]")
"""A plate as it is written: province, letter, five or six more; no I and no O."""
ASKED_CHARACTERS: Final = re.compile(rf"[{PROVINCES}A-HJ-NP-Z0-9学警港澳挂领?*]+")
WILDCARDS: Final = "?*"
"""`?` is one character, `*` any number."""
PLATE_LEAST: Final = 4
"""Known characters of a plate that must be asked for: fewer would list a street, not find a vehicle."""

SPAN_MOST: Final = timedelta(days=31)
REASON_LEAST: Final = 4
MINUTES: Final = 15
"""A search's results may be leafed through for this long."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One road user that passed. No picture is kept: who wants to see asks for the recording.

    Attributes:
        began_at, ended_at: first and last seen, UTC.
        kind: one of `KINDS`.
        colour: of a vehicle's body; upper, lower: of a person's clothes; None where no colour won clearly.
        colour_share: share of the pixels that said so, 0..1 (of the upper part for people).
        plate: as read, None where none was; plate_score: mean confidence over its characters.
        box: where it was seen largest, 0..1 of the picture.
    """

    id: UUID
    began_at: datetime
    ended_at: datetime
    kind: str
    score: float
    box: tuple[float, float, float, float]
    colour: str | None = None
    upper: str | None = None
    lower: str | None = None
    colour_share: float = 0.0
    plate: str | None = None
    plate_colour: str | None = None
    plate_score: float = 0.0


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is searched for; None: any. `plate` may hold one wildcard."""

    begin: datetime
    end: datetime
    kinds: tuple[str, ...] = ()
    colour: str | None = None
    upper: str | None = None
    lower: str | None = None
    plate: str | None = None


def normalised_plate(given: str) -> str:
    """A plate as it is kept: capitals, full-width letters made plain, no dots and blanks."""
    plain = given.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
    return "".join(char for char in plain.upper() if char not in " ·.-•")


def readable_plate(text: str) -> str | None:
    """The plate in what was read; None when it is none."""
    found = normalised_plate(text)
    return found if PLATE.fullmatch(found) else None


def pattern(plate: str) -> str:
    """A plate asked for as a pattern of LIKE; exact without a wildcard."""
    return plate.replace("?", "_").replace("*", "%")


def check(given: Criteria, reason: str | None) -> Criteria:
    """The criteria as they are searched for.

    Raises:
        Refusal: `traits.criteria_invalid` (422) naming the field; `traits.reason_missing` (422).
    """
    if len(" ".join((reason or "").split())) < REASON_LEAST:
        rule = f"at least {REASON_LEAST} characters"
        raise Refusal("traits.reason_missing", status=422, rule=rule, operand="purpose_text", expected=REASON_LEAST)
    if not given.begin < given.end <= given.begin + SPAN_MOST:
        raise _invalid("to", f"after from, at most {SPAN_MOST.days} days", given.end.isoformat())
    for kind in given.kinds:
        if kind not in KINDS:
            raise _invalid("kinds", "some of " + " ".join(KINDS), kind)
    for name in ("colour", "upper", "lower"):
        value = getattr(given, name)
        if value is not None and value not in COLOURS:
            raise _invalid(name, "one of " + " ".join(COLOURS), value)
    plate = None if given.plate is None else normalised_plate(given.plate)
    if plate is not None:
        known = sum(char not in WILDCARDS for char in plate)
        if not ASKED_CHARACTERS.fullmatch(plate) or len(plate) > 9 or len(plate) - known > 1 or known < PLATE_LEAST:
            rule = f"characters of plates, at least {PLATE_LEAST} of them, with one ? or * at most"
            raise _invalid("plate", rule, given.plate)
    return Criteria(given.begin, given.end, given.kinds, given.colour, given.upper, given.lower, plate)


def _invalid(field: str, rule: str, actual: object) -> Refusal:
    return Refusal(
        "traits.criteria_invalid", status=422, rule=rule, operand=field, expected=rule, actual=str(actual)[:80]
    )
