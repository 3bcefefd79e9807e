"""JPEG over HTTP, against a real server (aiohttp) that serves real pictures and misbehaves on demand."""

import asyncio
import itertools
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from commonsight.clock import SystemClock
from commonsight.connect import http_snapshot, service
from commonsight.connect.model import Address, Codec, SourceCode, SourceError
from commonsight.connect.service import Opened, Reopening, Waiting
from commonsight.connect.wire.digest import Verifier

from .peers import jpegs
from .test_service import HurriedClock

PICTURES = []


@pytest.fixture(scope="module", autouse=True)
def pictures():
    PICTURES[:] = jpegs(6)
    return PICTURES


class Camera:
    """A web server that answers with `answer(request, number of the request)`."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []

    async def handle(self, request):
        self.requests.append(request)
        answer = self.answer(request, len(self.requests) - 1)
        return await answer if asyncio.iscoroutine(answer) else answer


@asynccontextmanager
async def serving(answer):
    camera = Camera(answer)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", camera.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    camera.url = f"http://127.0.0.1:{runner.addresses[0][1]}/snap.jpg?channel=1"
    try:
        yield camera
    finally:
        await runner.cleanup()


def picture(number, **headers):
    return web.Response(
        body=PICTURES[number % len(PICTURES)],
        content_type="image/jpeg",
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


async def open_at(camera, *, timeout=5.0, clock=None, **who):
    return await service.open(Address.at(camera.url, **who), timeout=timeout, clock=clock or HurriedClock())


async def take(session, count):
    found = []
    async for unit in session:
        found.append(unit)
        if len(found) == count:
            break
    return found


async def failure(answer, *, timeout=5.0, **who):
    async with serving(answer) as camera:
        with pytest.raises(SourceError) as caught:
            await open_at(camera, timeout=timeout, **who)
    return caught.value


async def test_single_pictures_are_units_of_a_session():
    async with serving(lambda request, n: picture(n)) as camera:
        session = await open_at(camera)
        units = await take(session, 4)
        assert [u.data for u in units] == PICTURES[:4]
        assert all(u.keyframe for u in units)
        assert units[0].pts == 0
        assert [u.pts for u in units] == sorted({u.pts for u in units})
        assert (session.info.codec, session.info.width, session.info.height) == (Codec.JPEG, 320, 180)
        assert session.counters.units >= 4
        await session.close()
        await session.close()
    assert camera.requests[0].query_string == "channel=1"


async def test_a_picture_that_did_not_change_costs_nothing_and_is_shown_once():
    def answer(request, n):
        if request.headers.get("If-None-Match") == '"a"' and n < 4:
            assert request.headers["If-Modified-Since"] == "Sun, 22 Nov 2026 10:00:00 GMT"
            return web.Response(status=304)
        if n == 0:
            return picture(0, ETag='"a"', Last_Modified="Sun, 22 Nov 2026 10:00:00 GMT")
        return picture(1 if n < 7 else 2)

    async with serving(answer) as camera:
        session = await open_at(camera)
        units = await take(session, 3)
        await session.close()
    assert [u.data for u in units] == [PICTURES[0], PICTURES[1], PICTURES[2]]
    assert "If-None-Match" not in camera.requests[0].headers


@pytest.mark.parametrize(
    ("headers", "pause"),
    [({}, 1.0), ({"Cache_Control": "private, max-age=5"}, 5.0), ({"Cache_Control": "max-age=9999"}, 60.0)],
)
async def test_it_is_asked_politely(headers, pause):
    clock = HurriedClock()
    async with serving(lambda request, n: picture(n, **headers)) as camera:
        session = await open_at(camera, clock=clock)
        await take(session, 3)
        await session.close()
    assert set(clock.slept) == {pause}


async def test_a_busy_camera_is_given_the_time_it_asks_for():
    clock = HurriedClock()

    def answer(request, n):
        return web.Response(status=503, headers={"Retry-After": "7"}) if n == 1 else picture(n)

    async with serving(answer) as camera:
        session = await open_at(camera, clock=clock)
        await take(session, 3)
        await session.close()
    assert clock.slept[:3] == [1.0, 7.0, 1.0]


async def multipart(request, parts, *, length=True, boundary="frame", hold=False):
    response = web.StreamResponse(headers={"Content-Type": f"multipart/x-mixed-replace; boundary={boundary}"})
    await response.prepare(request)
    for part in parts:
        told = f"Content-Length: {len(part)}\r\n" if length else ""
        head = f"--{boundary.lstrip('-')}\r\nContent-Type: image/jpeg\r\n{told}\r\n"
        await response.write(head.encode() + part + b"\r\n")
    await response.write(f"--{boundary.lstrip('-')}\r\n".encode())
    if hold:
        await asyncio.sleep(60)
    return response


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("boundary", ["frame", "--frame"])
async def test_multipart(length, boundary):
    async with serving(
        lambda request, n: multipart(request, PICTURES, length=length, boundary=boundary, hold=True)
    ) as camera:
        session = await open_at(camera)
        units = await take(session, len(PICTURES))
        await session.close()
    assert [u.data for u in units] == PICTURES
    assert len(camera.requests) == 1


async def test_a_multipart_answer_that_ends_is_lost_and_asked_for_again():
    async with serving(lambda request, n: multipart(request, PICTURES[n : n + 2])) as camera:
        source = Reopening(Address.at(camera.url), clock=HurriedClock(), seed=1)
        kinds = []
        async for event in source:
            kinds.append(type(event))
            if kinds.count(Opened) == 2:
                break
        await source.close()
    assert Waiting in kinds


async def test_a_multipart_answer_that_falls_silent_is_lost(monkeypatch):
    monkeypatch.setattr(http_snapshot, "SILENCE_SECONDS", 0.2)
    async with serving(lambda request, n: multipart(request, PICTURES[:2], hold=True)) as camera:
        session = await open_at(camera)
        with pytest.raises(SourceError, match="no picture") as caught:
            await take(session, 9)
        await session.close()
    assert caught.value.code is SourceCode.LOST


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256", "MD5")])
async def test_digest(algorithms):
    verifier = Verifier("op", "s3cret", realm="cam", algorithms=algorithms)

    def answer(request, n):
        if not verifier.accepts("GET", request.headers.get("Authorization", "")):
            response = web.Response(status=401)
            for each in verifier.challenges():
                response.headers.add("WWW-Authenticate", each)
            return response
        return picture(n)

    async with serving(answer) as camera:
        session = await open_at(camera, username="op", password="s3cret")
        assert len(await take(session, 3)) == 3
        await session.close()
    asked = [r.headers.get("Authorization", "") for r in camera.requests]
    assert [bool(each) for each in asked[:4]] == [False, True, True, True]  # one challenge serves many requests
    assert 'uri="/snap.jpg?channel=1"' in asked[1]
    assert (await failure(answer, username="op", password="wrong")).code is SourceCode.UNAUTHORIZED
    assert (await failure(answer)).code is SourceCode.UNAUTHORIZED


async def test_basic_is_sent_only_when_asked_for():
    def answer(request, n):
        if request.headers.get("Authorization") != "Basic YTpi":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="c"'})
        return picture(n)

    async with serving(answer) as camera:
        await (await open_at(camera, username="a", password="b")).close()
    assert "Authorization" not in camera.requests[0].headers


async def test_a_redirect_on_the_same_host_is_followed_within_bounds():
    def answer(request, n):
        return picture(n) if request.path == "/new.jpg" else web.Response(status=302, headers={"Location": "/new.jpg"})

    async with serving(answer) as camera:
        session = await open_at(camera)
        assert len(await take(session, 2)) == 2
        await session.close()
    circle = await failure(lambda request, n: web.Response(status=301, headers={"Location": "/snap.jpg"}))
    assert (circle.code, "redirects" in circle.detail) == (SourceCode.PROTOCOL, True)


async def test_a_redirect_leads_nowhere_else():
    """Not to another port of the same machine, another host, another scheme: nothing there is even connected to."""
    async with serving(lambda request, n: picture(n)) as neighbour:
        for location in (neighbour.url, "http://localhost/", "//127.0.0.2/x", "ftp://127.0.0.1/", "file:///etc", ""):
            error = await failure(lambda request, n, to=location: web.Response(status=302, headers={"Location": to}))
            assert (error.code, "another host" in error.detail) == (SourceCode.PROTOCOL, True)
    assert neighbour.requests == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda r, n: web.Response(status=404), "not_found"),
        (lambda r, n: web.Response(status=403), "unauthorized"),
        (lambda r, n: web.Response(status=503), "refused"),
        (lambda r, n: web.Response(status=500), "protocol"),
        (lambda r, n: web.Response(text="<html>log in</html>", content_type="text/html"), "no_video"),
        (lambda r, n: web.Response(body=b"\x89PNG", content_type="image/png"), "unsupported_codec"),
        (lambda r, n: web.Response(body=PICTURES[0][:500], content_type="image/jpeg"), "no_video"),
        (lambda r, n: web.Response(body=b"", content_type="image/jpeg"), "no_video"),
        (lambda r, n: web.Response(status=401), "unauthorized"),
    ],
)
async def test_refusals_are_told_apart(answer, code):
    assert (await failure(answer)).code == code


async def test_silence_is_a_timeout():
    async def answer(request, n):
        await asyncio.sleep(30)

    error = await failure(lambda r, n: answer(r, n), timeout=0.3)
    assert error.code is SourceCode.TIMEOUT
    assert not error.detail.startswith("connect:")


async def test_nothing_listens(unused_tcp_port):
    with pytest.raises(SourceError) as caught:
        await service.open(Address.at(f"http://127.0.0.1:{unused_tcp_port}/a.jpg"), timeout=5)
    assert caught.value.code is SourceCode.REFUSED


async def test_a_picture_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(http_snapshot, "MAX_PICTURE", 2_000)
    error = await failure(lambda r, n: picture(0))
    assert (error.code, "2000 bytes" in error.detail) == (SourceCode.PROTOCOL, True)


async def test_now_and_then_a_broken_picture_is_passed_over_and_many_are_a_loss():
    def answer(request, n):
        return web.Response(body=PICTURES[0][:900]) if n in (1, 2) or n > 4 else picture(n)

    async with serving(answer) as camera:
        session = await open_at(camera)
        assert [u.data for u in await take(session, 3)] == [PICTURES[n] for n in (0, 3, 4)]
        with pytest.raises(SourceError) as caught:
            await take(session, 1)
        assert session.counters.units_broken == 5
        await session.close()
    assert caught.value.code is SourceCode.LOST


async def test_a_password_that_was_changed_is_known_at_once():
    def answer(request, n):
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="c"'}) if n > 1 else picture(n)

    async with serving(answer) as camera:
        session = await open_at(camera, username="a", password="b")
        with pytest.raises(SourceError) as caught:
            await take(session, 9)
        await session.close()
    assert caught.value.code is SourceCode.UNAUTHORIZED


async def test_real_time_between_pictures_is_on_the_timeline():
    async with serving(lambda request, n: picture(n)) as camera:
        session = await service.open(Address.at(camera.url), clock=SystemClock(), snapshot_seconds=0.2)
        units = await take(session, 3)
        await session.close()
    steps = [b.pts - a.pts for a, b in itertools.pairwise(units)]
    assert all(step >= 0.19 * 90_000 for step in steps)
