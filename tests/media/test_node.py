"""The whole node over real PostgreSQL: permits, the register, revocation, and a database that goes away."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.gate.model import Issued
from commonsight.http import Caller
from commonsight.media.client import StreamEnded, packets
from commonsight.media.node import offset_of, serve
from commonsight.records import nodes
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.records.migrate import migrate_async
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.settings import Media, Settings
from tests.ports import free_port

from .world import Cameras, browser, camera_id, footage

PERSON = cast(
    Caller,
    SimpleNamespace(
        id=uuid7(),
        name="p",
        display_name="P",
        organisation="O",
        roles=("operator",),
        permissions=frozenset(),
        regions=("45",),
    ),
)


class Platform:
    """A node, its database and its cameras."""

    def __init__(self, settings: Settings, database: Database, cameras: Cameras) -> None:
        self.settings = settings
        self.database = database
        self.cameras = cameras

    async def issue(self, path: str = "h264") -> Issued:
        async with self.database.write() as session:
            return await gate.issue(
                session, caller=PERSON, cameras=[camera_id(path)], purpose_code="training", purpose_text=""
            )

    async def issue_system(self) -> Issued:
        async with self.database.write() as session:
            return await gate.issue_system(session, name="see", purpose_code="analysis")

    async def revoke(self, permit: UUID) -> None:
        async with self.database.write() as session:
            await gate.revoke(session, permit, "test")

    async def lines(self) -> list[Any]:
        async with self.database.read() as session:
            found = await session.execute(text("SELECT * FROM retrievals ORDER BY id"))
            return list(found.mappings())

    def url(self, ticket: str, path: str = "h264") -> str:
        return f"ws://127.0.0.1:{self.settings.media.port}/live?ticket={ticket}&camera={camera_id(path)}"


@asynccontextmanager
async def running(database: Database, directory: Path) -> AsyncIterator[Platform]:
    media = Media(port=free_port(), rtsp_port=free_port(), idle_seconds=0.3, open_timeout=3)
    settings = Settings(data_dir=directory, media=media)
    settings.runtime_dir.mkdir(mode=0o700, exist_ok=True)
    secrets.install(directory)
    cameras = Cameras()
    cameras.add("h264", footage())
    await cameras.start()
    async with database.write() as session:
        for number, (path, url) in enumerate((("h264", f"rtsp://127.0.0.1:{cameras.port}/h264"), ("bare", None))):
            await session.execute(
                text(
                    "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
                    " VALUES (:id, :code, :name, '450102', '{}', 'rtsp', :url)"
                ),
                {"id": camera_id(path), "code": f"4501020000132000000{number}", "name": path, "url": url},
            )
    stop = asyncio.Event()
    node = asyncio.create_task(serve(settings, database, SystemClock(), "media-1", stop))
    try:
        platform = Platform(settings, database, cameras)
        await until(lambda: answers(platform))
        yield platform
    finally:
        stop.set()
        await asyncio.wait_for(node, 15)
        await cameras.stop()
        with contextlib.suppress(OSError):
            settings.runtime_dir.rmdir()


async def answers(platform: Platform) -> bool:
    async with platform.database.read() as session:
        return bool([node for node in await nodes.alive(session, "media") if node.detail.get("packets")])


async def until(condition: Callable[[], Awaitable[object]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.05)


@pytest.fixture
async def platform(database: Database, tmp_path: Path) -> AsyncIterator[Platform]:
    async with running(database, tmp_path) as made:
        yield made


async def test_a_view_is_registered_from_opening_to_end(platform: Platform) -> None:
    issued = await platform.issue()
    [before] = await platform.lines()
    assert (before["opened_at"], before["first_frame_at"], before["closed_at"]) == (None, None, None)
    async with browser(platform.url(issued.ticket)) as viewer:
        await viewer.pictures(10)
    await until(lambda: closed(platform))
    [line] = await platform.lines()
    assert line["id"] == before["id"]
    assert line["asked_at"] <= line["opened_at"] <= line["first_frame_at"] <= line["closed_at"]
    assert line["node"] == "media-1"
    assert line["close_reason"] == "viewer_left"
    assert line["bytes"] >= sum(map(len, viewer.binaries))
    assert line["seconds"] > 0


async def closed(platform: Platform) -> bool:
    return all(line["closed_at"] for line in await platform.lines())


async def test_tickets_that_open_nothing(platform: Platform) -> None:
    expired = await platform.issue()
    async with platform.database.write() as session:
        await session.execute(text("UPDATE permits SET expires_at = now() - interval '1 second'"))
    revoked, bare, masked = await platform.issue(), await platform.issue("bare"), await platform.issue()
    await platform.revoke(revoked.permit.id)
    async with platform.database.write() as session:
        await session.execute(
            text('UPDATE permits SET limits = \'{"mask": "hats"}\' WHERE id = :id'), {"id": masked.permit.id}
        )
    for ticket, path, code in (
        ("guess", "h264", "permit_refused"),
        (expired.ticket, "h264", "permit_expired"),
        (revoked.ticket, "h264", "permit_revoked"),
        (bare.ticket, "h264", "permit_refused"),
        (bare.ticket, "bare", "camera_without_source"),
        (masked.ticket, "h264", "limit_unsupported"),
    ):
        async with browser(platform.url(ticket, path)) as viewer:
            assert await viewer.ended() == code
            assert viewer.binaries == []
    assert not platform.cameras.opened
    assert platform.cameras.connections == 0
    lines = await platform.lines()
    assert sum(line["opened_at"] is not None for line in lines) <= 1  # the limit nobody can keep, found out last
    assert not any(line["first_frame_at"] for line in lines)


async def test_revocation_reaches_the_running_stream(platform: Platform) -> None:
    issued = await platform.issue()
    other = await platform.issue()
    async with browser(platform.url(issued.ticket)) as viewer, browser(platform.url(other.ticket)) as unharmed:
        await viewer.pictures(2)
        await platform.revoke(issued.permit.id)
        assert await asyncio.wait_for(viewer.ended(), 1) == "permit_revoked"
        await unharmed.pictures(len(unharmed.binaries) + 5)


async def test_analysis_reads_under_one_permit_and_each_opening_is_a_line(platform: Platform) -> None:
    issued = await platform.issue_system()
    for _ in range(2):
        async with packets(platform.database, issued.ticket, camera_id("h264")) as stream:
            async for unit in stream:
                await stream.boxes(unit.pts, [[0, 0, 1, 1, "car", 1, None]])
                break
    lines = await platform.lines()
    assert [line["holder_kind"] for line in lines] == ["system", "system"]
    with pytest.raises(StreamEnded, match="camera_without_source"):
        async with packets(platform.database, issued.ticket, camera_id("bare")):
            pass


def test_ports_follow_names() -> None:
    assert [offset_of(name) for name in ("media-1", "media-3", "media", "media-x", "media-0")] == [0, 2, 0, 0, 0]


@pytest.fixture
def passable() -> Iterator[Path]:
    """A directory the database's own account gets into, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="commonsight-test-") as scratch:
        Path(scratch).chmod(0o711)
        yield Path(scratch)


async def test_running_views_outlive_the_database(passable: Path) -> None:
    server = EmbeddedPostgres(passable / "data", passable / "run", durable=False)
    url = await asyncio.to_thread(server.start)
    try:
        await migrate_async(url)
        database = Database(url)
        async with running(database, passable / "data") as platform:
            issued, later = await platform.issue(), await platform.issue()
            async with browser(platform.url(issued.ticket)) as viewer:
                await viewer.pictures(2)
                await asyncio.to_thread(server.stop)
                await viewer.pictures(len(viewer.binaries) + 30)
                async with browser(platform.url(later.ticket)) as refused:
                    assert await refused.ended() == "register_unavailable"
            await asyncio.sleep(1)  # the end of the view is told while nobody can write it
            await asyncio.to_thread(server.start)
            await until(lambda: written(platform), 20)
            async with browser(platform.url(later.ticket)) as viewer:
                await viewer.pictures(2)
        await database.close()
    finally:
        await asyncio.to_thread(server.stop)


async def written(platform: Platform) -> bool:
    line = (await platform.lines())[0]
    return bool(line["first_frame_at"] and line["closed_at"] and line["bytes"])
