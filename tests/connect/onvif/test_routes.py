"""The interface: look around, look at a device, join it, turn it; and who may not."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from commonsight.api import problem
from commonsight.catalog import service as catalog
from commonsight.clock import SystemClock
from commonsight.connect.onvif import discovery
from commonsight.connect.onvif.routes import router
from commonsight.media.gate_admission import _address
from commonsight.settings import Inspect, Settings
from tests.catalog.conftest import Somebody, filed, filed_url, key  # noqa: F401

EVERYTHING = frozenset({"gather.read", "gather.write", "cameras.read", "cameras.write", "pictures.control"})
WHO = {"username": "op", "password": "s3cret"}


class Client(httpx.AsyncClient):
    """Speaks to the application as `caller`."""

    caller: Somebody


@pytest.fixture
async def client(filed, tmp_path) -> AsyncIterator[Client]:  # noqa: F811
    app = FastAPI()
    app.state.database, app.state.clock = filed, SystemClock()
    app.state.settings = Settings(data_dir=tmp_path, inspect=Inspect(loopback=True))
    app.include_router(router)
    problem.install(app)
    made = Client(transport=httpx.ASGITransport(app), base_url="http://platform.test", timeout=60)
    made.app = app
    made.caller = Somebody(permissions=EVERYTHING)

    async def authorize(request, permission):
        if permission not in made.caller.permissions:
            raise PermissionError(permission)
        return made.caller

    app.state.authorize = authorize
    async with made:
        yield made


async def test_a_device_is_found_looked_at_joined_and_turned(client, own, filed, monkeypatch):  # noqa: F811
    monkeypatch.setattr(discovery, "PORT", await own.answer_probes("127.0.0.1", 0))
    monkeypatch.setattr(
        discovery.discover, "__kwdefaults__", discovery.discover.__kwdefaults__ | {"port": discovery.PORT}
    )
    found = (await client.post("/onvif/discoveries", json={"seconds": 0.5, "hosts": ["127.0.0.1"]})).json()
    (one,) = found["items"]
    assert (one["address"], one["name"], one["camera_id"]) == (own.url, "virtual camera", None)

    look = (await client.post("/onvif/devices", json={"address": own.url, **WHO})).json()
    assert (look["manufacturer"], look["model"], look["serial"]) == ("Commonsight", "virtual", "0001")
    assert [(p["token"], p["best"]) for p in look["profiles"]] == [("p265", True), ("p264", False)]

    joined = await client.post(
        "/onvif/cameras", json={"address": own.url, **WHO, "profile": "p264", "name": "东门", "region": "450103"}
    )
    assert joined.status_code == 201, joined.text
    camera = joined.json()
    assert (camera["name"], camera["region"], camera["ptz"]) == ("东门", "450103", True)

    async with filed.read() as session:
        detail = await catalog.camera(session, camera["id"], ("45",))
        address = await _address(session, camera["id"])
    assert (detail.protocol, detail.url) == ("onvif", "rtsp://127.0.0.1:554/sub")
    assert (address.protocol, address.url, address.password) == ("rtsp", "rtsp://127.0.0.1:554/sub", "s3cret")

    again = await client.post("/onvif/cameras", json={"address": own.url, **WHO, "profile": "p264"})
    assert (again.status_code, again.json()["code"]) == (409, "connect.onvif_known")
    found = (await client.post("/onvif/discoveries", json={"seconds": 0.5, "hosts": ["127.0.0.1"]})).json()
    assert found["items"][0]["camera_id"] == camera["id"]

    at = f"/onvif/cameras/{camera['id']}"
    assert (await client.post(f"{at}/ptz", json={"action": "move", "pan": 1})).status_code == 200
    assert (await client.post(f"{at}/ptz", json={"action": "stop"})).status_code == 200
    kept = (await client.post(f"{at}/ptz", json={"action": "preset_set", "name": "东门"})).json()["items"]
    assert [each["name"] for each in kept] == ["东门"]
    assert (await client.get(f"{at}/presets")).json()["items"] == kept
    called = await client.post(f"{at}/ptz", json={"action": "preset_call", "preset": kept[0]["token"]})
    assert called.status_code == 200
    gone = await client.post(f"{at}/ptz", json={"action": "preset_delete", "preset": kept[0]["token"]})
    assert gone.json()["items"] == []
    assert {"ContinuousMove", "Stop", "GotoPreset", "RemovePreset"} <= set(own.asked)

    first, client.caller = client.caller, Somebody(permissions=EVERYTHING, id=uuid4(), name="li")
    held = await client.post(f"{at}/ptz", json={"action": "home"})
    assert (held.status_code, held.json()["code"]) == (409, "connect.ptz_held")
    client.caller = Somebody(regions=("4502",), permissions=EVERYTHING)
    assert (await client.post(f"{at}/ptz", json={"action": "home"})).status_code == 404
    client.caller = first


async def test_a_camera_without_a_mount_is_not_turned(client, own):
    own.camera.services = ("device", "media")
    body = {"address": own.url, **WHO}
    camera = (await client.post("/onvif/cameras", json=body)).json()
    own.camera.services = ("device", "media")
    turned = await client.post(f"/onvif/cameras/{camera['id']}/ptz", json={"action": "home"})
    assert turned.status_code == 502


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"password": "wrong"}, 422, "connect.unauthorized"),
        ({"address": "http://127.0.0.1:1/onvif/device_service"}, 502, "connect.refused"),
        ({"address": "http://169.254.169.254/onvif"}, 422, "catalog.address_invalid"),
        ({"address": "rtsp://10.0.0.5/"}, 422, "catalog.address_invalid"),
        ({"address": "file:///etc/passwd"}, 422, "catalog.address_invalid"),
        ({"profile": "p9"}, 422, "connect.onvif_profile"),
        ({"region": "110000"}, 422, "places.region_unknown"),
    ],
)
async def test_refusals(client, own, body, status, code):
    answer = await client.post("/onvif/cameras", json={"address": own.url, **WHO} | body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "s3cret" not in answer.text


async def test_this_machine_is_asked_only_where_that_is_allowed(client, own, tmp_path):
    client.app.state.settings = Settings(data_dir=tmp_path)
    for path, body in (
        ("/onvif/devices", {"address": own.url, **WHO}),
        ("/onvif/cameras", {"address": own.url, **WHO}),
        ("/onvif/discoveries", {"seconds": 0.5, "hosts": ["127.0.0.1"]}),
    ):
        answer = await client.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "catalog.address_invalid")
    assert own.asked == []
