"""Questions to devices, each with its answer as a value: who are you, how are you, what have you recorded."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from commonsight.clock import Clock
from commonsight.connect.gb28181.answers import Answers
from commonsight.connect.gb28181.model import Device
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.problem import Refusal

RECORDS_MOST: Final = 10_000
"""Recordings read from one answer."""

GAP_SECONDS: Final = 6.0
"""A list is taken as ended when its next message does not come within this, s; what came is kept and called short."""

LIST_SECONDS: Final = 60.0
PRESETS_MOST: Final = 512
CONFIGS: Final = ("BasicParam", "VideoParamOpt", "SVACEncodeConfig", "SVACDecodeConfig", "OSDConfig",
                  "VideoParamAttribute", "VideoRecordPlan", "VideoAlarmRecord", "PictureMask", "FrameMirror",
                  "AlarmReport", "SnapShotConfig")  # fmt: skip


class Asks(Protocol):
    """What of the server a question needs."""

    def next_serial(self) -> str: ...
    def responses(self, serial: str, device: str | None = None) -> Answers: ...
    async def command(self, device: Device, root: Element) -> None: ...
    async def query(
        self, device: Device, root: Element, *, serial: str | None = None, timeout: float = 10.0
    ) -> Manscdp: ...


@dataclass(frozen=True, slots=True)
class Info:
    """What a device says it is. `fields`: everything it said."""

    name: str
    manufacturer: str
    model: str
    firmware: str
    channels: int | None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """How a device says it is. `clock_difference`: its clock minus ours, seconds, half the way there and back taken
    off; None when it told no time we can read."""

    online: bool | None
    status: str | None
    encode: str | None
    record: str | None
    device_time: datetime | None
    clock_difference: float | None
    asked_at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    """A stretch of recorded video; times UTC."""

    name: str
    start: datetime
    end: datetime
    kind: str
    secrecy: str
    path: str
    address: str
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Recordings:
    """The answer to RecordInfo, by time. `expected`: how many the device said there are; `complete`: all came."""

    items: list[Recording]
    expected: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset of a camera."""

    number: int
    name: str


async def device_info(server: Asks, device: Device, target: str | None = None) -> Info:
    """Ask for DeviceInfo of the device, or of `target` behind it. Raises Refusal like `Gb28181.query`."""
    answer = await server.query(device, _question(server, "DeviceInfo", target or device.code))
    said = manscdp.item_fields(answer.root)
    channels = said.get("Channel", "")
    return Info(
        said.get("DeviceName", ""), said.get("Manufacturer", ""), said.get("Model", ""), said.get("Firmware", ""),
        int(channels) if channels.isascii() and channels.isdigit() and len(channels) < 7 else None, said,
    )  # fmt: skip


async def device_status(server: Asks, device: Device, clock: Clock, timezone: str, target: str | None = None) -> Status:
    """Ask for DeviceStatus. Raises Refusal like `Gb28181.query`."""
    asked_at, began = clock.now(), clock.monotonic()
    answer = await server.query(device, _question(server, "DeviceStatus", target or device.code))
    trip = clock.monotonic() - began
    said = manscdp.item_fields(answer.root)
    told = read_time(said.get("DeviceTime", ""), device, timezone)
    difference = None if told is None else (told - asked_at - timedelta(seconds=trip / 2)).total_seconds()
    online = {"ONLINE": True, "OFFLINE": False}.get(said.get("Online", "").upper())
    return Status(
        online, said.get("Status"), said.get("Encode"), said.get("Record"), told,
        None if difference is None else round(difference, 3), asked_at, said,
    )  # fmt: skip


async def records(
    server: Asks, device: Device, channel: str, start: datetime, end: datetime, timezone: str, *,
    kind: str = "all", gap: float = GAP_SECONDS,
) -> Recordings:  # fmt: skip
    """Ask what `channel` has recorded between two moments. Messages may come doubled, out of order or not at all.

    Args:
        kind: "all", "time", "alarm" or "manual".

    Raises Refusal like `Gb28181.query`; a list that breaks off is no refusal but not `complete`.
    """
    question = manscdp.build(
        "Query", "RecordInfo", server.next_serial(), channel,
        ("StartTime", write_time(start, device, timezone)), ("EndTime", write_time(end, device, timezone)),
        ("FilePath", ""), ("Address", ""), ("Secrecy", "0"), ("Type", kind), ("RecorderID", ""),
        ("IndistinctQuery", "0"),
    )  # fmt: skip
    pages = await _pages(server, device, question, "RecordList", gap, RECORDS_MOST)
    found: dict[tuple[str, datetime, datetime], Recording] = {}
    for item in pages.items:
        recording = _recording(item, device, timezone)
        if recording is not None:
            found[(recording.path, recording.start, recording.end)] = recording
    items = sorted(found.values(), key=lambda one: (one.start, one.end, one.path))
    return Recordings(items, pages.expected, pages.received >= pages.expected)


