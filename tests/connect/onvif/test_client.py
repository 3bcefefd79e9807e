"""Asking and turning ONVIF devices: a published virtual camera, and ours where that one breaks the standard.

ipycam's answers about PTZ use a prefix it never declares, which no XML parser takes; so turning is proven against our
server, whose answers the kept library reads by the original service descriptions.
"""

import asyncio
import logging
import os

import pytest
from aiohttp import web

from commonsight.connect import service
from commonsight.connect.model import Address, SourceCode, SourceError
from commonsight.connect.onvif import client, soap
from commonsight.connect.onvif.soap import Soap


async def test_a_published_camera_tells_what_it_is_and_shows(foreign):
    port, rtsp_port = foreign
    url = f"http://127.0.0.1:{port}/onvif/device_service"
    device = await client.describe(url, "op", "s3cret", timeout=20)
    assert (device.manufacturer, device.model) == ("PythonCam", "VirtualCam-1")
    assert abs(device.clock_difference) < 5
    main, sub = device.profiles
    assert (main.codec, main.width, main.height, main.ptz) == ("h264", 640, 360, True)
    assert (sub.width, sub.height) == (320, 180)
    assert main.stream_url == f"rtsp://127.0.0.1:{rtsp_port}/video_main"
    assert device.best() is main


async def test_the_pictures_it_names_can_be_opened(foreign):
    port, _ = foreign
    device = await client.describe(f"http://127.0.0.1:{port}/onvif/device_service", "op", "s3cret", timeout=20)
    session = await service.open(Address.at(device.best().snapshot_url, "op", "s3cret"), timeout=20)
    assert (session.info.codec, session.info.width, session.info.height) == ("jpeg", 640, 360)
    await session.close()


async def test_a_published_camera_refuses_a_wrong_password(foreign):
    port, _ = foreign
    for who in (("op", "wrong"), (None, None)):
        with pytest.raises(SourceError) as caught:
            await client.describe(f"http://127.0.0.1:{port}/onvif/device_service", *who, timeout=20)
        assert caught.value.code is SourceCode.UNAUTHORIZED


async def test_profile_t_names_h265_and_everything_stays_on_the_host(own):
    own.camera.advertised = "http://192.168.7.7:80"
    port = int(own.url.split(":")[2].split("/")[0])
    device = await client.describe(own.url, "op", "s3cret", timeout=20)
    best = device.best()
    assert (best.token, best.service, best.codec, best.name) == ("p265", 2, "h265", "main <4K>")
    assert (best.width, best.height, best.fps, best.source, best.ptz) == (3840, 2160, 25.0, "vs", True)
    assert best.stream_url == "rtsp://127.0.0.1:554/main?a=1&b=2"
    assert best.snapshot_url == f"http://127.0.0.1:{port}/1.jpg"


async def test_without_media2_profile_s_is_asked(own):
    own.camera.services = ("device", "media", "ptz")
    device = await client.describe(own.url, "op", "s3cret", timeout=20)
    assert [(p.token, p.service, p.codec, p.width) for p in device.profiles] == [("p264", 1, "h264", 1280)]
    assert device.best().stream_url == "rtsp://127.0.0.1:554/sub"


@pytest.mark.parametrize("ahead", [-86_400.0, 4_000.0])
async def test_a_wrong_clock_is_told_and_does_not_cost_the_password(own, ahead):
    own.camera.ahead = ahead
    device = await client.describe(own.url, "op", "s3cret", timeout=20)
    assert abs(device.clock_difference - ahead) < 10


async def test_a_device_without_a_password(own):
    own.camera.username = None
    device = await client.describe(own.url, None, None, timeout=20)
    assert device.best().token == "p265"
    async with Soap(own.url, None, None, timeout=20) as asked:
        assert (await client.Ptz(asked, "p264").status()).pan == 0


