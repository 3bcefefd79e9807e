"""The live WebSocket over a real server: who gets in, what they hear, and what is refused."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from commonsight.access.routes import COOKIE
from commonsight.api import live_socket
from commonsight.clock import SystemClock
from commonsight.records import nodes


@pytest.fixture
async def address(app) -> AsyncIterator[str]:
    """`127.0.0.1:port` of the application behind uvicorn."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1))
    server.capture_signals = contextlib.nullcontext
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await running
    listener.close()


def opened(address, client=None, **headers):
    if client is not None:
        headers["Cookie"] = f"{COOKIE}={client.cookies[COOKIE]}"
    return connect(f"ws://{address}/api/v1/live", additional_headers=headers, proxy=None)


async def heard(wire, wanted=lambda message: True, seconds=10.0):
    async with asyncio.timeout(seconds):
        while True:
            message = json.loads(await wire.recv())
            if wanted(message):
                return message


async def test_nobody_listens_without_signing_in(address):
    with pytest.raises(InvalidStatus) as refused:
        async with opened(address):
            pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["code"] == "access.signed_out"


async def test_another_sites_page_gets_no_connection(address, sign_in):
    client = await sign_in("administrator")
    with pytest.raises(InvalidStatus) as refused:
        async with opened(address, client, Origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_topics_arrive_and_resume_by_sequence(address, sign_in, database):
    client = await sign_in("administrator")
    async with opened(address, client, Origin=f"http://{address}") as wire:
        await wire.send(json.dumps({"subscribe": ["system", "counts", "cameras.health"]}))
        first = {}
        while set(first) != {"system", "counts", "cameras.health"}:
            message = await heard(wire)
            first[message["topic"]] = message
        assert first["cameras.health"]["data"]["summary"]["total"] == 0
        assert first["counts"]["data"]["cameras_watched"] == 0
        await nodes.beat(database, "media-1", "media")
        then = await heard(wire, lambda message: message["topic"] == "system")
        assert [one["name"] for one in then["data"]["processes"]] == ["media-1"]
        assert then["sequence"] == first["system"]["sequence"] + 1
        async with opened(address, client) as again:
            await again.send(json.dumps({"subscribe": ["system"], "after": {"system": first["system"]["sequence"]}}))
            assert (await heard(again))["sequence"] == then["sequence"]


async def test_a_topic_needs_its_permission_and_a_refusal_leaves_the_others_standing(address, sign_in):
    client = await sign_in("officer")
    async with opened(address, client) as wire:
        await wire.send(json.dumps({"subscribe": ["system", "nonsense", "counts"]}))
        codes, topics = set(), set()
        while len(codes) < 2 or not topics:
            message = await heard(wire)
            if "error" in message:
                codes.add(message["error"]["code"])
            else:
                topics.add(message["topic"])
    assert codes == {"access.forbidden", "http.topic_unknown"}
    assert topics == {"counts"}


@pytest.mark.parametrize(
    "said", ["", "{", "[]", '{"subscribe": "counts"}', '{"subscribe": [5]}', '{"what": 1}', "x" * 5000, b"\xff\x00"]
)
async def test_nonsense_is_answered_and_survived(address, sign_in, said):
    client = await sign_in("officer")
    async with opened(address, client) as wire:
        await wire.send(said)
        assert (await heard(wire))["error"]["code"] == "http.invalid"
        await wire.send('{"subscribe": ["counts"]}')
        assert (await heard(wire))["topic"] == "counts"


async def test_a_region_beyond_ones_own_is_refused(address, sign_in):
    client = await sign_in("officer", regions=("4501",))
    async with opened(address, client) as wire:
        await wire.send('{"subscribe": ["counts"], "region": "4502"}')
        assert (await heard(wire))["error"]["code"] == "http.region_outside_scope"


async def test_who_talks_too_much_is_shown_out(address, sign_in):
    client = await sign_in("officer")
    async with opened(address, client) as wire:
        for _ in range(live_socket.SAID_MOST + 1):
            await wire.send("{}")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(wire.recv(), 10)
    assert wire.close_code == live_socket.TOO_MUCH


async def test_a_session_that_ends_ends_the_connection(address, sign_in, monkeypatch):
    monkeypatch.setattr(live_socket, "RECHECK_SECONDS", 0.1)
    client = await sign_in("officer")
    async with opened(address, client) as wire:
        await client.delete("/api/v1/sessions/current")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(wire.recv(), 10)
    assert wire.close_code == live_socket.SIGNED_OUT


async def test_signing_somebody_out_cuts_their_connections_at_once_and_nobody_elses(address, sign_in, app, monkeypatch):
    monkeypatch.setattr(live_socket, "RECHECK_SECONDS", 3_600)
    officer, other, admin = await sign_in("officer"), await sign_in("officer"), await sign_in("administrator")
    async with opened(address, officer) as wire, opened(address, other) as apart:
        [here] = (await admin.get(f"/api/v1/people/{officer.person.id}/sessions")).json()["items"]
        gone = await admin.delete(f"/api/v1/people/{officer.person.id}/sessions/{here['id']}")
        assert gone.status_code == 204
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(wire.recv(), 20)
        assert wire.close_code == live_socket.SIGNED_OUT
        await apart.send(json.dumps({"subscribe": ["nonsense"]}))
        assert "error" in await heard(apart)
        token = (await other.post("/api/v1/tokens", json=_token())).json()
        headers = {"Authorization": f"Bearer {token['token']}"}
        async with connect(f"ws://{address}/api/v1/live", additional_headers=headers, proxy=None) as program:
            assert (await other.delete(f"/api/v1/tokens/{token['id']}")).status_code == 204
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(program.recv(), 20)
    async with asyncio.timeout(10):
        while app.state.cuts._listening is not None:  # noqa: ASYNC110 - the server notices in its own time
            await asyncio.sleep(0.01)


def _token() -> dict[str, object]:
    soon = SystemClock().now() + timedelta(days=1)
    return {"name": "program", "permissions": ["me.read"], "expires_at": soon.isoformat()}


async def test_there_is_room_for_so_many(address, sign_in, app, monkeypatch):
    monkeypatch.setattr("commonsight.api.live.CLIENTS", 1)
    client = await sign_in("officer")
    async with opened(address, client):
        with pytest.raises(InvalidStatus) as refused:
            async with opened(address, client):
                pass
        assert refused.value.response.status_code == 503
    async with asyncio.timeout(5):
        while app.state.live.clients:  # noqa: ASYNC110 - the server notices in its own time
            await asyncio.sleep(0.01)
