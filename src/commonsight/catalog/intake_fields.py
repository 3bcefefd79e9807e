"""What a catalogue item of GB/T 28181 says, in the camera file's own terms. Pure.

Items of 2016 and 2022 differ in which fields they have and where they stand (`BusinessGroupID` moved from `Info` to the
item itself); both are read by looking in either place. Every field that came is kept as it came in `record`, except
passwords. What a field means is field practice, not a standard's text.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import chain
from typing import Final

from commonsight.catalog import vocabulary
from commonsight.places.model import DIGITS

NAME_MOST, ADDRESS_MOST, UNIT_MOST, CODE_MOST = 200, 300, 100, 64
PARENTS_MOST = 8

SECRET_FIELDS: Final = frozenset({"password"})
"""Never stored: what a lower platform logs in to its cameras with is no business of the file."""

STATUSES: Final = frozenset({"ON", "OFF", "VLOST", "DEFECT"})

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_NO_GRASSROOTS = "000000"


class ChannelKind(StrEnum):
    """What an item is. `UNKNOWN`: only its identifier was heard so far."""

    CAMERA = "camera"
    GROUP = "group"
    ORGANISATION = "organisation"
    REGION = "region"
    DEVICE = "device"
    OTHER = "other"
    UNKNOWN = "unknown"


_BY_TYPE: Final = {
    121: ChannelKind.CAMERA,
    131: ChannelKind.CAMERA,
    132: ChannelKind.CAMERA,
    138: ChannelKind.CAMERA,
    215: ChannelKind.GROUP,
    216: ChannelKind.ORGANISATION,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """One item.

    Args:
        parent: the identifier it hangs in, None at the top.
        groups: business groups and virtual organisations a camera is in, sorted.
        status: `ON`, `OFF`, `VLOST`, `DEFECT`; None when it says nothing we know.
        regions: division codes it may lie in, the longest first; which of them exist is the caller's to see.
        place: (lon, lat) as reported, whatever their system.
        unit: the organisation that answers for it.
        digest: 63 bits over `record`, the same for the same fields in any order.
    """

    code: str
    kind: ChannelKind
    name: str
    parent: str | None
    groups: tuple[str, ...]
    status: str | None
    record: dict[str, str]
    digest: int
    regions: tuple[str, ...] = ()
    address: str = ""
    camera_kind: str = "unknown"
    sector: str = "other"
    place: tuple[float, float] | None = None
    unit: str | None = None


def clean(text: str, most: int) -> str:
    """One line of at most `most` characters, without control characters. Rare characters stay."""
    if not text.isprintable():  # which also says no to some rare characters that only newer tables know
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())[:most].rstrip()


def code_of(fields: Mapping[str, str]) -> str:
    """The item's identifier; "" when it has none that could be kept."""
    code = clean(fields.get("DeviceID", ""), CODE_MOST + 1)
    return code if len(code) <= CODE_MOST else ""


def read(fields: Mapping[str, str], *, source_code: str = "") -> Reported:
    """Take an item apart. Never raises: what makes no sense is left out, and stays readable in `record`.

    Args:
        fields: leaves of the item by path, e.g. `Name`, `Info/PTZType`; `DeviceID` must not be empty.
        source_code: identifier of the platform that reports, which is nobody's group.
    """
    code = code_of(fields)
    kind = _kind(code, fields)
    record = _record(fields)
    parents = _parents(fields, code, source_code)
    groups, parent = _hanging(kind, code, fields, parents)
    shared = {
        "code": code,
        "kind": kind,
        "name": clean(fields.get("Name", ""), NAME_MOST) or code,
        "parent": parent,
        "groups": groups,
        "status": _status(fields),
        "record": record,
        "digest": _digest(record),
    }
    if kind is not ChannelKind.CAMERA:
        return Reported(**shared)  # type: ignore[arg-type]
    return Reported(
        **shared,  # type: ignore[arg-type]
        regions=_regions(code, fields),
        address=clean(fields.get("Address", ""), ADDRESS_MOST),
        camera_kind=_camera_kind(fields),
        sector=_sector(code),
        place=_place(fields),
        unit=clean(fields.get("Info/ManagementUnit", "") or fields.get("ManagementUnit", ""), UNIT_MOST) or None,
    )


def is_gb(code: str) -> bool:
    """Whether `code` may stand as the identifier of a camera: 20 digits."""
    return len(code) == 20 and code.isascii() and code.isdigit()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _kind(code: str, fields: Mapping[str, str]) -> ChannelKind:
    if is_gb(code):
        number = int(code[10:13])
        if found := _BY_TYPE.get(number):
            return found
        if 111 <= number <= 130 or 200 <= number <= 214:
            return ChannelKind.DEVICE
        return ChannelKind.OTHER
    if _digits(code) and len(code) in (2, 4, 6, 8):
        return ChannelKind.REGION
    # An identifier of the vendor's own making: what has nothing below it shows pictures.
    return ChannelKind.DEVICE if fields.get("Parental", "").strip() == "1" else ChannelKind.CAMERA


