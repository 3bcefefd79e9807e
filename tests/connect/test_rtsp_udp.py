"""RTSP cameras whose pictures come by UDP: over weather, through firewalls, and back to TCP where it must be."""

import asyncio
import itertools
import shutil
import socket
import subprocess

import pytest

from commonsight.clock import SystemClock
from commonsight.connect import rtsp_open, service
from commonsight.connect.model import Address, Codec, SourceCode, SourceError
from commonsight.connect.rtsp_udp import Datagrams, PortRange
from commonsight.connect.wire.nal import split
from commonsight.simulate.datagrams import Weather
from commonsight.simulate.player import Player
from commonsight.simulate.reel import load
from commonsight.simulate.rtsp_server import Camera, RtspServer

from .peers import Script, reply
from .test_rtsp_open import behave, take, video

CAMERAS = {
    "both": {},
    "udp-only": {"tcp": False},
    "tcp-only": {"udp": None},
    "firewalled": {"udp": Weather(lost=1.0)},
    "swapped": {"udp": Weather(swapped=0.3, seed=4)},
    "lossy": {"udp": Weather(lost=0.03, seed=4)},
}


@pytest.fixture
async def port(streams):
    reel = load("street", streams[Codec.H264], Codec.H264, 25)
    cameras = {name: Camera(Player(reel, SystemClock()), **how) for name, how in CAMERAS.items()}
    server = RtspServer(cameras.get, SystemClock())
    number, _ = await server.start("127.0.0.1", 0)
    yield number
    await server.close()
    for camera in cameras.values():
        await camera.player.close()


def whole(data, streams):
    """Whether all picture units are, byte for byte, what the encoder made."""
    made = set(split(streams[Codec.H264]))
    shown = [unit for unit in split(data) if unit[0] & 0x1F in (1, 5)]
    return bool(shown) and all(unit in made for unit in shown)


def carrier(session):
    return type(session._carrier).__name__


@pytest.mark.parametrize(
    ("scheme", "name", "over"),
    [
        ("rtsp", "both", "Interleaved"),
        ("rtspu", "both", "Datagrams"),
        ("rtsp", "udp-only", "Datagrams"),
        ("rtspu", "tcp-only", "Interleaved"),
        ("rtspt", "both", "Interleaved"),
    ],
)
async def test_the_scheme_says_what_is_tried_first(port, scheme, name, over):
    session = await service.open(Address.at(f"{scheme}://127.0.0.1:{port}/{name}"))
    units = await take(session, 12)
    assert carrier(session) == over
    assert [b.pts - a.pts for a, b in itertools.pairwise(units)] == [3600] * 11
    await session.close()


async def test_where_only_tcp_is_allowed_a_device_without_it_is_refused(port):
    with pytest.raises(SourceError) as caught:
        await service.open(Address.at(f"rtspt://127.0.0.1:{port}/udp-only"))
    assert caught.value.code is SourceCode.PROTOCOL


async def test_a_firewall_that_eats_datagrams_is_found_out(port, monkeypatch):
    monkeypatch.setattr(rtsp_open, "UDP_WAIT", 0.3)
    session = await service.open(Address.at(f"rtspu://127.0.0.1:{port}/firewalled"))
    assert len(await take(session, 5)) == 5
    assert carrier(session) == "Interleaved"
    await session.close()


async def test_swapped_datagrams_are_put_back_and_nothing_is_lost(port, streams):
    session = await service.open(Address.at(f"rtspu://127.0.0.1:{port}/swapped"))
    units = await take(session, 60)
    counters = session.counters
    assert counters.packets_reordered > 0
    assert (counters.packets_lost, counters.units_broken) == (0, 0)
    assert all(whole(unit.data, streams) for unit in units)
    await session.close()


async def test_loss_is_counted_and_no_broken_picture_is_handed_on(port, streams):
    session = await service.open(Address.at(f"rtspu://127.0.0.1:{port}/lossy"))
    units = await take(session, 80)
    counters = session.counters
    assert counters.packets_lost > 0
    assert counters.units_broken > 0
    assert all(whole(unit.data, streams) for unit in units)
    await session.close()


async def test_ports_are_taken_in_pairs_within_the_range_and_given_back():
    ports = PortRange(24_410, 24_413)
    first = await Datagrams.open("127.0.0.1", "127.0.0.1", ports)
    second = await Datagrams.open("127.0.0.1", "127.0.0.1", ports)
    assert {first.ports, second.ports} == {(24_410, 24_411), (24_412, 24_413)}
    with pytest.raises(SourceError, match="24410-24413"):
        await Datagrams.open("127.0.0.1", "127.0.0.1", ports)
    second.close()
    third = await Datagrams.open("127.0.0.1", "127.0.0.1", ports)
    assert third.ports == second.ports
    first.close()
    third.close()


def answering(transport, sent):
    """A device that agrees to UDP and sends `sent` from a socket of its own."""

    def answer(request, script):
        if request.method == "SETUP":
            script.asked_transport = request.headers.get("transport")
            return reply(Transport=transport(script.asked_transport), Session="s1;timeout=20")
        if request.method == "PLAY":
            port = int(script.asked_transport.partition("client_port=")[2].partition("-")[0])
            for host, frame in sent:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                    out.bind((host, 0))
                    out.sendto(frame, ("127.0.0.1", port))
            return reply()
        return behave(request, script)

    return answer


async def test_only_the_device_itself_is_listened_to():
    """Datagrams from another address of this machine are a stranger's."""
    sent = [("127.0.0.2", frame) for frame in video(start=90)] + [("127.0.0.1", frame) for frame in video()]
    async with Script(answering(lambda asked: asked, sent)) as script:
        session = await service.open(Address.at(script.url.replace("rtsp", "rtspu")))
        assert len(await take(session, 4)) == 4
        assert session._carrier.strangers == len(sent) // 2
        await session.close()


@pytest.mark.parametrize("transport", ["RTP/AVP;unicast;client_port=9-10", "RTP/AVP;multicast;port=5000-5001", ""])
async def test_an_answer_that_agrees_to_something_else_falls_back_to_tcp(transport):
    def answer(request, script):
        if request.method == "SETUP" and "client_port" in request.headers.get("transport"):
            return reply(Transport=transport, Session="s1")
        return behave(request, script)

    async with Script(answer) as script:
        session = await service.open(Address.at(script.url.replace("rtsp", "rtspu")))
        assert carrier(session) == "Interleaved"
        await session.close()
        await asyncio.sleep(0.05)
    assert script.asked().count("TEARDOWN") == 2


async def test_closing_frees_the_ports(port):
    session = await service.open(Address.at(f"rtspu://127.0.0.1:{port}/both"), udp_ports=PortRange(24_420, 24_421))
    await session.close()
    again = await Datagrams.open("127.0.0.1", "127.0.0.1", PortRange(24_420, 24_421))
    again.close()


async def test_ffmpeg_reads_our_virtual_camera_over_udp(port):
    """The other direction: a foreign client against the server that these tests lean on."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("needs Debian's ffmpeg with RTSP over UDP")
    command = [program, "-v", "error", "-rtsp_transport", "udp", "-i", f"rtsp://127.0.0.1:{port}/udp-only"]
    command += ["-frames:v", "10", "-f", "framemd5", "-"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
    assert len([line for line in done.stdout.splitlines() if line and not line.startswith("#")]) == 10
