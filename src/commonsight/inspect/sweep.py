"""Working through one shard: tries started as its links allow, failed cameras again after a pause, results written as
they come.

Tries of many cameras are under way at once and end in any order; which are settled is on record, so after kill -9 the
next worker repeats at most what was under way.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from commonsight.catalog import service as catalog
from commonsight.catalog.source import Source
from commonsight.clock import Clock
from commonsight.inspect.attention import Attention
from commonsight.inspect.model import Claim, Tried, health_after
from commonsight.inspect.sweeps import limits_store, store
from commonsight.inspect.sweeps.limits import Rules, shares
from commonsight.inspect.sweeps.schedule import Item, Schedule
from commonsight.inspect.sweeps.substreams import Probe
from commonsight.inspect.verdicts import write_tries
from commonsight.media.probe import ProbeResult
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession
from commonsight.settings import Inspect
from commonsight.vision.picture import Planes

log = structlog.get_logger(__name__)

LOOK_AHEAD: Final = 200
"""Sources, with their passwords, are read in so small portions and forgotten after use."""
WRITE_SECONDS: Final = 1.0
RULES_EVERY: Final = 10
"""Writes between two looks at the limits, which people change while a round goes on."""
IDLE_SECONDS: Final = 0.1
"""Longest pause before the schedule is asked again: a try that ends may let another begin."""
EXCUSES_MOST: Final = 3
"""Tries at a camera that fail for what we lack ourselves."""
CLOCKS_GOOD: Final = timedelta(days=1)
"""A device's clock counts as known for so long after it was asked."""
SILENT: Final = frozenset(("timeout", "unreachable"))
"""What a link that hangs ends in. A refused connection is an answer."""

Look = Callable[[UUID, Planes, datetime], Awaitable[None] | None]
"""What is to be seen on the picture a try has brought; called once for each, in the same opening."""


class ShardLost(Exception):
    """Somebody else holds the shard now."""


