"""GB/T 28181 cameras in real processes: signalling and media apart, both killed in the middle of 50 live sessions."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.connect.wire.codec import Codec
from commonsight.gate import service as gate
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.simulate.gb28181.film import Film, load
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from tests.connect.wire.streams import pictures
from tests.ports import free_port

from .test_node import PERSON
from .world import Browser, browser

SESSIONS = 50
SERVER = "45000000002000000001"
PASSWORD = "fleet-secret"
PATIENCE = 90.0


def film(frame_rate: float) -> Film:
    """Fewer pictures a second than usual: what is tried here is dialogs, not decoding speed."""
    return load("test", b"".join(pictures(Codec.H264)), Codec.H264, frame_rate)


@dataclass
class Region:
    """A signalling process and a media process of their own, a fleet in the test's, and who watches."""

    directory: Path
    database: Database
    url: str
    sip_port: int
    media_port: int
    fleet: Fleet | None = None
    children: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self, kind: str) -> None:
        name = "sip" if kind == "sip" else "media-1"
        config = self.directory / "commonsight.toml"
        log = (self.directory / f"{kind}.log").open("ab")
        self.children[kind] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"commonsight.processes.{kind}", "--name", name, "--config", str(config),
            stdout=log, stderr=log, env={**os.environ, "COMMONSIGHT_DATABASE__URL": self.url},
        )  # fmt: skip
        log.close()

    async def kill(self, kind: str) -> None:
        self.children[kind].kill()
        await self.children[kind].wait()

    async def rows(self) -> int:
        async with self.database.read() as session:
            return int((await session.execute(text("SELECT count(*) FROM gb_dialogs"))).scalar_one())

    async def tight(self, count: int) -> bool:
        """So many dialogs, each with a number of its own, and exactly their streams at the devices."""
        assert self.fleet is not None
        return await self.rows() == count and self.fleet.streams == count

    async def until(self, condition: object) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await condition():  # type: ignore[operator]  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def file_cameras(self, count: int) -> list[UUID]:
        assert self.fleet is not None
        party, made = self.fleet.parties[0], []
        on = [index for index in range(self.fleet.plan.cameras) if party.catalogue.status(index) == "ON"]
        async with self.database.write() as session:
            for number in on[:count]:
                camera, code = uuid7(), party.catalogue.code(number)
                made.append(camera)
                await session.execute(
                    text(
                        "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
                        " VALUES (:id, :code, :name, '450102', '{}', 'gb28181', :url)"
                    ),
                    {"id": camera, "code": code, "name": code, "url": f"gb28181://{party.who.code}/{code}"},
                )
        assert len(made) == count
        return made

    async def link(self, camera: UUID, *, sound: bool = False) -> str:
        async with self.database.write() as session:
            issued = await gate.issue(
                session, caller=PERSON, cameras=[camera], purpose_code="training", purpose_text=""
            )
        query = f"ticket={issued.ticket}&camera={camera}{'&sound=1' if sound else ''}"
        return f"ws://127.0.0.1:{self.media_port}/live?{query}"

    async def listening(self) -> None:
        async def answers() -> bool:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.media_port)
                writer.close()
                return True
            return False

        await self.until(answers)


@asynccontextmanager
async def running(database: Database, url: str, directory: Path, *, frame_rate: float = 5) -> AsyncIterator[Region]:
    region = Region(directory, database, url, free_port(), free_port())
    (directory / "commonsight.toml").write_text(
        f'data_dir = "{directory}"\n[media]\nport = {region.media_port}\nidle_seconds = 0.5\nopen_timeout = 30\n'
        f'[sip]\npassword = "{PASSWORD}"\n'
        f'[[sip.zones]]\nname = "local"\nport = {region.sip_port}\nmedia_ports = [43000, 44999]\n'
    )
    plan = FleetPlan(platforms=1, cameras=2 * SESSIONS, transport="udp", password=PASSWORD, spread=0)
    fleet = Fleet(plan, server=SERVER, to=("127.0.0.1", region.sip_port), films=[film(frame_rate)])
    try:
        await region.start("sip")
        await region.start("media")
        await region.listening()
        async with fleet:
            region.fleet = fleet
            assert await fleet.all_registered(PATIENCE)
            yield region
    finally:
        for child in region.children.values():
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        for child in region.children.values():
            await child.wait()


