"""The interface: devices on file, whose a code is, subscriptions at a lower platform, objects and alarms."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import httpx
import pytest
from aiohttp import web
from fastapi import FastAPI
from sqlalchemy import text

from commonsight.api import problem
from commonsight.connect.viid.renewal import renew_due
from commonsight.connect.viid.routes import router
from commonsight.connect.wire.digest import Verifier
from commonsight.jobs import House
from commonsight.settings import Inspect, Settings, Viid
from tests.catalog.conftest import Somebody

from .conftest import CAMERA, PASSWORD, vehicle

EVERYTHING = frozenset({"gather.read", "gather.write", "cameras.read", "pictures.view"})
LOWER = "45010000005030000001"


@pytest.fixture
def settings(tmp_path) -> Settings:
    viid = Viid(body_limit=200_000, public_url="http://127.0.0.1:8640/")
    return Settings(data_dir=tmp_path, viid=viid, inspect=Inspect(loopback=True))


@pytest.fixture
async def client(database, settings, clock) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.database, app.state.settings, app.state.clock = database, settings, clock
    app.include_router(router)
    problem.install(app)
    made = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://platform.test", timeout=60)
    made.caller = Somebody(permissions=EVERYTHING)

    async def authorize(request, permission):
        if permission not in made.caller.permissions:
            raise PermissionError(permission)
        return made.caller

    app.state.authorize = authorize
    async with made:
        yield made


async def camera_id(database):
    async with database.read() as session:
        return str(await session.scalar(text("SELECT id FROM cameras")))


async def test_a_device_is_filed_changed_and_taken_off(client, database, library):
    made = await client.post(
        "/viid/devices",
        json={"code": LOWER, "name": "下级视图库", "region": "4501", "url": "http://127.0.0.1:9/", "password": "pw"},
    )
    assert made.status_code == 201, made.text
    assert made.json()["has_password"]
    assert "pw" not in made.text
    again = await client.post("/viid/devices", json={"code": LOWER})
    assert (again.status_code, again.json()["code"]) == (409, "connect.viid_device_taken")
    listed = (await client.get("/viid/devices", params={"limit": 1})).json()
    assert [each["code"] for each in listed["items"]] == [LOWER]
    rest = (await client.get("/viid/devices", params={"limit": 1, "after": listed["next"]})).json()
    assert ([each["code"] for each in rest["items"]], rest["next"]) == ([CAMERA], None)
    at = f"/viid/devices/{LOWER}"
    assert (await client.patch(at, json={"name": "x"})).status_code == 428
    changed = await client.patch(
        at, json={"name": "新名", "password": None}, headers={"If-Match": made.headers["ETag"]}
    )
    assert (changed.json()["name"], changed.json()["has_password"]) == ("新名", False)
    stale = await client.patch(at, json={"name": "y"}, headers={"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    assert (await client.delete(at)).status_code == 204
    assert (await client.get(at)).status_code == 404


async def test_a_device_that_was_taken_off_is_not_believed_any_more(client, device, library):
    await device.register()
    assert (await client.delete(f"/viid/devices/{CAMERA}")).status_code == 204
    await library.round()
    await device.vehicles(vehicle(1))
    assert device.status == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"code": "a b"}, 422, "connect.viid_code"),
        ({"code": "1", "region": "4502"}, 403, "catalog.region_outside"),
        ({"code": "1", "region": "999999"}, 422, "places.region_unknown"),
        ({"code": "1", "url": "http://169.254.169.254/"}, 422, "catalog.address_invalid"),
        ({"code": "1", "url": "rtsp://10.0.0.5/"}, 422, "catalog.address_invalid"),
        ({"code": "1", "unknown": 1}, 422, "api.invalid"),
    ],
)
async def test_refusals(client, body, status, code):
    client.caller = Somebody(regions=("4501",), permissions=EVERYTHING)
    answer = await client.post("/viid/devices", json={"region": "4501"} | body)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code or code == "api.invalid"


async def test_other_regions_see_nothing(client, database):
    client.caller = Somebody(regions=("4502",), permissions=EVERYTHING)
    assert (await client.get("/viid/devices")).json()["items"] == []
    assert (await client.get(f"/viid/devices/{CAMERA}")).status_code == 404
    assert (await client.get(f"/cameras/{await camera_id(database)}/recognised")).status_code == 404
    body = {"camera_id": await camera_id(database)}
    assert (await client.put("/viid/channels/45010300001190000777", json=body)).status_code == 404


async def test_what_was_recognised_is_listed_and_each_look_is_written_down(client, device, database):
    other = "45010300001190000777"
    camera = await camera_id(database)
    assert (await client.put(f"/viid/channels/{other}", json={"camera_id": camera})).status_code == 204
    await device.register()
    await device.vehicles(*(vehicle(n, at=f"202611221929{n:02d}", DeviceID=other) for n in range(5)))
    at = f"/cameras/{camera}/recognised"
    first = (await client.get(at, params={"limit": 3, "kind": "motor_vehicle"})).json()
    rest = (await client.get(at, params={"limit": 3, "after": first["next"]})).json()
    times = [datetime.fromisoformat(each["seen_at"]) for each in first["items"] + rest["items"]]
    assert len(times) == 5
    assert times == sorted(times, reverse=True)
    assert first["items"][0]["class"] == "car"
    assert "PlateNo" not in json.dumps(first)
    async with database.read() as session:
        looks = await session.scalar(text("SELECT count(*) FROM audit WHERE action = 'connect.recognised_read'"))
    assert looks == 2
    assert (await client.delete(f"/viid/channels/{other}")).status_code == 204
    unknown = await client.put(f"/viid/channels/{other}", json={"camera_id": str(uuid4())})
    assert unknown.status_code == 404


async def test_alarms_are_listed_by_region(client, device):
    await device.register()
    for number in range(3):
        one = {"NotificationID": f"a{number}", "Title": "布控", "TriggerTime": f"202611221929{number:02d}"}
        body = {"DispositionNotificationListObject": {"DispositionNotificationObject": one}}
        await device.post("/VIID/DispositionNotifications", body)
    first = (await client.get("/viid/alarms", params={"limit": 2})).json()
    rest = (await client.get("/viid/alarms", params={"limit": 2, "after": first["next"]})).json()
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3
    client.caller = Somebody(regions=("4502",), permissions=EVERYTHING)
    assert (await client.get("/viid/alarms")).json()["items"] == []


@pytest.fixture
async def platform():
    """A lower platform that asks for a digest and answers as it is told."""
    verifier = Verifier("45000000002000000001", PASSWORD, realm="viid", algorithms=("MD5",))
    app = web.Application()
    state = {"asked": [], "cancelled": [], "status": 0}

    async def subscribes(request):
        if not verifier.accepts(request.method, request.headers.get("Authorization", "")):
            return web.Response(status=401, headers={"WWW-Authenticate": verifier.challenges()[0]})
        message = json.loads(await request.read())
        if request.method == "PUT":
            state["cancelled"].append((request.match_info["id"], message["SubscribeObject"]))
            return web.json_response({"ResponseStatusObject": {"StatusCode": 0}})
        state["asked"] += message["SubscribeListObject"]["SubscribeObject"]
        told = {"StatusCode": state["status"], "StatusString": "no" if state["status"] else "OK"}
        return web.json_response({"ResponseStatusListObject": {"ResponseStatusObject": [told]}})

    app.router.add_post("/VIID/Subscribes", subscribes)
    app.router.add_put("/VIID/Subscribes/{id}", subscribes)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    state["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield state
    await runner.cleanup()


async def test_a_lower_platform_is_subscribed_at_sends_and_is_cancelled(client, platform, device, database):
    body = {"code": LOWER, "region": "4501", "url": platform["url"], "password": PASSWORD}
    assert (await client.post("/viid/devices", json=body)).status_code == 201
    at = f"/viid/devices/{LOWER}/subscriptions"
    made = await client.post(at, json={"kinds": ["motor_vehicle", "face"], "hours": 24})
    assert made.status_code == 201, made.text
    (asked,) = platform["asked"]
    assert (asked["SubscribeDetail"], asked["ResourceURI"], asked["OperateType"]) == ("13,12", LOWER, 0)
    assert asked["ReceiveAddr"] == "http://127.0.0.1:8640/VIID/SubscribeNotifications"
    assert (asked["BeginTime"], asked["EndTime"]) == ("20261122193010", "20261123193010")
    assert asked["SubscribeID"] == made.json()["id"]
    assert len(asked["SubscribeID"]) == 33
    assert asked["SubscribeID"].startswith("4500000000200320261122193010")

    device.code = LOWER
    await device.register()
    one = {"NotificationID": "n1", "SubscribeID": made.json()["id"],
           "MotorVehicleObjectList": {"MotorVehicleObject": [vehicle(1)]}}  # fmt: skip
    notification = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [one]}}
    answer = await device.post("/VIID/SubscribeNotifications", notification)
    assert answer["ResponseStatusListObject"]["ResponseStatusObject"][0]["StatusCode"] == 0

    cancelled = await client.delete(f"{at}/{made.json()['id']}")
    assert cancelled.json()["state"] == "cancelled"
    ((name, told),) = platform["cancelled"]
    assert (name, told["SubscribeID"], told["CancelTime"]) == (made.json()["id"], made.json()["id"], "20261122193010")
    answer = await device.post("/VIID/SubscribeNotifications", notification)
    assert answer["ResponseStatusListObject"]["ResponseStatusObject"][0]["StatusCode"] == 4
    assert [each["state"] for each in (await client.get(at)).json()["items"]] == ["cancelled"]


async def test_a_platform_that_does_not_agree(client, platform, settings):
    body = {"code": LOWER, "region": "4501", "url": platform["url"], "password": PASSWORD}
    await client.post("/viid/devices", json=body)
    at = f"/viid/devices/{LOWER}/subscriptions"
    platform["status"] = 4
    refused = await client.post(at, json={"kinds": ["face"]})
    assert (refused.status_code, refused.json()["code"]) == (502, "connect.refused")
    (kept,) = (await client.get(at)).json()["items"]
    assert (kept["state"], "status 4" in kept["reason"]) == ("failed", True)
    etag = (await client.get(f"/viid/devices/{LOWER}")).headers["ETag"]
    await client.patch(f"/viid/devices/{LOWER}", json={"password": "wrong"}, headers={"If-Match": etag})
    refused = await client.post(at, json={"kinds": ["face"]})
    assert (refused.status_code, refused.json()["code"]) == (502, "connect.unauthorized")
    no_url = await client.post(f"/viid/devices/{CAMERA}/subscriptions", json={"kinds": ["face"]})
    assert (no_url.status_code, no_url.json()["code"]) == (409, "connect.viid_no_url")


# --- renewal --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def subscribed(client, platform, database, settings, clock):
    """A subscription of 24 hours at a lower platform, and the house whose job renews it."""
    body = {"code": LOWER, "region": "4501", "url": platform["url"], "password": PASSWORD}
    assert (await client.post("/viid/devices", json=body)).status_code == 201
    made = await client.post(f"/viid/devices/{LOWER}/subscriptions", json={"kinds": ["face"], "hours": 24})
    assert made.status_code == 201, made.text
    return House(settings, database, clock), made.json()["id"]


async def states(client):
    found = (await client.get(f"/viid/devices/{LOWER}/subscriptions")).json()["items"]
    return [(each["state"], each["ends_at"]) for each in found]


async def test_a_subscription_is_renewed_before_it_ends_and_nothing_is_lost_meanwhile(
    client, platform, subscribed, library, clock
):
    house, first = subscribed
    clock.move(21 * 3_600)
    assert await renew_due(house) == 0, "not yet: a tenth of its time is left for it"
    clock.move(3_600)
    assert await renew_due(house) == 1
    assert [state for state, _ in await states(client)] == ["renewed", "active"]
    _, second = platform["asked"]
    assert (second["SubscribeDetail"], second["BeginTime"], second["EndTime"]) == (
        "12", "20261123173010", "20261124173010",
    )  # fmt: skip
    assert [name for name, _ in platform["cancelled"]] == [first]
    for name in (first, second["SubscribeID"]):
        assert await library.may_notify(LOWER, name), "what is still under way under the old one is taken"
    assert await renew_due(house) == 0
    clock.move(3 * 3_600)
    assert not await library.may_notify(LOWER, first)


async def test_a_renewal_that_fails_is_tried_again_and_less_and_less_often(client, platform, subscribed, clock):
    house, _ = subscribed
    clock.move(22 * 3_600)
    platform["status"] = 4
    asked = []
    for _ in range(14):
        assert await renew_due(house) == 0
        asked.append(len(platform["asked"]))
        clock.move(300)
    assert asked[-1] == 1 + 4, "at once, then after 10, 20 and 30 minutes"
    platform["status"] = 0
    clock.move(40 * 60)
    assert await renew_due(house) == 1
    assert [state for state, _ in await states(client)].count("active") == 1


async def test_what_was_cancelled_is_not_asked_for_again(client, platform, subscribed, clock):
    house, first = subscribed
    await client.delete(f"/viid/devices/{LOWER}/subscriptions/{first}")
    clock.move(23 * 3_600)
    assert await renew_due(house) == 0
    assert len(platform["asked"]) == 1
