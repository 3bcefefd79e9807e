"""The view library as devices meet it: digest at registration, objects counted once, alarms passed on once."""

import asyncio
import base64

import pytest
from sqlalchemy import text

from commonsight import outbox
from commonsight.analyze import viid_tasks
from commonsight.connect.viid import store
from commonsight.connect.viid.library import ALARM_TOPIC, MINUTES_TOPIC, SILENT_SECONDS, Library
from commonsight.connect.viid.listener import Listener
from commonsight.connect.viid.model import Kind
from commonsight.settings import Viid
from tests.connect.peers import jpegs

from .conftest import CAMERA, Device, vehicle


def codes(answer):
    return [each["StatusCode"] for each in answer["ResponseStatusListObject"]["ResponseStatusObject"]]


async def rows(database, query, **values):
    async with database.read() as session:
        return [tuple(row) for row in await session.execute(text(query), values)]


async def test_a_device_registers_keeps_alive_and_says_goodbye(device, database):
    answer = await device.register()
    told = answer["ResponseStatusObject"]
    assert (device.status, told["StatusCode"], told["Id"]) == (200, 0, CAMERA)
    assert told["LocalTime"] == "20261122193010"
    assert device.headers["Content-Type"].startswith("application/VIID+JSON")
    alive = await device.post("/VIID/System/Keepalive", {"KeepaliveObject": {"DeviceID": CAMERA}})
    assert alive["ResponseStatusObject"]["StatusCode"] == 0
    assert await rows(database, "SELECT online, address FROM viid_devices") == [(True, "127.0.0.1")]
    await device.post("/VIID/System/UnRegister", {"UnRegisterObject": {"DeviceID": CAMERA}})
    assert device.status == 200
    assert await rows(database, "SELECT online FROM viid_devices") == [(False,)]
    await device.post("/VIID/System/Keepalive", {"KeepaliveObject": {"DeviceID": CAMERA}})
    assert device.status == 401


async def test_the_time_is_open(device):
    async with device.session.get(device.base + "/VIID/System/Time") as response:
        told = (await response.json(content_type=None))["SystemTimeObject"]
    assert told["LocalTime"] == "20261122193010"


async def test_a_device_may_have_a_user_name_of_its_own(device):
    await device.register(username="admin")
    assert device.status == 200


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"DeviceID": "%s"}' % CAMERA.encode()])
async def test_a_keepalive_may_be_as_short_as_it_likes(device, body):
    await device.register()
    await device.post("/VIID/System/Keepalive", None, raw=body)
    assert device.status == 200


async def test_a_keepalive_of_another_device_is_refused(device):
    await device.register()
    await device.post("/VIID/System/Keepalive", {"KeepaliveObject": {"DeviceID": "45010300001190000002"}})
    assert device.status == 400


@pytest.mark.parametrize("how", [{"password": "wrong"}, {"password": ""}])
async def test_a_wrong_proof_is_refused(device, how):
    await device.register(**how)
    assert device.status in (401, 403)
    await device.vehicles(vehicle(1))
    assert device.status == 401


async def test_who_is_not_on_file_is_refused(device):
    device.code = "45010300001190000099"
    await device.register()
    assert device.status == 403


@pytest.mark.parametrize(("code", "region"), [("45020000001190000001", "450200"), ("camera-7", "45")])
async def test_a_password_of_the_settings_lets_in_who_is_not_on_file(device, database, library, code, region):
    library._settings = Viid(password="for-all")
    device.code = code
    await device.register("for-all")
    assert device.status == 200
    found = await rows(database, "SELECT region, online FROM viid_devices WHERE code = :code", code=code)
    assert found == [(region, True)]


async def test_who_only_says_to_be_a_registered_device_is_not_believed(device, database, library):
    await device.register()
    library._here[CAMERA].peer = "10.9.9.9"  # it registered from another address than this one
    await device.vehicles(vehicle(1))
    assert device.status == 401
    assert await rows(database, "SELECT count(*) FROM viid_objects") == [(0,)]


async def test_what_is_sent_again_counts_once(device, database, library, clock):
    await device.register()
    for _ in range(2):
        answer = await device.vehicles(vehicle(1), vehicle(2, VehicleClass="H11"), vehicle(2))
        assert codes(answer) == [0, 0, 0]
    counted = "SELECT class, value FROM viid_minutes ORDER BY class"
    assert sorted(await rows(database, counted)) in ([("car", 1), ("truck", 1)], [("car", 2)])
    assert await rows(database, "SELECT objects FROM viid_devices") == [(2,)]


