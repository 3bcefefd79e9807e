"""Devices as they are: each script misbehaves in one way, and the client says exactly what is wrong or plays on."""

import asyncio
import shutil
import ssl
import subprocess

import pytest

from commonsight.clock import SystemClock
from commonsight.connect import rtsp
from commonsight.connect.model import Address, SourceCode, SourceError
from commonsight.connect.rtsp_open import open_rtsp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.digest import Verifier
from commonsight.connect.wire.rtp import build
from commonsight.connect.wire.sdp import describe

from .peers import Script, reply
from .wire.coded import SETS, packets, picture

SDP = describe(Codec.H264, SETS[Codec.H264], name="t", control="track1")


def video(count=4, start=0):
    shown = [picture(Codec.H264, n, n == 0, 1, 20, n == 0, False) for n in range(count)]
    return [
        build(bytes(p.payload), payload_type=96, sequence=p.sequence, timestamp=p.timestamp, ssrc=1, marker=p.marker)
        for p in packets(Codec.H264, shown, limit=200, start=start)
    ]


def behave(request, script, *, body=SDP, transport="RTP/AVP/TCP;unicast;interleaved=0-1", frames=None, channel=0):
    """A device that does everything right."""
    if request.method == "DESCRIBE":
        return reply(body=body, Content_Base=script.url + "/")
    if request.method == "SETUP":
        return reply(Transport=transport, Session="s1;timeout=20")
    if request.method == "PLAY":
        for frame in video() if frames is None else frames:
            script.send(channel, frame)
    return reply(Public="OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER")


async def open_at(script, *, timeout=5.0, **who):
    return await open_rtsp(Address("rtsp", script.url, **who), timeout=timeout, clock=SystemClock())


async def failure(answer, *, timeout=5.0, **who):
    async with Script(answer) as script:
        with pytest.raises(SourceError) as caught:
            await open_at(script, timeout=timeout, **who)
    return caught.value


async def take(session, count):
    found = []
    async for unit in session:
        found.append(unit)
        if len(found) == count:
            break
    return found


async def test_a_device_that_behaves():
    async with Script(behave) as script:
        session = await open_at(script)
        assert session.info.codec is Codec.H264
        assert [u.pts for u in await take(session, 4)] == [0, 3600, 7200, 10800]
        await session.close()
        await session.close()
        await asyncio.sleep(0.05)
    assert script.asked() == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert script.requests[2].url == script.url + "/track1"
    assert script.requests[3].url == script.url + "/"
    assert script.requests[4].headers.get("session") == "s1"


async def test_only_video_is_set_up_where_audio_is_offered_too():
    body = b"v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:track9\r\n" + SDP[5:]

    def answer(request, script):
        if request.method == "PLAY":
            script.send(2, b"\x80\x00" + b"sound" * 4)  # some send all they have, asked or not
        return behave(request, script, body=body)

    async with Script(answer) as script:
        session = await open_at(script)
        assert len(await take(session, 4)) == 4
        assert session.counters.stray_frames == 1
        await session.close()
    assert [r.url for r in script.requests if r.method == "SETUP"] == [script.url + "/track1"]


async def test_video_before_the_answer_to_play_is_not_lost():
    async with Script(behave) as script:  # `behave` sends the frames first, then the answer
        session = await open_at(script)
        assert (await take(session, 1))[0].keyframe
        await session.close()


@pytest.mark.parametrize("channel", [2, 6])
async def test_video_on_another_channel_than_agreed(channel):
    async with Script(lambda r, s: behave(r, s, channel=channel)) as script:
        session = await open_at(script)
        assert len(await take(session, 4)) == 4
        await session.close()


async def test_channels_the_device_chose():
    agreed = "RTP/AVP/TCP;unicast;interleaved=10-11"
    async with Script(lambda r, s: behave(r, s, transport=agreed, channel=10)) as script:
        session = await open_at(script)
        assert len(await take(session, 4)) == 4
        await session.close()
    assert session.counters.stray_frames == 0


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("SHA-256", "MD5")])
async def test_digest(algorithms):
    verifier = Verifier("op", "s3cret", realm="cam", algorithms=algorithms)

    def answer(request, script):
        if not verifier.accepts(request.method, request.headers.get("authorization")):
            response = reply(401, "Unauthorized")
            for each in verifier.challenges():
                response.headers.add("WWW-Authenticate", each)
            return response
        return behave(request, script)

    async with Script(answer) as script:
        session = await open_at(script, username="op", password="s3cret")
        await session.close()
    assert script.asked()[:3] == ["OPTIONS", "OPTIONS", "DESCRIBE"]
    assert (await failure(answer, username="op", password="wrong")).code is SourceCode.UNAUTHORIZED
    assert (await failure(answer)).code is SourceCode.UNAUTHORIZED


