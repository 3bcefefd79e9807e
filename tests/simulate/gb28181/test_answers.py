"""What a virtual platform answers and tells: over the wire, decoded by the platform's own codec."""

import asyncio
from xml.etree.ElementTree import Element, SubElement

import pytest
from aiohttp import web

from commonsight.connect.wire.manscdp import build, encode, item_fields
from commonsight.simulate.gb28181.document import Charset
from commonsight.simulate.gb28181.faults import PLANS, Bend, Faults
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from commonsight.simulate.gb28181.stage import Pace
from tests.simulate.gb28181.above import SERVER, until

QUICK = Pace(keepalive=30, retry=0.2, retry_most=0.4, restart=0.1, answer=2.0)


async def started(above, *, films=(), **fields):
    fields = {"platforms": 1, "cameras": 30, "spread": 0, "pace": QUICK, "transport": "tcp"} | fields
    made = Fleet(FleetPlan(**fields), server=SERVER, to=("127.0.0.1", above.port), films=films)
    above.passwords |= {who.code: who.password for who in made.identities}
    await made.start()
    assert await made.all_registered(20)
    return made, made.parties[0]


@pytest.fixture
async def fleet(above):
    made, _ = await started(above, version="2022")
    yield made
    await made.close()


def items(above):
    return [item_fields(item) for message in above.of("Catalog", "Response") for item in message.root.iter("Item")]


def codes(above):
    return {item["DeviceID"] for item in items(above)}


async def answered(above, party, command, *children, kind="Query", device=None):
    above.messages.clear()
    response = await above.ask(party.who.code, command, *children, kind=kind, device=device)
    assert response.status == 200
    await until(lambda: above.of(command, "Response"))
    return above.of(command, "Response")[0].root


