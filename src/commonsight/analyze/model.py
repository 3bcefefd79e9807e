"""What a camera is watched for, and what is observed: pure types and rules."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.road_users import CLASSES
from commonsight.problem import Refusal

Point = tuple[float, float]

PEOPLE: Final = ("person",)
VEHICLES: Final = tuple(name for name in CLASSES if name not in PEOPLE)

SCENE: Final = "flow"
INTERVAL_SECONDS: Final = 60
LINES_MAX: Final = 16
ZONES_MAX: Final = 16
POINTS_MAX: Final = 64
NAME_MAX: Final = 80
DAYS: Final = (1, 2, 3, 4, 5, 6, 7)
"""Of the week, Monday first."""
LINE_SHORTEST: Final = 0.01
"""Shortest line, in shares of the picture: shorter ones are slips of the mouse."""
ZONE_SMALLEST: Final = 0.0001
"""Smallest area of a zone, in shares of the picture."""

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Measure(StrEnum):
    """What is measured at a line or in a zone over an interval."""

    CROSSINGS_IN = "crossings_in"
    CROSSINGS_OUT = "crossings_out"
    OCCUPANCY_MEAN = "occupancy_mean"
    OCCUPANCY_MAX = "occupancy_max"
    RECOGNISED = "recognised"
    """Objects a camera recognised itself, its whole picture being the target."""


@dataclass(frozen=True, slots=True)
class Line:
    """A directed segment; `in` leads from the left of a->b to its right as seen in the picture.

    a, b: x to the right, y down, 0..1 of the picture. classes: those counted, never empty.
    """

    id: str
    name: str
    a: Point
    b: Point
    classes: tuple[str, ...] = CLASSES


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon; road users stand in it by the bottom centre of their box. At least three points, 0..1."""

    id: str
    name: str
    polygon: tuple[Point, ...]
    classes: tuple[str, ...] = CLASSES


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of the day, in the region's time zone.

    begin, end: minutes after midnight; `end` at or before `begin`: it ends the next day. days: on which it begins,
    1 Monday to 7 Sunday.
    """

    begin: int
    end: int
    days: tuple[int, ...] = DAYS

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Hours":
        """From its stored form; without days it is every day.

        Raises:
            ValueError: a time that is none.
        """
        return cls(_minutes(kept["begin"]), _minutes(kept["end"]), tuple(kept.get("days", DAYS)))

    def as_json(self) -> dict[str, Any]:
        """Its stored form: `{"begin": "22:00", "end": "06:00", "days": [1, …]}`."""
        return {"begin": _clock(self.begin), "end": _clock(self.end), "days": list(self.days)}

    def holds(self, local: datetime) -> bool:
        """Whether a moment in the region's own time lies within; what reaches over midnight is of the day it began."""
        minute = local.hour * 60 + local.minute
        today, yesterday = local.isoweekday(), (local - timedelta(days=1)).isoweekday()
        over_midnight = self.end <= self.begin
        return (today in self.days and self.begin <= minute and (over_midnight or minute < self.end)) or (
            over_midnight and yesterday in self.days and minute < self.end
        )


@dataclass(frozen=True, slots=True)
class SceneSetup:
    """One scene on one camera, as people write it; `scenes.model.Setup` is what the scene is given.

    Attributes:
        id: of this scene on this camera; figures and incidents carry it.
        scene: code of its card.
        zones, lines: ids of those of the document that belong to it.
        settings: parameters that differ from the card's defaults.
        hours: when it is at work; empty: always.
        source: who has put it there for a time ("deployment:…"); None: it was set up for good.
        instead: id of a setup that rests while this one is at work.
    """

    id: str
    scene: str
    name: str
    zones: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    enabled: bool = True
    hours: tuple[Hours, ...] = ()
    source: str | None = None
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """A point of the ground. picture: 0..1; metres: in any plane right-angled grid, the same for all points."""

    picture: Point
    metres: Point


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one camera is watched for. `model` and `fps` are None where the settings decide."""

    enabled: bool = False
    model: str | None = None
    fps: float | None = None
    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    scenes: tuple[SceneSetup, ...] = ()
    ground: tuple[GroundPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """How the watching goes. `reason` is a message code when it does not run, or not well."""

    running: bool = False
    worker: str | None = None
    epoch: int = 0
    fps: float = 0.0
    coverage: float = 0.0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """An analysis with its version, as read from the database."""

    camera_id: UUID
    analysis: Analysis
    version: int
    state: State = field(default_factory=State)
    enabled_by: str | None = None
    """What has switched it on for a time; None: somebody did, for good."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure: at `target` (line or zone) of a camera, over `seconds` from `start` (UTC), of one class.

    coverage: share of the interval really watched, 0..1.
    """

    camera_id: UUID
    place: str
    scene: str
    target: str
    start: datetime
    seconds: int
    measure: str
    kind: str
    value: float
    coverage: float


def interval_start(moment: datetime) -> datetime:
    """The aligned start of the interval `moment` lies in."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % INTERVAL_SECONDS, UTC)


# --- the document people edit ---------------------------------------------------------------------------------------