async def test_one_wrong_object_does_not_cost_the_others(device, database):
    await device.register()
    answer = await device.vehicles(
        vehicle(1), {"MotorVehicleID": "x y"}, "nonsense", vehicle(2, at="20200101000000"), vehicle(3, at="later")
    )
    assert codes(answer) == [0, 8, 8, 8, 8]
    assert await rows(database, "SELECT count(*) FROM viid_objects") == [(1,)]


@pytest.mark.parametrize("identity", [False, True])
async def test_who_it_was_is_kept_only_where_that_is_asked_for(device, database, library, identity):
    library._settings = Viid(keep_identity=identity)
    await device.register()
    await device.vehicles(vehicle(1, Secret={"a": 1}, Speed=float("nan"), LaneNo=2, PlateNo="桂A\x0012345"))
    ((record,),) = await rows(database, "SELECT record FROM viid_objects")
    assert record.get("PlateNo") == ("桂A12345" if identity else None)
    assert (record["PlateColor"], record["LaneNo"]) == ("5", 2)
    assert "Secret" not in record
    assert "Speed" not in record


async def entries(database, topic):
    return [row[0] for row in await rows(database, "SELECT payload FROM outbox WHERE topic = :t ORDER BY id", t=topic)]


async def deliver(database):
    """Hand the outbox to analysis as the work process does."""
    await outbox.number(database)
    for row in await rows(database, "SELECT sequence, payload FROM outbox WHERE topic = :t", t=MINUTES_TOPIC):
        async with database.write() as session:
            await viid_tasks.minutes_counted(session, outbox.Entry(row[0], None, MINUTES_TOPIC, row[1], b""))


OBSERVED = """SELECT c.code, o.target, o.measure, o.class, to_char(o.start AT TIME ZONE 'UTC', 'HH24:MI'), o.value,
                     round(o.coverage::numeric, 2)::float, o.place
                FROM observations AS o JOIN cameras AS c ON c.id = o.camera_id ORDER BY o.start, o.class"""


async def test_counts_become_observations_with_coverage(device, database, library, clock):
    """Registered at 11:30:10; cars seen at 11:30:40 and 11:31:30; the minute after that is empty."""
    await device.register()
    await device.vehicles(vehicle(1, at="20261122193040"))
    clock.move(80)
    await device.vehicles(vehicle(2, at="20261122193130"), vehicle(3, at="20261122193131"))
    await library.round()
    assert await rows(database, OBSERVED) == []
    await deliver(database)
    first = (CAMERA, "camera", "recognised", "car", "11:30", 1.0, 0.83, "450103")
    assert await rows(database, OBSERVED) == [first]
    for _ in range(2):
        clock.move(60)
        await device.post("/VIID/System/Keepalive", {"KeepaliveObject": {"DeviceID": CAMERA}})
        await library.round()
    await deliver(database)
    assert await rows(database, OBSERVED) == [
        first,
        (CAMERA, "camera", "recognised", "car", "11:31", 2.0, 1.0, "450103"),
        (CAMERA, "camera", "recognised", "car", "11:32", 0.0, 1.0, "450103"),
    ]
    before = await entries(database, MINUTES_TOPIC)
    await library.round()
    assert await entries(database, MINUTES_TOPIC) == before
    await device.vehicles(vehicle(4, at="20261122193150"))
    await library.round()
    await deliver(database)
    assert [row[5] for row in await rows(database, OBSERVED)] == [1.0, 3.0, 0.0]


async def test_an_hour_that_lies_in_the_lake_is_not_touched(device, database, library, clock):
    await device.register()
    await device.vehicles(vehicle(1, at="20261122185900"))
    async with database.write() as session:
        await session.execute(text("INSERT INTO observation_exports VALUES ('2026-11-22 10:00+00', 0)"))
    clock.move(120)
    await library.round()
    await deliver(database)
    told = [minute["start"][11:16] for entry in await entries(database, MINUTES_TOPIC) for minute in entry["minutes"]]
    assert "10:59" in told
    assert "10:59" not in [row[4] for row in await rows(database, OBSERVED)]


async def test_a_silent_device_is_away_and_its_minutes_are_not_zero(device, database, library, clock):
    await device.register()
    await device.vehicles(vehicle(1, at="20261122193040"))
    clock.move(SILENT_SECONDS + 100)
    await library.round()
    assert await rows(database, "SELECT online FROM viid_devices") == [(False,)]
    assert await rows(database, "SELECT count(*) FROM viid_minutes") == [(1,)]
    await device.vehicles(vehicle(2))
    assert device.status == 401


