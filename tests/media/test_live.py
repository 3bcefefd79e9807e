"""The node as browsers meet it: real WebSockets, real RTSP cameras (virtual ones), a gate the test decides for."""

import asyncio
import base64
import os
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from commonsight.connect.model import Codec
from commonsight.media.web import origin_allowed
from commonsight.settings import Media
from commonsight.simulate.fleet import Fault

from .world import PERMIT, World, browser, camera_id, footage, refusal


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3, viewer_bytes=100_000, viewers_max=60, cameras_max=3))
    made.cameras.add("h264", footage())
    made.cameras.add("h265", footage(Codec.H265))
    made.cameras.add("large", footage(size="1280x720"))
    made.cameras.add("silent", footage(), Fault.NO_VIDEO)
    made.cameras.add("hung", footage(), Fault.HUNG)
    async with made.running():
        yield made


async def until(condition, seconds: float = 5) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", ["h264", "h265"])
async def test_pictures_play(world: World, path: str) -> None:
    async with browser(world.url(path)) as viewer:
        await viewer.pictures(20)
        opening = viewer.texts[0]
        assert opening["type"] == "stream"
        assert opening["codec"] == path
        assert (opening["width"], opening["height"]) == (320, 240)
        assert opening["mime"].startswith(f'video/mp4; codecs="{"avc1" if path == "h264" else "hvc1"}.')
        frames = viewer.decoded()
    assert len(frames) >= 20
    assert frames[0].key_frame
    assert abs(float(frames[0].time) - opening["start"]) < 0.001
    assert len(world.gate.first_frames) == 1


async def test_opened_once_for_many_then_closed_when_idle(world: World) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(watch(world, "h264", 8))
    assert world.cameras.opened["h264"] == 1
    await until(lambda: not world.hub.relays and world.cameras.connections == 0)
    assert [seen.reason for seen in world.gate.endings] == ["viewer_left"] * 10
    assert all(seen.bytes > 0 and seen.frames >= 8 and seen.seconds > 0 for seen in world.gate.endings)


async def watch(world: World, path: str, count: int) -> None:
    async with browser(world.url(path)) as viewer:
        await viewer.pictures(count)


async def test_without_a_permit_nothing_is_opened(world: World) -> None:
    world.gate.refused["bad"] = refusal("gate.ticket_unknown")
    world.gate.refused["late"] = refusal("gate.ticket_expired")
    world.gate.refused["revoked"] = refusal("gate.ticket_revoked")
    world.gate.refused["away"] = ConnectionRefusedError()
    for ticket, code in (
        ("bad", "permit_refused"),
        ("late", "permit_expired"),
        ("revoked", "permit_revoked"),
        ("away", "register_unavailable"),
    ):
        async with browser(world.url("h264", ticket)) as viewer:
            assert await viewer.ended() == code
            assert viewer.binaries == []
    async with browser(f"ws://127.0.0.1:{world.port}/live?camera=7") as viewer:
        assert await viewer.ended() == "camera_invalid"
    assert world.cameras.connections == 0
    assert not world.cameras.opened
    assert not world.hub.relays


async def test_revocation_cuts_running_streams_within_a_second(world: World) -> None:
    async with browser(world.url("h264")) as viewer:
        await viewer.pictures(3)
        world.hub.revoke(PERMIT)
        assert await asyncio.wait_for(viewer.ended(), 1) == "permit_revoked"
        assert (await viewer.socket.receive()).type is aiohttp.WSMsgType.CLOSE
    await until(lambda: not world.hub.relays)
    assert [seen.reason for seen in world.gate.endings] == ["permit_revoked"]


async def test_missed_revocation_is_found_by_asking(world: World) -> None:
    async with browser(world.url("h264")) as viewer:
        await viewer.pictures(3)
        await world.hub.recheck()
        world.gate.valid = False
        await world.hub.recheck()
        assert await viewer.ended() == "permit_revoked"


async def test_expiry_cuts(world: World) -> None:
    world.gate.minutes = 0.4 / 60
    async with browser(world.url("h264")) as viewer:
        assert await viewer.ended() == "permit_expired"
        assert viewer.binaries


@pytest.mark.parametrize(("path", "code"), [("nowhere", "not_found"), ("silent", "no_video"), ("hung", "unreachable")])
async def test_camera_that_gives_no_picture_says_why(world: World, path: str, code: str) -> None:
    async with browser(world.url(path)) as viewer:
        assert await viewer.ended() == code
    await until(lambda: not world.hub.relays)
    assert world.gate.first_frames == []


async def test_lost_camera_is_said_and_comes_back_on_one_timeline(world: World) -> None:
    async with browser(world.url("h264")) as viewer:
        await viewer.pictures(5)
        await world.cameras.stop()
        assert (await viewer.said("state"))["code"] == "reconnecting"
        before = len(viewer.binaries)
        await world.cameras.start()
        await viewer.pictures(before + 5)
        frames = viewer.decoded()
    times = [float(frame.time) for frame in frames]
    assert times == sorted(times)
    assert world.cameras.opened["h264"] == 2
    assert [text["type"] for text in viewer.texts] == ["stream", "state", "stream"]
    assert viewer.texts[2]["start"] > viewer.texts[0]["live"] + 0.5