def parse_lines(given: object) -> tuple[Line, ...]:
    """Lines from their JSON form.

    Raises:
        Refusal: `analyze.document_invalid` (422) naming the element, the rule and the value.
    """
    lines = []
    for where, item in items_of("lines", given, LINES_MAX):
        a, b = point_of(f"{where}.a", item.get("a")), point_of(f"{where}.b", item.get("b"))
        if math.dist(a, b) < LINE_SHORTEST:
            raise refused(where, f"a and b at least {LINE_SHORTEST} of the picture apart", [a, b])
        lines.append(Line(id_of(where, item), name_of(where, item), a, b, _classes(where, item)))
    distinct("lines", [line.id for line in lines])
    return tuple(lines)


def parse_zones(given: object) -> tuple[Zone, ...]:
    """Zones from their JSON form.

    Raises:
        Refusal: `analyze.document_invalid` (422) naming the element, the rule and the value.
    """
    zones = []
    for where, item in items_of("zones", given, ZONES_MAX):
        points = item.get("polygon")
        if not isinstance(points, list | tuple) or not 3 <= len(points) <= POINTS_MAX:
            raise refused(f"{where}.polygon", f"a list of 3 to {POINTS_MAX} points", points)
        polygon = tuple(point_of(f"{where}.polygon.{place}", point) for place, point in enumerate(points))
        if _area(polygon) < ZONE_SMALLEST:
            raise refused(f"{where}.polygon", f"area at least {ZONE_SMALLEST} of the picture", points)
        zones.append(Zone(id_of(where, item), name_of(where, item), polygon, _classes(where, item)))
    distinct("zones", [zone.id for zone in zones])
    return tuple(zones)


def check(analysis: Analysis) -> Analysis:
    """The rules across the document's parts.

    Raises:
        Refusal: `analyze.document_invalid` (422).
    """
    ids = [line.id for line in analysis.lines] + [zone.id for zone in analysis.zones]
    distinct("lines and zones", ids)
    if analysis.fps is not None and not 0 < analysis.fps <= 60:
        raise refused("fps", "above 0, at most 60", analysis.fps)
    if analysis.enabled and not ids and not analysis.scenes:
        raise refused("enabled", "at least one line, zone or scene before it is switched on", analysis.enabled)
    return analysis


def dump_line(line: Line) -> dict[str, Any]:
    """JSON form of a line."""
    return {"id": line.id, "name": line.name, "a": list(line.a), "b": list(line.b), "classes": list(line.classes)}


def dump_zone(zone: Zone) -> dict[str, Any]:
    """JSON form of a zone."""
    polygon = [list(point) for point in zone.polygon]
    return {"id": zone.id, "name": zone.name, "polygon": polygon, "classes": list(zone.classes)}


def refused(operand: str, rule: str, actual: object) -> Refusal:
    """A refusal of a document: which element, which rule, what was given."""
    return Refusal(
        "analyze.document_invalid", status=422, rule=rule, operand=operand, actual=_shown(actual), expected=rule
    )


def _shown(value: object) -> object:
    """What was given, short enough for an answer."""
    return value if isinstance(value, int | float | bool | None) else str(value)[:200]


def items_of(name: str, given: object, most: int) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a list with where each stands: ("lines.0", {…})."""
    if not isinstance(given, list | tuple) or len(given) > most:
        raise refused(name, f"a list of at most {most}", given)
    for place, item in enumerate(given):
        if not isinstance(item, dict):
            raise refused(f"{name}.{place}", "an object", item)
    return [(f"{name}.{place}", item) for place, item in enumerate(given)]


def id_of(where: str, item: dict[str, Any]) -> str:
    """The id of an element."""
    value = item.get("id")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise refused(f"{where}.id", "1 to 40 of a-z 0-9 _ -, not beginning with _ or -", value)
    return value


def name_of(where: str, item: dict[str, Any]) -> str:
    """Its name; without one its id."""
    value = item.get("name", item.get("id"))
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_MAX or not value.isprintable():
        raise refused(f"{where}.name", f"1 to {NAME_MAX} printable characters", value)
    return value.strip()


def _classes(where: str, item: dict[str, Any]) -> tuple[str, ...]:
    value = item.get("classes", list(CLASSES))
    if not isinstance(value, list | tuple) or not value or any(name not in CLASSES for name in value):
        raise refused(f"{where}.classes", "some of " + " ".join(CLASSES), value)
    return tuple(name for name in CLASSES if name in value)


def point_of(where: str, value: object) -> Point:
    """A point of the picture."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refused(where, "[x, y]", value)
    for part in value:
        if isinstance(part, bool) or not isinstance(part, int | float) or not 0 <= part <= 1:
            raise refused(where, "x and y within 0..1 of the picture", value)
    return float(value[0]), float(value[1])


def _area(polygon: tuple[Point, ...]) -> float:
    following = polygon[1:] + polygon[:1]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, following, strict=True))) / 2


def distinct(where: str, ids: list[str]) -> None:
    """Refuse ids given twice."""
    for value in ids:
        if ids.count(value) > 1:
            raise refused(where, "ids differ", value)


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