async def test_a_device_that_fell_silent_a_moment_ago_is_not_taken_for_an_empty_road(device, database, library, clock):
    """Last heard of at 11:30:10, not yet given up at 11:34: what lies beyond the grace is unknown, not zero."""
    await device.register()
    await device.vehicles(vehicle(1, at="20261122193005"))
    for _ in range(4):
        clock.move(60)
        await library.round()
    assert await rows(database, "SELECT online FROM viid_devices") == [(True,)]
    await deliver(database)
    assert [row[4:7] for row in await rows(database, OBSERVED)] == [("11:30", 1.0, 0.83), ("11:31", 0.0, 1.0)]


async def test_what_was_seen_more_than_a_day_ago_is_kept_and_not_counted(device, database):
    await device.register()
    await device.vehicles(vehicle(1, at="20261120193005"))
    assert await rows(database, "SELECT count(*) FROM viid_objects") == [(1,)]
    assert await rows(database, "SELECT count(*) FROM viid_minutes") == [(0,)]


async def test_after_a_restart_devices_are_away_until_they_register(device, database, library, settings, clock):
    await device.register()
    again = Library(settings, database, clock)
    await again._begin()
    assert await rows(database, "SELECT online FROM viid_devices") == [(False,)]
    assert not again.present(CAMERA, "127.0.0.1")


async def test_objects_are_forgotten_and_stay_counted(device, database, library, clock):
    await device.register()
    await device.vehicles(vehicle(1))
    clock.move(24.5 * 3600)
    await library.round()
    assert await rows(database, "SELECT count(*) FROM viid_objects") == [(0,)]
    assert await rows(database, "SELECT value FROM viid_minutes WHERE value > 0") == [(1,)]


async def test_the_four_kinds_and_a_list_of_one_without_brackets(device, database):
    await device.register()
    face = {"FaceID": "f1", "DeviceID": CAMERA, "FaceAppearTime": "20261122192900"}
    person = {"PersonID": "p1", "DeviceID": CAMERA, "PersonAppearTime": "20261122192900"}
    bicycle = {"NonMotorVehicleID": "n1", "DeviceID": CAMERA, "PassTime": "2026-11-22T19:29:00+08:00"}
    for path, listing, item, one in (
        ("Faces", "FaceListObject", "FaceObject", face),
        ("Persons", "PersonListObject", "PersonObject", [person]),
        ("NonMotorVehicles", "NonMotorVehicleListObject", "NonMotorVehicleObject", bicycle),
    ):
        answer = await device.post(f"/VIID/{path}/", {listing: {item: one}})
        assert codes(answer) == [0]
    assert sorted(await rows(database, "SELECT class, kind FROM viid_objects")) == [
        ("bicycle", "non_motor_vehicle"), ("face", "face"), ("person", "person"),
    ]  # fmt: skip


async def test_an_unknown_camera_is_kept_and_not_counted(device, database):
    await device.register()
    await device.vehicles(vehicle(1, DeviceID="45010300001190000777"))
    assert await rows(database, "SELECT camera_id FROM viid_objects") == [(None,)]
    assert await rows(database, "SELECT count(*) FROM viid_minutes") == [(0,)]


async def test_a_code_of_another_standard_is_the_camera_people_say(device, database):
    other = "45010300001190000777"
    ((camera,),) = await rows(database, "SELECT id FROM cameras")
    async with database.write() as session:
        await store.name_channel(session, other, camera)
    await device.register()
    await device.vehicles(vehicle(1, DeviceID=other))
    assert await rows(database, "SELECT camera_id, value FROM viid_minutes") == [(camera, 1)]


async def test_notifications_come_only_under_a_subscription_of_ours(device, database, clock):
    await device.register()

    async def notify(subscription):
        one = {
            "NotificationID": "n1", "SubscribeID": subscription, "TriggerTime": "20261122193000",
            "MotorVehicleObjectList": {"MotorVehicleObject": [vehicle(1)]},
            "FaceObjectList": {"FaceObject": [{"FaceID": "f1", "FaceAppearTime": "20261122192930"}]},
        }  # fmt: skip
        body = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [one]}}
        return codes(await device.post("/VIID/SubscribeNotifications", body))

    assert await notify("s1") == [4]
    hour = clock.at.replace(hour=23)
    async with database.write() as session:
        given = store.Subscribed("s1", CAMERA, (Kind.FACE, Kind.MOTOR_VEHICLE), clock.at, hour, "active", "")
        await store.subscribe(session, given)
    assert await notify("s1") == [0]
    assert sorted(await rows(database, "SELECT kind FROM viid_objects")) == [("face",), ("motor_vehicle",)]


