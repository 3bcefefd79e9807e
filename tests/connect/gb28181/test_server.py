"""The signalling process against devices that are played by the test, over real sockets and a real database."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, SubElement

import pytest

from commonsight.connect.gb28181 import queries, store
from commonsight.connect.gb28181 import server as server_module
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.sip import Headers, Response, StreamReader
from commonsight.problem import Refusal

from .conftest import CODE, file_device, until


async def kept(database, device_id):
    async with database.read() as session:
        return await store.one(session, device_id)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_device_with_the_right_password_is_online(database, start, transport):
    device_id = await file_device(database)
    platform = await start()
    device = await platform.device(transport=transport)
    answer = await device.register()
    assert answer.status == 200
    assert answer.headers.get("Expires") == "3600"
    told = datetime.fromisoformat(answer.headers.get("Date")) - timedelta(hours=8)
    assert abs(told.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)

    async def online():
        found = await kept(database, device_id)
        return found.device.online and found

    found = await until(online)
    assert (found.device.host, found.device.port, found.device.transport) == ("127.0.0.1", device.local, transport)


async def test_a_wrong_password_is_refused_and_remembered(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device(password="another-one")
    assert (await device.register()).status == 403
    assert not platform.known().online
    assert [(one.code, one.why) for one in platform.house.registrar.refused] == [(CODE, "password_wrong")]


async def test_sm3_proves_the_password_of_a_device_of_2022(database, start):
    await file_device(database, quirks={"digest": "sm3"})
    platform = await start()
    device = await platform.device(version="3.0")
    assert (await device.register()).status == 200
    assert platform.known().version == "3.0"


async def test_unregistering_takes_a_device_offline(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    await device.register()
    assert (await device.register(expires=0)).status == 200
    assert (platform.known().online, platform.known().offline_reason) == (False, "unregistered")
    assert (await device.keepalive()).status == 403


async def test_a_broken_connection_is_offline_at_once_and_a_new_one_comes_back_by_keepalive(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device(transport="tcp")
    await device.register()
    await device.close()
    await until(lambda: not platform.known().online)
    assert platform.known().offline_reason == "connection_lost"
    again = await platform.device(transport="tcp")
    assert (await again.keepalive()).status == 200
    assert platform.known().online
    assert platform.known().port == again.local


async def test_a_device_nobody_added_is_turned_away_or_taken_by_the_platforms_password(database, start):
    strict = await start()
    stranger = await strict.device("45010300001110000009")
    assert (await stranger.register()).status == 403
    open_house = await start(password="for-everybody")
    device = await open_house.device("45010300001110000009", password="for-everybody")
    assert (await device.register()).status == 200

    async def filed():
        async with database.read() as session:
            return await store.by_code(session, "45010300001110000009")

    found = await until(filed)
    assert (found.device.region, found.device.has_password) == ("450103", False)


async def test_messages_of_devices_that_are_not_registered_are_refused(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    assert (await device.keepalive()).status == 403


async def test_after_a_restart_devices_come_back_by_keepalive_alone(database, start):
    device_id = await file_device(database)
    first = await start()
    device = await first.device()
    await device.register()

    async def online():
        return (await kept(database, device_id)).device.online

    await until(online)
    await first.end()
    second = await start()
    again = await second.device()
    assert second.known().online  # nothing flaps: it was online, and has not been silent for long
    assert (await again.keepalive()).status == 200
    assert second.known().port == again.local


async def test_the_first_questions_fill_in_what_the_device_is(database, start):
    device_id = await file_device(database)
    platform = await start()
    device = await platform.device()
    device.answers["DeviceInfo"] = lambda said, _: [
        manscdp.build(
            "Response", "DeviceInfo", said.serial, CODE, ("DeviceName", "n"), ("Result", "OK"),
            ("Manufacturer", "海康威视"), ("Model", "DS-㙟"), ("Firmware", "V5"), ("Channel", "4"),
        )
    ]  # fmt: skip
    slow = datetime.now(UTC) + timedelta(hours=8, seconds=-120)
    device.answers["DeviceStatus"] = lambda said, _: [
        manscdp.build(
            "Response", "DeviceStatus", said.serial, CODE, ("Result", "OK"), ("Online", "ONLINE"), ("Status", "OK"),
            ("DeviceTime", f"{slow:%Y-%m-%dT%H:%M:%S}"),
        )
    ]  # fmt: skip
    await device.register()

    async def known():
        found = await kept(database, device_id)
        return found.device.clock_difference is not None and found.device

    found = await until(known)
    assert (found.manufacturer, found.model) == ("海康威视", "DS-㙟")
    assert -125 < found.clock_difference < -60


async def test_an_answer_in_many_messages_is_put_together_whatever_their_order(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    await device.register()

    def pages(said, _):
        begins = datetime(2026, 3, 1, 8, tzinfo=UTC).replace(tzinfo=None)

        def page(*numbers):
            listed = Element("RecordList", Num=str(len(numbers)))
            for number in numbers:
                item = SubElement(listed, "Item")
                at = begins + timedelta(minutes=number)
                for name, text in (
                    ("DeviceID", CODE), ("Name", f"r{number}"), ("FilePath", f"/{number}"),
                    ("StartTime", at.isoformat()), ("EndTime", (at + timedelta(minutes=1)).isoformat()),
                ):  # fmt: skip
                    SubElement(item, name).text = text
            return manscdp.build("Response", "RecordInfo", said.serial, CODE, ("SumNum", "5"), listed)

        return [page(3, 4), page(0, 1), page(3, 4), page(2)]

    device.answers["RecordInfo"] = pages
    found = await queries.records(
        platform.house.server, platform.known(), CODE, datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 2, tzinfo=UTC), "Asia/Shanghai",
    )  # fmt: skip
    assert [item.name for item in found.items] == ["r0", "r1", "r2", "r3", "r4"]
    assert found.items[0].start == datetime(2026, 3, 1, 0, tzinfo=UTC)
    assert (found.expected, found.complete) == (5, True)


async def test_what_goes_wrong_with_a_question_is_told_apart(database, start, monkeypatch):
    await file_device(database)
    platform = await start()
    server = platform.house.server
    with pytest.raises(Refusal, match=r"connect\.gb_offline"):
        await queries.device_info(server, platform.known())
    device = await platform.device()
    await device.register()
    with pytest.raises(Refusal, match=r"connect\.gb_no_answer"):
        await server.query(
            platform.known(), manscdp.build("Query", "DeviceInfo", server.next_serial(), CODE), timeout=0.2
        )
    device.refuse["MESSAGE"] = 404
    with pytest.raises(Refusal, match=r"connect\.gb_refused") as refused:
        await queries.device_info(server, platform.known())
    assert refused.value.actual.startswith("404")


async def test_a_device_is_answered_in_the_encoding_it_declares(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    device.encoding = "UTF-8"
    await device.register()
    await device.keepalive()
    assert platform.known().charset == "UTF-8"


async def test_what_people_change_reaches_the_running_process(database, start):
    device_id = await file_device(database)
    platform = await start()
    async with database.write() as session:
        found = await store.one(session, device_id)
        await store.update(session, found.device, {"quirks": '{"keepalive_seconds": 20}'})
    await until(lambda: platform.known().quirks.keepalive_seconds == 20)
    async with database.write() as session:
        await store.remove(session, found.device)
    await until(lambda: platform.known() is None)


async def test_hostile_bodies_are_refused_and_change_nothing(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    await device.register()
    for body in (
        b"",
        b"\xff" * 900,
        b"<Notify>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><Notify><CmdType>Alarm</CmdType></Notify>",
    ):
        request = device.request("MESSAGE", "sip:45000000002000000001@4500000000")
        request.body = body
        assert (await device.ask(request)).status == 400
    assert (await device.keepalive()).status == 200
    await asyncio.sleep(0)
    assert platform.known().online


async def test_a_large_message_goes_by_tcp_where_the_device_listens_there(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    await device.register()
    by_tcp: list[bytes] = []

    async def listens(reader, writer):
        stream = StreamReader()
        while data := await reader.read(65_536):
            for request in stream.feed(data):
                by_tcp.append(request.body)
                headers = Headers([(n, v) for n, v in request.headers if n in ("Via", "From", "To", "Call-ID", "CSeq")])
                writer.write(Response(200, "OK", headers).encode())
        writer.close()

    large = manscdp.build("Control", "DeviceConfig", "1", CODE, ("Text", "长" * 700))
    server = platform.house.server
    await server.command(platform.known(), large)  # nobody listens on TCP: it goes by UDP, as before
    assert manscdp.decode(device.heard[-1].body).command == "DeviceConfig"
    listening = await asyncio.start_server(listens, "127.0.0.1", device.local)
    heard = len(device.heard)
    try:
        await server.command(platform.known(), large)
        await server.command(platform.known(), manscdp.build("Control", "DeviceConfig", "2", CODE, ("Text", "短")))
    finally:
        listening.close()
    assert [manscdp.decode(body).serial for body in by_tcp] == ["1"]
    assert [manscdp.decode(request.body).serial for request in device.heard[heard:]] == ["2"]


@pytest.mark.parametrize(("quirks", "status"), [({}, 403), ({"any_host": True}, 200)])
async def test_messages_from_another_host_count_only_where_the_owner_says_so(database, start, quirks, status):
    await file_device(database, quirks=quirks)
    platform = await start()
    device = await platform.device()
    await device.register()
    platform.house.devices.put(replace(platform.known(), host="192.0.2.1"))
    assert (await device.keepalive()).status == status


async def test_handlers_hear_each_device_in_order_and_a_failing_one_hurts_nobody(database, start):
    codes = [CODE, "45010300001110000002"]
    for code in codes:
        await file_device(database, code)
    platform = await start()
    heard: dict[str, list[str]] = {code: [] for code in codes}

    async def take(device, message):
        await asyncio.sleep(0)
        heard[device.code].append(message.serial)
        raise RuntimeError("this handler always fails")

    platform.house.server.on("Notify", "Catalog", take)
    devices = [await platform.device(code) for code in codes]
    for device in devices:
        await device.register()
    for serial in range(20):
        for device in devices:
            answer = await device.say(manscdp.build("Notify", "Catalog", serial, device.code), "NOTIFY")
            assert answer.status == 200
    expected = [str(serial) for serial in range(20)]
    await until(lambda: heard == dict.fromkeys(codes, expected))


async def test_an_overfull_lane_is_told_to_come_again(database, start, monkeypatch):
    monkeypatch.setattr(server_module, "LANE_MOST", 3)
    await file_device(database)
    platform = await start()
    gate = asyncio.Event()

    async def stuck(device, message):
        await gate.wait()

    platform.house.server.on("Notify", "Broadcast", stuck)
    device = await platform.device()
    await device.register()
    answers = [await device.say(manscdp.build("Notify", "Broadcast", n, CODE)) for n in range(8)]
    assert {answer.status for answer in answers} == {200, 503}
    assert all(answer.headers.get("Retry-After") for answer in answers if answer.status == 503)
    assert (await device.keepalive()).status == 200
    gate.set()
