"""Everything of recording that runs inside a media node."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.media.hub import Hub
from commonsight.media.recordings.crew import Crew
from commonsight.media.recordings.filer import Filer
from commonsight.media.recordings.keeper import Keeper
from commonsight.records.database import Database
from commonsight.settings import Settings

RETRY_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Recordings:
    """Recovers what a killed process left, then records, files and keeps, until cancelled."""

    def __init__(self, hub: Hub, database: Database, clock: Clock, name: str, settings: Settings) -> None:
        self._clock = clock
        self._enabled = settings.recording.enabled
        self.keeper = Keeper(database, clock, name, settings)
        self.filer = Filer(database, clock, name, settings.recordings_dir)
        self.crew = Crew(hub, database, clock, name, settings, self.keeper, self.filer)

    async def run(self) -> None:
        """Run for ever; a database that is away is waited for."""
        if not self._enabled:
            return
        await self._begin()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.keeper.run())
                group.create_task(self.filer.run())
                group.create_task(self.crew.run())
        finally:
            await self.filer.flush()

    async def _begin(self) -> None:
        while True:
            try:
                if await self.keeper.claim():
                    filed, gone = await self.filer.recover()
                    lost = await self.keeper.check()
                    if filed or gone or lost:
                        log.warning("recordings_recovered", filed=filed, removed=gone, lost=lost)
                return
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("recordings_not_begun", error=f"{type(error).__name__}: {error}")
                await self._clock.sleep(RETRY_SECONDS)
