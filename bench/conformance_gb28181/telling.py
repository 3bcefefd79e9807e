"""MESSAGE and NOTIFY: signs of life, questions and answers, commands, and what devices report by themselves."""

import asyncio
import socket
from typing import Any

from bench.conformance_gb28181 import sipp
from bench.conformance_gb28181.house import House
from bench.conformance_gb28181.table import Table
from commonsight.connect.gb28181.subscriptions import Event, want
from commonsight.problem import Refusal

DAY = {"start": "2026-11-22T00:00:00+08:00", "end": "2026-11-22T23:00:00+08:00"}
NAMES = "SELECT string_agg(name, ',' ORDER BY code) FROM gb_channels WHERE device_id = (SELECT id FROM gb_devices WHERE code = :code) AND deleted_at IS NULL"  # noqa: E501
COUNT = "SELECT count(*) FROM gb_channels WHERE device_id = (SELECT id FROM gb_devices WHERE code = :code) AND deleted_at IS NULL"  # noqa: E501
STATUS = "SELECT status FROM gb_channels WHERE device_id = (SELECT id FROM gb_devices WHERE code = :code) AND code = :channel"  # noqa: E501
THREE = "民族大道𡐓口,邕江大桥,南湖公园"


async def alone(house: House, table: Table) -> None:
    """What needs no answering device."""
    device = "45010000001320000011"
    stranger = await sipp.run(house, "keepalive_stranger", "45010000001320000999")
    table.note("Keepalive", "udp", "of a device that never registered: 403", "sipp", stranger.good, stranger.words)
    await sipp.run(house, "register", device)
    for transport in ("udp", "tcp"):
        ran = await sipp.run(house, "keepalive", device, transport=transport)
        table.note("Keepalive", transport, "is confirmed with 200", "sipp", ran.good, ran.words)
    answers = await asyncio.to_thread(_three_times, house.port, _alarm(house, device))
    table.note(
        "MESSAGE", "udp", "one message sent three times is answered three times", "socket", answers == 3, answers
    )
    kept = await house.until("SELECT count(*) FROM gb_alarms WHERE code = :code", 1, code=device)
    heard = sum('"device_alarm"' in line and device in line for line in house.lines)
    table.note(
        "Alarm", "udp", "is kept, and worked on once however often it was sent", "state", kept and heard == 1, heard
    )
    for scenario, words in (
        ("malformed", "a body that is no XML: 400, and the next message is taken"),
        ("entities", "a document with a type declaration is refused unread: 400"),
        ("options", "OPTIONS is answered with what is allowed"),
        ("unknown_method", "an unknown method: 405"),
    ):
        ran = await sipp.run(house, scenario, device)
        table.note(
            "MESSAGE" if "body" in words or "document" in words else "other", "udp", words, "sipp", ran.good, ran.words
        )


async def answering(house: House, table: Table) -> None:
    """Questions to a device that answers; its catalogue; what it reports later."""
    for transport, device in (("udp", "45010000001180000021"), ("tcp", "45010000001180000022")):
        async with sipp.staying(house, device, "device", transport=transport):
            await _questions(house, table, transport, device)
            filed = await house.until(COUNT, 3, seconds=30, code=device)
            table.note(
                "Catalog", transport, "three pages, out of order and one doubled: three channels", "state", filed
            )
            names = (await house.rows(NAMES, code=device))[0][0]
            table.note(
                "Catalog", transport, "names in GB18030 with rare characters survive", "state", names == THREE, names
            )
            await _commands(house, table, transport, device)
            await _subscriptions(house, table, transport, device)
            if transport == "udp":
                await _reports(house, table, device)
    large, code = "device_large", "45010000001180000023"
    async with sipp.staying(house, code, large, transport="tcp"):
        filed = await house.until(COUNT, 99, seconds=40, code=code)
        table.note(
            "Catalog", "tcp", "99 channels in one message of 40 KB", "state", filed, await house.rows(COUNT, code=code)
        )


async def _questions(house: House, table: Table, transport: str, device: str) -> None:
    async def ask(op: str, **fields: Any) -> dict[str, Any]:
        try:
            return await house.line.call(op, device=device, **fields)
        except Refusal as refusal:
            return {"refused": str(refusal)}

    info = await ask("query_info")
    table.note(
        "DeviceInfo", transport, "maker, model and firmware are read", "state", info.get("firmware") == "V1.2.3", info
    )
    status = await ask("query_status")
    wrong = isinstance(status.get("clock_difference"), float) and status["clock_difference"] < -86_400
    table.note("DeviceStatus", transport, "a clock that is wrong by months is measured", "state", wrong, status)
    found = await ask("records", channel=device, **DAY)
    paths = [item["path"] for item in found.get("items", ())]
    good = paths == ["f1", "f2", "f3"] and found.get("complete")
    table.note(
        "RecordInfo", transport, "pages out of order and doubled: three recordings, by time", "state", bool(good), found
    )
    presets = await ask("presets", channel=device)
    names = [item["name"] for item in presets.get("items", ())]
    table.note("PresetQuery", transport, "two presets with names", "state", names == ["gate", "road"], presets)
    config = await ask("query_config", channel=device, kind="BasicParam")
    beat = config.get("fields", {}).get("BasicParam/HeartBeatInterval")
    table.note("ConfigDownload", transport, "basic parameters are read", "state", beat == "60", config)


