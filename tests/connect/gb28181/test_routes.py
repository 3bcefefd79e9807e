"""The interface: filing devices, turning cameras, asking for recordings and pictures, against a running process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from commonsight.access.audit import LOCAL
from commonsight.api import problem
from commonsight.catalog import service as catalog
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import ops
from commonsight.connect.gb28181.routes import router
from commonsight.connect.wire import manscdp, ptz
from commonsight.places import store as places
from commonsight.places.model import Level, Region
from commonsight.records import nodes
from tests.catalog.conftest import Somebody

from .conftest import CODE, until

CAMERA = "45010300001320000007"
EVERYTHING = frozenset({
    "gather.read", "gather.write", "cameras.read", "pictures.view", "pictures.control", "health.read", "people.write",
})  # fmt: skip
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100


class Client(httpx.AsyncClient):
    """Speaks to the application as `caller`."""

    caller: Somebody


@pytest.fixture
async def client(settings, database, key) -> AsyncIterator[Client]:
    tree = [
        Region("45", "广西壮族自治区", Level.PROVINCE, None),
        Region("4501", "南宁市", Level.CITY, "45"),
        Region("450103", "青秀区", Level.COUNTY, "4501"),
        Region("4502", "柳州市", Level.CITY, "45"),
    ]
    async with database.write() as session:
        await places.load(session, "test", b"\0" * 32, tree)
    app = FastAPI()
    app.state.database, app.state.settings, app.state.clock = database, settings, SystemClock()
    app.include_router(router)
    problem.install(app)
    made = Client(transport=httpx.ASGITransport(app), base_url="http://platform.test")
    made.caller = Somebody(permissions=EVERYTHING, name="root")

    async def authorize(request, permission):
        if permission not in made.caller.permissions:
            raise problem.Refusal("access.forbidden", status=403)
        return made.caller

    app.state.authorize = authorize
    async with made:
        yield made


@pytest.fixture
async def beating(database):
    """A node of another process speaks every two seconds; one that runs in a test must be made to."""
    names: list[str] = []

    async def beat():
        while True:
            for name in names:
                await nodes.beat(database, name, "sip")
            await asyncio.sleep(1)

    task = asyncio.create_task(beat())
    yield names.append
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def scene(client, database, start, beating):
    """A device on file by the interface, registered, and a camera behind it."""
    filed = (
        await client.post("/gb28181/devices", json={"code": CODE, "name": "录像机", "password": "secret-1"})
    ).json()
    async with database.write() as session:
        given = catalog.Given.of(name="民族广场", region="450103", code=CAMERA, url="rtsp://192.0.2.1/1")
        camera = await catalog.add(session, given, catalog.Changer(LOCAL, ("45",)), "45", SystemClock().now())
        await session.execute(
            text("UPDATE cameras SET protocol = 'gb28181', url = :url WHERE id = :id"),
            {"url": f"gb28181://{CODE}/{CAMERA}", "id": camera.row.id},
        )
    platform = await start()
    beating(platform.house.name)
    device = await platform.device()
    await device.register()
    return filed, camera.row.id, device, platform


def code_of(answer):
    return answer.status_code, answer.json()["code"]


async def test_a_device_is_filed_listed_changed_and_removed(client):
    made = await client.post(
        "/gb28181/devices",
        json={"code": CODE, "name": "录像机", "password": "secret-1", "quirks": {"tcp_only": True}},
    )
    assert made.status_code == 201
    filed = made.json()
    assert (filed["region"], filed["kind"], filed["has_password"], filed["online"]) == ("450103", "device", True, False)
    assert filed["offline_reason"] == "never_registered"
    assert "secret-1" not in made.text
    assert [one["event"] for one in filed["subscriptions"]] == ["alarm"]
    path = f"/gb28181/devices/{filed['id']}"
    assert code_of(await client.post("/gb28181/devices", json={"code": CODE})) == (409, "connect.gb_device_taken")

    assert code_of(await client.patch(path, json={"name": "新名"})) == (428, "http.precondition_required")
    tag = (await client.get(path)).headers["etag"]
    changed = await client.patch(path, json={"quirks": {"qop": False}, "subscriptions": []}, headers={"If-Match": tag})
    assert changed.json()["quirks"] == {"qop": False}
    assert changed.json()["subscriptions"] == []
    assert changed.json()["name"] == "录像机"
    stale = await client.patch(path, json={"name": "x"}, headers={"If-Match": tag})
    assert code_of(stale) == (412, "http.precondition_failed")

    assert (await client.delete(path)).status_code == 204
    assert code_of(await client.get(path)) == (404, "connect.gb_device_unknown")
    assert (await client.get("/gb28181/devices")).json()["items"] == []
    again = await client.post("/gb28181/devices", json={"code": CODE, "name": "回来"})
    assert again.json()["id"] == filed["id"]
    assert again.json()["name"] == "回来"


@pytest.mark.parametrize(
    ("body", "operand"),
    [
        ({"code": "9" * 20}, "code"),
        ({"code": CODE, "password": "short"}, "password"),
        ({"code": CODE, "quirks": {"digest": "md4"}}, "quirks.digest"),
        ({"code": CODE, "quirks": {"keepalive_seconds": 0}}, "quirks.keepalive_seconds"),
        ({"code": CODE, "quirks": {"wings": True}}, "quirks.wings"),
        ({"code": CODE, "region": "4599"}, "region"),
        ({"code": CODE, "platform_id": str(uuid4())}, "platform_id"),
    ],
)
async def test_what_is_wrong_is_refused_by_name(client, body, operand):
    answer = await client.post("/gb28181/devices", json=body)
    assert answer.status_code in (404, 422)
    assert answer.json()["operand"] == operand
    assert "short" not in answer.text


@pytest.mark.parametrize(
    ("code", "events"),
    [
        (CODE, {"alarm"}),
        ("45010300002000000001", {"alarm", "catalog"}),
        ("45010300001380000001", {"alarm", "position"}),
    ],
)
async def test_what_a_device_is_says_what_it_is_asked_to_tell(client, code, events):
    filed = (await client.post("/gb28181/devices", json={"code": code})).json()
    assert {one["event"] for one in filed["subscriptions"]} == events


async def test_a_stop_never_overtakes_its_move(client, scene):
    """The move is lost on the way and sent again half a second later; the stop waits for it."""
    _, camera, device, _ = scene
    lost: list[bytes] = []
    take = device.take

    def lossy(message):
        if b"PTZCmd" in message.body and not lost:
            lost.append(message.body)
        else:
            take(message)

    device.take = lossy
    path = f"/cameras/{camera}/ptz"
    move = asyncio.create_task(client.post(path, json={"action": "move", "pan": 1}))
    await until(lambda: lost)
    stop = await client.post(path, json={"action": "stop"})
    assert (stop.status_code, (await move).status_code) == (204, 204)
    said = [manscdp.decode(one.body).root.findtext("PTZCmd") for one in device.heard if b"PTZCmd" in one.body]
    assert [ptz.decode(one).code for one in said] == [ptz.RIGHT, 0]


async def test_nobody_sees_or_files_beyond_their_regions(client):
    filed = (await client.post("/gb28181/devices", json={"code": CODE})).json()
    client.caller = replace(client.caller, regions=("4502",))
    assert (await client.get("/gb28181/devices")).json() == {"items": [], "next": None, "total": 0, "online": 0}
    assert (await client.get(f"/gb28181/devices/{filed['id']}")).status_code == 404
    assert (await client.post("/gb28181/devices", json={"code": "45010300001110000002"})).status_code == 403
    assert (await client.get("/gb28181/devices", params={"region": "4501"})).status_code == 403


async def test_a_list_is_read_page_by_page_and_filtered(client):
    for number in range(5):
        body = {"code": f"4501030000{'200' if number else '111'}00{number:05}", "name": f"n{number}"}
        assert (await client.post("/gb28181/devices", json=body)).status_code == 201
    first = (await client.get("/gb28181/devices", params={"limit": 3})).json()
    second = (await client.get("/gb28181/devices", params={"limit": 3, "after": first["next"]})).json()
    assert [one["name"] for one in first["items"] + second["items"]] == [f"n{n}" for n in range(5)]
    assert (second["next"], first["total"]) == (None, 5)
    for asked, found in (({"kind": "device"}, ["n0"]), ({"q": "N3"}, ["n3"]), ({"online": True}, [])):
        items = (await client.get("/gb28181/devices", params=asked)).json()["items"]
        assert [one["name"] for one in items] == found


async def test_a_camera_is_turned_by_one_operator_at_a_time(client, scene):
    _, camera, device, _ = scene
    path = f"/cameras/{camera}/ptz"
    chief = client.caller
    officer = Somebody(permissions=frozenset({"pictures.control"}), name="li", display_name="李警官")
    client.caller = officer
    assert (await client.post(path, json={"action": "move", "pan": 0.5})).status_code == 204
    told = next(request for request in device.heard if b"PTZCmd" in request.body)
    said = manscdp.decode(told.body)
    assert (said.command, said.device) == ("DeviceControl", CAMERA)
    assert ptz.decode(said.root.findtext("PTZCmd")).code == ptz.RIGHT
    mine = (await client.get(f"{path}/lock")).json()
    assert mine["mine"]
    assert 0 < mine["seconds_left"] <= 30

    client.caller = Somebody(permissions=frozenset({"pictures.control"}), name="wu")
    refused = await client.post(path, json={"action": "stop"})
    assert code_of(refused) == (409, "connect.ptz_held")
    assert "李警官" in refused.text
    assert code_of(await client.post(f"{path}/lock", json={"by_force": True})) == (409, "connect.ptz_held")
    assert (await client.post(path, json={"action": "key_frame"})).status_code == 204

    client.caller = chief
    assert code_of(await client.post(path, json={"action": "stop"})) == (409, "connect.ptz_held")
    taken = (await client.post(f"{path}/lock", json={"by_force": True, "seconds": 120})).json()
    assert taken["mine"]
    assert taken["seconds_left"] > 60
    assert (await client.post(path, json={"action": "stop"})).status_code == 204
    client.caller = officer
    assert code_of(await client.post(path, json={"action": "stop"})) == (409, "connect.ptz_held")
    client.caller = chief
    assert (await client.delete(f"{path}/lock")).status_code == 204
    assert (await client.get(f"{path}/lock")).json() == {"holder": None, "seconds_left": None, "mine": False}


@pytest.mark.parametrize(
    ("body", "ends"), [({"action": "move", "pan": 1}, 0), ({"action": "lens", "focus": 1}, ptz.LENS)]
)
async def test_a_camera_nobody_stops_stops_by_itself(client, scene, monkeypatch, body, ends):
    _, camera, device, _ = scene
    monkeypatch.setattr(ops, "STOP_SECONDS", 0.3)
    assert (await client.post(f"/cameras/{camera}/ptz", json=body)).status_code == 204

    def codes():
        said = [manscdp.decode(one.body).root.findtext("PTZCmd") for one in device.heard if b"PTZCmd" in one.body]
        return [ptz.decode(one).code for one in said]

    await until(lambda: len(codes()) == 2)
    assert codes()[-1] == ends
    monkeypatch.setattr(ops, "STOP_SECONDS", 30.0)
    assert (await client.post(f"/cameras/{camera}/ptz", json=body)).status_code == 204
    assert (await client.post(f"/cameras/{camera}/ptz", json={"action": "stop"})).status_code == 204
    assert codes()[-2:] == ([0x40, 0] if ends else [ptz.RIGHT, 0])  # a lens is stopped as a lens, and the head too


async def test_who_may_turn_may_not_reboot(client, scene, database):
    _, camera, device, _ = scene
    chief = client.caller
    client.caller = Somebody(permissions=frozenset({"pictures.control"}))
    refused = await client.post(f"/cameras/{camera}/ptz", json={"action": "reboot"})
    assert code_of(refused) == (403, "connect.control_forbidden")
    client.caller = chief
    assert (await client.post(f"/cameras/{camera}/ptz", json={"action": "reboot"})).status_code == 204
    assert any(b"TeleBoot" in request.body for request in device.heard)
    async with database.read() as session:
        audited = await session.execute(text("SELECT detail FROM audit WHERE action = 'connect.camera_controlled'"))
        assert audited.scalar_one()["action_done"] == "reboot"


async def test_what_cannot_be_done_says_why(client, scene, database):
    _, camera, device, _ = scene
    path = f"/cameras/{camera}"
    assert code_of(await client.post(f"{path}/ptz", json={"action": "fly"})) == (422, "connect.control_unknown")
    assert code_of(await client.post(f"{path}/ptz", json={"action": "move", "pan": 2})) == (
        422, "connect.control_invalid",
    )  # fmt: skip
    await device.register(expires=0)
    offline = await client.post(f"{path}/ptz", json={"action": "stop"})
    assert code_of(offline) == (409, "connect.gb_offline")
    assert offline.json()["actual"] == "unregistered"
    async with database.write() as session:
        given = catalog.Given.of(name="别的", region="450103", url="rtsp://192.0.2.1/1")
        other = await catalog.add(session, given, catalog.Changer(LOCAL, ("45",)), "45", SystemClock().now())
    assert code_of(await client.get(f"/cameras/{other.row.id}/presets")) == (409, "connect.not_gb28181")
    client.caller = replace(client.caller, regions=("4502",))
    assert (await client.post(f"{path}/ptz", json={"action": "stop"})).status_code == 404


async def test_presets_status_and_recordings_come_from_the_device(client, scene):
    _, camera, device, _ = scene

    def presets(said, _):
        listed = Element("PresetList", Num="2")
        for number, name in (("2", "东门"), ("1", "西门")):
            item = SubElement(listed, "Item")
            SubElement(item, "PresetID").text = number
            SubElement(item, "PresetName").text = name
        return [manscdp.build("Response", "PresetQuery", said.serial, said.device, ("SumNum", "2"), listed)]

    def recordings(said, _):
        assert said.root.findtext("StartTime") == "2026-03-01T08:00:00"
        listed = Element("RecordList", Num="1")
        item = SubElement(listed, "Item")
        for name, value in (("Name", "r"), ("StartTime", "2026-03-01T08:10:00"), ("EndTime", "2026-03-01T08:20:00"),
                            ("Type", "time"), ("FileSize", "1234")):  # fmt: skip
            SubElement(item, name).text = value
        return [manscdp.build("Response", "RecordInfo", said.serial, said.device, ("SumNum", "1"), listed)]

    device.answers |= {
        "PresetQuery": presets,
        "RecordInfo": recordings,
        "DeviceStatus": lambda said, _: [
            manscdp.build("Response", "DeviceStatus", said.serial, said.device, ("Online", "ONLINE"), ("Status", "OK"),
                          ("Record", "ON"), ("DeviceTime", "2026-03-01T08:00:00"))
        ],
    }  # fmt: skip
    path = f"/cameras/{camera}"
    assert (await client.get(f"{path}/presets")).json()["items"] == [
        {"number": 1, "name": "西门"}, {"number": 2, "name": "东门"},
    ]  # fmt: skip
    status = (await client.get(f"{path}/device-status")).json()
    assert (status["online"], status["status"], status["record"]) == (True, "OK", "ON")
    assert status["device_time"] == "2026-03-01T00:00:00Z"
    span = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T04:00:00Z"}
    found = (await client.get(f"{path}/records", params=span)).json()
    assert found["complete"]
    assert found["items"][0]["start"] == "2026-03-01T00:10:00Z"
    assert found["items"][0]["bytes"] == 1234
    backwards = {"from": span["to"], "to": span["from"]}
    assert code_of(await client.get(f"{path}/records", params=backwards)) == (422, "connect.records_span")


async def test_a_device_is_asked_what_it_is_and_how_it_is_set_up(client, scene):
    filed, camera, device, _ = scene
    device.answers |= {
        "DeviceInfo": lambda said, _: [
            manscdp.build("Response", "DeviceInfo", said.serial, CODE, ("Model", "X1"), ("Channel", "4"), ("Own", "y"))
        ],
        "ConfigDownload": lambda said, _: [
            manscdp.build("Response", "ConfigDownload", said.serial, said.device, ("Result", "OK"))
        ],
    }
    info = (await client.get(f"/gb28181/devices/{filed['id']}/info")).json()
    assert (info["model"], info["channels"], info["fields"]["Own"]) == ("X1", 4, "y")
    found = (await client.get(f"/cameras/{camera}/configuration")).json()
    assert (found["kind"], found["fields"]["Result"]) == ("BasicParam", "OK")
    wrong = await client.get(f"/cameras/{camera}/configuration", params={"kind": "Everything"})
    assert code_of(wrong) == (422, "connect.control_invalid")


async def test_who_is_turned_away_can_be_seen(client, scene):
    *_, platform = scene
    stranger = await platform.device("45010300001110000009")
    assert (await stranger.register()).status == 403
    (seen,) = (await client.get("/gb28181/refused")).json()["items"]
    assert (seen["code"], seen["why"], seen["count"]) == ("45010300001110000009", "unknown", 1)


async def test_pictures_come_under_a_permit_and_once(client, scene, database):
    _, camera, device, _ = scene
    posted = []

    def take(said, _):
        config = said.root.find("SnapShotConfig")
        posted.append((config.findtext("UploadURL"), config.findtext("SessionID"), int(config.findtext("SnapNum"))))
        return []

    device.answers["DeviceConfig"] = take
    path = f"/cameras/{camera}/snapshots"
    assert code_of(await client.post(path, json={})) == (422, "gate.purpose_missing")
    asked = await client.post(path, json={"purpose_code": "public_order", "purpose_text": "广场活动保障", "number": 2})
    assert asked.status_code == 202, asked.text
    url, session_name, number = await until(lambda: posted and posted[0])
    assert number == 2
    assert len(session_name) >= 32
    upload = urlsplit(url).path
    wrong = upload.rpartition("/")[0] + "/another-key"
    jpeg = {"Content-Type": "image/jpeg"}
    assert (await client.post(wrong, content=JPEG, headers=jpeg)).status_code == 404
    assert (await client.post(upload, content=b"<html>", headers=jpeg)).status_code == 415
    assert (await client.post(upload, content=JPEG, headers=jpeg)).status_code == 200
    form = {"file": ("1.jpg", JPEG + b"2", "image/jpeg")}
    assert (await client.post(upload, files=form)).status_code == 200
    assert code_of(await client.post(upload, content=JPEG, headers=jpeg)) == (410, "connect.upload_over")

    series = (await client.get(asked.headers["location"])).json()
    assert (series["state"], series["received"]) == ("done", 2)
    second = await client.get(series["pictures"][1])
    assert second.content == JPEG + b"2"
    assert second.headers["cache-control"] == "no-store"
    async with database.read() as session:
        lines = await session.execute(
            text("SELECT close_reason, bytes FROM retrievals WHERE opened_at IS NOT NULL AND camera_id = :id"),
            {"id": camera},
        )
        assert [tuple(line) for line in lines] == [("snapshot", len(JPEG) + 1)]
    client.caller = Somebody(permissions=EVERYTHING)
    assert (await client.get(series["pictures"][0])).status_code == 404


async def test_a_short_list_of_pictures_is_a_partial_failure(client, scene):
    _, camera, device, _ = scene
    asked_of = []

    def take(said, _):
        config = said.root.find("SnapShotConfig")
        asked_of.append((config.findtext("UploadURL"), config.findtext("SessionID")))
        return []

    device.answers["DeviceConfig"] = take
    path = f"/cameras/{camera}/snapshots"
    asked = await client.post(path, json={"purpose_code": "public_order", "purpose_text": "广场活动保障", "number": 3})
    url, session_name = await until(lambda: asked_of and asked_of[0])
    await client.post(urlsplit(url).path, content=JPEG, headers={"Content-Type": "image/jpeg"})
    listed = Element("SnapShotList")
    SubElement(listed, "SnapShotFileID").text = "a.jpg"
    done = manscdp.build("Notify", "UploadSnapShotFinished", "1", CAMERA, ("SessionID", session_name), listed)
    await device.say(done)

    async def partial():
        found = (await client.get(asked.headers["location"])).json()
        return found["state"] == "partial" and found

    assert (await until(partial))["received"] == 1


async def test_alarms_and_positions_are_listed_by_camera(client, scene):
    _, camera, device, _ = scene
    await device.say(
        manscdp.build("Notify", "Alarm", "1", CAMERA, ("AlarmPriority", "1"), ("AlarmMethod", "5"),
                      ("AlarmTime", "2026-03-01T08:00:00"), ("AlarmDescription", "越界"))
    )  # fmt: skip
    for minute in range(3):
        await device.say(
            manscdp.build("Notify", "MobilePosition", "1", CAMERA, ("Time", f"2026-03-01T08:0{minute}:00"),
                          ("Longitude", f"108.{minute}"), ("Latitude", "22.8"))
        )  # fmt: skip

    async def alarms():
        return (await client.get("/alarms", params={"camera": str(camera)})).json()["items"]

    (alarm,) = await until(alarms)
    assert (alarm["camera_id"], alarm["camera_name"], alarm["priority"]) == (str(camera), "民族广场", 1)
    assert datetime.fromisoformat(alarm["at"]) == datetime.fromisoformat("2026-03-01T00:00:00Z")

    async def positions():
        found = (await client.get(f"/cameras/{camera}/positions", params={"limit": 2})).json()
        return len(found["items"]) == 2 and found["next"] and found

    first = await until(positions)
    rest = (await client.get(f"/cameras/{camera}/positions", params={"after": first["next"]})).json()
    assert [one["point"][0] for one in first["items"] + rest["items"]] == [108.2, 108.1, 108.0]
    client.caller = replace(client.caller, regions=("4502",))
    assert (await client.get("/alarms")).json()["items"] == []


async def test_a_sync_is_asked_for_once(client):
    filed = (await client.post("/gb28181/devices", json={"code": CODE})).json()
    first = await client.post(f"/gb28181/devices/{filed['id']}/sync")
    assert first.status_code == 202
    assert first.json()["new"]
    again = await client.post(f"/gb28181/devices/{filed['id']}/sync")
    assert again.json() == {"id": first.json()["id"], "new": False}