@pytest.mark.parametrize("version", ["2016", "2022"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_the_catalogue_comes_whole_in_many_messages(above, version, transport):
    fleet, party = await started(above, version=version, transport=transport)
    assert (await above.ask(party.who.code, "Catalog", serial="4711")).status == 200
    await until(lambda: len(items(above)) >= len(party.catalogue))
    messages = above.of("Catalog")
    assert {m.serial for m in messages} == {"4711"}
    assert {m.root.findtext("SumNum") for m in messages} == {str(len(party.catalogue))}
    assert all(int(m.root.find("DeviceList").get("Num")) == len(list(m.root.iter("Item"))) for m in messages)
    wanted = [party.catalogue.item(index) for index in range(len(party.catalogue))]
    assert codes(above) == {item["DeviceID"] for item in wanted}
    assert {item["DeviceID"]: item["Name"] for item in items(above)} == {i["DeviceID"]: i["Name"] for i in wanted}
    declared = b'encoding="GB2312"' if version == "2016" else b'encoding="GB18030"'
    assert all(declared in body for body in above.bodies if b"Catalog" in body)
    await fleet.close()


async def test_with_loss_and_doubling_several_queries_bring_all(above):
    fleet, party = await started(above, cameras=200, page=1, faults=PLANS["lossy"])
    for serial in ("1", "2", "3", "4"):
        before = fleet.tally.queries
        await above.ask(party.who.code, "Catalog", serial=serial)
        await until(lambda: fleet.tally.queries > before)  # noqa: B023
        count = 0
        while count != len(above.messages):  # until nothing more comes
            count = len(above.messages)
            await asyncio.sleep(0.5)
    first = [m for m in above.of("Catalog") if m.serial == "1"]
    assert len({m.root.find("DeviceList")[0].findtext("DeviceID") for m in first}) < len(party.catalogue)
    assert codes(above) == {party.catalogue.item(index)["DeviceID"] for index in range(len(party.catalogue))}
    await fleet.close()


async def test_a_platform_breaks_off_once_and_comes_back(above):
    fleet, party = await started(above, cameras=100, page=1, faults=Faults(break_off_at=0.5, away_seconds=0.1))
    total = len(party.catalogue)
    await above.ask(party.who.code, "Catalog", serial="1")
    await until(lambda: fleet.tally.registrations == 2)
    assert 0 < len(items(above)) < total
    assert fleet.tally.flaps == 0
    above.messages.clear()
    await above.ask(party.who.code, "Catalog", serial="2")
    await until(lambda: len(items(above)) >= total)
    await fleet.close()


async def test_late_pages_come_after_the_others(above):
    fleet, party = await started(above, cameras=60, page=1, faults=Faults(late=0.1, late_seconds=1))
    await above.ask(party.who.code, "Catalog")
    await until(lambda: len(items(above)) >= len(party.catalogue))
    came = [item["DeviceID"] for item in items(above)]
    wanted = [party.catalogue.item(index)["DeviceID"] for index in range(len(party.catalogue))]
    assert came != wanted
    assert sorted(came) == sorted(wanted)
    await fleet.close()


@pytest.mark.parametrize("charset", list(Charset))
async def test_wrong_encodings_are_wrong(above, charset):
    fleet, party = await started(above, charset=charset, faults=Faults(wrong_encoding=1))
    await above.ask(party.who.code, "Catalog")
    await until(lambda: fleet.tally.items >= len(party.catalogue))
    body = next(body for body in above.bodies if b"<CmdType>Catalog" in body)
    assert f'encoding="{charset}"'.encode() in body
    with pytest.raises(UnicodeDecodeError):
        b"".join(b for b in above.bodies if b"<CmdType>Catalog" in b).decode(
            "utf-8" if charset is Charset.UTF_8 else "gb2312"
        )
    await fleet.close()


async def test_one_channel_may_be_asked_for(above, fleet):
    party = fleet.parties[0]
    channel = party.catalogue.code(3)
    root = await answered(above, party, "Catalog", device=channel)
    assert root.findtext("SumNum") == "1"
    assert codes(above) == {channel}
    root = await answered(above, party, "Catalog", device="45010000001320009999")
    assert root.findtext("SumNum") == "0"


async def test_state_information_and_configuration(above, fleet):
    party = fleet.parties[0]
    assert (await answered(above, party, "DeviceInfo")).findtext("DeviceName") == party.who.name
    party.catalogue.edit(3, Status="OFF")
    channel = party.catalogue.code(3)
    root = await answered(above, party, "DeviceStatus", device=channel)
    assert (root.findtext("Online"), root.findtext("Status")) == ("OFFLINE", "ERROR")
    root = await answered(above, party, "DeviceStatus")
    assert root.findtext("Online") == "ONLINE"
    assert root.findtext("DeviceTime")[:10] == party.now().strftime("%Y-%m-%d")
    root = await answered(above, party, "ConfigDownload", ("ConfigType", "BasicParam"))
    assert root.findtext("BasicParam/HeartBeatInterval") == "30"
    assert (await answered(above, party, "Gibberish")).findtext("Result") == "ERROR"


async def test_recordings_are_listed_and_never_of_the_future(above, fleet):
    party = fleet.parties[0]
    channel = party.catalogue.code(2)
    now = party.now().replace(tzinfo=None)
    span = (("StartTime", "2000-01-01T00:00:00"), ("EndTime", "2099-01-01T00:00:00"))
    root = await answered(above, party, "RecordInfo", *span, device=channel)
    total = int(root.findtext("SumNum"))
    assert 30 * 24 * 0.85 < total <= 30 * 24 + 1
    await until(lambda: sum(len(list(m.root.iter("Item"))) for m in above.of("RecordInfo")) >= total)
    records = [item_fields(item) for m in above.of("RecordInfo") for item in m.root.iter("Item")]
    assert all(record["DeviceID"] == channel for record in records)
    assert max(record["EndTime"] for record in records) <= (now.isoformat()[:13] + ":59:59")
    root = await answered(above, party, "RecordInfo", ("StartTime", "x"), ("EndTime", "y"), device=channel)
    assert root.findtext("SumNum") == "0"


async def test_a_camera_turns_zooms_and_remembers(above, fleet):
    party = fleet.parties[0]
    channel = party.catalogue.code(1)

    async def ptz(code, one=0, two=0, three=0):
        raw = bytes([0xA5, 0x0F, 0x01, code, one, two, three])
        text = (raw + bytes([sum(raw) % 256])).hex().upper()
        done = party.controls.view(channel).done
        await above.ask(party.who.code, "DeviceControl", ("PTZCmd", text), kind="Control", device=channel)
        await until(lambda: party.controls.view(channel).done > done)

    await ptz(0x81, 0, 9)
    await ptz(0x01, 0xFF)  # right
    await asyncio.sleep(0.2)
    await ptz(0x00)
    turned = party.controls.view(channel)
    assert turned.pan > 1
    stopped = turned.pan
    await asyncio.sleep(0.1)
    root = await answered(above, party, "PTZPosition", device=channel)
    assert float(root.findtext("Pan")) == pytest.approx(stopped, abs=0.01)
    await ptz(0x82, 0, 9)
    assert party.controls.view(channel).pan == 0
    root = await answered(above, party, "PresetQuery", device=channel)
    assert {item.findtext("PresetID") for item in root.iter("Item")} == {"1", "2", "9"}
    await ptz(0x83, 0, 9)
    assert set(party.controls.presets(channel)) == {1, 2}
    await above.ask(party.who.code, "DeviceControl", ("PTZCmd", "A50F0100"), kind="Control", device=channel)
    assert party.controls.view(channel).pan == 0


async def test_recording_and_guard_are_answered_and_a_boot_is_felt(above, fleet):
    party = fleet.parties[0]
    channel = party.catalogue.code(1)
    root = await answered(above, party, "DeviceControl", ("RecordCmd", "StopRecord"), kind="Control", device=channel)
    assert root.findtext("Result") == "OK"
    root = await answered(above, party, "DeviceStatus", device=channel)
    assert root.findtext("Record") == "OFF"
    await above.ask(party.who.code, "DeviceControl", ("TeleBoot", "Boot"), kind="Control")
    await until(lambda: fleet.tally.registrations == 2)


async def subscribe(above, party, command, *children, expires="600", call="sub-1", cseq=1):
    body = encode(build("Query", command, "1", party.who.code, *children))
    fields = (("Event", f"{command};id=1"), ("Expires", expires), ("Content-Type", "Application/MANSCDP+xml"))
    return await above.request(party.who.code, "SUBSCRIBE", body, call=call, cseq=cseq, fields=fields)


async def test_catalogue_events_reach_whoever_subscribed(above, fleet):
    party = fleet.parties[0]
    assert await party.events.catalog("OFF", [4]) == 0
    assert (await subscribe(above, party, "Catalog")).status == 200
    code = party.catalogue.code(4)
    for happening in ("ON", "OFF", "VLOST", "DEFECT", "DEL", "ADD", "UPDATE"):
        assert await party.events.catalog(happening, [4]) == 1
        item = item_fields(above.of("Catalog", "Notify")[-1].root.find("DeviceList")[0])
        assert (item["DeviceID"], item["Event"]) == (code, happening)
        assert ("Name" in item) == (happening in {"ADD", "UPDATE"})
        assert party.catalogue.hidden(4) == (happening == "DEL")
    notify = [r for r in above.requests if r.method == "NOTIFY"]
    assert [int(r.headers.get("CSeq").split()[0]) for r in notify] == list(range(1, 8))
    assert notify[0].headers.get("Subscription-State").startswith("active;expires=")
    assert (await subscribe(above, party, "Catalog", expires="0", cseq=2)).status == 200
    assert await party.events.catalog("ON", [4]) == 0


async def test_positions_are_told_at_the_interval_asked_for(above, fleet):
    party = fleet.parties[0]
    await subscribe(above, party, "MobilePosition", ("Interval", "0"))
    await until(lambda: len(above.of("MobilePosition")) >= 3)
    root = above.of("MobilePosition")[0].root
    assert 100 < float(root.findtext("Longitude")) < 120
    await subscribe(above, party, "MobilePosition", expires="0", cseq=2)
    assert not party.events.subscribed("MobilePosition")


async def test_an_alarm_comes_as_message_or_by_subscription(above, fleet):
    party = fleet.parties[0]
    await party.events.alarm(2, priority=1)
    alarm = above.of("Alarm", "Notify")[0]
    assert alarm.device == party.catalogue.code(2)
    assert alarm.root.findtext("AlarmPriority") == "1"
    assert alarm.root.findtext("Info/AlarmType") == "2"
    before = sum(r.method == "NOTIFY" for r in above.requests)
    await subscribe(above, party, "Alarm")
    await party.events.alarm(2)
    assert sum(r.method == "NOTIFY" for r in above.requests) == before + 1


async def test_an_unknown_event_is_refused(above, fleet):
    assert (await subscribe(above, fleet.parties[0], "Weather")).status == 489


async def test_subscriptions_are_bounded(above, fleet):
    party = fleet.parties[0]
    for number in range(8):
        assert (await subscribe(above, party, "Alarm", call=f"many-{number}")).status == 200
    assert (await subscribe(above, party, "Alarm", call="one-more")).status == 503


@pytest.fixture
async def uploads(unused_tcp_port):
    """A place for pictures; `refuse` makes it refuse the next ones."""
    taken, state = [], {"refuse": 0}

    async def take(request):
        if state["refuse"]:
            state["refuse"] -= 1
            return web.Response(status=500)
        taken.append((request.headers["X-Session-ID"], request.content_type, await request.read()))
        return web.Response()

    application = web.Application()
    application.router.add_post("/up", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    yield f"http://127.0.0.1:{unused_tcp_port}/up", taken, state
    await runner.cleanup()


@pytest.mark.parametrize("refused", [0, 1])
async def test_snapshots_are_uploaded_and_told(above, reel, uploads, refused):
    url, taken, state = uploads
    state["refuse"] = refused
    fleet, party = await started(above, films=[reel])
    channel = party.catalogue.code(1)
    config = Element("SnapShotConfig")
    for name, text in (("SnapNum", "2"), ("Interval", "0"), ("UploadURL", url), ("SessionID", "s" * 32)):
        SubElement(config, name).text = text
    root = await answered(above, party, "DeviceConfig", config, kind="Control", device=channel)
    assert root.findtext("Result") == "OK"
    await until(lambda: above.of("UploadSnapShotFinished"))
    told = above.of("UploadSnapShotFinished")[0].root
    assert told.findtext("SessionID") == "s" * 32
    assert len(list(told.iter("SnapShotFileID"))) == len(taken) == 2 - refused
    assert all(kind == "image/jpeg" and data.startswith(b"\xff\xd8") for _, kind, data in taken)
    await fleet.close()


async def test_deaf_devices_keep_alive_and_answer_nothing(above):
    fleet, party = await started(above, faults=Faults(deaf=1))
    assert (await above.ask(party.who.code, "DeviceInfo")).status == 200
    await asyncio.sleep(0.3)
    assert not above.of("DeviceInfo")
    await fleet.close()


async def test_bent_devices_bend(above):
    fleet, party = await started(above, faults=Faults(bends=1))
    party.bends = frozenset(Bend)
    await above.ask(party.who.code, "DeviceControl", ("GuardCmd", "SetGuard"), kind="Control")
    await until(lambda: party.controls.view(party.who.code).guarded)
    assert not above.of("DeviceControl")
    await above.ask(party.who.code, "DeviceInfo")
    await until(lambda: above.of("DeviceInfo"))
    types = {r.headers.get("Content-Type") for r in above.requests if b"DeviceInfo" in r.body}
    assert types == {"application/manscdp+xml"}
    await fleet.close()


@pytest.mark.parametrize("version", ["2016", "2022"])
async def test_cut_names_and_bare_ampersands_go_out_as_they_are(above, version):
    fleet, party = await started(above, cameras=150, version=version, faults=Faults(bends=1))
    party.bends = frozenset({Bend.CUT_NAME, Bend.BARE_AMPERSAND})
    await above.ask(party.who.code, "Catalog")
    await until(lambda: len(items(above)) >= len(party.catalogue))
    raw = b"".join(above.bodies)
    with pytest.raises(UnicodeDecodeError):
        raw.decode("gb18030")
    names = {item["DeviceID"]: item["Name"] for item in items(above)}
    whole = {i["DeviceID"]: i["Name"] for i in map(party.catalogue.item, range(len(party.catalogue)))}
    assert names.keys() == whole.keys()
    assert all(whole[code].startswith(name.rstrip("\ufffd")[:-1]) for code, name in names.items())
    assert any("\ufffd" in name for name in names.values())
    await fleet.close()


async def test_work_that_never_began_is_dropped_without_a_word(above, fleet):
    party = fleet.parties[0]

    async def work():
        raise AssertionError("the line is gone before this begins")

    assert party.spawn(work())
    party.fall()
    party._hang_up()
    await until(lambda: fleet.tally.registrations == 2)


async def test_noise_does_no_harm(above, fleet):
    party = fleet.parties[0]
    fields = (("Content-Type", "Application/MANSCDP+xml"),)
    for body in (b"", b"\xff" * 100, b"<a", b"<Query/>", b"<Query><CmdType>Catalog</CmdType></Query>"):
        response = await above.request(party.who.code, "MESSAGE", body, fields=fields)
        assert response.status in (200, 400)
    assert (await above.request(party.who.code, "OPTIONS")).status == 200
    assert (await above.request(party.who.code, "PUBLISH")).status == 405
    assert (await above.request(party.who.code, "BYE")).status == 481
    assert fleet.registered == 1


async def test_happenings_come_by_lot(above):
    fleet, party = await started(above, happenings=0.05)
    await subscribe(above, party, "Catalog")
    await until(lambda: fleet.tally.alarms >= 2 and fleet.tally.notifies >= 2)
    await fleet.close()