async def _commands(house: House, table: Table, transport: str, device: str) -> None:
    for action, values, words in (
        ("move", {"pan": 1, "tilt": 0, "zoom": 0}, "PTZ right is confirmed"),
        ("stop", {}, "PTZ stop is confirmed"),
        ("preset_call", {"number": 3}, "preset 3 is called"),
        ("key_frame", {}, "a key frame is asked for"),
        ("home_on", {"number": 1, "value": 60}, "the home position is set"),
    ):
        try:
            await house.line.call("ptz", device=device, channel=device, action=action, values=values)
            good, detail = True, ""
        except Refusal as refusal:
            good, detail = False, str(refusal)
        table.note("DeviceControl", transport, words, "sipp", good, detail)


async def _subscriptions(house: House, table: Table, transport: str, device: str) -> None:
    (row,) = await house.rows("SELECT id FROM gb_devices WHERE code = :code", code=device)
    async with house.database.write() as session:
        await want(session, row[0], {Event.CATALOG, Event.ALARM, Event.POSITION})
    query = "SELECT state FROM gb_subscriptions WHERE device_id = :id AND event = :event"
    for event in Event:
        active = await house.until(query, "active", seconds=20, id=row[0], event=event.value)
        table.note("SUBSCRIBE", transport, f"{event.value}: accepted by the device and active", "state", active)


async def _reports(house: House, table: Table, device: str) -> None:
    prefix = f"{device[:10]}132{device[13:18]}"
    cases: tuple[tuple[str, str, str, Any, str], ...] = (
        ("notify_off", "Event OFF: the channel's status", STATUS, "OFF", prefix + "01"),
        ("notify_add", "Event ADD: a fourth channel", COUNT, 4, ""),
        ("notify_del", "Event DEL: the channel is gone, said to be deleted", COUNT, 3, ""),
    )
    for scenario, words, query, wanted, channel in cases:
        ran = await sipp.run(house, scenario, device)
        table.note("NOTIFY", "udp", f"{words} (confirmed)", "sipp", ran.good, ran.words)
        values = {"code": device} | ({"channel": channel} if channel else {})
        seen = await house.until(query, wanted, seconds=20, **values)
        table.note("NOTIFY", "udp", words, "state", seen, "" if seen else await house.rows(query, **values))
    ran = await sipp.run(house, "notify_update", device)
    table.note("NOTIFY", "udp", "Event UPDATE (confirmed)", "sipp", ran.good, ran.words)
    named = "SELECT name FROM gb_channels WHERE code = :channel"
    seen = await house.until(named, "邕江大桥北", seconds=20, channel=prefix + "02")
    table.note("NOTIFY", "udp", "Event UPDATE: the new name", "state", seen)
    ran = await sipp.run(house, "notify_position", device)
    table.note("MobilePosition", "udp", "a position is confirmed", "sipp", ran.good, ran.words)
    kept = "SELECT count(*) FROM gb_positions WHERE code = :code"
    table.note("MobilePosition", "udp", "and kept", "state", await house.until(kept, 1, code=device))


def _alarm(house: House, device: str) -> bytes:
    """An alarm, written by hand: sipp would not send the same bytes again by itself."""
    body = (
        '<?xml version="1.0" encoding="GB2312"?>\n<Notify><CmdType>Alarm</CmdType><SN>31</SN>'
        f"<DeviceID>{device}</DeviceID><AlarmPriority>1</AlarmPriority><AlarmMethod>5</AlarmMethod>"
        "<AlarmTime>2026-11-22T20:00:00</AlarmTime><Info><AlarmType>2</AlarmType></Info></Notify>"
    ).encode("gb18030")
    ours = f"{house.settings.sip.id}@{house.settings.sip.realm}"
    head = (
        f"MESSAGE sip:{ours} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKrepeated\r\n"
        f"From: <sip:{device}@{house.settings.sip.realm}>;tag=r\r\nTo: <sip:{ours}>\r\nCall-ID: repeated\r\n"
        "CSeq: 5 MESSAGE\r\nMax-Forwards: 70\r\nContent-Type: Application/MANSCDP+xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _three_times(port: int, message: bytes) -> int:
    """Sends the same datagram three times; how many answers of 200 came."""
    count = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(5)
        for _ in range(3):
            line.sendto(message, ("127.0.0.1", port))
            try:
                count += line.recv(65_535).startswith(b"SIP/2.0 200 ")
            except TimeoutError:
                break
    return count
