"""A bridged stream whose media process or signalling process is killed: nothing is left on either platform."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.connect.gb28181.line import Line
from commonsight.connect.gb28181.session_open import Wish, open_wish
from commonsight.connect.model import SourceError
from commonsight.records.database import Database
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from tests.ports import free_port

from ..conftest import file_device
from ..world import PASSWORD, film
from .world import CLOCK, LOWER, SECRET, UPPER, Platform, file_cameras, file_share, file_upper, platform

PATIENCE = 90.0


class Lower:
    """The lower platform as processes of its own."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory, self.url = directory, url
        self.sip_port, self.media_port = free_port(), free_port()
        self.children: dict[str, asyncio.subprocess.Process] = {}

    def settle(self) -> None:
        """Write its settings, which hold the key that this test seals passwords with."""
        self.directory.mkdir()
        (self.directory / "commonsight.toml").write_text(
            f'data_dir = "{self.directory}"\n[media]\nport = {self.media_port}\nidle_seconds = 0.5\n'
            f'[sip]\nid = "{LOWER}"\npassword = "{PASSWORD}"\n'
            f'[[sip.zones]]\nname = "local"\nport = {self.sip_port}\nmedia_ports = [44000, 44999]\n'
        )
        (self.directory / secrets.FILE).write_bytes((self.directory.parent / secrets.FILE).read_bytes())

    async def start(self, kind: str) -> None:
        name = "sip" if kind == "sip" else "media-1"
        log = await asyncio.to_thread((self.directory / f"{kind}.log").open, "ab")
        self.children[kind] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"commonsight.processes.{kind}", "--name", name, "--config",
            str(self.directory / "commonsight.toml"), stdout=log, stderr=log,
            env={**os.environ, "COMMONSIGHT_DATABASE__URL": self.url},
        )  # fmt: skip
        log.close()

    async def kill(self, kind: str) -> None:
        self.children[kind].kill()
        await self.children[kind].wait()

    async def end(self) -> None:
        for child in self.children.values():
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        for child in self.children.values():
            try:
                async with asyncio.timeout(30):
                    await child.wait()
            except TimeoutError:
                child.kill()
                await child.wait()


async def until(condition: Any) -> Any:
    async with asyncio.timeout(PATIENCE):
        while not (found := await condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return found


async def one(database: Database, sql: str) -> Any:
    async with database.read() as session:
        return (await session.execute(text(sql))).scalar_one_or_none()


@asynccontextmanager
async def bridged(
    above: Database, below: Database, url: str, tmp_path: Path, monkeypatch: Any
) -> AsyncIterator[tuple[Lower, Platform, Line, Fleet, str]]:
    """A lower platform of real processes, registered, sharing one camera; its mapped id."""
    high = await platform(above, tmp_path / "above", UPPER, monkeypatch)
    low = Lower(tmp_path / "below", url)
    await asyncio.to_thread(low.settle)
    await file_device(above, LOWER, password=SECRET)
    upper = await file_upper(below, high.port)
    await file_share(below, upper)
    line = Line(above, high.settings.sip, "watching")
    plan = FleetPlan(seed=45, platforms=1, cameras=8, transport="udp", password=PASSWORD, spread=0)
    fleet = Fleet(plan, server=LOWER, to=("127.0.0.1", low.sip_port), films=[film()])
    try:
        await low.start("sip")
        await low.start("media")
        async with fleet:
            assert await fleet.all_registered(PATIENCE)
            await file_cameras(below, fleet, 1)
            async with below.write() as session:
                await session.execute(text("SELECT pg_notify('cascade_uppers', '{}')"))
            code = await until(
                lambda: one(below, "SELECT min(code) FROM cascade_ids WHERE kind = 'camera' AND rights <> 0")
            )
            await until(lambda: one(below, "SELECT 1 FROM cascade_uppers WHERE state = 'registered'"))
            yield low, high, line, fleet, code
    finally:
        await line.close()
        await low.end()
        await high.end()


async def plays(line: Line, code: str) -> Any:
    """The camera's stream, once it can be had: a process that was started a moment ago is waited for."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(SourceError):
                session = await open_wish(Wish(LOWER, code), timeout=20, clock=CLOCK, line=line)
                assert (await anext(aiter(session))).keyframe
                return session
            await asyncio.sleep(0.5)


async def nothing(above: Database, below: Database, fleet: Fleet) -> None:
    async def left() -> bool:
        rows = [
            await one(below, "SELECT count(*) FROM cascade_calls"),
            await one(below, "SELECT count(*) FROM gb_dialogs"),
            await one(above, "SELECT count(*) FROM gb_dialogs"),
            fleet.streams,
        ]
        return rows == [0, 0, 0, 0]

    await until(left)


async def ends(session: Any) -> None:
    """It ends, and says so; nobody has to hang up."""
    with contextlib.suppress(SourceError):
        async with asyncio.timeout(PATIENCE):
            async for _ in session:
                pass
    await session.close()


@pytest.mark.parametrize("kind", ["media", "sip"])
async def test_a_killed_process_leaves_no_call_and_no_number(
    above, database, database_url, key, tmp_path, monkeypatch, kind
):
    async with bridged(above, database, database_url, tmp_path, monkeypatch) as (low, high, line, fleet, code):
        session = await plays(line, code)
        assert await one(database, "SELECT count(*) FROM cascade_calls") == 1
        before = await one(database, "SELECT version FROM cascade_ids WHERE kind = 'camera'")
        await low.kill(kind)
        await low.start(kind)
        await ends(session)
        await nothing(above, database, fleet)
        again = await plays(line, code)
        await again.close()
        await nothing(above, database, fleet)
        assert await one(database, "SELECT version FROM cascade_ids WHERE kind = 'camera'") == before
        assert high.house.server is not None