async def watch(stack: contextlib.AsyncExitStack, region: Region, cameras: list[UUID]) -> list[Browser]:
    """A viewer for each camera, each with its first picture."""
    viewers = [await stack.enter_async_context(browser(await region.link(camera))) for camera in cameras]
    await asyncio.gather(*(viewer.read(lambda b: len(b.binaries) > 1, PATIENCE) for viewer in viewers))
    return viewers


async def test_a_viewer_sees_and_hears_a_camera(database: Database, database_url: str, tmp_path: Path) -> None:
    async with running(database, database_url, tmp_path, frame_rate=25) as region:
        [camera] = await region.file_cameras(1)
        async with browser(await region.link(camera)) as viewer:
            await viewer.read(lambda b: len(b.binaries) > 10, PATIENCE)
            assert "mp4a" not in viewer.texts[0]["mime"]
            assert len(viewer.decoded()) > 8
            async with browser(await region.link(camera, sound=True)) as hearing:
                await hearing.read(lambda b: sum(len(each) < 600 for each in b.binaries) > 30, PATIENCE)
                stream = [said for said in hearing.texts if said["type"] == "stream"][-1]
                assert stream["sound"] is True
                assert "mp4a.40.2" in stream["mime"]
        await region.until(lambda: region.tight(0))


async def test_a_killed_media_process_leaves_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    async with running(database, database_url, tmp_path) as region:
        cameras = await region.file_cameras(SESSIONS)
        async with contextlib.AsyncExitStack() as stack:
            await watch(stack, region, cameras)
            assert await region.tight(SESSIONS)
            await region.kill("media")
            await region.until(lambda: region.tight(0))
        await region.start("media")
        await region.listening()
        async with contextlib.AsyncExitStack() as stack:
            await watch(stack, region, cameras[:3])
            assert await region.tight(3)
        await region.until(lambda: region.tight(0))


async def test_a_killed_signalling_process_ends_what_it_left_and_pictures_come_back(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with running(database, database_url, tmp_path) as region:
        cameras = await region.file_cameras(SESSIONS)
        async with contextlib.AsyncExitStack() as stack:
            viewers = await watch(stack, region, cameras)
            async with database.read() as session:
                before = set((await session.execute(text("SELECT call_id FROM gb_dialogs"))).scalars())
            assert len(before) == SESSIONS
            await region.kill("sip")
            assert await region.rows() == SESSIONS
            await region.start("sip")

            def again(viewer: Browser) -> bool:
                return sum(said["type"] == "stream" for said in viewer.texts) > 1

            await asyncio.gather(*(viewer.read(again, PATIENCE) for viewer in viewers))
            await region.until(lambda: region.tight(SESSIONS))
            async with database.read() as session:
                after = set((await session.execute(text("SELECT call_id FROM gb_dialogs"))).scalars())
            assert not before & after
        await region.until(lambda: region.tight(0))


@pytest.mark.parametrize("kind", ["sip", "media"])
async def test_a_process_that_stops_in_order_leaves_nothing(
    database: Database, database_url: str, tmp_path: Path, kind: str
) -> None:
    async with running(database, database_url, tmp_path) as region:
        cameras = await region.file_cameras(5)
        async with contextlib.AsyncExitStack() as stack:
            await watch(stack, region, cameras)
            region.children[kind].send_signal(signal.SIGTERM)
            await region.children[kind].wait()
            await region.until(lambda: region.tight(0))