def _parents(fields: Mapping[str, str], code: str, source_code: str) -> list[str]:
    """The identifiers in ParentID: one, or several joined by `/` (vendors also send `platform/parent`)."""
    parts = [clean(part, CODE_MOST) for part in fields.get("ParentID", "").split("/")[:PARENTS_MOST]]
    return [part for part in parts if part and part not in (code, source_code)]


def _type_kind(code: str) -> ChannelKind | None:
    return _BY_TYPE.get(int(code[10:13])) if is_gb(code) else None


def _hanging(
    kind: ChannelKind, code: str, fields: Mapping[str, str], parents: list[str]
) -> tuple[tuple[str, ...], str | None]:
    """The groups a camera is in, and the parent: of a group another group, of anything else what it is part of."""
    business = clean(fields.get("BusinessGroupID", "") or fields.get("Info/BusinessGroupID", ""), CODE_MOST)
    grouping = [part for part in parents if _type_kind(part) in (ChannelKind.GROUP, ChannelKind.ORGANISATION)]
    if kind in (ChannelKind.GROUP, ChannelKind.ORGANISATION):
        # A virtual organisation directly under its business group names it in BusinessGroupID alone.
        above = grouping[-1] if grouping else business if kind is ChannelKind.ORGANISATION else ""
        return (), above if above and above != code else None
    plain = [part for part in parents if part not in grouping]
    parent = plain[-1] if plain else None
    if kind is not ChannelKind.CAMERA:
        return (), parent or (grouping[-1] if grouping else None)
    # Inside a virtual organisation the business group is implied: the tree leads up to it.
    groups = grouping or ([business] if business else [])
    return tuple(sorted(set(groups))), parent


def _status(fields: Mapping[str, str]) -> str | None:
    word = fields.get("Status", "").strip().upper()
    return {"OK": "ON", "ONLINE": "ON", "OFFLINE": "OFF"}.get(word, word if word in STATUSES else None)


def _record(fields: Mapping[str, str]) -> dict[str, str]:
    """What is kept of an item: everything but secrets, and the word that a notification puts in front of it."""
    record = {name: value for name, value in fields.items() if not _left_out(name)}
    if _CONTROL.search("".join(record)) or _CONTROL.search("".join(record.values())):
        record = {_CONTROL.sub(" ", name): _CONTROL.sub(" ", value) for name, value in record.items()}
    return record


@lru_cache(maxsize=1_024)
def _left_out(name: str) -> bool:
    return name == "Event" or name.rpartition("/")[2].lower() in SECRET_FIELDS


def _digest(record: Mapping[str, str]) -> int:
    # No field holds these separators: control characters are gone by now.
    packed = "\x1f".join(chain.from_iterable(sorted(record.items()))).encode()
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest()) >> 1


def _regions(code: str, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Candidates, the longest first: county with the township and village of GrassrootsCode, the county, its parents.

    CivilCode comes first and the identifier's own centre after it: identifiers outlive moves and mergers.
    """
    found: list[str] = []
    civil = fields.get("CivilCode", "").strip()
    civil = civil if _digits(civil) and len(civil) in (2, 4, 6, 8) else ""
    county = _county(civil)
    grassroots = (fields.get("Info/GrassrootsCode", "") or fields.get("GrassrootsCode", "")).strip()
    if len(county) == 6 and len(grassroots) == 6 and _digits(grassroots) and grassroots != _NO_GRASSROOTS:
        found += [county + grassroots, county + grassroots[:3]]
    for start in (county, _county(code[:6]) if is_gb(code) else ""):
        found += [start[:digits] for digits in (6, 4, 2) if len(start) >= digits]
    valid = set(DIGITS.values())
    return tuple(dict.fromkeys(region for region in found if len(region) in valid))


def _county(code: str) -> str:
    """The prefix that a code of two to eight digits means, whose unused levels are `00`."""
    code = code[:6]
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


@cache
def _kinds() -> dict[str, str]:
    return {str(kind.gb): kind.code for kind in vocabulary.kinds().values() if kind.gb}


def _camera_kind(fields: Mapping[str, str]) -> str:
    said = (fields.get("Info/PTZType", "") or fields.get("PTZType", "")).strip()
    return _kinds().get(said, "unknown")


@cache
def _sectors() -> dict[str, str]:
    return {sector.industry: sector.code for sector in vocabulary.sectors().values()}


def _sector(code: str) -> str:
    return _sectors().get(code[8:10], "other") if is_gb(code) else "other"


def _place(fields: Mapping[str, str]) -> tuple[float, float] | None:
    """Degrees as reported; None when they are missing, out of range, or the (0, 0) of a form left empty."""
    try:
        lon, lat = float(fields.get("Longitude", "")), float(fields.get("Latitude", ""))
    except ValueError:
        return None
    if not (math.isfinite(lon) and math.isfinite(lat)) or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None
    return None if lon == 0 or lat == 0 else (lon, lat)
