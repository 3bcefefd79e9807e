"""Pictures outside the browser over HTTP: addresses for players, the hook of another media server, its key."""

import pytest
from pydantic import SecretStr

from commonsight.access.audit import LOCAL
from commonsight.catalog import service as catalog
from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.gate.model import Viewer
from commonsight.places import store as places
from commonsight.places.model import Level, Region
from commonsight.records import nodes
from tests.gate.given import give

from .conftest import client_of
from .test_views import why

KEY = "k" * 20


@pytest.fixture
async def camera(database):
    """One in Nanning."""
    tree = [Region("45", "广西壮族自治区", Level.PROVINCE, None), Region("4501", "南宁市", Level.CITY, "45")]
    async with database.write() as session:
        await places.load(session, "test", b"\0" * 32, tree)
        wanted = catalog.Given.of(name="民族广场", region="4501", url="rtsp://192.0.2.1/1")
        changer = catalog.Changer(LOCAL, ("45",))
        return (await catalog.add(session, wanted, changer, "45", SystemClock().now())).row.id


@pytest.fixture
async def media(database):
    await nodes.beat(database, "media-1", "media", "127.0.0.1:8620", {"rtsp": ["127.0.0.1", 8700]})


@pytest.fixture
async def app(app):
    """The same with another media server set up."""
    media = app.state.settings.media.model_copy(
        update={"server": "rtsp://video.example/{camera}?ticket={ticket}", "server_key": SecretStr(KEY)}
    )
    settings = app.state.settings.model_copy(update={"media": media})
    app.state.settings = app.state.locate._settings = settings
    return app


def ticket_in(url):
    return url.partition("ticket=")[2].partition("&")[0]


async def test_a_player_is_told_every_address_and_its_ticket_is_the_first_ones_who_opens(
    sign_in, camera, media, database
):
    client = await sign_in("officer", regions=("4501",))
    await give(database, client.person)
    view = (await client.post("/api/v1/views", json=why(camera, player=True))).json()
    outlets, ticket = view["outlets"], ticket_in(view["url"])
    assert outlets == {
        "hls": f"http://127.0.0.1:8620/hls/{camera}/live.m3u8?ticket={ticket}",
        "snapshot": f"http://127.0.0.1:8620/snapshot?ticket={ticket}&camera={camera}",
        "rtsp": f"rtsp://127.0.0.1:8700/{camera}?ticket={ticket}",
        "server": f"rtsp://video.example/{camera}?ticket={ticket}",
    }
    assert view["proof"] is None
    async with database.read() as session:
        await gate.check(session, ticket, camera, viewer=Viewer((), "192.0.2.7"))
    single = (await client.post("/api/v1/views", json=why(camera, action="snapshot"))).json()
    assert set(single["outlets"]) == {"snapshot"}


async def test_another_server_asks_with_its_key_and_gets_the_gates_word(app, sign_in, camera, media, database):
    client = await sign_in("officer", regions=("4501",))
    await give(database, client.person)
    view = (await client.post("/api/v1/views", json=why(camera, player=True))).json()
    server = client_of(app)
    asked = {
        "user": "", "password": "", "token": "", "ip": "192.0.2.7", "action": "read", "path": str(camera),
        "protocol": "rtsp", "id": "1", "query": f"ticket={ticket_in(view['url'])}",
    }  # fmt: skip
    hook = "/api/v1/media/authorize"
    for key in ("", "?key=wrong", "?key=" + "é"):
        refused = await server.post(hook + key, json=asked)
        assert (refused.status_code, refused.json()["code"]) == (403, "media.handover_key")
    hook = f"{hook}?key={KEY}"
    assert (await server.post(hook, json=asked)).status_code == 204
    assert (await server.post(hook, json=asked | {"query": ""})).status_code == 401
    assert (await server.post(hook, json=asked | {"query": "ticket=guess"})).status_code == 404
    assert (await server.post(hook, json=asked | {"ip": "192.0.2.8"})).status_code == 403
    assert (await server.post(hook, json=asked | {"action": "publish"})).status_code == 403
    form = {"call": "play", "addr": "192.0.2.7", "clientid": "5", "name": str(camera), "ticket": ticket_in(view["url"])}
    assert (await server.post(hook, data=form)).status_code == 204
    assert (await server.post(hook, data=form | {"call": "play_done"})).status_code == 204
    for body in (b"", b"[", b"[1]", b"\xff\xfe", b"{" * 9_000):
        answer = await server.post(hook, content=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "media.handover_form")
    assert (await client.delete(f"/api/v1/views/{view['permit_id']}")).status_code == 204
    assert (await server.post(hook, json=asked)).status_code == 403
    await server.aclose()


async def test_a_server_is_given_cameras_only_by_who_may_watch_them(sign_in, camera, media, database):
    wanted = {"name": "nginx", "organisation": "南宁市公安局", "camera_ids": [str(camera)], "hours": 2}
    officer, administrator = await sign_in("officer"), await sign_in("administrator")
    assert (await officer.post("/api/v1/media/servers", json=wanted)).status_code == 403
    answer = await administrator.post("/api/v1/media/servers", json=wanted)
    assert answer.status_code == 201, answer.text
    [source] = answer.json()["sources"]
    assert source["url"].startswith(f"rtsp://127.0.0.1:8700/{camera}?ticket=")
    async with database.read() as session:
        permit = await gate.check(session, ticket_in(source["url"]), camera, viewer=Viewer((), "192.0.2.9"))
    assert (permit.holder_kind, permit.holder) == ("server", "nginx · 南宁市公安局")
    assert (await administrator.delete(f"/api/v1/views/{permit.id}")).status_code == 204


async def test_without_rtsp_there_is_nothing_to_hand_over(sign_in, camera, database):
    await nodes.beat(database, "media-1", "media", "127.0.0.1:8620")
    administrator = await sign_in("administrator")
    answer = await administrator.post("/api/v1/media/servers", json={"name": "nginx", "camera_ids": [str(camera)]})
    assert (answer.status_code, answer.json()["code"]) == (503, "media.rtsp_off")
