"""The virtual cameras seen by foreign clients (ffprobe, ffmpeg) and as bytes on a socket."""

import asyncio
import shutil

import pytest

from commonsight.clock import SystemClock
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.digest import Credentials, Verifier, parse_challenges
from commonsight.connect.wire.rtsp_message import Headers, Interleaved, Reader, Request, Response, serialise
from commonsight.problem import Refusal
from commonsight.simulate import rtsp_server
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fault, Fleet, Mix
from commonsight.simulate.player import Player
from commonsight.simulate.reel import access_units, broken, load
from commonsight.simulate.rtsp_server import Camera, RtspServer

COUNT = 400


@pytest.fixture
async def city(stream):
    reel = load("clip", stream, Codec.H264, 10)
    spoiled = broken(reel, access_units(Codec.H264, stream))
    fleet = Fleet(3, COUNT, port=0, dead_port=0, mix=Mix(0.15, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1))
    made = City(fleet, SystemClock())
    made.show(reel, spoiled)
    await made.start()
    yield made
    await made.close()


def first(city, fault):
    return next(i for i in range(COUNT) if city.fleet.fault(i) is fault)


async def foreign(program, *arguments):
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program} on PATH (Debian package ffmpeg)")
    process = await asyncio.create_subprocess_exec(
        found, "-v", "error", "-rtsp_transport", "tcp", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, error = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    return process.returncode, out.decode().strip(), error.decode()


class Client:
    """Speaks raw RTSP."""

    def __init__(self, reader, writer):
        self._reader, self._writer, self._messages = reader, writer, Reader()
        self._waiting = []
        self._number = 0

    @classmethod
    async def at(cls, url):
        port = int(url.split(":")[2].split("/")[0])
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, method, url, **headers):
        self._number += 1
        fields = [("CSeq", str(self._number)), *((k.replace("_", "-"), v) for k, v in headers.items())]
        self._writer.write(serialise(Request(method, url, Headers(fields))))
        while True:
            message = await self.next()
            if isinstance(message, Response):
                assert message.headers.get("cseq") == str(self._number)
                return message

    async def next(self):
        while not self._waiting:
            data = await asyncio.wait_for(self._reader.read(65536), 5)
            if not data:
                raise ConnectionError
            self._waiting = [
                Interleaved(m.channel, bytes(m.payload)) if isinstance(m, Interleaved) else m
                for m in self._messages.feed(data)
            ]
        return self._waiting.pop(0)

    async def play(self, url, channel=0):
        await self.ask("DESCRIBE", url)
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        set_up = await self.ask("SETUP", url + "/trackID=0", Transport=transport)
        session = set_up.headers.get("session").split(";")[0]
        return session, await self.ask("PLAY", url, Session=session)

    async def close(self):
        self._writer.close()
        await self._writer.wait_closed()


@pytest.fixture
async def client(city):
    made = await Client.at(city.fleet.address(first(city, Fault.NONE)))
    yield made
    await made.close()


async def test_ffprobe_reads_a_watched_camera(city):
    entries = ["-show_entries", "stream=codec_name,width,height,avg_frame_rate", "-of", "csv=p=0"]
    code, out, error = await foreign("ffprobe", *entries, f"rtsp://127.0.0.1:{city.fleet.port}/watch/clip")
    assert (code, out) == (0, "h264,320,180,10/1"), error


async def test_ffmpeg_decodes_over_the_end_of_the_clip_without_complaint(city):
    url = city.fleet.address(first(city, Fault.NONE))
    code, out, error = await foreign("ffmpeg", "-i", url, "-t", "3.5", "-f", "framecrc", "-")
    frames = [line for line in out.splitlines() if not line.startswith("#")]
    assert (code, error) == (0, "")
    assert len(frames) == 35


async def test_a_dead_camera_refuses(city):
    index = first(city, Fault.REFUSED)
    with pytest.raises(ConnectionRefusedError):
        await Client.at(city.fleet.address(index))


