"""What devices say about their catalogues, on its way to the database: in batches, in order, bounded."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError

from commonsight.catalog import intake, intake_syncs
from commonsight.catalog.intake_rules import Word
from commonsight.clock import Clock
from commonsight.connect.gb28181 import sync_store
from commonsight.connect.gb28181.devices import Devices
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

FLUSH_SECONDS: Final = 0.3
FLUSH_WORDS: Final = 2_000
"""So many words do not wait for the next flush."""

BATCH: Final = 10_000
WAITING_MOST: Final = 50_000
"""Words that may wait; then whoever brings more waits, and the devices are told to send again later."""

RETRY_SECONDS: Final = 1.0

STAGED = Counter("commonsight_sync_staged", "Items and events written to the log")
WAITING = Gauge("commonsight_sync_waiting", "Items and events that wait for the database")


class SyncWriter:
    """Takes words and how far syncs are; `run` writes both, a sync's words never later than what is said of them."""

    def __init__(self, devices: Devices, database: Database, clock: Clock, region: str) -> None:
        self._devices, self._database, self._clock, self._region = devices, database, clock, region
        self._words: deque[tuple[UUID, Word]] = deque()
        self._progress: dict[UUID, dict[str, Any]] = {}
        self._known: set[UUID] = set()
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._flushed = asyncio.Condition()
        self._taken = self._written = 0
        self._noted = self._noted_written = 0

    @property
    def waiting(self) -> int:
        """Words not written yet."""
        return len(self._words)

    async def put(self, source_id: UUID, words: Sequence[Word]) -> None:
        """Hand words over; waits while too many wait already."""
        await self._room.wait()
        self._words.extend((source_id, word) for word in words)
        self._taken += len(words)
        if len(self._words) >= WAITING_MOST:
            self._room.clear()
        if len(self._words) >= FLUSH_WORDS:
            self._more.set()

    def note(self, sync_id: UUID, values: Mapping[str, Any]) -> None:
        """What to write about a sync with the next flush; later values win."""
        self._progress.setdefault(sync_id, {}).update(values)
        self._noted += 1

    async def flushed(self) -> None:
        """Wait until everything handed over so far is written."""
        words, notes = self._taken, self._noted
        self._more.set()
        async with self._flushed:
            await self._flushed.wait_for(lambda: self._written >= words and self._noted_written >= notes)

    async def run(self) -> None:
        """Write until cancelled; a lost database is waited for."""
        away = False
        while True:
            try:
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._more.wait()
            except TimeoutError:
                pass
            self._more.clear()
            try:
                while await self.flush():
                    away = False
            except (DBAPIError, OSError, TimeoutError) as error:
                if not away:
                    log.warning("sync_writer_waits_for_database", error=type(error).__name__)
                away = True
                await self._clock.sleep(RETRY_SECONDS)

    async def flush(self) -> bool:
        """Write what waits, at most one batch; whether more is left."""
        batch = list(islice(self._words, BATCH))
        noted = self._noted
        # How far a sync is may only be said once its words stand in the log.
        progress, self._progress = (self._progress, {}) if len(batch) == len(self._words) else ({}, self._progress)
        if not batch and not progress:
            return False
        try:
            fresh = {source for source, _ in batch} - self._known
            async with self._database.write() as session:
                for source_id in sorted(fresh):
                    device = self._devices.by_id(source_id)
                    if device is not None:
                        await sync_store.put_source(session, device, self._region)
                await intake.deliver(session, batch)
                for sync_id, values in progress.items():
                    await intake_syncs.progress(session, sync_id, values)
        except BaseException:
            for sync_id, values in progress.items():
                self._progress[sync_id] = values | self._progress.get(sync_id, {})
            raise
        self._known |= fresh
        for _ in batch:
            self._words.popleft()
        if len(self._words) < WAITING_MOST:
            self._room.set()
        STAGED.inc(len(batch))
        WAITING.set(len(self._words))
        async with self._flushed:
            self._written += len(batch)
            if progress:
                self._noted_written = noted
            self._flushed.notify_all()
        return len(self._words) >= FLUSH_WORDS
