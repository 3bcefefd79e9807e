"""The topics of the live socket and where their data come from."""

from collections.abc import Mapping
from typing import Any

from commonsight.api import system
from commonsight.api.live import Read, Scope, Source
from commonsight.records.database import Database


def sources(database: Database) -> Mapping[str, Source]:
    """All topics."""

    def processes(_: Scope) -> Read:
        async def read(_: Scope) -> dict[str, Any]:
            async with database.read() as session:
                found = await system.processes(session)
            return {"processes": [process.model_dump(mode="json") for process in found]}

        return read

    return {"system": Source("system.read", processes, scoped=False, stable=system.without_heartbeat)}
