"""Words and rules of GA/T 1400 messages as devices practise them: reading what they send, saying what they expect.

Devices disagree on small things (a list of one without its brackets, a number as text, times with and without a
zone), so reading is forgiving; what cannot be read is named, object by object, and the rest is taken.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

CONTENT_TYPE: Final = "application/VIID+JSON;charset=UTF-8"
OBJECTS_MOST: Final = 1_000
"""Objects taken from one message."""
IMAGES_MOST: Final = 16
FIELD_MOST: Final = 200
CODE_MOST: Final = 64
PAST_MOST: Final = timedelta(days=7)
AHEAD_MOST: Final = timedelta(minutes=5)
"""An object seen further back or ahead than this has a wrong clock."""


class Status(IntEnum):
    """Status codes of an answer."""

    OK = 0
    OTHER = 1
    BUSY = 2
    DEVICE_ERROR = 3
    INVALID_OPERATION = 4
    INVALID_JSON = 7
    INVALID_CONTENT = 8


class Kind(StrEnum):
    """What was recognised."""

    FACE = "face"
    PERSON = "person"
    MOTOR_VEHICLE = "motor_vehicle"
    NON_MOTOR_VEHICLE = "non_motor_vehicle"


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind is written: resource, list, object, the field of its identifier and those of its time.

    `detail`: the kind's number in a subscription.
    """

    resource: str
    listing: str
    item: str
    identifier: str
    times: tuple[str, ...]
    detail: str


FORMS: Final[dict[Kind, Form]] = {
    Kind.FACE: Form("Faces", "FaceListObject", "FaceObject", "FaceID",
                    ("FaceAppearTime", "ShotTime", "LocationMarkTime"), "12"),
    Kind.PERSON: Form("Persons", "PersonListObject", "PersonObject", "PersonID",
                      ("PersonAppearTime", "ShotTime", "LocationMarkTime"), "11"),
    Kind.MOTOR_VEHICLE: Form("MotorVehicles", "MotorVehicleListObject", "MotorVehicleObject", "MotorVehicleID",
                             ("PassTime", "AppearTime", "MarkTime"), "13"),
    Kind.NON_MOTOR_VEHICLE: Form("NonMotorVehicles", "NonMotorVehicleListObject", "NonMotorVehicleObject",
                                 "NonMotorVehicleID", ("PassTime", "AppearTime", "MarkTime"), "14"),
}  # fmt: skip
BY_RESOURCE: Final = {form.resource: kind for kind, form in FORMS.items()}

PLAIN: Final = frozenset({
    "InfoKind", "SourceID", "DeviceID", "TollgateID", "LaneNo", "Direction", "Speed", "DrivingStatusCode", "HasPlate",
    "PlateClass", "PlateColor", "VehicleClass", "VehicleBrand", "VehicleModel", "VehicleColor", "VehicleLength",
    "LeftTopX", "LeftTopY", "RightBtmX", "RightBtmY", "GenderCode", "AgeUpLimit", "AgeLowerLimit", "IsDriver",
    "PassTime", "AppearTime", "DisappearTime", "FaceAppearTime", "FaceDisAppearTime", "PersonAppearTime",
    "PersonDisAppearTime", "ShotTime", "MarkTime", "LocationMarkTime",
})  # fmt: skip
"""Fields that say what was seen and not who it was: all that is kept unless the settings ask for more."""
IDENTITY: Final = frozenset({
    "PlateNo", "PlateNoAttach", "IDNumber", "IDType", "Name", "UsedName", "Alias", "NationalityCode", "EthicCode",
    "FaceUUID", "PassportType", "HikFaceID",
})  # fmt: skip
"""Fields that say who it was; kept only where the settings ask for them."""


class Malformed(ValueError):
    """A message that cannot be read. `field` names what is wrong with it."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Image:
    """A picture inside an object, still as base64 text."""

    name: str
    data: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Something a device recognised. `camera`: the code it names; `record`: the fields that are kept."""

    kind: Kind
    object: str
    camera: str
    name: str
    seen_at: datetime
    record: dict[str, Any]
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A device found somebody or something it was told to look for."""

    alarm: str
    camera: str
    title: str
    raised_at: datetime
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of one object of a message."""

    id: str
    status: Status
    reason: str


def parse(body: bytes) -> dict[str, Any]:
    """A message's JSON object. Raises `Malformed`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("body", "JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise Malformed("body", "a JSON object")
    return found


def inside(message: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The object under the first of `names`. Raises `Malformed`."""
    for name in names:
        if isinstance(found := message.get(name), dict):
            return found
    raise Malformed(names[0], "an object")


def device_of(message: Mapping[str, Any]) -> str:
    """`DeviceID` of a register, unregister or keepalive message. Raises `Malformed`."""
    return code(message.get("DeviceID"), "DeviceID")


def code(value: Any, field: str) -> str:
    """An identifier as devices write them: letters and digits. Raises `Malformed`."""
    found = str(value).strip() if isinstance(value, str | int) else ""
    if not (0 < len(found) <= CODE_MOST and found.isascii() and found.replace("-", "").replace("_", "").isalnum()):
        raise Malformed(field, f"1 to {CODE_MOST} letters and digits")
    return found


