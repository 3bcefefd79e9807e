"""Alarms and positions: read however they are written, answered, kept once."""

from datetime import UTC, datetime
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from commonsight.connect.gb28181.events import read_alarm, read_positions
from commonsight.connect.gb28181.model import Device, Quirks
from commonsight.connect.gb28181.queries import read_time
from commonsight.connect.wire import manscdp

from .conftest import CODE, file_device, until

NOW = datetime(2026, 5, 1, 4, 0, 0, 123456, tzinfo=UTC)
DEVICE = Device(uuid4(), CODE, "d", region="450103")
CAMERA = "45010300001320000007"


def notify(command, *children, code=CAMERA):
    return manscdp.decode(manscdp.encode(manscdp.build("Notify", command, "9", code, *children)))


def alarm(*children, device=DEVICE):
    return read_alarm(device, notify("Alarm", *children), NOW, "Asia/Shanghai")


def test_an_alarm_is_read_with_its_place_and_time():
    info = Element("Info")
    SubElement(info, "AlarmType").text = "2"
    found = alarm(
        ("AlarmPriority", "1"), ("AlarmMethod", "5"), ("AlarmTime", "2026-05-01T12:00:00"),
        ("AlarmDescription", "越界 㙟"), ("Longitude", "108.3"), ("Latitude", "22.8"), info,
    )  # fmt: skip
    assert (found.code, found.region, found.priority, found.method, found.type) == (CAMERA, "450103", 1, 5, 2)
    assert found.at == datetime(2026, 5, 1, 4, tzinfo=UTC)
    assert (found.lon, found.lat, found.description) == (108.3, 22.8, "越界 㙟")
    assert found.fields["Info/AlarmType"] == "2"


def test_times_of_a_device_that_writes_utc_are_taken_as_such():
    bent = Device(uuid4(), CODE, "d", quirks=Quirks(clock="utc"))
    found = alarm(("AlarmTime", "2026-05-01T04:00:00"), device=bent)
    assert found.at == datetime(2026, 5, 1, 4, tzinfo=UTC)


def test_coordinates_are_converted_only_where_the_owner_says_so():
    place = (("Longitude", "108.30"), ("Latitude", "22.80"))
    assert alarm(*place).lon == 108.3
    bent = Device(uuid4(), CODE, "d", quirks=Quirks(system="GCJ-02"))
    moved = alarm(*place, device=bent)
    assert 0.001 < abs(moved.lon - 108.3) < 0.02


@given(st.lists(st.tuples(st.sampled_from(
    ["AlarmPriority", "AlarmMethod", "AlarmTime", "Longitude", "Latitude", "Time", "Speed", "Info"]),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]), max_size=30)), max_size=10))  # fmt: skip
def test_however_badly_it_is_written_it_is_read(children):
    try:
        message = notify("Alarm", *children)
    except manscdp.ManscdpError:
        return
    found = read_alarm(DEVICE, message, NOW, "Asia/Shanghai")
    assert 0 <= found.priority < 32_768
    for position in read_positions(DEVICE, message, NOW, "Asia/Shanghai"):
        assert -180 <= position.lon <= 180
        assert -90 <= position.lat <= 90


def test_positions_come_one_by_one_or_as_a_list():
    one = notify("MobilePosition", ("Time", "2026-05-01T12:00:00"), ("Longitude", "108.3"), ("Latitude", "22.8"),
                 ("Speed", "31.5"), ("Direction", "270"), code=CODE)  # fmt: skip
    (found,) = read_positions(DEVICE, one, NOW, "Asia/Shanghai")
    assert (found.code, found.speed, found.direction, found.altitude) == (CODE, 31.5, 270.0, None)
    listed = Element("DeviceList", Num="2")
    for code, lon in ((CAMERA, "108.1"), ("bad", "999")):
        item = SubElement(listed, "Item")
        for name, value in (
            ("DeviceID", code),
            ("CaptureTime", "2026-05-01T12:00:01"),
            ("Longitude", lon),
            ("Latitude", "22"),
        ):
            SubElement(item, name).text = value
    many = read_positions(DEVICE, notify("MobilePosition", listed), NOW, "Asia/Shanghai")
    assert [(position.code, position.lon) for position in many] == [(CAMERA, 108.1)]


@pytest.mark.parametrize("answered", [True, False])
async def test_an_alarm_is_answered_and_kept_once_however_often_it_is_told(database, start, answered):
    await file_device(database, quirks={} if answered else {"alarm_answer": False})
    platform = await start()
    device = await platform.device()
    await device.register()
    root = manscdp.build(
        "Notify", "Alarm", "31", CAMERA, ("AlarmPriority", "2"), ("AlarmMethod", "2"),
        ("AlarmTime", "2026-05-01T12:00:00"),
    )  # fmt: skip
    for _ in range(3):
        assert (await device.say(root)).status == 200

    async def kept():
        async with database.read() as session:
            return (await session.execute(text("SELECT code, priority FROM gb_alarms"))).all()

    assert [tuple(row) for row in await until(kept)] == [(CAMERA, 2)]

    def answers():
        bodies = [manscdp.decode(request.body) for request in device.heard if request.method == "MESSAGE"]
        return [body for body in bodies if (body.kind, body.command) == ("Response", "Alarm")]

    if answered:
        await until(lambda: len(answers()) == 3)
        assert (answers()[0].serial, answers()[0].root.findtext("Result")) == ("31", "OK")
    else:
        assert answers() == []


async def test_positions_are_kept_by_code_and_time(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    await device.register()
    for second in (1, 2, 2):
        await device.say(
            manscdp.build("Notify", "MobilePosition", "1", CODE, ("Time", f"2026-05-01T12:00:0{second}"),
                          ("Longitude", "108.3"), ("Latitude", "22.8")),
            "NOTIFY", Event="presence", Subscription_State="active",
        )  # fmt: skip

    async def kept():
        async with database.read() as session:
            return (await session.execute(text("SELECT count(*) FROM gb_positions"))).scalar_one() == 2

    assert await until(kept)


@pytest.mark.parametrize(
    ("clock", "written", "hour"),
    [("region", "2026-05-01T12:00:00", 4), ("utc", "2026-05-01T12:00:00", 12), ("region", "2026-05-01T12:00:00Z", 12),
     ("wall", "2026-05-01T12:00:00Z", 4), ("region", "2026/05/01 12:00:00", 4)],
)  # fmt: skip
def test_times_are_read_as_the_device_means_them(clock, written, hour):
    device = Device(uuid4(), CODE, "d", quirks=Quirks(clock=clock))
    assert read_time(written, device, "Asia/Shanghai") == datetime(2026, 5, 1, hour, tzinfo=UTC)


@given(st.text(max_size=40))
def test_what_is_no_time_is_none(text):
    found = read_time(text, DEVICE, "Asia/Shanghai")
    assert found is None or found.tzinfo is UTC
