"""A database of a benchmark's own: a real embedded server with nothing in it but the tables."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from commonsight.records.migrate import migrate
from commonsight.records.postgres import EmbeddedPostgres


@asynccontextmanager
async def empty_database() -> AsyncIterator[tuple[Path, str]]:
    """(scratch directory, URL of the database); both are gone behind the block."""
    with tempfile.TemporaryDirectory(prefix="commonsight-bench-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o711)  # noqa: ASYNC240  as root, the database's account must get in
        server = EmbeddedPostgres(directory / "data", directory / "run")
        url = await asyncio.to_thread(server.start)
        try:
            await asyncio.to_thread(migrate, url)
            yield directory, url
        finally:
            await asyncio.to_thread(server.stop)