async def presets(server: Asks, device: Device, channel: str) -> list[Preset]:
    """Ask which presets `channel` has, by number. Raises Refusal like `Gb28181.query`."""
    question = _question(server, "PresetQuery", channel)
    pages = await _pages(server, device, question, "PresetList", GAP_SECONDS, PRESETS_MOST)
    found = {}
    for item in pages.items:
        number = item.get("PresetID", "")
        if number.isascii() and number.isdigit() and len(number) <= 4:
            found[int(number)] = Preset(int(number), item.get("PresetName", ""))
    return [found[number] for number in sorted(found)]


async def configuration(server: Asks, device: Device, channel: str, kind: str) -> dict[str, str]:
    """Ask for one kind of configuration, see `CONFIGS`; its fields flat.

    Raises Refusal like `Gb28181.query`, and `connect.control_invalid` for an unknown kind.
    """
    if kind not in CONFIGS:
        raise Refusal(
            "connect.control_invalid", status=422, rule="a kind of configuration", operand="kind",
            expected=list(CONFIGS), actual=kind[:40],
        )  # fmt: skip
    question = manscdp.build("Query", "ConfigDownload", server.next_serial(), channel, ("ConfigType", kind))
    return manscdp.item_fields((await server.query(device, question)).root)


@dataclass(slots=True)
class _List:
    items: list[dict[str, str]] = field(default_factory=list)
    expected: int = 0
    received: int = 0


async def _pages(server: Asks, device: Device, question: Element, tag: str, gap: float, most: int) -> _List:
    """Items of a list that comes in several messages under one serial number."""
    found = _List()
    seen: set[tuple[tuple[str, str], ...]] = set()
    async with server.responses(question.findtext("SN") or "", device.code) as answers:
        await server.command(device, question)
        loop = asyncio.get_running_loop()
        ends = loop.time() + LIST_SECONDS
        first = True
        while loop.time() < ends:
            try:
                message = await answers.get(min(max(gap, 10.0) if first else gap, max(0.1, ends - loop.time())))
            except TimeoutError:
                if first:
                    raise Refusal(
                        "connect.gb_no_answer", status=504, rule="an answer in time", name=device.name,
                        operand=question.findtext("CmdType"), expected=f"{max(gap, 10.0):g} s",
                    ) from None  # fmt: skip
                break
            first = False
            listed = message.root.find(tag)
            # Presets give their number as an attribute of the list alone.
            said = message.root.findtext("SumNum") or (listed.get("Num") if listed is not None else None) or "0"
            found.expected = max(found.expected, int(said) if said.isascii() and said.isdigit() else 0)
            for element in listed if listed is not None else ():
                item = manscdp.item_fields(element)
                mark = tuple(item.items())
                if mark not in seen and len(found.items) < most:
                    seen.add(mark)
                    found.items.append(item)
            found.received = len(found.items)
            if found.received >= found.expected or found.received >= most:
                break
    return found


def _question(server: Asks, command: str, target: str) -> Element:
    return manscdp.build("Query", command, server.next_serial(), target)


def _recording(item: Mapping[str, str], device: Device, timezone: str) -> Recording | None:
    start = read_time(item.get("StartTime", ""), device, timezone)
    end = read_time(item.get("EndTime", ""), device, timezone)
    if start is None or end is None or end < start:
        return None
    size = item.get("FileSize", "")
    return Recording(
        item.get("Name", ""), start, end, item.get("Type", ""), item.get("Secrecy", ""), item.get("FilePath", ""),
        item.get("Address", ""), int(size) if size.isascii() and size.isdigit() and len(size) < 19 else None,
    )  # fmt: skip


def read_time(text: str, device: Device, timezone: str) -> datetime | None:
    """A time as devices write it (`2026-11-22T08:30:00`, with or without fraction, rarely with a zone), UTC.

    Without a zone it is the region's wall clock, unless the device's `clock` quirk says otherwise. None for what is no
    time.
    """
    try:
        moment = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None
    if moment.tzinfo is None or device.quirks.clock == "wall":
        moment = moment.replace(tzinfo=UTC if device.quirks.clock == "utc" else ZoneInfo(timezone))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def write_time(moment: datetime, device: Device, timezone: str) -> str:
    """A moment as this device reads it."""
    zone = UTC if device.quirks.clock == "utc" else ZoneInfo(timezone)
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S}"
