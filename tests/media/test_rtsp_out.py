"""RTSP out, read by our own client, ffmpeg and GStreamer; and what a client may not do."""

import asyncio
import io
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import av
import pytest

from commonsight.clock import SystemClock
from commonsight.connect import service
from commonsight.connect.model import Address, AudioCodec, Codec, Session, Sound
from commonsight.connect.wire import nal, rtcp, sdp
from commonsight.connect.wire.rtsp_message import Headers, Interleaved, Reader, Request, Response, serialise
from commonsight.media.relay import Relay
from commonsight.media.rtsp_out.server import RtspOut
from commonsight.media.timeline import START
from commonsight.settings import Media
from tests.connect.test_http_snapshot import PICTURES, picture
from tests.connect.test_http_snapshot import serving as serving_jpeg
from tests.connect.wire.test_jpeg_rtp import jpegs

from .world import World, camera_id, footage, refusal

PYTHON = "/usr/bin/python3"
GSTREAMER = """
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
wanted = "rtspsrc souphttpsrc hlsdemux avdec_h264 avdec_h265 avdec_aac jpegdec".split()
missing = [n for n in wanted if not Gst.ElementFactory.find(n)]
raise SystemExit("missing elements: " + " ".join(missing) if missing else 0)
"""


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[tuple[RtspOut, int]]:
    out = RtspOut(world.hub, world.settings.media, SystemClock())
    port = await out.start("127.0.0.1", 0)
    try:
        yield out, port
    finally:
        await asyncio.wait_for(out.stop(), 10)


class Site:
    def __init__(self, world: World, out: RtspOut, port: int) -> None:
        self.world, self.out, self.port = world, out, port

    def url(self, path: str = "h264", ticket: str = "t") -> str:
        return f"rtsp://127.0.0.1:{self.port}/{camera_id(path)}?ticket={ticket}"

    async def quiet(self) -> None:
        """Wait until nobody reads any more."""
        async with asyncio.timeout(10):
            while self.world.hub.readings or self.out.connections:  # noqa: ASYNC110  what is waited for has no event
                await asyncio.sleep(0.05)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    world = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3))
    world.cameras.add("h264", footage())
    world.cameras.add("h265", footage(Codec.H265))
    world.cameras.add("large", footage(size="1920x1080"))
    async with world.running(), serving(world) as (out, port):
        yield Site(world, out, port)


async def units(session: Session, count: int) -> list[bytes]:
    taken = []
    async with asyncio.timeout(15):
        async for unit in session:
            taken.append(unit.data)
            if len(taken) == count:
                break
    return taken


def without_delimiters(codec: Codec, unit: bytes) -> bytes:
    """What every client makes of a unit: its container delimits it from there on."""
    delimiter = nal.H264_AUD if codec is Codec.H264 else nal.H265_AUD
    return nal.join(each for each in nal.split(unit) if nal.nal_type(codec, each[0]) != delimiter)


@pytest.mark.parametrize("scheme", ["rtspt", "rtspu"])
@pytest.mark.parametrize("path", ["h264", "h265", "large"])
async def test_our_own_client_gets_every_byte(site: Site, path: str, scheme: str) -> None:
    address = Address.at(site.url(path).replace("rtsp", scheme, 1))
    session = await service.open(address, timeout=10)
    try:
        taken = await units(session, 40)
        counters = session.counters
        assert (counters.packets_lost, counters.units_broken, counters.timestamp_jumps) == (0, 0, 0)
    finally:
        await session.close()
    made = footage(session.info.codec, "1920x1080" if path == "large" else "320x240")
    sent = {without_delimiters(made.codec, data) for data, _ in made.units}
    assert all(data in sent for data in taken)
    assert session.info.width == (1920 if path == "large" else 320)
    await site.quiet()
    [seen] = site.world.gate.endings
    assert seen.frames >= 40
    assert seen.reason == "viewer_left"
    assert len(site.world.gate.first_frames) == 1


async def test_several_readers_share_one_opening(site: Site) -> None:
    sessions = await asyncio.gather(*(service.open(Address.at(site.url(ticket=str(n)))) for n in range(4)))
    try:
        for session in sessions:
            assert len(await units(session, 20)) == 20
        assert site.world.cameras.opened == {"h264": 1}
        assert len(site.world.gate.admitted) == 4
    finally:
        await asyncio.gather(*(session.close() for session in sessions))


async def run(*command: str, seconds: float = 60) -> tuple[bytes, bytes]:
    child = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        return await asyncio.wait_for(child.communicate(), seconds)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="needs ffprobe (Debian package ffmpeg)")
