"""Gathering what is known about a camera that does not play, from the database and the signalling process."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from commonsight.catalog.model import Camera
from commonsight.clock import Clock
from commonsight.connect.conversation import Conversation, Said
from commonsight.connect.gb28181 import signalling_client, store
from commonsight.connect.gb28181.traced import Told
from commonsight.connect.wire import pcap
from commonsight.inspect import store as checks
from commonsight.inspect.why_model import Call, DeviceState, Evidence, Tried
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession

log = structlog.get_logger(__name__)

PROBES: Final = 1_000
WAIT_SECONDS: Final = 15.0
"""Longest wait for a try that was asked for."""
LOOK_SECONDS: Final = 0.25
LADDER_SECONDS: Final = 3_600.0
CALL_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Codes:
    """Whom the camera is behind: from an address `gb28181://device/channel`."""

    device: str
    channel: str


def codes_of(url: str | None) -> Codes | None:
    """None for cameras that are not behind a GB/T 28181 device."""
    parts = urlsplit(url or "")
    if parts.scheme != "gb28181":
        return None
    return Codes(parts.netloc, parts.path.strip("/"))


async def evidence(database: Database, clock: Clock, camera: Camera) -> Evidence:
    """All that is known now."""
    codes = codes_of(camera.url)
    async with database.read() as session:
        rows = await checks.probes(session, camera.row.id, PROBES)
        kept = None if codes is None else await store.by_code(session, codes.device)
        conversation = await _conversation(session, camera) if codes is None else None
    tried = [Tried(row.at, row.reachable, row.answered, row.first_frame, row.milliseconds, row.error) for row in rows]
    base = Evidence(
        now=clock.now(),
        protocol=camera.protocol,
        archived=camera.archived_at is not None,
        tried=tried[0] if tried else None,
        last_good_at=next((one.at for one in tried if one.first_frame), None),
        conversation=conversation,
        call=None if conversation is None else Call("over", "", "", conversation.description, conversation.counters),
    )
    if codes is None:
        return base
    device = None
    if kept is not None and not kept.removed:
        d = kept.device
        device = DeviceState(
            d.code, d.name, d.online, d.offline_reason, d.registered_at, d.keepalive_at, d.host or None
        )
    told = await _signalling(database, codes)
    return Evidence(
        now=base.now, protocol="gb28181", archived=base.archived, tried=base.tried, last_good_at=base.last_good_at,
        signalling=told is not None, device_code=codes.device, device=device,
        refused="" if told is None else told.refused, call=None if told is None else told.call,
        ladder=() if told is None else told.ladder,
    )  # fmt: skip


async def capture(database: Database, camera: Camera) -> bytes:
    """The messages remembered of the camera, and of the device before it, as a pcap file.

    Raises:
        Refusal: `inspect.why_no_capture` (404) when nothing was taken down; `connect.gb_no_signalling` (503).
    """
    codes = codes_of(camera.url)
    if codes is None:
        async with database.read() as session:
            conversation = await _conversation(session, camera)
        if conversation is not None:
            return pcap.write(_packet_of(conversation, said) for said in conversation.said)
        raise Refusal(
            "inspect.why_no_capture", status=404, rule="a check that somebody asked for", operand="camera",
            actual=camera.row.name,
        )  # fmt: skip
    async with signalling_client.connect(database, "diagnosis") as line:
        ladder = await _ladder(line, codes)
    return pcap.write(map(_packet, ladder))


async def newer(database: Database, clock: Clock, camera: Camera, since: datetime) -> bool:
    """Waits for the result of a try made after `since`; False when none came within `WAIT_SECONDS`."""
    begun = clock.monotonic()
    while clock.monotonic() - begun < WAIT_SECONDS:
        async with database.read() as session:
            rows = await checks.probes(session, camera.row.id, 1)
        if rows and rows[0].at >= since:
            return True
        await clock.sleep(LOOK_SECONDS)
    return False


@dataclass(frozen=True, slots=True)
class _Signalling:
    ladder: tuple[Told, ...]
    call: Call | None
    refused: str


async def _signalling(database: Database, codes: Codes) -> _Signalling | None:
    """What the signalling process knows; None when it does not answer."""
    try:
        async with signalling_client.connect(database, "diagnosis") as line:
            ladder, dialogs, refused = await asyncio.gather(
                _ladder(line, codes),
                line.call("dialogs", seconds=CALL_SECONDS, device=codes.device, channel=codes.channel),
                line.call("refused", seconds=CALL_SECONDS),
            )
    except Refusal as refusal:
        if refusal.code == "connect.gb_no_signalling" or refusal.status >= 500:
            log.info("signalling_silent", code=refusal.code)
            return None
        raise
    last = dialogs.get("last")
    words = next((str(one["why"]) for one in refused.get("items", ()) if one.get("code") == codes.device), "")
    return _Signalling(tuple(ladder), None if last is None else _call(last), words)


async def _ladder(line: signalling_client.Client, codes: Codes) -> list[Told]:
    ids = list(dict.fromkeys((codes.device, codes.channel)))
    said = await line.call("trace", seconds=CALL_SECONDS, ids=ids, within=LADDER_SECONDS)
    return [Told.read(entry) for entry in said["entries"]]


def _call(last: dict[str, Any]) -> Call:
    return Call(last["stage"], last["reason"], last["offer"], last["answer"], last["report"])


async def _conversation(session: ReadSession, camera: Camera) -> Conversation | None:
    kept = await checks.conversation(session, camera.row.id)
    return None if kept is None else Conversation.read(kept)


def _packet_of(conversation: Conversation, said: Said) -> pcap.Packet:
    ends = (conversation.ours, conversation.theirs)
    source, target = ends if said.direction == "out" else ends[::-1]
    return pcap.Packet(said.at, "tcp", source, target, said.raw, said.size)


def _packet(told: Told) -> pcap.Packet:
    there = (told.peer.host, told.peer.port)
    source, target = (there, told.local) if told.direction == "in" else (told.local, there)
    return pcap.Packet(told.at, told.peer.transport, source, target, told.raw, told.size)