async def test_a_hung_camera_accepts_and_is_silent(city):
    client = await Client.at(city.fleet.address(first(city, Fault.HUNG)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.ask("OPTIONS", city.fleet.address(first(city, Fault.HUNG))), 0.2)
    await client.close()


@pytest.mark.parametrize(("fault", "status"), [(Fault.MISSING, 404), (Fault.UNAUTHORIZED, 401), (Fault.NONE, 200)])
async def test_answers_to_describe(city, client, fault, status):
    assert (await client.ask("DESCRIBE", city.fleet.address(first(city, fault)))).status == status


async def test_a_camera_without_video_agrees_to_play_and_sends_nothing(city, client):
    _, response = await client.play(city.fleet.address(first(city, Fault.NO_VIDEO)))
    assert response.status == 200
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.next(), 0.3)


async def test_a_slow_camera_works_after_all(city, client, monkeypatch):
    monkeypatch.setattr(rtsp_server, "SLOW_SECONDS", 0.05)
    _, response = await client.play(city.fleet.address(first(city, Fault.SLOW)))
    assert response.status == 200
    assert isinstance(await client.next(), Interleaved)


async def test_packets_come_on_the_agreed_channel_and_rtp_info_names_the_first(city, client):
    _, response = await client.play(city.fleet.address(first(city, Fault.NONE)), channel=6)
    frames = [await client.next() for _ in range(3)]
    assert [f.channel for f in frames] == [7, 6, 6]
    sequence = int.from_bytes(frames[1].payload[2:4], "big")
    assert f"seq={sequence};" in response.headers.get("rtp-info")


async def test_a_session_is_kept_and_ended(city, client):
    url = city.fleet.address(first(city, Fault.NONE))
    session, _ = await client.play(url)
    assert city.server.playing == 1
    assert (await client.ask("GET_PARAMETER", url, Session=session)).status == 200
    assert (await client.ask("GET_PARAMETER", url, Session="other")).status == 454
    assert (await client.ask("TEARDOWN", url, Session=session)).status == 200
    with pytest.raises(ConnectionError):
        await client.ask("OPTIONS", "*")
    assert city.server.playing == 0


async def test_wrong_requests_are_answered_as_the_protocol_says(city, client):
    url = city.fleet.address(first(city, Fault.NONE))
    assert (await client.ask("PLAY", url, Session="x")).status == 454
    assert (await client.ask("SETUP", url, Transport="RTP/AVP;multicast;port=5000-5001")).status == 461
    assert (await client.ask("SETUP", url, Transport="RTP/AVP/TCP;interleaved=255-256")).status == 461
    assert (await client.ask("RECORD", url)).status == 501
    assert (await client.ask("DESCRIBE", url + "99999")).status == 404
    assert (await client.ask("OPTIONS", "*")).status == 200


async def test_garbage_ends_the_connection_and_nothing_else(city):
    client = await Client.at(city.fleet.address(first(city, Fault.NONE)))
    client._writer.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises((ConnectionError, OSError)):
        await client.next()
    client._writer.close()
    again = await Client.at(city.fleet.address(first(city, Fault.NONE)))
    assert (await again.ask("OPTIONS", "*")).status == 200
    await again.close()


async def test_digest_is_asked_for_where_a_camera_has_a_password(stream):
    verifier = Verifier("op", "pw", realm="gate")
    player = Player(load("clip", stream, Codec.H264, 10), SystemClock())
    server = RtspServer(lambda path: Camera(player, verifier=verifier) if path == "gate" else None, SystemClock())
    port, _ = await server.start("127.0.0.1", 0)
    url = f"rtsp://127.0.0.1:{port}/gate"
    client = await Client.at(url)
    asked = await client.ask("DESCRIBE", url)
    assert asked.status == 401
    right = Credentials("op", "pw", parse_challenges(asked.headers.all("www-authenticate"))[0])
    assert (await client.ask("DESCRIBE", url, Authorization=right.authorization("DESCRIBE", url))).status == 200
    await client.close()
    if shutil.which("ffprobe"):
        code, out, error = await foreign("ffprobe", "-show_entries", "stream=width", "-of", "csv=p=0",
                                         url.replace("://", "://op:pw@"))  # fmt: skip
        assert (code, out) == (0, "320"), error
    await server.close()
    await player.close()


async def test_a_taken_port_is_refused_in_words(city):
    other = City(Fleet(1, 1, port=city.fleet.port, dead_port=0), SystemClock())
    with pytest.raises(Refusal) as caught:
        await other.start()
    assert caught.value.code == "simulate.port_taken"
    await other.close()