def items(listing: Any, name: str) -> list[Any]:
    """The objects of a list, however it is written: under its name or bare, one without brackets.

    Raises `Malformed` for more than `OBJECTS_MOST`.
    """
    if isinstance(listing, Mapping) and name in listing:
        listing = listing[name]
    found = listing if isinstance(listing, list) else [] if listing is None else [listing]
    if len(found) > OBJECTS_MOST:
        raise Malformed(name, f"at most {OBJECTS_MOST} objects")
    return found


def notified(notification: Mapping[str, Any]) -> Iterator[tuple[Kind, Any]]:
    """The objects of a subscription's notification, each with its kind."""
    for kind, form in FORMS.items():
        for name in (form.item + "List", form.listing, form.item.removesuffix("Object") + "List"):
            if name in notification:
                for each in items(notification[name], form.item):
                    yield kind, each


def seen(kind: Kind, given: Any, device: str, zone: ZoneInfo, now: datetime, *, identity: bool) -> Seen:
    """Read one object.

    Args:
        device: who sent it; an object that names no camera is this device's own.
        zone: of times that name none.
        identity: keep who it was, too.

    Raises `Malformed`.
    """
    if not isinstance(given, Mapping):
        raise Malformed(FORMS[kind].item, "an object")
    form = FORMS[kind]
    at = next((given[name] for name in form.times if given.get(name)), None)
    moment = now if at is None else time(at, form.times[0], zone)
    if not now - PAST_MOST <= moment <= now + AHEAD_MOST:
        raise Malformed(form.times[0], "a time of the last days: the device's clock is wrong")
    camera = given.get("DeviceID") or given.get("TollgateID") or device
    kept = PLAIN | IDENTITY if identity else PLAIN
    record = {name: plain for name, value in given.items() if name in kept and (plain := _plain(value)) is not None}
    return Seen(
        kind, code(given.get(form.identifier), form.identifier), code(camera, "DeviceID"), class_of(kind, given),
        moment, record, tuple(_images(given)),
    )  # fmt: skip


def alarm(given: Any, device: str, zone: ZoneInfo, now: datetime, *, identity: bool) -> Alarm:
    """Read one notification of a control order (布控). Raises `Malformed`."""
    if not isinstance(given, Mapping):
        raise Malformed("DispositionNotificationObject", "an object")
    found: Mapping[str, Any] = {}
    for form in FORMS.values():
        if isinstance(inner := given.get(form.item), Mapping):
            found = inner
    at = given.get("TriggerTime")
    moment = now if not at else time(at, "TriggerTime", zone)
    record: dict[str, Any] = {
        name: _plain(str(given[name])) for name in ("DispositionID", "CntObjectID") if given.get(name)
    }
    if identity:
        record |= {name: _plain(str(found[name])) for name in IDENTITY if found.get(name)}
    camera = found.get("DeviceID") or given.get("DeviceID") or device
    title = str(_plain(" ".join(str(given.get("Title") or "").split())))
    name = "NotificationID"
    return Alarm(code(given.get(name), name), code(camera, "DeviceID"), title, min(moment, now), record)


def time(value: Any, field: str, zone: ZoneInfo) -> datetime:
    """`20261122193000`, also with milliseconds, or an ISO time; without a zone it is `zone`'s. Raises `Malformed`."""
    text = str(value).strip()
    try:
        if text.isascii() and text.isdigit() and len(text) in (14, 17):
            found = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=zone)
        else:
            found = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(field, "YYYYMMDDhhmmss") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def class_of(kind: Kind, given: Mapping[str, Any]) -> str:
    """The road user an object counts as: classes of analyze, and `face`.

    Motor vehicles are told by the first letter of their class code (K passengers, H goods, M motorcycles …) and, for
    K, its size (1 and 2: coaches).
    """
    if kind is Kind.FACE or kind is Kind.PERSON:
        return kind.value
    if kind is Kind.NON_MOTOR_VEHICLE:
        return "bicycle"
    told = str(given.get("VehicleClass") or "").strip().upper()
    if told.startswith("M"):
        return "motorcycle"
    if told.startswith(("H", "B", "G", "Q", "Z")):
        return "truck"
    if told[:2] in {"K1", "K2"}:
        return "bus"
    return "car"


def _plain(value: Any) -> str | int | float | bool | None:
    """A value the database can keep; None for any other. A JSON reader lets through more than PostgreSQL does."""
    if isinstance(value, str):
        return value[:FIELD_MOST].replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else None
    return None


def _images(given: Mapping[str, Any]) -> Iterator[Image]:
    listing = given.get("SubImageList")
    try:
        found = items(listing, "SubImageInfoObject")
    except Malformed:
        return
    for each in found[:IMAGES_MOST]:
        if isinstance(each, Mapping) and isinstance(data := each.get("Data"), str) and data:
            yield Image(str(each.get("ImageID") or "")[:CODE_MOST], data)


def answer(url: str, status: Status, reason: str, now: datetime, identifier: str = "") -> dict[str, Any]:
    """One status object. `now` in the zone devices are told the time in."""
    return {
        "Id": identifier,
        "RequestURL": url,
        "StatusCode": int(status),
        "StatusString": reason or status.name,
        "LocalTime": f"{now:%Y%m%d%H%M%S}",
    }
