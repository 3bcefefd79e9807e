"""Asking the signalling process: answers, refusals, events, and what a lost connection means to both sides."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.connect.gb28181 import signalling_wire as wire
from commonsight.connect.gb28181.signalling import Client, Connection, Server, SignallingLost, SignallingPlace
from commonsight.problem import Refusal

KEY = "0123456789abcdef"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    made = Server(tmp_path / "sip.sock", tcp=("127.0.0.1", 0), key=KEY)

    async def double(connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        return {"twice": fields["number"] * 2, "label": connection.label}

    async def refuse(_: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        raise Refusal("connect.gb_offline", status=409, operand="device", actual=fields["device"], name="门口")

    async def fail(_: Connection, __: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("secret detail")

    async def hang(_: Connection, __: dict[str, Any]) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def tell(connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        connection.tell("ended", dialog=fields["dialog"], reason="asked")
        return {}

    for name, handler in (("double", double), ("refuse", refuse), ("fail", fail), ("hang", hang), ("tell", tell)):
        made.op(name, handler)
    await made.start()
    yield made
    await made.close()


async def connected(server: Server) -> Client:
    return await Client.open(SignallingPlace(path=str(server.path)), "media-1")


async def test_many_calls_share_a_connection(server: Server) -> None:
    client = await connected(server)
    answers = await asyncio.gather(*(client.call("double", number=number) for number in range(200)))
    assert [answer["twice"] for answer in answers] == [number * 2 for number in range(200)]
    assert answers[0]["label"] == "media-1"
    await client.close()


async def test_a_refusal_travels_whole(server: Server) -> None:
    client = await connected(server)
    with pytest.raises(Refusal) as caught:
        await client.call("refuse", device="3402")
    refusal = caught.value
    assert (refusal.code, refusal.status, refusal.operand, refusal.actual) == (
        "connect.gb_offline", 409, "device", "3402",
    )  # fmt: skip
    assert refusal.values == {"name": "门口"}
    await client.close()


@pytest.mark.parametrize(("op", "code"), [("fail", "connect.gb_signalling_failed"), ("no", "connect.gb_op_unknown")])
async def test_what_goes_wrong_inside_is_not_told(server: Server, op: str, code: str) -> None:
    client = await connected(server)
    with pytest.raises(Refusal) as caught:
        await client.call(op)
    assert caught.value.code == code
    assert "secret" not in str(caught.value)
    assert (await client.call("double", number=1))["twice"] == 2
    await client.close()


async def test_a_call_is_given_up_in_time(server: Server) -> None:
    client = await connected(server)
    with pytest.raises(Refusal, match="gb_signalling_timeout"):
        await client.call("hang", seconds=0.05)
    await client.close()


async def test_events_reach_who_listens(server: Server) -> None:
    client = await connected(server)
    heard: list[dict[str, Any]] = []
    client.listen("a", heard.append)
    await client.call("tell", dialog="a")
    await client.call("tell", dialog="b")
    assert heard == [{"event": "ended", "dialog": "a", "reason": "asked"}]
    await client.close()


async def test_the_server_hears_that_a_connection_is_gone(server: Server) -> None:
    gone = asyncio.Event()

    async def hold(connection: Connection, _: dict[str, Any]) -> dict[str, Any]:
        connection.on_gone(gone.set)
        return {}

    server.op("hold", hold)
    client = await connected(server)
    await client.call("hold")
    client._writer.transport.abort()  # as kill -9 does it
    async with asyncio.timeout(10):
        await gone.wait()
    await client.close()
    assert server.connections == 0


async def test_the_client_hears_that_the_server_is_gone(server: Server) -> None:
    client = await connected(server)
    lost = asyncio.Event()
    client.on_lost(lost.set)
    waiting = asyncio.create_task(client.call("hang"))
    await client.call("double", number=1)
    await server.close()
    async with asyncio.timeout(10):
        await lost.wait()
    with pytest.raises(SignallingLost):
        await waiting
    with pytest.raises(SignallingLost):
        await client.call("double", number=1)
    with pytest.raises(SignallingLost):
        await connected(server)


async def test_other_machines_must_know_the_key(server: Server) -> None:
    assert server.tcp is not None
    host, port = server.tcp
    client = await Client.open(SignallingPlace(None, host, port, KEY), "far")
    assert (await client.call("double", number=3))["twice"] == 6
    await client.close()
    for key in ("", KEY[:-1]):
        with pytest.raises(SignallingLost):
            await Client.open(SignallingPlace(None, host, port, key), "stranger")


async def test_the_socket_is_ours_alone_and_replaces_a_dead_one(server: Server, tmp_path: Path) -> None:
    assert server.path.stat().st_mode & 0o077 == 0
    await server.close()
    server.path.touch()
    again = Server(server.path)
    await again.start()
    client = await connected(again)
    await client.close()
    await again.close()


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="key"):
        Server(tmp_path / "x", tcp=("127.0.0.1", 0), key="short")


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=60), max_size=6))
def test_hostile_bytes_only_end_their_own_connection(pieces: list[bytes]) -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        for piece in pieces:
            reader.feed_data(struct.pack(">I", len(piece)) + piece)
        reader.feed_eof()
        try:
            while True:
                assert isinstance(await wire.receive(reader), dict)
        except (wire.SignallingError, asyncio.IncompleteReadError):
            pass

    asyncio.run(read())


@pytest.mark.parametrize("problem", [None, [], {}, {"code": "a", "facts": {"code": 1, "rule": "r", "status": 2}}])
def test_odd_problems_become_refusals(problem: Any) -> None:
    assert isinstance(wire.refusal_of(problem), Refusal)
