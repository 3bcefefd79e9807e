"""What is under test: a PostgreSQL of our own, the really running SIP process, and the one that works on jobs."""

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from commonsight.connect.gb28181 import signalling_client
from commonsight.connect.gb28181.signalling_client import Client
from commonsight.records.database import Database
from commonsight.records.migrate import migrate
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.settings import Settings, Sip, Zone

PASSWORD = "Cs-28181-secret"
PATIENCE = 60.0


@dataclass
class House:
    """The running platform, as its other processes see it."""

    port: int
    settings: Settings
    database: Database
    home: Path
    line: Client
    lines: list[str] = field(default_factory=list)

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of a query: what the platform keeps of what it heard."""
        async with self.database.read() as session:
            return list(await session.execute(text(query), values))

    async def until(self, query: str, wanted: Any, seconds: float = 12.0, **values: Any) -> bool:
        """Waits for the first column of the first row to be `wanted`: state is written in batches."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            rows = await self.rows(query, **values)
            if rows and rows[0][0] == wanted:
                return True
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.1)


@asynccontextmanager
async def running() -> AsyncIterator[House]:
    """Starts it, gives it, ends it."""
    with tempfile.TemporaryDirectory(prefix="commonsight-conformance-") as scratch:
        home = Path(scratch)
        home.chmod(0o711)  # noqa: ASYNC240 - passable, so that as root the server's account gets in
        server = EmbeddedPostgres(home / "postgres", home / "run", durable=False)
        url = await asyncio.to_thread(server.start)
        try:
            await asyncio.to_thread(migrate, url)
            port = free_port()
            first = 30_000 + port % 4_000
            zone = Zone(name="local", host="127.0.0.1", port=port, media_ports=(first, first + 40))
            settings = Settings(data_dir=home / "data", sip=Sip(password=PASSWORD, zones=[zone]))
            async with _process("sip", url, settings) as (process, lines), _process("work", url, settings):
                database = Database(url)
                try:
                    line = await _line(database, process)
                    yield House(port, settings, database, home, line, lines)
                    await line.close()
                finally:
                    await database.close()
        finally:
            await asyncio.to_thread(server.stop)


def free_port() -> int:
    """A port that is free for UDP and TCP now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram, socket.socket() as stream:
            datagram.bind(("127.0.0.1", 0))
            port: int = datagram.getsockname()[1]
            with contextlib.suppress(OSError):
                stream.bind(("127.0.0.1", port))
                return port


@asynccontextmanager
async def _process(
    kind: str, url: str, settings: Settings
) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[str]]]:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("COMMONSIGHT_")},
        "COMMONSIGHT_DATABASE__URL": url,
        "COMMONSIGHT_DATA_DIR": str(settings.data_dir),
        "COMMONSIGHT_LOG__FORMAT": "json",
        "COMMONSIGHT_INSPECT__ENABLED": "false",
        "COMMONSIGHT_SIP__PASSWORD": PASSWORD,
        "COMMONSIGHT_SIP__ZONES": json.dumps([zone.model_dump() for zone in settings.sip.zones]),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"commonsight.processes.{kind}", "--name", kind,
        env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    lines: list[str] = []

    async def read() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            lines.append(line.decode("utf-8", "replace").rstrip())

    reading = asyncio.create_task(read())
    try:
        yield process, lines
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        await reading


async def _line(database: Database, process: asyncio.subprocess.Process) -> Client:
    async with asyncio.timeout(PATIENCE):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"the SIP process ended with {process.returncode}")
            try:
                place = await signalling_client.place_of(database)
                return await Client.open(place, "conformance")
            except Exception:  # not there yet; the limit above says when it never will be
                await asyncio.sleep(0.2)