class ShardRun:
    """One worker's way through one shard.

    Args:
        look: diagnoses the pictures that tries bring.
        attention: which tries bring one.
        measuring: the cameras `probe` stays with for a second keyframe.
    """

    def __init__(
        self, database: Database, clock: Clock, settings: Inspect, held: Claim, probe: Probe,
        look: Look | None = None, attention: Attention | None = None, measuring: Collection[UUID] = (),
    ) -> None:  # fmt: skip
        self._database, self._clock, self._settings = database, clock, settings
        self._held, self._probe, self._look, self._measuring = held, probe, look, measuring
        self._attention = attention or Attention()
        self._settled = {position for position in range(len(held.cameras)) if held.is_settled(position)}
        self._sources: dict[UUID, Source] = {}
        self._clocks: dict[UUID, float] = {}
        self._tried: list[Tried] = []
        self._counts: Counter[tuple[UUID, str]] = Counter()
        self._writing = asyncio.Lock()
        self._schedule: Schedule | None = None
        self._under_way = self._writes = 0
        self.count = 0

    async def run(self) -> int:
        """Work until the shard is done; returns the tries made.

        Raises:
            ShardLost: another worker took the shard over; what it does counts.
        """
        try:
            async with asyncio.TaskGroup() as group:
                schedule = await self._prepare()
                writer = group.create_task(self._write_for_ever())
                await self._work(group, schedule)
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

    async def _prepare(self) -> Schedule:
        async with self._database.read() as session:
            ready, gone = await store.items(session, self._held)
            since = self._clock.now() - CLOCKS_GOOD
            self._clocks = await store.device_clocks(session, self._held.cameras, since)
            rules = await limits_store.rules(session, self._settings)
        self._settled |= gone
        self._schedule = Schedule(rules, ready, self._clock.monotonic())
        await self._write()  # from here on other lanes know what we need, and we know what they need
        return self._schedule

    async def _work(self, group: asyncio.TaskGroup, schedule: Schedule) -> None:
        while schedule.waiting or self._under_way:
            found = schedule.next(self._clock.monotonic())
            if not isinstance(found, Item):
                await self._clock.sleep(IDLE_SECONDS if math.isinf(found) else min(found, IDLE_SECONDS))
                continue
            source = await self._source(schedule, found)
            if source is None:
                self._settle(found, "gone")
                continue
            schedule.start(found, self._clock.monotonic())
            self._under_way += 1
            group.create_task(self._try(schedule, found, source))

    async def _source(self, schedule: Schedule, item: Item) -> Source | None:
        if item.camera_id not in self._sources:
            wanted = [item.camera_id, *schedule.ahead(LOOK_AHEAD - 1)]
            async with self._database.read() as session:
                self._sources = await catalog.camera_sources(session, wanted)
        return self._sources.pop(item.camera_id, None)

    async def _try(self, schedule: Schedule, item: Item, source: Source) -> None:
        free = await self._attention.take(item.camera_id)
        try:
            await self._prove(schedule, item, source, picture=free is not None)
        finally:
            if free is not None:
                free()

    async def _prove(self, schedule: Schedule, item: Item, source: Source, *, picture: bool) -> None:
        received, silent = 0, False
        try:
            result = await self._probe(item.camera_id, source, picture)
            received, silent = result.received, result.error in SILENT
        except Refusal as refusal:
            if refusal.code != "media.probe_not_possible":
                raise
            log.info("probe_not_possible", camera=str(item.camera_id), reason=refusal.values.get("reason"))
            self._excuse(schedule, item)
            return
        finally:
            # The link is free again while the picture is being looked at.
            schedule.end(item, received, self._clock.monotonic(), silent=silent)
            self._under_way -= 1
        self._under_way += 1
        try:
            result = await looked_at(item.camera_id, result, self._clock.now(), self._look)
        finally:
            self._under_way -= 1
        self.count += 1
        if result.clock_difference is None and item.camera_id in self._clocks:
            result = replace(result, clock_difference=self._clocks[item.camera_id])
        measured = result.first_frame and item.camera_id in self._measuring
        self._tried.append(Tried(item.camera_id, self._clock.now(), result, measured))
        item.failures = 0 if result.first_frame else item.failures + 1
        if health_after(result, item.failures, self._settings.offline_after) is None:
            now = self._clock.monotonic()
            schedule.add(item, now, now + self._settings.retry_seconds)
        else:
            self._settle(item, result.error or "")

    def _excuse(self, schedule: Schedule, item: Item) -> None:
        """We lack something ourselves, perhaps only for a moment. In the end the camera keeps the state it has, and the
        next sweep tries it again."""
        item.excused += 1
        if item.excused < EXCUSES_MOST:
            now = self._clock.monotonic()
            schedule.add(item, now, now + self._settings.retry_seconds)
        else:
            self._settle(item, "not_possible")

    def _settle(self, item: Item, cause: str) -> None:
        self._settled.add(item.position)
        self._counts[(item.platform or store.NO_PLATFORM, cause)] += 1

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
            # Marks and tries are taken together, without a pause between them: neither runs ahead of the other.
            settled = set(self._settled)
            tried, self._tried = self._tried, []
            counts, self._counts = self._counts, Counter()
            links = self._schedule.links if self._schedule is not None else []
            now = self._clock.now()
            try:
                async with self._database.write() as session:
                    if not await store.advance(session, self._held, settled, links, now, release=release):
                        raise ShardLost
                    await write_tries(session, tried, self._settings, always=self._held.kind == "recheck")
                    await store.count_settled(session, self._held.sweep_id, counts)
                    lanes = await store.lanes(session, now - store.STALE)
                    rules = await self._rules(session)
            except BaseException:
                self._tried = tried + self._tried
                self._counts = counts + self._counts
                raise
            if rules is not None and self._schedule is not None:
                self._schedule.change(rules, self._clock.monotonic())
            self._share(links, lanes)

    async def _rules(self, session: ReadSession) -> Rules | None:
        """The limits as they are set now, from time to time."""
        self._writes += 1
        return await limits_store.rules(session, self._settings) if self._writes % RULES_EVERY == 0 else None

    def _share(self, links: list[str], lanes: dict[tuple[UUID, int], frozenset[str]]) -> None:
        """Divide what each link bears with the other shards that are worked on now."""
        own = (self._held.sweep_id, self._held.number)
        numbers = {lane: number for number, lane in enumerate(sorted({*lanes, own}))}
        used = {numbers[lane]: links for lane, links in lanes.items()}
        if self._schedule is not None:
            self._schedule.share(shares(links, used, numbers[own]), self._clock.monotonic())


async def looked_at(camera_id: UUID, result: ProbeResult, at: datetime, look: Look | None) -> ProbeResult:
    """Let `look` see the picture; returns the result without it, because results wait in memory to be written."""
    if result.picture is None:
        return result
    if look is not None:
        try:
            # A try may go on for seconds after its picture came, and the clock in it is held against that moment.
            seen = look(camera_id, result.picture, result.picture_at or at)
            if seen is not None:
                await seen
        except Refusal as refusal:
            # A picture that cannot be judged is no reason to lose the proof that there is one.
            log.warning("look_failed", camera=str(camera_id), code=refusal.code)
    return replace(result, picture=None)