async def test_an_old_nonce_is_renewed_in_the_middle():
    calls = []

    def answer(request, script):
        given = request.headers.get("authorization")
        calls.append((request.method, 'nonce="new"' in given))
        if not given:
            return reply(401, WWW_Authenticate='Digest realm="c", nonce="old"')
        if request.method == "SETUP" and 'nonce="old"' in given:
            return reply(401, WWW_Authenticate='Digest realm="c", nonce="new", stale=true')
        return behave(request, script)

    async with Script(answer) as script:
        session = await open_at(script, username="a", password="b")
        await session.close()
    assert calls[3:6] == [("SETUP", False), ("SETUP", True), ("PLAY", True)]


async def test_a_password_is_never_sent_in_clear_to_where_a_redirect_leads():
    def basic(request, script):
        return reply(401, WWW_Authenticate='Basic realm="elsewhere"')

    async with Script(basic) as other:

        def answer(request, script):
            return reply(302, "Moved", Location=other.url) if request.method == "DESCRIBE" else reply()

        error = await failure(answer, username="a", password="b")
    assert error.code is SourceCode.UNAUTHORIZED
    assert not any(r.headers.get("authorization") for r in other.requests)


async def test_basic_is_answered_where_nothing_else_is_offered():
    def answer(request, script):
        if request.headers.get("authorization") != "Basic YTpi":
            return reply(401, WWW_Authenticate='Basic realm="c"')
        return behave(request, script)

    async with Script(answer) as script:
        await (await open_at(script, username="a", password="b")).close()


async def test_a_redirect_is_followed_and_a_circle_is_left():
    async with Script(behave) as target:

        def answer(request, script):
            return reply(302, "Moved", Location=target.url) if request.method == "DESCRIBE" else reply()

        async with Script(answer) as script:
            session = await open_at(script)
            assert len(await take(session, 4)) == 4
            await session.close()

    def circle(request, script):
        return reply(301, "Moved", Location=script.url) if request.method == "DESCRIBE" else reply()

    assert (await failure(circle)).code is SourceCode.PROTOCOL


async def test_an_aggregate_that_is_not_allowed_is_played_by_stream():
    def answer(request, script):
        if request.method == "PLAY" and not request.url.endswith("track1"):
            return reply(459, "Aggregate Operation Not Allowed")
        return behave(request, script)

    async with Script(answer) as script:
        await (await open_at(script)).close()


def at(method, response):
    return lambda request, script: response() if request.method == method else behave(request, script)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (at("DESCRIBE", lambda: reply(404, "Not Found")), "not_found"),
        (at("DESCRIBE", lambda: reply(403, "Forbidden")), "unauthorized"),
        (at("DESCRIBE", lambda: reply(503, "Busy")), "refused"),
        (at("DESCRIBE", lambda: reply(500, "Oops")), "protocol"),
        (at("DESCRIBE", lambda: reply(body=b"not a description")), "protocol"),
        (at("DESCRIBE", lambda: reply(body=b"m=audio 0 RTP/AVP 0\r\n")), "no_video"),
        (at("DESCRIBE", lambda: reply(body=b"m=video 0 RTP/AVP 26\r\n")), "unsupported_codec"),
        (at("DESCRIBE", lambda: reply(302, "Moved", Location="http://h/")), "protocol"),
        (at("DESCRIBE", lambda: reply(302, "Moved", Location="rtsp://[x")), "protocol"),
        (at("DESCRIBE", lambda: reply(401, "Unauthorized")), "unauthorized"),
        (at("SETUP", lambda: reply(461, "Unsupported Transport")), "protocol"),
        (at("SETUP", lambda: reply(453, "Not Enough Bandwidth")), "refused"),
        (at("SETUP", lambda: reply(Transport="RTP/AVP;unicast;client_port=1-2", Session="s")), "protocol"),
        (at("SETUP", lambda: reply(Transport="RTP/AVP/TCP;interleaved=0-1")), "protocol"),
        (at("PLAY", lambda: reply(454, "Session Not Found")), "protocol"),
    ],
)
async def test_refusals_are_told_apart(answer, code):
    assert (await failure(answer)).code == code


async def test_a_session_that_was_set_up_is_torn_down_when_play_fails():
    async with Script(at("PLAY", lambda: reply(500, "No"))) as script:
        with pytest.raises(SourceError):
            await open_at(script)
        await asyncio.sleep(0.05)
    assert script.asked()[-1] == "TEARDOWN"


