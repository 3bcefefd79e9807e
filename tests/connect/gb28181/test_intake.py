"""Sockets of a session: ports that come back, senders that are let in, devices that begin to listen late."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import intake as intake_module
from commonsight.connect.gb28181.intake import Intake
from commonsight.connect.gb28181.media_ports import Ports
from commonsight.connect.gb28181.ps_receiver import PsReceiver
from commonsight.connect.wire import rtp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.ps import payloads
from commonsight.connect.wire.rfc4571 import frame
from commonsight.problem import Refusal
from tests.connect.wire.streams import TICKS, packs
from tests.ports import free_port

from .conftest import until

SSRC = 100_000_001
CLOCK = SystemClock()


def packets(ssrc: int = SSRC, count: int = 10) -> list[bytes]:
    """RTP of the first pictures."""
    made: list[bytes] = []
    for number, pack in enumerate(packs(Codec.H264)[:count]):
        pieces = payloads(pack)
        for index, piece in enumerate(pieces):
            made.append(
                rtp.build(piece, payload_type=96, sequence=len(made), timestamp=number * TICKS, ssrc=ssrc,
                          marker=index == len(pieces) - 1)
            )  # fmt: skip
    return made


class Made:
    """An intake on a port of its own."""

    def __init__(self, hosts: set[str]) -> None:
        self.ports = Ports("127.0.0.1", 45_000, 45_999)
        self.taken = self.ports.take()
        self.receiver = PsReceiver(CLOCK, ssrc=SSRC)
        self.reasons: list[str] = []
        self.intake = Intake(self.taken, self.receiver, CLOCK, ssrc=SSRC, hosts=hosts, lost=self.reasons.append)

    @property
    def units(self) -> int:
        return self.receiver.counters.units


Make = Callable[..., "Made"]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Made] = []

    def one(hosts: set[str] | None = None) -> Made:
        made.append(Made({"127.0.0.1"} if hosts is None else hosts))
        return made[-1]

    yield one
    for each in made:
        each.intake.close()
        assert not each.ports.taken


async def test_datagrams_in_any_order_become_pictures(make: Make) -> None:
    made = make()
    await made.intake.start()
    sent = packets()
    sent[3], sent[4] = sent[4], sent[3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        for packet in sent:
            device.sendto(packet, ("127.0.0.1", made.taken.port))
        await until(lambda: made.units == 10)
    counters = made.receiver.counters
    assert (counters.packets_reordered, counters.packets_lost) == (1, 0)


async def test_a_packet_that_is_lost_at_the_end_is_not_waited_for_for_ever(make: Make) -> None:
    made = make()
    await made.intake.start()
    sent = packets()
    del sent[-2]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        for packet in sent:
            device.sendto(packet, ("127.0.0.1", made.taken.port))
        await until(lambda: made.receiver.counters.packets_lost == 1)
    assert made.units >= 8


async def test_what_came_before_anybody_read_is_not_lost(make: Make) -> None:
    """A quick device sends as soon as it has answered."""
    made = make()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        for packet in packets(count=3):
            device.sendto(packet, ("127.0.0.1", made.taken.port))
        await made.intake.start()
        await until(lambda: made.units == 3)


async def test_strangers_are_counted_and_not_let_in(make: Make) -> None:
    """Neither by another number from an unknown address, nor beside the sender that is known already."""
    made = make({"192.0.2.1"})
    await made.intake.start()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        for packet in packets(ssrc=7):
            stranger.sendto(packet, ("127.0.0.1", made.taken.port))
        await until(lambda: made.intake.strangers == len(packets()))
        for packet in packets():
            device.sendto(packet, ("127.0.0.1", made.taken.port))  # it knows the number
        await until(lambda: made.units == 10)
        stranger.sendto(packets()[0], ("127.0.0.1", made.taken.port))
        await until(lambda: made.intake.strangers == len(packets()) + 1)


async def test_a_connection_brings_pictures_and_its_end_is_told(make: Make) -> None:
    made = make()
    await made.intake.start()
    _, writer = await asyncio.open_connection("127.0.0.1", made.taken.port)
    writer.write(b"".join(frame(packet) for packet in packets()))
    await until(lambda: made.units == 10)
    heard, second = await asyncio.open_connection("127.0.0.1", made.taken.port)
    second.write(frame(packets()[0]))
    assert await heard.read() == b""  # one device, one connection
    await closed(second)
    assert made.reasons == []
    await closed(writer)
    await until(lambda: made.reasons)
    assert made.reasons == ["the device closed the connection"]


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def test_a_connection_out_of_step_is_ended(make: Make) -> None:
    made = make()
    await made.intake.start()
    _, writer = await asyncio.open_connection("127.0.0.1", made.taken.port)
    writer.write(b"".join(frame(packet) for packet in packets()))
    await until(lambda: made.units == 10)
    writer.write(b"\x00\x20" + bytes(32))
    await until(lambda: made.reasons)
    assert "no RTP" in made.reasons[0]
    await closed(writer)


async def test_a_device_that_begins_to_listen_late_is_reached(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "CONNECT_PAUSE", 0.3)
    made = make()
    await made.intake.start()
    port = free_port()
    connecting = asyncio.create_task(made.intake.connect("127.0.0.1", port))
    await asyncio.sleep(0.1)

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(frame(packet) for packet in packets(ssrc=9)))  # asked for: its number does not matter
        await writer.drain()
        senders.append(writer)

    senders: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(send, "127.0.0.1", port)
    await connecting
    await until(lambda: made.units == 10)
    server.close()
    for writer in senders:
        await closed(writer)


async def test_a_device_that_never_listens_is_tried_three_times(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    class Counting(SystemClock):
        async def sleep(self, seconds: float) -> None:
            pauses.append(seconds)

    made = make()
    made.intake._clock = Counting()
    await made.intake.start()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await made.intake.connect("127.0.0.1", free_port())
    assert pauses == [1.0, 1.0]
    assert intake_module.CONNECT_TRIES == 3


def test_ports_are_even_come_back_and_end() -> None:
    # Below those that the system gives away by itself, so that nobody else has them.
    ports = Ports("127.0.0.1", 24_001, 24_009)
    held = [ports.take() for _ in range(4)]
    assert sorted(each.port for each in held) == [24_002, 24_004, 24_006, 24_008]
    with pytest.raises(Refusal) as caught:
        ports.take()
    assert caught.value.code == "connect.gb_media_ports_taken"
    assert caught.value.expected == "24001-24009"
    held[1].close()
    held[1].close()
    again = ports.take()
    assert again.port == held[1].port
    for each in (*held, again):
        each.close()
    assert not ports.taken


def test_a_port_that_another_process_holds_is_passed_over() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 24_012))
        ports = Ports("127.0.0.1", 24_012, 24_015)
        taken = ports.take()
        assert taken.port == 24_014
        taken.close()


def test_an_address_that_is_not_ours_means_every_address() -> None:
    """Behind a NAT devices are told an address this machine does not have."""
    ports = Ports("192.0.2.77", 24_020, 24_030)
    taken = ports.take()
    assert taken.datagrams.getsockname()[0] == "0.0.0.0"
    taken.close()
