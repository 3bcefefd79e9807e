"""A camera over RTSP or HTTP that does not play: what was said with it, when somebody asked."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from sqlalchemy import text

from commonsight.simulate.fleet import Fault
from tests.catalog.conftest import key
from tests.connect.gb28181.conftest import settings
from tests.inspect.test_why import Scene, scene, words
from tests.media.world import Cameras, footage

__all__ = ["key", "scene", "settings"]


@pytest.fixture
async def cameras() -> AsyncIterator[Cameras]:
    made = Cameras()
    made.add("street", footage())
    made.add("silent", footage(), Fault.NO_VIDEO)
    await made.start()
    yield made
    await made.stop()


async def at(scene: Scene, url: str, protocol: str = "rtsp") -> None:
    async with scene.database.write() as session:
        await session.execute(
            text("UPDATE cameras SET protocol = :protocol, url = :url WHERE id = :id"),
            {"protocol": protocol, "url": url, "id": scene.camera},
        )


async def test_an_rtsp_camera_shows_its_ladder_its_sdp_and_its_packets(scene, cameras, tmp_path):
    await at(scene, f"rtsp://127.0.0.1:{cameras.port}/street")
    answer = await scene.client.get(f"/cameras/{scene.camera}/diagnosis/capture")
    assert (answer.status_code, answer.json()["code"]) == (404, "inspect.why_no_capture")
    found = await scene.attempt()
    assert words(found) == ("plays", [])
    sent = [rung["line"].split()[0] for rung in found["ladder"] if rung["direction"] == "out"]
    assert sent[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
    assert found["ladder"][1]["line"].startswith("RTSP/1.0 200")
    assert "m=video" in found["sdp"]["answer"]
    assert found["rtp"]["packets"] > 0
    assert found["rtp"]["lost"] == 0
    answer = await scene.client.get(f"/cameras/{scene.camera}/diagnosis/capture")
    assert answer.headers["content-type"] == "application/vnd.tcpdump.pcap"
    (tmp_path / "c.pcap").write_bytes(answer.content)
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed (Debian package tshark): the capture is not dissected")
    command = ["tshark", "-r", str(tmp_path / "c.pcap"), "-d", f"tcp.port=={cameras.port},rtsp", "-Y", "rtsp",
               "-T", "fields", "-e", "rtsp.method"]  # fmt: skip
    ran = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, text=True, timeout=120)
    assert {"OPTIONS", "DESCRIBE", "SETUP", "PLAY"} <= set(ran.stdout.split())


async def test_a_camera_that_agrees_and_sends_nothing(scene, cameras):
    await at(scene, f"rtsp://127.0.0.1:{cameras.port}/silent")
    found = await scene.attempt()
    assert words(found) == ("source_no_video", ["picture"])
    assert any(rung["line"].startswith("PLAY ") for rung in found["ladder"])


async def test_the_last_conversation_replaces_the_one_before(scene, cameras):
    await at(scene, f"rtsp://127.0.0.1:{cameras.port}/street")
    await scene.attempt()
    await at(scene, f"rtsp://127.0.0.1:{cameras.port}/nowhere")
    found = await scene.attempt()
    assert words(found)[0] == "source_not_found"
    assert found["ladder"][-1]["line"].startswith("RTSP/1.0 404")
    assert found["sdp"]["answer"] is None


async def test_a_camera_over_http_that_wants_a_password(scene):
    async def locked(_: web.Request) -> web.Response:
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="camera"'})

    app = web.Application()
    app.add_routes([web.get("/picture.jpg", locked)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await at(scene, f"http://127.0.0.1:{runner.addresses[0][1]}/picture.jpg", "http")
    try:
        found = await scene.attempt()
    finally:
        await runner.cleanup()
    assert words(found)[0] == "source_unauthorized"
    assert [rung["line"] for rung in found["ladder"]] == ["GET /picture.jpg HTTP/1.1", "HTTP/1.1 401 Unauthorized"]