@pytest.mark.parametrize("silent", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
async def test_silence_is_a_timeout(silent):
    error = await failure(at(silent, lambda: None), timeout=0.3)
    assert error.code is SourceCode.TIMEOUT
    assert silent in error.detail


@pytest.mark.parametrize(
    "frames", [[], [b"\x80\x60" + b"\0" * 10 + b"\x41\x08"], [b"junk"]], ids=["nothing", "half a picture", "no rtp"]
)
async def test_a_device_that_agrees_to_play_and_shows_nothing(frames):
    error = await failure(lambda r, s: behave(r, s, frames=frames), timeout=0.5)
    assert error.code is SourceCode.NO_VIDEO


@pytest.fixture
def certificate(tmp_path):
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs the program openssl to make a certificate for this test")
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(tmp_path / "key"),
        "-out",
        str(tmp_path / "crt"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return tmp_path / "crt", tmp_path / "key"


async def test_rtsp_over_tls_with_a_trusted_certificate_only(certificate, monkeypatch):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    async with Script(behave, tls) as script:
        with pytest.raises(SourceError, match="certificate not trusted") as caught:
            await open_at(script)
        assert caught.value.code is SourceCode.PROTOCOL
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        session = await open_at(script)
        assert len(await take(session, 4)) == 4
        await session.close()


async def test_nothing_listens(unused_tcp_port):
    with pytest.raises(SourceError) as caught:
        await open_rtsp(Address("rtsp", f"rtsp://127.0.0.1:{unused_tcp_port}/"), timeout=5, clock=SystemClock())
    assert caught.value.code is SourceCode.REFUSED


async def test_a_name_that_does_not_exist():
    with pytest.raises(SourceError) as caught:
        await open_rtsp(Address("rtsp", "rtsp://no-such-host.invalid/"), timeout=5, clock=SystemClock())
    assert caught.value.code in {SourceCode.UNREACHABLE, SourceCode.TIMEOUT}


async def test_garbage_is_a_broken_protocol():
    def answer(request, script):
        script.writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    assert (await failure(answer)).code is SourceCode.PROTOCOL


async def test_the_connection_drops_in_the_middle_of_a_frame():
    async with Script(behave) as script:
        session = await open_at(script)
        script.writer.write(b"$\x00\x05\x00half")
        await script.writer.drain()
        await asyncio.sleep(0.05)
        script.drop()
        assert len(await take(session, 4)) == 4
        with pytest.raises(SourceError) as caught:
            await take(session, 1)
        await session.close()
    assert caught.value.code is SourceCode.LOST


async def test_the_device_says_goodbye():
    async with Script(behave) as script:
        session = await open_at(script)
        script.writer.write(f"TEARDOWN {script.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        with pytest.raises(SourceError) as caught:
            await take(session, 10)
        await session.close()
    assert caught.value.code is SourceCode.LOST


async def test_the_device_asks_whether_we_live():
    async with Script(behave) as script:
        session = await open_at(script)
        script.writer.write(f"OPTIONS {script.url} RTSP/1.0\r\nCSeq: 8\r\n\r\n".encode())
        for frame in video(start=4)[:2]:
            script.send(0, frame)
        assert len(await take(session, 5)) == 5
        await session.close()


@pytest.fixture
def hurry(monkeypatch):
    """Seconds of session care become hundredths."""
    monkeypatch.setattr(rtsp, "REPORT_SECONDS", 0.02)
    monkeypatch.setattr(rtsp, "SILENCE_SECONDS", 0.4)
    monkeypatch.setattr(rtsp, "KEEPALIVE_MOST", 0.06)


async def test_a_half_open_connection_is_given_up(hurry):
    async with Script(behave) as script:
        session = await open_at(script)
        with pytest.raises(SourceError, match="no picture") as caught:
            await take(session, 10)
        await session.close()
    assert caught.value.code is SourceCode.LOST


async def test_the_session_is_kept_alive_and_reports_are_sent(hurry):
    async with Script(behave) as script:
        session = await open_at(script)
        await asyncio.sleep(0.2)
        await session.close()
    kept = [r for r in script.requests if r.method == "GET_PARAMETER"]
    assert kept
    assert kept[0].headers.get("session") == "s1"
    assert any(channel == 1 and data[1] == 201 for channel, data in script.frames)


async def test_where_get_parameter_is_not_known_options_keeps_alive(hurry):
    async with Script(at("GET_PARAMETER", lambda: reply(501, "Not Implemented"))) as script:
        session = await open_at(script)
        await asyncio.sleep(0.25)
        await session.close()
    assert script.asked().count("GET_PARAMETER") == 1
    assert script.asked().count("OPTIONS") > 1


async def test_a_forgotten_session_is_lost(hurry):
    async with Script(at("GET_PARAMETER", lambda: reply(454, "Session Not Found"))) as script:
        session = await open_at(script)
        with pytest.raises(SourceError, match="454"):
            await take(session, 10)
        await session.close()


async def test_cancelling_leaves_nothing_open():
    async with Script(at("DESCRIBE", lambda: None)) as script:
        opening = asyncio.create_task(open_at(script))
        await asyncio.sleep(0.1)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.sleep(0.05)
        assert script.writer.is_closing()
