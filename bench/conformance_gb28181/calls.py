"""INVITE: calls that are accepted, refused, unanswered, answered too late, repeated, hung up; and recordings."""

import asyncio
from typing import Any

from bench.conformance_gb28181 import sipp
from bench.conformance_gb28181.house import House
from bench.conformance_gb28181.table import Table
from commonsight.connect.gb28181 import signalling_client
from commonsight.connect.gb28181.signalling_client import Client
from commonsight.problem import Refusal

OPEN = "SELECT count(*) FROM gb_dialogs WHERE device = :code"
RECORDING = {"kind": "playback", "start": 1_795_000_000, "end": 1_795_003_600}

STEPS: tuple[dict[str, Any], ...] = (
    {"action": "pause"},
    {"action": "play"},
    {"action": "seek", "position": 60},
    {"action": "speed", "speed": 2},
)


async def check(house: House, table: Table) -> None:
    """All of it; each case has a device of its own."""
    await asyncio.gather(_plays(house, table), _refused(house, table), _silent(house, table), _ends(house, table))
    await asyncio.gather(_late(house, table), _twice(house, table), _owner_gone(house, table))


async def _invite(house: House, line: Client, device: str, **fields: Any) -> dict[str, Any]:
    media = house.settings.sip.zones[0].media_ports
    wanted = {"kind": "play", "transport": "udp", "zone": "local", "host": "127.0.0.1", "port": media[1]} | fields
    return await line.call("invite", seconds=30, device=device, channel=device, **wanted)


async def _bye(house: House, table: Table, transport: str, dialog: str) -> None:
    """Ends a call that must still be there."""
    try:
        await house.line.call("bye", dialog=dialog)
    except Refusal as refusal:
        table.note("BYE", transport, "a call that nobody ended is still there", "state", False, refusal)


async def _given_back(house: House, device: str) -> bool:
    """No dialog is left on file: its stream number is free again."""
    return await house.until(OPEN, 0, seconds=15, code=device)


async def _plays(house: House, table: Table) -> None:
    for transport, device in (("udp", "45010000001320000031"), ("tcp", "45010000001320000032")):
        async with sipp.staying(house, device, "invite_play", transport=transport):
            answer = await _invite(house, house.line, device)
            good = (
                answer["remote"] == {"host": "127.0.0.1", "port": 20_000} and answer["answered_ssrc"] == answer["ssrc"]
            )
            table.note("INVITE", transport, "100, 200 with SDP, ACK; y= comes back", "state", good, answer)
            await _bye(house, table, transport, answer["dialog"])
            table.note(
                "BYE", transport, "ours is confirmed, nothing is left", "state", await _given_back(house, device)
            )
            played = await _invite(house, house.line, device, **RECORDING)
            table.note(
                "INVITE", transport, "playback: y= begins with 1", "state", played["ssrc"].startswith("1"), played
            )
            for step in STEPS:
                try:
                    await house.line.call("control", dialog=played["dialog"], **step)
                    good, words = True, ""
                except Refusal as refusal:
                    good, words = False, str(refusal)
                table.note("INFO", transport, f"MANSRTSP {step['action']} is confirmed", "sipp", good, words)
            if transport == "udp":
                ran = await sipp.run(house, "media_status", device)
                table.note("MediaStatus", "udp", "121 (end of file) is confirmed", "sipp", ran.good, ran.words)
                ended = await _given_back(house, device)
                table.note("MediaStatus", "udp", "and its dialog is ended by us", "state", ended)
            else:
                await _bye(house, table, transport, played["dialog"])


async def _refused(house: House, table: Table) -> None:
    device = "45010000001320000033"
    async with sipp.staying(house, device, "invite_busy"):
        words = ""
        try:
            await _invite(house, house.line, device)
        except Refusal as refusal:
            words = f"{refusal.code} {refusal.actual}"
        good = words == "connect.gb_invite_refused 486 Busy Here"
        table.note("INVITE", "udp", "486 is acknowledged and told as it is", "state", good, words)
        table.note(
            "INVITE", "udp", "refused: its stream number is free again", "state", await _given_back(house, device)
        )


async def _silent(house: House, table: Table) -> None:
    for scenario, device, words in (
        ("invite_silent", "45010000001320000034", "no answer at all: given up in time"),
        ("invite_rings", "45010000001320000035", "rings for ever: taken back with CANCEL"),
    ):
        async with sipp.staying(house, device, scenario):
            code = ""
            try:
                await _invite(house, house.line, device)
            except Refusal as refusal:
                code = refusal.code
            table.note("INVITE", "udp", words, "state", code == "connect.gb_silent", code)
            await asyncio.sleep(0.5)  # for CANCEL, 487 and ACK to pass: the capture is asked about them
            free = await _given_back(house, device)
            table.note("INVITE", "udp", f"{words.partition(':')[0]}: nothing is left", "state", free)


async def _late(house: House, table: Table) -> None:
    device = "45010000001320000036"
    async with sipp.staying(house, device, "invite_late"):
        code = ""
        try:
            await _invite(house, house.line, device)
        except Refusal as refusal:
            code = refusal.code
        table.note(
            "INVITE",
            "udp",
            "200 after we gave up: the caller hears of the silence",
            "state",
            code == "connect.gb_silent",
            code,
        )
        await asyncio.sleep(4)  # the device answers after 9.5 s; the capture is asked whether ACK and BYE followed
        table.note("INVITE", "udp", "200 after we gave up: nothing is left", "state", await _given_back(house, device))


async def _twice(house: House, table: Table) -> None:
    device = "45010000001320000037"
    async with sipp.staying(house, device, "invite_twice"):
        answer = await _invite(house, house.line, device)
        await asyncio.sleep(1)  # the second 200 comes 0.3 s after the first
        await _bye(house, table, "udp", answer["dialog"])
        table.note("INVITE", "udp", "a repeated 200 opens no second call", "state", await _given_back(house, device))


async def _ends(house: House, table: Table) -> None:
    device = "45010000001320000038"
    async with sipp.staying(house, device, "invite_hangup"):
        told: list[dict[str, Any]] = []
        answer = await _invite(house, house.line, device)
        house.line.listen(answer["dialog"], told.append)
        for _ in range(100):
            if told:
                break
            await asyncio.sleep(0.1)
        table.note("BYE", "udp", "theirs ends the call and its holder is told", "state", bool(told), told)
        table.note("BYE", "udp", "theirs: nothing is left", "state", await _given_back(house, device))


async def _owner_gone(house: House, table: Table) -> None:
    """A media node that dies leaves no call behind."""
    device = "45010000001320000039"
    async with sipp.staying(house, device, "invite_play"):
        async with signalling_client.connect(house.database, "media that dies") as line:
            await _invite(house, line, device)
        free = await _given_back(house, device)
        table.note("BYE", "udp", "a media node that is gone: its call is ended for it", "state", free)