async def test_slow_viewer_skips_to_a_keyframe_and_others_are_undisturbed(world: World) -> None:
    slow = await raw_viewer(world, "large")
    async with browser(world.url("large")) as viewer:
        await until(lambda: any(reading.reader.outlet.skips for reading in world.hub.readings), 15)
        await viewer.pictures(len(viewer.binaries) + 10)
        fast = next(r.reader.outlet for r in world.hub.readings if not r.reader.outlet.skips)
        assert fast.frames_skipped == 0
        slow.drain()
        await until(lambda: slow.skip is not None, 15)
        assert slow.skip > 0
        await until(lambda: slow.after_skip is not None, 15)
        assert slow.after_skip == 0x02000000  # a sync sample: decoding starts anew
        count = len(viewer.decoded())
        assert count == len(viewer.binaries) - 1
    await slow.close()


class RawViewer:
    """A WebSocket client that reads only when told, over a small receive buffer."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.skip: int | None = None
        self.after_skip: int | None = None
        self._task: asyncio.Task[None] | None = None

    def drain(self) -> None:
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        reader, _ = await asyncio.open_connection(sock=self.connection)
        while True:
            head = await reader.readexactly(2)
            length = head[1] & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", await reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", await reader.readexactly(8))
            payload = await reader.readexactly(length)
            if head[0] == 0x81 and payload.startswith(b'{"type":"skip"'):
                self.skip = int(payload.partition(b'"frames":')[2].rstrip(b"}"))
            elif head[0] == 0x82 and self.skip is not None and self.after_skip is None:
                at = payload.index(b"trun") + 4 + 12 + 8
                (self.after_skip,) = struct.unpack_from(">I", payload, at)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.connection.close()


async def raw_viewer(world: World, path: str) -> RawViewer:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", world.port))
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /live?ticket=t&camera={camera_id(path)} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(connection, request.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await loop.sock_recv(connection, 1)
    assert b" 101 " in answer
    return RawViewer(connection)


async def test_node_takes_no_more_than_it_can_hold(world: World) -> None:
    world.cameras.add("fourth", footage())
    async with browser(world.url("h264")) as a, browser(world.url("h265")) as b, browser(world.url("large")) as c:
        for viewer in (a, b, c):
            await viewer.pictures(1)
        async with browser(world.url("fourth")) as d:
            assert await d.ended() == "node_full"
        async with browser(world.url("h264")) as again:
            await again.pictures(1)


async def test_stopping_node_tells_everybody(world: World) -> None:
    async with browser(world.url("h264")) as viewer:
        await viewer.pictures(2)
        stopping = asyncio.create_task(world.hub.stop())
        assert await viewer.ended() == "node_stopping"
        await stopping
    assert [seen.reason for seen in world.gate.endings] == ["node_stopping"]
    async with browser(world.url("h264")) as late:
        assert await late.ended() == "node_stopping"


async def test_foreign_pages_may_not_look(world: World) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with browser(world.url("h264"), Origin="https://elsewhere.example"):
            pass
    assert refused.value.status == 403
    async with browser(world.url("h264"), Origin="http://127.0.0.1:8600") as viewer:
        await viewer.pictures(1)


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "video.example:8620", True),
        ("https://pages.example", "video.example:8620", True),
        ("https://pages.example:444", "video.example:8620", False),
        ("http://video.example:8600", "video.example:8620", True),
        ("http://localhost:8600", "127.0.0.1:8620", True),
        ("http://evil.example", "127.0.0.1:8620", False),
        ("null", "127.0.0.1:8620", False),
        ("http://[", "127.0.0.1:8620", False),
        ("http://[::1]:8600", "localhost:8620", True),
    ],
)
def test_origins(origin: str | None, host: str, allowed: bool) -> None:
    assert origin_allowed(origin, host, ("https://pages.example",)) is allowed


async def test_health_and_metrics(world: World) -> None:
    async with browser(world.url("h264")) as viewer, aiohttp.ClientSession() as session:
        await viewer.pictures(5)
        base = f"http://127.0.0.1:{world.port}"
        async with session.get(f"{base}/healthz") as answer:
            assert await answer.json() == {"status": "ok", "cameras": 1, "readers": 1}
        async with session.get(f"{base}/metrics") as answer:
            text = await answer.text()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines['commonsight_media_cameras{state="live"}'] == "1.0"
    assert lines['commonsight_media_readers{kind="browser"}'] == "1.0"
    assert float(lines["commonsight_media_sent_bytes_total"]) > 10_000
    assert float(lines["commonsight_media_units_total"]) >= 5
