"""The interface: filing upper platforms, choosing what each is shown, seeing what each sees."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from commonsight.api import problem
from commonsight.clock import SystemClock
from commonsight.connect.gb28181.above import ids_store, store
from commonsight.connect.gb28181.above.routes import router
from commonsight.http import within
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from tests.catalog.conftest import Somebody

from .world import LOWER, UPPER

MAY = frozenset({"shares.read", "shares.write"})
HOST = "10.45.0.1"
NEW = {"code": UPPER, "name": "省级平台", "host": HOST, "password": "between-us", "organisation": "省公安厅"}
EVERYTHING = {"name": "全部", "selection": {"everything": True}, "rights": ["live"]}


class Client(httpx.AsyncClient):
    """Speaks to the application as `caller`."""

    caller: Somebody


@pytest.fixture
async def client(settings, database, key) -> AsyncIterator[Client]:
    given = settings.model_copy(update={"sip": settings.sip.model_copy(update={"id": LOWER})})
    app = FastAPI()
    app.state.database, app.state.settings, app.state.clock = database, given, SystemClock()
    app.include_router(router)
    problem.install(app)
    made = Client(transport=httpx.ASGITransport(app), base_url="http://platform.test")
    made.caller = Somebody(permissions=MAY, name="root")

    async def authorize(request, permission):
        if permission not in made.caller.permissions:
            raise Refusal("access.forbidden", status=403)
        return made.caller

    app.state.authorize = authorize
    async with made:
        yield made


async def file_cameras(database: Database, *regions: str) -> list[UUID]:
    made = []
    async with database.write() as session:
        for number, region in enumerate(regions):
            camera = uuid7()
            made.append(camera)
            await session.execute(
                text(
                    "INSERT INTO cameras (id, code, name, region, grams, protocol, url, health) VALUES"
                    " (:id, :code, :name, :region, '{}', 'rtsp', 'rtsp://10.1.1.1/a', 1)"
                ),
                {"id": camera, "code": f"{region}0000132000{number:04d}", "name": f"路口{number}", "region": region},
            )
    return made


async def added(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post("/upper-platforms", json=NEW | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def refresh(database: Database, upper: str) -> None:
    async with database.write() as session:
        one = next(one for one in await store.everything(session) if str(one.id) == upper)
        await ids_store.refresh(session, one, await store.shares(session, one.id), LOWER)


async def test_an_upper_platform_is_filed_changed_and_removed_and_its_password_is_never_shown(client, database):
    made = await added(client)
    assert (made["domain"], made["port"], made["state"], made["has_password"]) == (UPPER[:10], 5060, "off", True)
    assert "between-us" not in (await client.get("/upper-platforms")).text
    one = f"/upper-platforms/{made['id']}"
    read = await client.get(one)
    etag = read.headers["ETag"]
    assert (await client.patch(one, json={"streams_most": 4})).status_code == 428
    changed = await client.patch(one, json={"streams_most": 4, "password": None}, headers={"If-Match": etag})
    assert (changed.json()["streams_most"], changed.json()["has_password"]) == (4, False)
    assert (await client.patch(one, json={"streams_most": 5}, headers={"If-Match": etag})).status_code == 412
    assert (await client.post("/upper-platforms", json=NEW)).json()["code"] == "connect.cascade_upper_taken"
    assert (await client.delete(one)).status_code == 204
    assert (await client.get(one)).status_code == 404
    assert (await added(client))["id"] == made["id"]
    async with database.read() as session:
        entries = (await session.execute(text("SELECT action, detail FROM audit"))).all()
    assert {entry.action for entry in entries} >= {"connect.upper_added", "connect.upper_changed"}
    assert "between-us" not in str(entries)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"code": LOWER}, "connect.cascade_upper_is_self"),
        ({"zone": "nowhere"}, "connect.cascade_field_invalid"),
        ({"media_networks": ["10.0.0.0/99"]}, "connect.cascade_field_invalid"),
        ({"host": "169.254.169.254"}, "network.metadata"),
        ({"host": "127.0.0.1"}, "network.loopback"),
        ({"own_code": UPPER}, "connect.cascade_upper_is_self"),
    ],
)
async def test_what_cannot_be_so_is_refused_by_name(client, said, code):
    answer = await client.post("/upper-platforms", json=NEW | said)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


async def test_a_share_is_counted_before_and_previewed_after(client, database):
    await file_cameras(database, "450102", "450102", "450103")
    upper = (await added(client))["id"]
    choice = {"selection": {"regions": ["450102"]}}
    assert (await client.post("/shares/count", json=choice)).json() == {"cameras": 2, "online": 2, "outside": 0}
    made = await client.post(f"/upper-platforms/{upper}/shares", json=EVERYTHING | choice | {"naming": "place"})
    assert made.status_code == 201, made.text
    await refresh(database, upper)
    seen = (await client.get(f"/upper-platforms/{upper}/preview", params={"limit": 1})).json()
    assert seen["total"] == 2
    more = await client.get(f"/upper-platforms/{upper}/preview", params={"limit": 1, "after": seen["next"]})
    items = seen["items"] + more.json()["items"]
    assert [item["rights"] for item in items] == [["live"], ["live"]]
    assert all(item["code"].startswith("450102") and "路口" not in item["name"] for item in items)
    assert (await client.get(f"/upper-platforms/{upper}")).json()["cameras"] == 2

    share = f"/shares/{made.json()['id']}"
    etag = (await client.get(share)).headers["ETag"]
    changed = await client.patch(share, json={"rights": ["live", "control"]}, headers={"If-Match": etag})
    assert changed.json()["rights"] == ["live", "control"]
    assert (await client.patch(share, json={"rights": ["live"]}, headers={"If-Match": etag})).status_code == 412
    assert (await client.delete(share)).status_code == 204
    await refresh(database, upper)
    assert (await client.get(f"/upper-platforms/{upper}/preview")).json()["total"] == 0


async def test_nobody_shares_or_sees_beyond_their_own_regions(client, database):
    cameras = await file_cameras(database, "450102", "450202")
    upper = (await added(client))["id"]
    assert (await client.post(f"/upper-platforms/{upper}/shares", json=EVERYTHING)).status_code == 201
    await refresh(database, upper)
    client.caller = Somebody(permissions=MAY, name="city", regions=("4501",))
    for selection in ({"everything": True}, {"cameras": [str(cameras[1])]}):
        answer = await client.post(f"/upper-platforms/{upper}/shares", json=EVERYTHING | {"selection": selection})
        assert answer.status_code == 403
        assert answer.json()["code"] == "connect.cascade_regions"
    assert (await client.post("/shares/count", json={"selection": {"everything": True}})).json()["outside"] == 1
    seen = (await client.get(f"/upper-platforms/{upper}/preview")).json()
    assert seen["items"]
    assert all(within(("4501",), item["region"]) for item in seen["items"])


async def test_who_may_only_read_changes_nothing(client, database):
    upper = (await added(client))["id"]
    client.caller = Somebody(permissions=frozenset({"shares.read"}), name="regulator")
    assert (await client.get("/upper-platforms")).status_code == 200
    assert (await client.get(f"/upper-platforms/{upper}/streams")).json()["items"] == []
    for method, path, body in (
        ("POST", "/upper-platforms", NEW),
        ("PATCH", f"/upper-platforms/{upper}", {"name": "x"}),
        ("DELETE", f"/upper-platforms/{upper}", None),
        ("POST", f"/upper-platforms/{upper}/register", None),
        ("POST", f"/upper-platforms/{upper}/shares", EVERYTHING),
        ("DELETE", f"/shares/{uuid4()}", None),
    ):
        assert (await client.request(method, path, json=body)).status_code == 403
