"""A region that is recorded: a media node in a process of its own, cameras that speak RTSP, PostgreSQL."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.gate import service as gate
from commonsight.gate.model import Action, Footage, Issued
from commonsight.http import Caller
from commonsight.media.recordings import plan_store
from commonsight.media.recordings.model import ALWAYS, Plan
from commonsight.records import nodes
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from tests.ports import free_port

from .world import Cameras, camera_id, footage

PATIENCE = 40.0
OPERATOR = cast(
    Caller,
    SimpleNamespace(
        id=uuid7(), name="wei", display_name="韦强", organisation="南宁市公安局", roles=("operator",),
        permissions=frozenset({"recordings.write"}), regions=("45",), session_id=None, language="zh", address=None,
    ),
)  # fmt: skip


class Region:
    """One recording node and what it records."""

    def __init__(self, directory: Path, database: Database, url: str, cameras: Cameras, port: int) -> None:
        self.directory, self.database, self.url, self.cameras, self.port = directory, database, url, cameras, port
        self.child: asyncio.subprocess.Process | None = None
        self.root = directory / "recordings"

    async def start(self) -> None:
        log = (self.directory / "media.log").open("ab")
        self.child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "commonsight.processes.media", "--name", "media-1", "--config",
            str(self.directory / "commonsight.toml"), stdout=log, stderr=log,
            env={**os.environ, "COMMONSIGHT_DATABASE__URL": self.url},
        )  # fmt: skip
        log.close()

        async def answers() -> bool:
            assert self.child is not None
            assert self.child.returncode is None, self.log()
            async with self.database.read() as session:
                return any(node.pid == self.child.pid for node in await nodes.alive(session, "media"))

        await until(answers)

    async def end(self, how: int = signal.SIGTERM) -> None:
        if self.child is not None and self.child.returncode is None:
            self.child.send_signal(how)
            await asyncio.wait_for(self.child.wait(), PATIENCE)

    def log(self) -> str:
        return (self.directory / "media.log").read_text("utf-8", "replace")

    async def file_camera(self, path: str, number: int, url: str | None = None, protocol: str = "rtsp") -> UUID:
        async with self.database.write() as session:
            await session.execute(
                text(
                    "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
                    " VALUES (:id, :code, :name, '450102', '{}', :protocol, :url)"
                ),
                {
                    "id": camera_id(path), "code": f"4501020000132000000{number}", "name": path, "protocol": protocol,
                    "url": url or f"rtsp://127.0.0.1:{self.cameras.port}/{path}",
                },
            )  # fmt: skip
        return camera_id(path)

    async def plan(self, *paths: str, **changes: Any) -> Plan:
        now = datetime.now(UTC)
        given: dict[str, Any] = {
            "id": uuid7(), "name": "试点", "cameras": {"cameras": [str(camera_id(path)) for path in paths]},
            "scope": ("45",), "hours": ALWAYS, "retention_days": 30, "quota_bytes": None, "priority": 5,
            "enabled": True, "by_name": "test", "created_at": now, "updated_at": now, "version": 1,
        } | changes  # fmt: skip
        made = Plan(**given)
        async with self.database.write() as session:
            await plan_store.insert_plan(session, made)
        return made

    async def rows(self, where: str = "true") -> list[Any]:
        async with self.database.read() as session:
            found = await session.execute(text(f"SELECT * FROM recordings WHERE {where} ORDER BY camera_id, starts_at"))
            return list(found.mappings())

    async def recorded(self, count: int) -> list[Any]:
        """Wait until so many segments are on file."""

        async def enough() -> bool:
            return len(await self.rows("deleted_at IS NULL")) >= count

        await until(enough)
        return await self.rows("deleted_at IS NULL")

    def file(self, row: Any) -> Path:
        return self.root / row["node"] / row["path"]

    async def state(self, path: str) -> tuple[str, str | None] | None:
        async with self.database.read() as session:
            row = (
                await session.execute(
                    text("SELECT state, reason FROM recording_states WHERE camera_id = :id"), {"id": camera_id(path)}
                )
            ).first()
        return None if row is None else (row.state, row.reason)

    async def permit(self, path: str, span: Footage, action: Action = Action.PLAYBACK) -> Issued:
        async with self.database.write() as session:
            return await gate.issue(
                session, caller=OPERATOR, cameras=[camera_id(path)], purpose_code="training", purpose_text="",
                action=action, footage=span,
            )  # fmt: skip

    async def lines(self) -> list[Any]:
        async with self.database.read() as session:
            found = await session.execute(text("SELECT * FROM retrievals ORDER BY id"))
            return list(found.mappings())

    async def outbox(self, topic: str) -> list[dict[str, Any]]:
        async with self.database.read() as session:
            found = await session.execute(
                text("SELECT payload FROM outbox WHERE topic = :topic ORDER BY id"), {"topic": topic}
            )
            return [row.payload for row in found]


@asynccontextmanager
async def recorded_region(
    database: Database, url: str, directory: Path, *, segment_seconds: float = 2, start: bool = True, more: str = ""
) -> AsyncIterator[Region]:
    """A region with one H.264 camera on file, not yet in any plan."""
    secrets.install(directory)
    cameras = Cameras()
    cameras.add("h264", footage())
    await cameras.start()
    region = Region(directory, database, url, cameras, free_port())
    (directory / "commonsight.toml").write_text(
        f'data_dir = "{directory}"\n[media]\nport = {region.port}\nidle_seconds = 0.5\nopen_timeout = 10\n'
        f"[recording]\nsegment_seconds = {segment_seconds}\nreserve_bytes = 0\n{more}\n"
    )
    try:
        await region.file_camera("h264", 0)
        if start:
            await region.start()
        yield region
    finally:
        await region.end()
        await cameras.stop()


async def until(condition: Callable[[], Awaitable[object]], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.1)


async def probed(path: Path) -> dict[str, Any]:
    """What ffprobe, which knows nothing of us, makes of a file: its streams, every frame decoded."""
    command = [
        "ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(path),
    ]  # fmt: skip
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=True)
    assert not done.stderr, done.stderr
    return cast(dict[str, Any], json.loads(done.stdout))


def video(found: dict[str, Any]) -> dict[str, Any]:
    return next(stream for stream in found["streams"] if stream["codec_type"] == "video")


def hour_around(moment: datetime) -> Footage:
    return moment - timedelta(hours=1), moment + timedelta(hours=1)


@asynccontextmanager
async def gone(region: Region) -> AsyncIterator[None]:
    """The cameras' power is off inside the block."""
    await region.cameras.stop()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            await region.cameras.start()
