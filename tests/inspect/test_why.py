"""A camera behind a GB/T 28181 device that does not play, in every way a device can manage, diagnosed over HTTP."""

import asyncio
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from commonsight.access.audit import LOCAL
from commonsight.api import problem
from commonsight.catalog import service as catalog
from commonsight.clock import SystemClock
from commonsight.connect.wire.sip import Headers, Request, Response
from commonsight.inspect import tasks, why, why_routes
from commonsight.jobs import House
from commonsight.media.door import door
from commonsight.places import store as places
from commonsight.places.model import Level, Region
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Inspect, Settings
from tests.catalog.conftest import Somebody
from tests.connect.gb28181 import world as gb
from tests.connect.gb28181.conftest import CODE, Running, file_device, key, settings, start, until
from tests.connect.gb28181.device import TestDevice

__all__ = ["key", "settings", "start"]

CHANNEL = "45010300001320000007"
SDP = (
    "v=0\r\no=x 0 0 IN IP4 127.0.0.1\r\ns=Play\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 9 {profile} 96\r\na=sendonly\r\na=rtpmap:96 PS/90000\r\n"
)


class Mute(TestDevice):
    """Answers INVITE as told, and never sends a picture. `status` None: no answer at all."""

    def __init__(self, port: int, status: int | None) -> None:
        super().__init__(CODE, port)
        self.status = status

    def take(self, message: Request | Response) -> None:
        if not isinstance(message, Request) or message.method != "INVITE":
            super().take(message)
        elif self.status is not None:
            headers = Headers([(n, v) for n, v in message.headers if n in ("Via", "From", "Call-ID", "CSeq")])
            headers.add("To", f"{message.headers.get('To')};tag=d")
            headers.add("Contact", f"<sip:{self.code}@127.0.0.1:{self.local}>")
            profile = "TCP/RTP/AVP" if b"TCP/RTP" in message.body else "RTP/AVP"
            self.send(Response(self.status, "", headers, SDP.format(profile=profile).encode()))


@dataclass
class Scene:
    """A camera, the interface, and what runs behind it."""

    client: httpx.AsyncClient
    database: Database
    camera: UUID

    async def look(self) -> dict:
        answer = await self.client.get(f"/cameras/{self.camera}/diagnosis")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def attempt(self) -> dict:
        answer = await self.client.post(f"/cameras/{self.camera}/diagnosis")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def camera_at(database: Database, url: str) -> UUID:
    async with database.write() as session:
        given = catalog.Given.of(name="民族广场", region="450103", code=CHANNEL, url="rtsp://192.0.2.1/1")
        camera = await catalog.add(session, given, catalog.Changer(LOCAL, ("45",)), "45", SystemClock().now())
        await session.execute(
            text("UPDATE cameras SET protocol = 'gb28181', url = :url WHERE id = :id"),
            {"url": url, "id": camera.row.id},
        )
    return camera.row.id


@pytest.fixture
async def scene(database, settings: Settings, key, monkeypatch):
    """The interface; a check that it asks for is made here and at once, as the job process would."""
    tree = [
        Region("45", "广西壮族自治区", Level.PROVINCE, None),
        Region("4501", "南宁市", Level.CITY, "45"),
        Region("450103", "青秀区", Level.COUNTY, "4501"),
    ]
    async with database.write() as session:
        await places.load(session, "test", b"\0" * 32, tree)
    app = FastAPI()
    app.state.database, app.state.settings, app.state.clock = database, settings, SystemClock()
    app.include_router(why_routes.router)
    problem.install(app)

    async def authorize(request, permission):
        assert permission in ("health.read", "health.write", "gather.read")
        return Somebody()

    app.state.authorize = authorize
    quick = settings.model_copy(update={"inspect": Inspect(offline_after=1, timeout_seconds=4)})
    checks: list[asyncio.Task[None]] = []

    async def ask(session, camera_id):
        house = House(quick, database, SystemClock())
        probe = await tasks.prober(house, traced=True)
        checks.append(asyncio.create_task(tasks.check_now(house, camera_id, probe)))

    monkeypatch.setattr(why_routes, "ask_for_check", ask)
    camera = await camera_at(database, f"gb28181://{CODE}/{CHANNEL}")
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t", timeout=60) as client,
        door(quick, database, "test"),
    ):
        yield Scene(client, database, camera)
        await asyncio.gather(*checks)


@pytest.fixture
async def platform(start, scene):
    """A signalling process that beats, as its process does."""
    running: Running = await start()
    await nodes.beat(scene.database, running.house.name, "sip", None, running.house.line.detail)
    beating = asyncio.create_task(gb.beat(running, scene.database))
    yield running
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)