async def test_an_alarm_is_kept_and_passed_on_once(device, database):
    await device.register()
    one = {"NotificationID": "a1", "DispositionID": "d1", "Title": " 布控\n报警 ", "TriggerTime": "20261122193000",
           "MotorVehicleObject": vehicle(1)}  # fmt: skip
    body = {"DispositionNotificationListObject": {"DispositionNotificationObject": [one]}}
    for _ in range(2):
        assert codes(await device.post("/VIID/DispositionNotifications", body)) == [0]
    ((payload,),) = [(each,) for each in await entries(database, ALARM_TOPIC)]
    kept = await rows(database, "SELECT id::text, title, region, record FROM viid_alarms")
    assert kept == [(payload["alarm"], "布控 报警", "450103", {"DispositionID": "d1"})]
    assert payload["camera"] is not None


async def test_nothing_is_handed_on(device):
    await device.register()
    body = {"SubscribeListObject": {"SubscribeObject": [{"SubscribeID": "s9"}]}}
    assert codes(await device.post("/VIID/Subscribes", body)) == [4]


@pytest.mark.parametrize(
    ("raw", "status"),
    [(b"", 400), (b"[]", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b"{}", 400),
     (b'{"MotorVehicleListObject": 3}', 400)],
)  # fmt: skip
async def test_hostile_messages(device, raw, status):
    await device.register()
    answer = await device.post("/VIID/MotorVehicles", None, raw=raw)
    assert (device.status, answer["ResponseStatusObject"]["StatusCode"] > 0) == (status, True)


async def test_too_many_objects_and_too_large_messages(device, settings):
    await device.register()
    await device.vehicles(*({"MotorVehicleID": str(n)} for n in range(1_001)))
    assert device.status == 400
    await device.post("/VIID/MotorVehicles", None, raw=b" " * (settings.viid.body_limit + 1))
    assert device.status == 413


async def test_devices_are_told_to_come_again_when_too_many_wait(device, library, monkeypatch):
    from commonsight.connect.viid import listener

    await device.register()
    monkeypatch.setattr(listener, "WAITING_MOST", 0)
    answer = await device.vehicles(vehicle(1))
    assert (device.status, answer["ResponseStatusObject"]["StatusCode"]) == (503, 2)
    assert device.headers["Retry-After"] == "5"


@pytest.mark.parametrize("room", [0, 100_000])
async def test_pictures_are_dropped_unless_there_is_room_for_them(device, database, settings, library, room):
    from commonsight.connect.viid.images import Images

    directory = settings.data_dir / "viid-images"
    library._images = Images(directory, room)
    await device.register()
    body = (await asyncio.to_thread(jpegs, 1))[0]
    images = [
        {"ImageID": "i1", "Data": base64.b64encode(body).decode()},
        {"ImageID": "i2", "Data": base64.b64encode(b"<html>").decode()},
    ]
    for _ in range(2):
        await device.vehicles(vehicle(1, SubImageList={"SubImageInfoObject": images}))
    ((names,),) = await rows(database, "SELECT images FROM viid_objects")
    files = sorted(directory.glob("*")) if directory.exists() else []
    assert [path.name for path in files] == names
    assert [path.read_bytes() for path in files] == ([body] if room else [])


async def test_many_devices_at_once(base, database, library, device):
    """Forty devices register together and each sends the same hundred objects twice."""
    from commonsight.catalog import secrets

    others = []
    async with database.write() as session:
        for number in range(40):
            code = f"4501030000119000{number + 100:04d}"
            sealed = secrets.installed().seal("s3cret")
            await store.insert(
                session, {"code": code, "name": code, "region": "450103", "secret": sealed}, library.now()
            )
            others.append(Device(device.session, base, code))

    async def live(one):
        await one.register()
        assert one.status == 200
        sent = [vehicle(n) | {"MotorVehicleID": f"{one.code}{n:06d}"} for n in range(100)]
        for _ in range(2):
            while True:
                await one.vehicles(*sent)
                if one.status != 503:
                    break
            assert one.status == 200

    await asyncio.gather(*(live(one) for one in others))
    assert await rows(database, "SELECT count(*) FROM viid_objects") == [(4_000,)]
    assert await rows(database, "SELECT sum(value) FROM viid_minutes") == [(4_000,)]


def test_every_handler_but_registration_asks_who_it_is(library):
    paths = Listener(library).handlers()
    assert [path for path, handle in paths.items() if handle.__name__ != "handled"] == ["/VIID/System/Register"]
