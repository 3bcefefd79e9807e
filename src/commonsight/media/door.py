"""The way to cameras behind GB/T 28181 devices, for a process that opens them: `async with door(...)` around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from commonsight.connect.gb28181.line import Line, install
from commonsight.records.database import Database
from commonsight.settings import Settings


@asynccontextmanager
async def door(settings: Settings, database: Database, name: str) -> AsyncIterator[Line]:
    """Let this process open such cameras while the block runs. What it still holds behind the block is ended.

    Nothing is connected before the first camera is opened, so a process without such cameras pays nothing.
    """
    line = Line(database, settings.sip, name)
    install(line)
    try:
        yield line
    finally:
        install(None)
        await line.close()
