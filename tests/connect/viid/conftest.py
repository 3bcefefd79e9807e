"""A view library over a real database and real HTTP, and a small device that speaks to it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from commonsight.access.audit import LOCAL
from commonsight.catalog import secrets
from commonsight.catalog import service as catalog
from commonsight.connect.viid import store
from commonsight.connect.viid.library import Library
from commonsight.connect.viid.listener import make_app
from commonsight.connect.wire.digest import Credentials, parse_challenges
from commonsight.settings import Settings, Viid
from tests.catalog.conftest import filed, filed_url, key  # noqa: F401

CAMERA = "45010300001320000001"
PASSWORD = "s3cret"
NOW = datetime(2026, 11, 22, 11, 30, 10, tzinfo=UTC)
"""19:30:10 in Guangxi."""


class Clock:
    """A clock that stands still until it is moved; sleepers are not woken."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds() + 1_000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps on this clock")

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def viid() -> Viid:
    return Viid(body_limit=200_000)


@pytest.fixture
def settings(tmp_path, viid) -> Settings:
    return Settings(data_dir=tmp_path, viid=viid)


@pytest.fixture
async def database(filed, clock):  # noqa: F811
    """A camera and a device of the same code on file."""
    by = catalog.Changer(LOCAL, ("45",), loopback=True)
    given = catalog.Given.of(name="卡口一", code=CAMERA, region="450103", url="rtsp://10.0.0.9/1")
    async with filed.write() as session:
        await catalog.add(session, given, by, "45", NOW)
        await store.insert(
            session,
            {"code": CAMERA, "name": "卡口一", "region": "450103", "secret": secrets.installed().seal(PASSWORD)},
            NOW,
        )
    return filed


@pytest.fixture
def library(settings, database, clock) -> Library:
    return Library(settings, database, clock)


class Device:
    """What a camera does: registers by digest, keeps alive, sends what it saw."""

    def __init__(self, session: aiohttp.ClientSession, base: str, code: str = CAMERA) -> None:
        self.code = code
        self.session = session
        self.base = base
        self.status = 0
        self.headers = {}

    async def post(self, path, document, *, authorization=None, identify=True, raw=None):
        headers = {"Content-Type": "application/VIID+JSON;charset=UTF-8"}
        if identify:
            headers["User-Identify"] = self.code
        if authorization:
            headers["Authorization"] = authorization
        data = raw if raw is not None else json.dumps(document)
        async with self.session.post(self.base + path, data=data, headers=headers) as response:
            self.status, self.headers = response.status, response.headers
            return json.loads(await response.read())

    async def register(self, password=PASSWORD, *, username=None):
        path, body = "/VIID/System/Register", {"RegisterObject": {"DeviceID": self.code}}
        await self.post(path, body)
        assert self.status == 401
        challenge = parse_challenges(self.headers.getall("WWW-Authenticate"))[-1]
        proof = Credentials(username or self.code, password, challenge).authorization("POST", path)
        return await self.post(path, body, authorization=proof)

    async def vehicles(self, *objects):
        return await self.post("/VIID/MotorVehicles", {"MotorVehicleListObject": {"MotorVehicleObject": list(objects)}})


def vehicle(number, *, at="20261122192930", **more):
    return {
        "MotorVehicleID": f"{CAMERA}{number:010d}", "DeviceID": CAMERA, "InfoKind": 1, "PassTime": at,
        "HasPlate": "1", "PlateNo": "桂A12345", "PlateColor": "5", "VehicleClass": "K33", "Speed": 42.5, **more,
    }  # fmt: skip


@pytest.fixture
async def base(library, settings) -> AsyncIterator[str]:
    runner = web.AppRunner(make_app(library, settings), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def device(base) -> AsyncIterator[Device]:
    async with aiohttp.ClientSession() as session:
        yield Device(session, base)
