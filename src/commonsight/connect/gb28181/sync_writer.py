"""What devices say about their catalogues, on its way to the database: in batches, in order, bounded.

It is written by a thread with an event loop and a connection of its own. In the loop that serves SIP every step of a
statement waits for its turn among hundreds of messages, and a COPY of some megabytes has hundreds of steps.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError

from commonsight.catalog import intake, intake_store, intake_syncs
from commonsight.catalog.intake_rules import Word
from commonsight.clock import Clock
from commonsight.connect.gb28181 import sync_store
from commonsight.connect.gb28181.devices import Devices
from commonsight.connect.gb28181.model import Device
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

T = TypeVar("T")

FLUSH_SECONDS: Final = 0.3
FLUSH_WORDS: Final = 1_000
"""So many words do not wait for the next flush."""

BATCH: Final = 5_000
WAITING_MOST: Final = 20_000
"""Words that may wait, some 20 MB; then whoever brings more waits, and the devices are told to send again later."""

RETRY_SECONDS: Final = 1.0
CLOSE_SECONDS: Final = 5.0

LOST: Final = (DBAPIError, psycopg.Error, OSError, TimeoutError)
"""What a lost database raises: a COPY goes past SQLAlchemy, and so do its errors."""

STAGED = Counter("commonsight_sync_staged", "Items and events written to the log")
WAITING = Gauge("commonsight_sync_waiting", "Items and events that wait for the database")


@dataclass(slots=True)
class _Note:
    """What to write about a sync once `after` words are written; `first` is the number of its earliest part."""

    first: int
    after: int
    values: dict[str, Any]


class SyncWriter:
    """Takes words and how far syncs are; `run` writes both, a sync's words never later than what is said of them."""

    def __init__(self, devices: Devices, url: str, clock: Clock, region: str) -> None:
        self._devices, self._url, self._clock, self._region = devices, url, clock, region
        self._words: deque[tuple[UUID, bytes]] = deque()
        # At most two for each sync: one that waits for its words, and one that takes in whatever is noted after it.
        self._notes: dict[UUID, list[_Note]] = {}
        self._noted = 0
        self._known: set[UUID] = set()
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._flushed = asyncio.Condition()
        self._taken = self._written = 0
        self._thread = _Thread()
        self._database: Database | None = None

    @property
    def waiting(self) -> int:
        """Words not written yet."""
        return len(self._words)

    async def put(self, source_id: UUID, words: Sequence[Word]) -> None:
        """Hand words over; waits while too many wait already."""
        await self._room.wait()
        self._words.extend((source_id, intake_store.log_line(source_id, word)) for word in words)
        self._taken += len(words)
        if len(self._words) >= WAITING_MOST:
            self._room.clear()
        if len(self._words) >= FLUSH_WORDS:
            self._more.set()

    def note(self, sync_id: UUID, values: Mapping[str, Any]) -> None:
        """What to write about a sync once the words handed over so far are; later values win."""
        self._noted += 1
        notes = self._notes.setdefault(sync_id, [])
        if len(notes) < 2:
            notes.append(_Note(self._noted, self._taken, dict(values)))
        else:
            notes[-1].after = self._taken
            notes[-1].values.update(values)

    async def flushed(self) -> None:
        """Wait until all words handed over so far are written, and all that was noted."""
        words, noted = self._taken, self._noted
        self._more.set()

        def done() -> bool:
            waiting = (note for notes in self._notes.values() for note in notes)
            return self._written >= words and all(note.first > noted for note in waiting)

        async with self._flushed:
            await self._flushed.wait_for(done)

    async def run(self) -> None:
        """Write until cancelled, then the rest; a lost database is waited for."""
        away = False
        self._thread.start()
        try:
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
                except LOST as error:
                    if not away:
                        log.warning("sync_writer_waits_for_database", error=type(error).__name__)
                    away = True
                    await self._clock.sleep(RETRY_SECONDS)
        finally:
            await self._close()

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._thread.idle()
                while self._words or self._notes:
                    await self.flush()
        except LOST as error:
            log.warning("sync_words_not_written", words=len(self._words), error=type(error).__name__)
        if self._database is not None:
            await self._thread.run(self._database.close())
        self._thread.stop()

    async def flush(self) -> bool:
        """Write what waits, at most one batch; whether a batch is left."""
        batch = list(islice(self._words, BATCH))
        reached = self._written + len(batch)
        notes = self._take_notes(reached)
        if not batch and not notes:
            return False
        fresh = {source_id for source_id, _ in batch} - self._known
        devices = [device for source_id in sorted(fresh) if (device := self._devices.by_id(source_id)) is not None]
        values = {sync_id: {k: v for note in some for k, v in note.values.items()} for sync_id, some in notes.items()}
        try:
            await self._thread.run(self._write([words for _, words in batch], values, devices))
        except BaseException:
            for sync_id, some in notes.items():
                self._notes[sync_id] = some + self._notes.get(sync_id, [])
            raise
        self._known |= fresh
        for _ in batch:
            self._words.popleft()
        if len(self._words) < WAITING_MOST:
            self._room.set()
        STAGED.inc(len(batch))
        WAITING.set(len(self._words))
        async with self._flushed:
            self._written = reached
            self._flushed.notify_all()
        return len(self._words) >= FLUSH_WORDS

    def _take_notes(self, reached: int) -> dict[UUID, list[_Note]]:
        """The notes whose words are written when `reached` words are."""
        taken = {}
        for sync_id, notes in list(self._notes.items()):
            ready = [note for note in notes if note.after <= reached]
            if ready:
                taken[sync_id] = ready
                self._notes[sync_id] = notes[len(ready) :]
            if not self._notes[sync_id]:
                del self._notes[sync_id]
        return taken

    async def _write(
        self, lines: Sequence[bytes], notes: Mapping[UUID, Mapping[str, Any]], devices: Sequence[Device]
    ) -> None:
        """One transaction. Runs in the thread's loop, to which its connection belongs."""
        if self._database is None:
            self._database = Database(self._url, pool_size=1, name="sync-writer")
        async with self._database.write() as session:
            for device in devices:
                await sync_store.put_source(session, device, self._region)
            await intake.deliver_lines(session, lines)
            for sync_id in sorted(notes):
                await intake_syncs.progress(session, sync_id, notes[sync_id])


class _Thread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._running: threading.Thread | None = None
        self._under_way: set[asyncio.Future[Any]] = set()

    def start(self) -> None:
        self._running = threading.Thread(target=self._loop.run_forever, name="sync-writer", daemon=True)
        self._running.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it there, wait for it here; a caller that is cancelled lets it finish."""
        future = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return await asyncio.shield(future)

    async def idle(self) -> None:
        """Wait for what cancelled callers left under way; how it ended is nobody's business any more."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def stop(self) -> None:
        """End the loop and the thread."""
        if self._running is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._running.join(5)
            self._loop.close()