def words(found: dict) -> tuple[str, list[str]]:
    failed = [step["code"] for step in found["steps"] if step["state"] == "failed"]
    assert found["finding"]["zh"]
    assert found["finding"]["next"]["en"]
    assert "{" not in found["finding"]["zh"] + found["finding"]["en"]
    return found["finding"]["code"].removeprefix("inspect.why_"), failed


async def test_without_a_signalling_process(scene):
    assert words(await scene.look()) == ("no_signalling", ["signalling"])
    answer = await scene.client.get(f"/cameras/{scene.camera}/diagnosis/capture")
    assert (answer.status_code, answer.json()["code"]) == (503, "connect.gb_no_signalling")


async def test_from_an_unknown_device_to_one_that_is_here(scene, platform):
    assert words(await scene.look()) == ("device_unknown", ["registered"])
    stranger = await platform.device()
    assert (await stranger.register()).status == 403
    assert words(await scene.look()) == ("refused_unknown", ["registered"])
    await file_device(scene.database)
    await until(platform.known)
    assert (await stranger.register(password="not this")).status == 403
    assert words(await scene.look()) == ("refused_password_wrong", ["registered"])
    assert (await stranger.register()).status == 200
    await until(_online(scene.database, True))
    assert words(await scene.look()) == ("not_tried", [])
    assert (await stranger.register(expires=0)).status == 200
    await until(_online(scene.database, False))
    assert words(await scene.look()) == ("offline_unregistered", ["registered"])


@pytest.mark.parametrize(
    ("status", "code", "step"),
    [
        (486, "busy", "answered"),
        (404, "channel_unknown", "answered"),
        (None, "invite_silent", "answered"),
        (200, "no_connection", "stream"),
    ],
)
async def test_a_device_that_brings_no_picture(scene, platform, status, code, step):
    await file_device(scene.database)
    await until(platform.known)
    device = Mute(platform.port, status)
    platform.devices.append(await device.open())
    assert (await device.register()).status == 200
    await until(_online(scene.database, True))
    found = await scene.attempt()
    assert words(found) == (code, [step])
    lines = [rung["line"].split()[0] for rung in found["ladder"]]
    assert "INVITE" in lines
    assert "m=video" in (found["sdp"]["offer"] or "")
    assert found["last_good_at"] is None


async def test_a_camera_that_plays_and_its_capture(scene, start, tmp_path):
    async with gb.world(start, scene.database) as world:
        wish = world.wish()
        async with scene.database.write() as session:
            await session.execute(
                text("UPDATE cameras SET url = :url WHERE id = :id"),
                {"url": f"gb28181://{wish.device}/{wish.channel}", "id": scene.camera},
            )
        await until(_online(scene.database, True, wish.device))
        found = await scene.attempt()
        assert words(found) == ("plays", [])
        assert [step["state"] for step in found["steps"]] == ["ok"] * 7
        assert datetime.fromisoformat(found["last_good_at"]) <= datetime.now(UTC)
        methods = [rung["line"].split()[0] for rung in found["ladder"]]
        assert [one for one in methods if one in ("INVITE", "ACK", "BYE")] == ["INVITE", "ACK", "BYE"]
        assert "y=" in found["sdp"]["answer"]
        answer = await scene.client.get(f"/cameras/{scene.camera}/diagnosis/capture")
        assert answer.headers["content-type"] == "application/vnd.tcpdump.pcap"
        assert f"camera-{CHANNEL}.pcap" in answer.headers["content-disposition"]
        (tmp_path / "c.pcap").write_bytes(answer.content)
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed (Debian package tshark): the capture is not dissected")
    assert {"REGISTER", "INVITE", "ACK", "BYE"} <= await asyncio.to_thread(methods_in, tmp_path / "c.pcap")


async def test_nobody_tries_in_time(scene, monkeypatch):
    async def nothing(session, camera_id):
        return True

    monkeypatch.setattr(why_routes, "ask_for_check", nothing)
    monkeypatch.setattr(why, "WAIT_SECONDS", 0.3)
    answer = await scene.client.post(f"/cameras/{scene.camera}/diagnosis")
    assert (answer.status_code, answer.json()["code"]) == (504, "inspect.why_no_try")


def methods_in(capture: Path) -> set[str]:
    ran = subprocess.run(
        ["tshark", "-r", str(capture), "-Y", "sip", "-T", "fields", "-e", "sip.CSeq.method"],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return set(ran.stdout.split())


def _online(database: Database, wanted: bool, code: str = CODE):
    async def there() -> bool:
        async with database.read() as session:
            rows = await session.execute(text("SELECT online FROM gb_devices WHERE code = :code"), {"code": code})
            return [row.online for row in rows] == [wanted]

    return there