@pytest.mark.parametrize("carrier", ["tcp", "udp"])
@pytest.mark.parametrize("path", ["h264", "h265"])
async def test_ffmpeg_decodes_it(site: Site, path: str, carrier: str) -> None:
    out, said = await run(
        *("ffprobe", "-v", "error", "-rtsp_transport", carrier, "-read_intervals", "%+2", "-count_frames"),
        *("-show_entries", "stream=codec_name,width,height,nb_read_frames", "-of", "json", site.url(path)),
    )
    [stream] = json.loads(out)["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("hevc" if path == "h265" else path, 320, 240)
    assert int(stream["nb_read_frames"]) >= 40
    assert said == b""


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the Debian package ffmpeg")
async def test_single_pictures_arrive_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PICTURES[:] = jpegs(6, "640x360", "default")
    world = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3, snapshot_seconds=0.2))
    async with serving_jpeg(lambda request, n: picture(n)) as camera, world.running(), serving(world) as (_, port):
        monkeypatch.setattr(world.cameras, "address", lambda _: Address.at(camera.url))
        url = f"rtsp://127.0.0.1:{port}/{camera_id('snap')}?ticket=t"
        raw = ("-an", "-pix_fmt", "yuvj420p", "-f", "rawvideo", "-")
        out, said = await run(
            "ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-frames:v", "3", "-vsync", "0", *raw
        )
    size = 640 * 360 * 3 // 2
    assert len(out) == 3 * size, said
    originals = {decoded(each) for each in PICTURES}
    assert all(out[at : at + size] in originals for at in range(0, len(out), size))


def decoded(jpeg: bytes) -> bytes:
    """Luminance and chrominance of a picture, one after the other."""
    with av.open(io.BytesIO(jpeg), format="mjpeg") as opened:
        return next(opened.decode(video=0)).to_ndarray(format="yuvj420p").tobytes()


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="needs ffprobe (Debian package ffmpeg)")
async def test_sound_goes_along_where_the_camera_has_been_heard(site: Site) -> None:
    async with client(site) as first:  # somebody watches, so the camera is open and has been heard
        await first.play()
        await first.read(5)
        [relay] = site.world.hub.relays.values()
        talking = asyncio.create_task(talk(relay))
        try:
            async with asyncio.timeout(5):
                while b"m=audio" not in (await described(site)):  # noqa: ASYNC110  what is waited for has no event
                    await asyncio.sleep(0.1)
            out, said = await run(
                *("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-read_intervals", "%+2", "-count_frames"),
                *("-show_entries", "stream=codec_name,sample_rate,nb_read_frames", "-of", "json", site.url()),
            )
        finally:
            talking.cancel()
    streams = {stream["codec_name"]: stream for stream in json.loads(out)["streams"]}
    assert set(streams) == {"h264", "aac"}, said
    assert streams["aac"]["sample_rate"] == "16000"
    assert int(streams["aac"]["nb_read_frames"]) >= 20
    assert int(streams["h264"]["nb_read_frames"]) >= 30


async def talk(relay: Relay) -> None:
    """Sound as a camera sends it: 20 ms of G.711 at a time, on the clock of its pictures."""
    number = 0
    clock = SystemClock()
    while True:
        shown = relay._timeline._last - START  # where the pictures are
        relay._hear(Sound(AudioCodec.G711A, bytes([0xD5, 0x55] * 160), shown, clock.monotonic()))
        number += 1
        await asyncio.sleep(0.04)


async def described(site: Site) -> bytes:
    async with client(site) as each:
        return (await each.ask("DESCRIBE", site.url())).body


@pytest.fixture(scope="module")
def gstreamer() -> None:
    gstreamer_or_skip()


@cache
def gstreamer_or_skip() -> None:
    if shutil.which(PYTHON) is None:
        pytest.skip(f"needs Debian's {PYTHON}")
    found = subprocess.run([PYTHON, "-c", GSTREAMER], capture_output=True, text=True, timeout=60)
    if found.returncode:
        packages = "python3-gi gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
        pytest.skip(f"needs the Debian packages {packages}: {found.stderr[-200:]}")


@pytest.mark.parametrize("carrier", ["tcp", "udp"])
@pytest.mark.parametrize("path", ["h264", "h265"])
async def test_gstreamer_decodes_it(site: Site, gstreamer: None, path: str, carrier: str) -> None:
    script = Path(__file__).with_name("gstreamer_reader.py")
    out, said = await run(PYTHON, str(script), site.url(path), carrier, "30")
    seen = json.loads(out)
    assert seen["error"] is None, said
    assert seen["pictures"] >= 30
    assert "width=(int)320" in seen["caps"]


