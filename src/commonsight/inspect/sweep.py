"""Working through one shard: evenly paced tries, failed cameras again after a pause, results written as they come.

Tries of many cameras are under way at once and end in any order. What is on record as done is the number of cameras in
front of the first unsettled one, so after kill -9 the next worker repeats at most what was under way.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from commonsight.catalog import service as catalog
from commonsight.catalog.health import record_health
from commonsight.catalog.source import Source
from commonsight.clock import Clock
from commonsight.inspect import store
from commonsight.inspect.model import Claim, Pace, Tried, health_after
from commonsight.media.probe import ProbeResult
from commonsight.problem import Refusal
from commonsight.records.database import Database, WriteSession
from commonsight.settings import Inspect
from commonsight.vision.picture import Planes

log = structlog.get_logger(__name__)

LOOK_AHEAD = 200
"""Sources, with their passwords, are read in so small portions and forgotten after use."""
WRITE_SECONDS = 1.0
WRITE_MOST = 500

Probe = Callable[[UUID, Source], Awaitable[ProbeResult]]
Look = Callable[[UUID, Planes, datetime], Awaitable[None] | None]
"""What is to be seen on the picture a try has brought; called once for each, in the same opening."""


class ShardLost(Exception):
    """Somebody else holds the shard now."""


@dataclass(slots=True)
class _Waiting:
    """A camera that is to be tried (again)."""

    position: int
    camera_id: UUID
    source: Source
    failures: int


class ShardRun:
    """One worker's way through one shard.

    Args:
        probe: makes one try; bounded in time by itself.
        share: how many shards are worked at once in the house; the rate is divided among them.
        look: diagnoses the pictures that tries bring, if `probe` hands them out.
    """

    def __init__(
        self, database: Database, clock: Clock, settings: Inspect, held: Claim, probe: Probe, share: int = 1,
        look: Look | None = None,
    ) -> None:  # fmt: skip
        self._database, self._clock, self._settings = database, clock, settings
        self._held, self._probe, self._look = held, probe, look
        self._pace = Pace(settings.rate / share, clock.monotonic())
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._unsettled: set[int] = set()
        self._next = held.done
        self._tried: list[Tried] = []
        self._again: list[tuple[float, int, _Waiting]] = []
        self._writing = asyncio.Lock()
        self.count = 0

    async def run(self) -> int:
        """Work until the shard is done; returns the tries made.

        Raises:
            ShardLost: another worker took the shard over; what it does counts.
        """
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write_for_ever())
                await self._work(group)
                writer.cancel()
        except BaseExceptionGroup as errors:
            if errors.subgroup(ShardLost) is not None:
                raise ShardLost from None
            raise
        except asyncio.CancelledError:
            # A stop: others may go on from here at once.
            await self._write(release=True)
            raise
        await self._write()
        return self.count

    async def _work(self, group: asyncio.TaskGroup) -> None:
        while self._next < len(self._held.cameras):
            first, portion = self._next, self._held.cameras[self._next : self._next + LOOK_AHEAD]
            async with self._database.read() as session:
                sources = await catalog.camera_sources(session, portion)
                failures = await store.failures(session, portion)
            for position, camera_id in enumerate(portion, start=first):
                self._unsettled.add(position)
                self._next = position + 1
                if camera_id in sources:
                    waiting = _Waiting(position, camera_id, sources[camera_id], failures.get(camera_id, 0))
                    await self._start(group, waiting)
                else:
                    self._unsettled.discard(position)
                await self._start_due(group)
        while self._unsettled:
            await self._start_due(group)
            await self._clock.sleep(0.1)

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        while self._again and self._again[0][0] <= self._clock.monotonic():
            await self._start(group, heapq.heappop(self._again)[2])

    async def _start(self, group: asyncio.TaskGroup, waiting: _Waiting) -> None:
        await self._slots.acquire()
        delay = self._pace.wait(self._clock.monotonic())
        if delay > 0:
            await self._clock.sleep(delay)
        group.create_task(self._try(waiting))

    async def _try(self, waiting: _Waiting) -> None:
        try:
            result = await self._probe(waiting.camera_id, waiting.source)
        except Refusal as refusal:
            if refusal.code != "media.probe_not_possible":
                raise
            # We lack something ourselves: the camera keeps the state it has, and the next sweep tries it again.
            log.info("probe_not_possible", camera=str(waiting.camera_id), reason=refusal.values.get("reason"))
            self._unsettled.discard(waiting.position)
            return
        finally:
            self._slots.release()
        self.count += 1
        result = await looked_at(waiting.camera_id, result, self._clock.now(), self._look)
        self._tried.append(Tried(waiting.camera_id, self._clock.now(), result))
        waiting.failures = 0 if result.first_frame else waiting.failures + 1
        if health_after(result, waiting.failures, self._settings.offline_after) is None:
            due = self._clock.monotonic() + self._settings.retry_seconds
            heapq.heappush(self._again, (due, waiting.position, waiting))
        else:
            self._unsettled.discard(waiting.position)

    async def _write_for_ever(self) -> None:
        while True:
            await self._clock.sleep(WRITE_SECONDS)
            await self._write()

    async def _write(self, *, release: bool = False) -> None:
        """Write what was tried, what it means and how far the shard is, in one transaction.

        A stop does not cut a transaction off: whether it was committed would not be known, and tries lost or doubled.
        """
        await asyncio.shield(asyncio.ensure_future(self._write_whole(release)))

    async def _write_whole(self, release: bool) -> None:
        async with self._writing:
            # Mark and tries are taken together, without a pause between them: neither runs ahead of the other.
            done = min(self._unsettled, default=self._next)
            tried, self._tried = self._tried, []
            try:
                async with self._database.write() as session:
                    if not await store.advance(session, self._held, done, self._clock.now(), release=release):
                        raise ShardLost
                    await write_tries(session, tried, self._settings)
            except BaseException:
                self._tried = tried + self._tried
                raise


async def looked_at(camera_id: UUID, result: ProbeResult, at: datetime, look: Look | None) -> ProbeResult:
    """Let `look` see the picture; returns the result without it, because results wait in memory to be written."""
    if result.picture is None:
        return result
    if look is not None:
        try:
            seen = look(camera_id, result.picture, at)
            if seen is not None:
                await seen
        except Refusal as refusal:
            # A picture that cannot be judged is no reason to lose the proof that there is one.
            log.warning("look_failed", camera=str(camera_id), code=refusal.code)
    return replace(result, picture=None)


async def write_tries(session: WriteSession, tried: Sequence[Tried], settings: Inspect) -> None:
    """Note tries and the health they establish. A camera may be there more than once; its tries count in order."""
    left = list(tried)
    while left:
        batch: dict[UUID, Tried] = {}
        rest: list[Tried] = []
        for one in left:
            if one.camera_id in batch or len(batch) == WRITE_MOST:
                rest.append(one)
            else:
                batch[one.camera_id] = one
        failures = await store.write_tries(session, list(batch.values()), settings.keep_probes)
        states = [
            (one.camera_id, health, one.at)
            for one in batch.values()
            if (health := health_after(one.result, failures[one.camera_id], settings.offline_after)) is not None
        ]
        await record_health(session, states)
        left = rest
