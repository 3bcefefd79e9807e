"""A catalogue item as an upper platform reads it, in the edition it speaks. Pure.

What a lower platform said of a camera is handed on field by field from a list of its own: an address, a password, a
parent or anything that reads like an identifier stays here.
"""

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from commonsight.connect.gb28181.above.ids_store import Shown
from commonsight.connect.gb28181.above.model import ROUTE_FIELD, mark, read_route

_CODE: Final = re.compile(r"\d{18,}")
"""Runs of digits as long as an identifier: never handed on."""

VALUE_MOST: Final = 200
ROUTE_MOST: Final = 16
"""Platforms a route names; a longer chain is no cascade any more."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")

_BOTH: Final = ("PTZType", "RoomType", "SupplyLightType", "DirectionType", "Resolution", "DownloadSpeed",
                "SVCSpaceSupportMode", "SVCTimeSupportMode")  # fmt: skip
_OLD: Final = ("PositionType", "UseType")
_NEW: Final = (
    "PhotoelectricImagingType", "CapturePositionType", "StreamNumberList", "MobileDeviceType", "HorizontalFieldAngle",
    "VerticalFieldAngle", "MaxViewDistance", "PointCommonName", "FunctionType", "EncodeType", "InstallTime",
    "RecordSaveDays", "IndustrialClassification",
)  # fmt: skip
"""Fields of `Info` that are handed on. Who to telephone, network addresses and MACs are not among them."""


def item(shown: Shown, own: str, *, modern: bool, event: str | None = None) -> Element:
    """One `Item`.

    Args:
        own: the id the upper platform knows us by, under which everything hangs.
        modern: fields of 2022 instead of 2016.
        event: what happened to it, in a notice; ON, OFF and DEL name the item alone.
    """
    found = Element("Item")
    _add(found, "DeviceID", shown.code)
    if event is not None:
        _add(found, "Event", event)
        if event in ("ON", "OFF", "DEL"):
            return found
    _add(found, "Name", clean(shown.name))
    if shown.kind == "region":
        return found
    record = shown.record or {}
    _add(found, "Manufacturer", clean(record.get("Manufacturer", "")) or "Commonsight")
    _add(found, "Model", clean(record.get("Model", "")) or "Camera")
    if not modern:
        _add(found, "Owner", clean(shown.owner) or "0")
    _add(found, "CivilCode", shown.region[:6])
    _add(found, "Address", clean(shown.address) or "0")
    _add(found, "Parental", "0")
    _add(found, "ParentID", own)
    if not modern:
        _add(found, "SafetyWay", "0")
    _add(found, "RegisterWay", "1")
    if modern:
        _add(found, "SecurityLevelCode", clean(record.get("SecurityLevelCode", "")) or "A")
    _add(found, "Secrecy", "0")
    _add(found, "Status", "ON" if shown.online else "OFF")
    if shown.point is not None:
        _add(found, "Longitude", f"{shown.point[0]:.6f}")
        _add(found, "Latitude", f"{shown.point[1]:.6f}")
    _info(found, record, own, modern=modern)
    return found


def _info(found: Element, record: dict[str, str], own: str, *, modern: bool) -> None:
    info = SubElement(found, "Info")
    for name in _BOTH + (_NEW if modern else _OLD):
        if value := clean(record.get(f"Info/{name}", "")):
            _add(info, name, value)
    if modern:
        grassroots = record.get("Info/GrassrootsCode", "")
        _add(info, "GrassrootsCode", grassroots if re.fullmatch(r"\d{6}", grassroots) else "000000")
        point = record.get("Info/PointType", "")
        _add(info, "PointType", point if point in ("1", "2", "3", "9") else "9")
    passed = read_route(record.get(ROUTE_FIELD))[-ROUTE_MOST + 1 :]
    _add(info, ROUTE_FIELD.partition("/")[2], " ".join(dict.fromkeys((*passed, mark(own)))))


def clean(text: str) -> str:
    """Text that XML can carry, without anything that reads like an identifier."""
    return _CODE.sub("*", _CONTROL.sub(" ", text)).strip()[:VALUE_MOST]


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