async def test_turning(own):
    async with Soap(own.url, "op", "s3cret", timeout=20) as asked:
        ptz = client.Ptz(asked, "p264")
        await ptz.move(1.0, 0.0, 0.5)
        status = await ptz.status()
        assert status.moving
        while (status := await ptz.status()).pan < 0.05:  # noqa: ASYNC110  a camera has no event for us
            await asyncio.sleep(0.02)
        await ptz.stop()
        stopped = await ptz.status()
        assert not stopped.moving
        assert stopped.pan >= status.pan
        assert (await ptz.status()).pan == stopped.pan
        token = await ptz.keep("东门 <1>")
        assert [(each.token, each.name) for each in await ptz.presets()] == [(token, "东门 <1>")]
        await ptz.home()
        assert (await ptz.status()).pan == 0
        await ptz.go_to(token)
        assert (await ptz.status()).pan == stopped.pan
        await ptz.forget(token)
        assert await ptz.presets() == []
        with pytest.raises(SourceError):
            await ptz.go_to("nowhere")


async def test_a_move_without_speed_is_a_stop_and_none_lasts_for_ever(own):
    async with Soap(own.url, "op", "s3cret", timeout=20) as asked:
        ptz = client.Ptz(asked, "p264")
        await ptz.move(0.5, 0.0, 0.0, seconds=9_999)
        assert own.mount._until - own.mount._since == client.MOVE_SECONDS
        await ptz.move(0.0, 0.0, 0.0)
    assert own.asked[-2:] == ["ContinuousMove", "Stop"]


async def answering(handler):
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/onvif/device_service"


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&c;</s:Body></s:Envelope>'
)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda: web.Response(text="<html>"), SourceCode.PROTOCOL),
        (lambda: web.Response(body=b"\xff\xd8\xff"), SourceCode.PROTOCOL),
        (lambda: web.Response(body=BOMB, content_type="application/soap+xml"), SourceCode.PROTOCOL),
        (lambda: web.Response(body=b"<a>" + b"x" * 3_000_000), SourceCode.PROTOCOL),
        (lambda: web.Response(status=404), SourceCode.PROTOCOL),
        (lambda: web.Response(status=401), SourceCode.UNAUTHORIZED),
    ],
)
async def test_what_is_no_onvif_device_is_told_apart(answer, code):
    async def handler(request):
        return answer()

    runner, url = await answering(handler)
    try:
        with pytest.raises(SourceError) as caught:
            await client.describe(url, "op", "s3cret", timeout=10)
    finally:
        await runner.cleanup()
    assert caught.value.code is code


async def test_a_redirect_is_not_followed_with_our_proof_in_hand(own):
    """Another server must not get the digest of the password."""

    async def handler(request):
        return web.Response(status=307, headers={"Location": own.url})

    runner, url = await answering(handler)
    try:
        with pytest.raises(SourceError, match="redirect") as caught:
            await client.describe(url, "op", "s3cret", timeout=10)
    finally:
        await runner.cleanup()
    assert caught.value.code is SourceCode.PROTOCOL
    assert own.asked == []


async def test_silence_and_closed_ports(unused_tcp_port):
    async def handler(request):
        await asyncio.sleep(30)

    runner, url = await answering(handler)
    try:
        with pytest.raises(SourceError) as caught:
            await client.describe(url, None, None, timeout=0.3)
        assert caught.value.code is SourceCode.TIMEOUT
    finally:
        await runner.cleanup()
    with pytest.raises(SourceError) as caught:
        await client.describe(f"http://127.0.0.1:{unused_tcp_port}/onvif/device_service", None, None, timeout=5)
    assert caught.value.code is SourceCode.REFUSED


async def test_the_library_leaves_our_logging_and_environment_alone(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    handlers = list(logging.getLogger().handlers)
    camera = soap._make(Soap("http://127.0.0.1:9/onvif/device_service", None, None, timeout=1))
    assert logging.getLogger().handlers == handlers
    await camera.close()
    assert os.environ["http_proxy"] == "http://proxy.example:3128"