class Client:
    """Says what it is told to, one message after the other."""

    def __init__(self, site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.site, self.reader, self.writer = site, reader, writer
        self.wire = Reader()
        self.frames: list[tuple[int, bytes]] = []
        self.waiting: list[Response] = []
        self.said = 0

    async def ask(self, method: str, url: str, body: str = "", **headers: str) -> Response:
        self.said += 1
        fields = Headers([("CSeq", str(self.said)), *((key.title(), value) for key, value in headers.items())])
        self.writer.write(serialise(Request(method, url, fields)))
        async with asyncio.timeout(10):
            while not self.waiting:
                data = await self.reader.read(65_536)
                assert data, "the connection ended"
                self.take(data)
        return self.waiting.pop(0)

    def take(self, data: bytes) -> None:
        for message in self.wire.feed(data):
            if isinstance(message, Interleaved):
                self.frames.append((message.channel, bytes(message.payload)))
            elif isinstance(message, Response):
                self.waiting.append(message)

    async def read(self, frames: int) -> None:
        async with asyncio.timeout(10):
            while len(self.frames) < frames:
                self.take(await self.reader.read(65_536))

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            while data := await self.reader.read(65_536):
                self.take(data)

    async def play(self) -> Response:
        url = self.site.url()
        assert (await self.ask("DESCRIBE", url)).status == 200
        set_up = await self.ask("SETUP", url.partition("?")[0] + "/trackID=0", transport="RTP/AVP/TCP;interleaved=4-5")
        assert "interleaved=4-5" in set_up.headers.get("transport")
        return await self.ask("PLAY", url.partition("?")[0] + "/", session=set_up.headers.get("session"))


@asynccontextmanager
async def client(site: Site) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    try:
        yield Client(site, reader, writer)
    finally:
        writer.transport.abort()


async def test_a_ticket_that_opens_nothing_is_told_nothing(site: Site) -> None:
    site.world.gate.refused["bad"] = refusal("gate.ticket_unknown")
    async with client(site) as each:
        answer = await each.ask("DESCRIBE", site.url(ticket="bad"))
        assert (answer.status, answer.body) == (403, b"")
        assert (await each.ask("SETUP", site.url(ticket="bad"), transport="RTP/AVP/TCP")).status == 403
        assert (await each.ask("PLAY", site.url(ticket="bad"), session="guess")).status == 454
        assert (await each.ask("DESCRIBE", "rtsp://127.0.0.1/elsewhere")).status == 404
        assert (await each.ask("ANNOUNCE", site.url())).status == 501
    assert not site.world.cameras.opened


async def test_one_connection_is_one_camera(site: Site) -> None:
    async with client(site) as each:
        described = sdp.parse((await each.ask("DESCRIBE", site.url())).body)
        assert described.video()
        assert (await each.ask("DESCRIBE", site.url("h265"))).status == 459
        assert (await each.ask("SETUP", site.url(), transport="RTP/AVP;multicast;client_port=9-10")).status == 461
        assert (await each.ask("SETUP", site.url(), transport="RTP/AVP;client_port=99999-1")).status == 461


async def test_pictures_begin_with_a_report_and_a_keyframe_behind_the_answer(site: Site) -> None:
    async with client(site) as each:
        answer = await each.play()
        assert answer.status == 200
        await each.read(6)
        channels = [channel for channel, _ in each.frames]
        assert set(channels) == {4, 5}
        assert channels[0] == 5
        assert rtcp.sender_report(each.frames[0][1]) is not None
        assert f"seq={int.from_bytes(each.frames[1][1][2:4], 'big')}" in answer.headers.get("rtp-info")


async def test_pause_is_kept_and_play_goes_on(site: Site) -> None:
    async with client(site) as each:
        session = (await each.play()).headers.get("session")
        await each.read(5)
        assert (await each.ask("PAUSE", site.url(), session=session)).status == 200
        held = len(each.frames)
        assert (await each.ask("GET_PARAMETER", site.url(), session=session)).status == 200
        assert len(each.frames) == held
        assert (await each.ask("PLAY", site.url(), session=session)).status == 200
        await each.read(held + 5)
        assert (await each.ask("TEARDOWN", site.url(), session=session)).status == 200
        await each.ended()
    await site.quiet()


async def test_revocation_cuts_the_connection(site: Site) -> None:
    async with client(site) as each:
        await each.play()
        await each.read(5)
        [reading] = site.world.hub.readings
        site.world.hub.revoke(reading.grant.permit_id)
        await each.ended()
    assert [seen.reason for seen in site.world.gate.endings] == ["permit_revoked"]


@pytest.mark.parametrize("sent", [b"\x00" * 100_000, b"GET / HTTP/1.1\r\n\r\n", b"RTSP/1.0 200 OK\r\n\r\n"])
async def test_nonsense_ends_the_connection(site: Site, sent: bytes) -> None:
    async with client(site) as each:
        each.writer.write(sent)
        await each.ended()
    await site.quiet()
