"""A signalling process in the test's own loop, with devices on file and devices that the test plays."""

import asyncio
import json
import secrets as random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from commonsight.catalog import secrets
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import service, store
from commonsight.connect.gb28181.model import Quirks, kind_of
from commonsight.connect.gb28181.service import House
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Settings, Sip, Zone

from .device import TestDevice

CODE = "45010300001110000001"
PATIENCE = 30.0

Until = Callable[[Callable[[], Any]], Awaitable[Any]]


async def until(condition: Callable[[], Any]) -> Any:
    """Wait for a condition; its value."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


@pytest.fixture
def key(tmp_path: Path) -> Iterator[None]:
    """This process has an installation's key."""
    secrets._installed = None
    secrets.install(tmp_path)
    yield
    secrets._installed = None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, sip=Sip(zones=[Zone(port=0)]))


async def file_device(
    database: Database, code: str = CODE, *, password: str | None = "secret-1", quirks: dict[str, Any] | None = None
) -> UUID:
    """Put a device on file, as the interface does."""
    fields = {
        "name": f"设备{code[-4:]}",
        "kind": kind_of(code).value,
        "region": "450103",
        "quirks": json.dumps(Quirks.of(quirks or {}).as_json()),
        "secret": None if password is None else secrets.installed().seal(password),
    }
    async with database.write() as session:
        kept = await store.insert(session, uuid7(), code, fields)
    assert kept is not None
    return kept.device.id


@dataclass
class Running:
    """A signalling process that runs in this loop."""

    house: House
    task: "asyncio.Task[None]"
    stop: asyncio.Event
    devices: list[TestDevice]

    @property
    def port(self) -> int:
        return self.house.server.endpoint.ports["local"]

    async def device(self, code: str = CODE, **how: Any) -> TestDevice:
        """A device that is played against it."""
        made = await TestDevice(code, self.port, **how).open()
        self.devices.append(made)
        return made

    def known(self, code: str = CODE) -> Any:
        return self.house.devices.get(code)

    async def end(self) -> None:
        self.stop.set()
        for device in self.devices:
            await device.close()
        await asyncio.gather(self.task, return_exceptions=True)


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(
    settings: Settings, database: Database, key: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Start]:
    """`await start()` runs the signalling process; what runs is ended with the test."""
    running: list[Running] = []
    furnish = service.furnish

    async def begin(**sip: Any) -> Running:
        given = settings.model_copy(update={"sip": settings.sip.model_copy(update=sip)})
        made: asyncio.Future[House] = asyncio.get_running_loop().create_future()

        async def remember(*args: Any) -> House:
            house = await furnish(*args)
            made.set_result(house)
            return house

        monkeypatch.setattr(service, "furnish", remember)
        stop = asyncio.Event()
        name = f"sip-{random.token_hex(4)}"
        task = asyncio.create_task(service.serve(given, database, SystemClock(), name, stop))
        house = await made
        one = Running(house, task, stop, [])
        running.append(one)
        await until(lambda: task.done() or house.line._servers)
        if task.done():
            task.result()
        return one

    yield begin
    for one in running:
        await one.end()
    shutil.rmtree(settings.runtime_dir, ignore_errors=True)
