"""What a camera is watched for, and what is observed: pure types and rules."""

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
class Analysis:
    """What one camera is watched for. `model` and `fps` are None where the settings decide."""

    enabled: bool = False
    model: str | None = None
    fps: float | None = None
    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()


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
    measure: Measure
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
    for where, item in _items("lines", given, LINES_MAX):
        a, b = _point(f"{where}.a", item.get("a")), _point(f"{where}.b", item.get("b"))
        if math.dist(a, b) < LINE_SHORTEST:
            raise _refused(where, f"a and b at least {LINE_SHORTEST} of the picture apart", [a, b])
        lines.append(Line(_id(where, item), _name(where, item), a, b, _classes(where, item)))
    _distinct("lines", [line.id for line in lines])
    return tuple(lines)


def parse_zones(given: object) -> tuple[Zone, ...]:
    """Zones from their JSON form.

    Raises:
        Refusal: `analyze.document_invalid` (422) naming the element, the rule and the value.
    """
    zones = []
    for where, item in _items("zones", given, ZONES_MAX):
        points = item.get("polygon")
        if not isinstance(points, list | tuple) or not 3 <= len(points) <= POINTS_MAX:
            raise _refused(f"{where}.polygon", f"a list of 3 to {POINTS_MAX} points", points)
        polygon = tuple(_point(f"{where}.polygon.{place}", point) for place, point in enumerate(points))
        if _area(polygon) < ZONE_SMALLEST:
            raise _refused(f"{where}.polygon", f"area at least {ZONE_SMALLEST} of the picture", points)
        zones.append(Zone(_id(where, item), _name(where, item), polygon, _classes(where, item)))
    _distinct("zones", [zone.id for zone in zones])
    return tuple(zones)


def check(analysis: Analysis) -> Analysis:
    """The rules across the document's parts.

    Raises:
        Refusal: `analyze.document_invalid` (422).
    """
    ids = [line.id for line in analysis.lines] + [zone.id for zone in analysis.zones]
    _distinct("lines and zones", ids)
    if analysis.fps is not None and not 0 < analysis.fps <= 60:
        raise _refused("fps", "above 0, at most 60", analysis.fps)
    if analysis.enabled and not ids:
        raise _refused("enabled", "at least one line or zone before it is switched on", analysis.enabled)
    return analysis


def dump_line(line: Line) -> dict[str, Any]:
    """JSON form of a line."""
    return {"id": line.id, "name": line.name, "a": list(line.a), "b": list(line.b), "classes": list(line.classes)}


def dump_zone(zone: Zone) -> dict[str, Any]:
    """JSON form of a zone."""
    polygon = [list(point) for point in zone.polygon]
    return {"id": zone.id, "name": zone.name, "polygon": polygon, "classes": list(zone.classes)}


def _refused(operand: str, rule: str, actual: object) -> Refusal:
    return Refusal(
        "analyze.document_invalid", status=422, rule=rule, operand=operand, actual=_shown(actual), expected=rule
    )


def _shown(value: object) -> object:
    """What was given, short enough for an answer."""
    return value if isinstance(value, int | float | bool | None) else str(value)[:200]


def _items(name: str, given: object, most: int) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(given, list | tuple) or len(given) > most:
        raise _refused(name, f"a list of at most {most}", given)
    for place, item in enumerate(given):
        if not isinstance(item, dict):
            raise _refused(f"{name}.{place}", "an object", item)
    return [(f"{name}.{place}", item) for place, item in enumerate(given)]


def _id(where: str, item: dict[str, Any]) -> str:
    value = item.get("id")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _refused(f"{where}.id", "1 to 40 of a-z 0-9 _ -, not beginning with _ or -", value)
    return value


def _name(where: str, item: dict[str, Any]) -> str:
    value = item.get("name", item.get("id"))
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_MAX or not value.isprintable():
        raise _refused(f"{where}.name", f"1 to {NAME_MAX} printable characters", value)
    return value.strip()


def _classes(where: str, item: dict[str, Any]) -> tuple[str, ...]:
    value = item.get("classes", list(CLASSES))
    if not isinstance(value, list | tuple) or not value or any(name not in CLASSES for name in value):
        raise _refused(f"{where}.classes", "some of " + " ".join(CLASSES), value)
    return tuple(name for name in CLASSES if name in value)


def _point(where: str, value: object) -> Point:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise _refused(where, "[x, y]", value)
    for part in value:
        if isinstance(part, bool) or not isinstance(part, int | float) or not 0 <= part <= 1:
            raise _refused(where, "x and y within 0..1 of the picture", value)
    return float(value[0]), float(value[1])


def _area(polygon: tuple[Point, ...]) -> float:
    following = polygon[1:] + polygon[:1]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, following, strict=True))) / 2


def _distinct(where: str, ids: list[str]) -> None:
    for value in ids:
        if ids.count(value) > 1:
            raise _refused(where, "ids differ", value)
