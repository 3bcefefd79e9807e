"""Addresses that are taken, connections that say nothing, streams that lose their framing."""

import asyncio
import socket

import pytest

from commonsight.clock import ManualClock
from commonsight.connect.sip import transport
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.peer import Listen
from commonsight.problem import Refusal

from .world import Recorder, until


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
async def test_a_taken_address_is_named(kind, start):
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        listens = [Listen("first", "127.0.0.1", 0), Listen("police", "127.0.0.1", port)]
        sip = SipEndpoint(listens, Recorder(), ManualClock(), user_agent="x")
        with pytest.raises(Refusal) as caught:
            await sip.start()
    assert caught.value.code == "connect.sip_address_taken"
    name = "udp" if kind == socket.SOCK_DGRAM else "tcp"
    assert (caught.value.operand, caught.value.actual) == ("sip.zones.police", f"{name}:127.0.0.1:{port}")
    for number in (sip.ports["first"], port):  # nothing stays open
        for again in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, again) as check:
                check.bind(("127.0.0.1", number))


async def test_udp_and_tcp_share_a_port_and_zones_have_their_own():
    listens = [
        Listen("inside", "127.0.0.1", 0, advertised="10.1.2.3"),
        Listen("outside", "127.0.0.1", 0, advertised="[2001:db8::1]:5070", transports=("tcp",)),
    ]
    sip = SipEndpoint(listens, Recorder(), ManualClock(), user_agent="x")
    await sip.start()
    assert sip.advertised("inside") == f"10.1.2.3:{sip.ports['inside']}"
    assert sip.advertised("outside") == "[2001:db8::1]:5070"
    reader, writer = await asyncio.open_connection("127.0.0.1", sip.ports["inside"])
    writer.write(b"\r\n\r\n")
    assert await reader.readexactly(2) == b"\r\n"
    writer.close()
    await sip.close()


async def test_a_connection_that_says_nothing_is_closed():
    clock = ManualClock()
    sip = SipEndpoint([Listen("local", "127.0.0.1", 0)], Recorder(), clock, user_agent="x")
    await sip.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", sip.ports["local"])
    await until(lambda: sip._lines.connections == 1)
    for _ in range(int(transport.UNPROVEN_SECONDS) + 2):
        clock.advance(1)
        await asyncio.sleep(0)
    await until(lambda: sip._lines.connections == 0)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await reader.readexactly(1)
    writer.close()
    await sip.close()


async def test_a_stream_that_loses_its_framing_is_closed_and_others_are_not(start):
    sip = await start()
    good = await asyncio.open_connection("127.0.0.1", sip.ports["local"])
    reader, writer = await asyncio.open_connection("127.0.0.1", sip.ports["local"])
    writer.write(b"this is not SIP at all\r\n\r\n")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await reader.readexactly(1)
    await until(lambda: sip._lines.connections == 1)
    good[1].write(b"\r\n\r\n")
    assert await good[0].readexactly(2) == b"\r\n"
    for one in (writer, good[1]):
        one.close()


async def test_connections_are_bounded(start, monkeypatch):
    monkeypatch.setattr(transport, "UNPROVEN_MOST", 2)
    sip = await start()
    made = [await asyncio.open_connection("127.0.0.1", sip.ports["local"]) for _ in range(4)]
    closed = 0
    for reader, _ in made[2:]:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        closed += 1
    assert (closed, sip._lines.connections) == (2, 2)
    for _, writer in made:
        writer.close()
