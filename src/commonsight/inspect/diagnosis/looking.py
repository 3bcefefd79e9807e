"""Looking at pictures as sweeps decode them: a bounded queue, threads that measure, one transaction for a batch.

A sweep hands a picture over and goes on. When measuring falls behind, the sweep waits here: a picture is never dropped
silently, and never more than `diagnosis.waiting` of them are held.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Protocol, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from commonsight.clock import Clock
from commonsight.inspect.diagnosis import evidence, store
from commonsight.inspect.diagnosis.service import Measured, record
from commonsight.records.database import Database, ReadSession, WriteSession
from commonsight.settings import Settings
from commonsight.vision.picture import Planes
from commonsight.vision.quality.measure import measure
from commonsight.vision.quality.model import Fingerprint, Look
from commonsight.vision.quality.still import jpeg
from commonsight.vision.quality.tone import colourless

log = structlog.get_logger(__name__)

BATCH: Final = 16
"""Pictures whose verdicts are written in one transaction, at most."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What another reader made of a picture: scores by item, and what people are shown beside them."""

    scores: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Reader(Protocol):
    """Something else that looks at pictures, such as the reading of characters.

    `prepare` reads what it must know of some cameras, `read` looks at one picture on a thread, `keep` writes what it
    wants to remember of those, in the transaction of the verdicts.
    """

    async def prepare(self, session: ReadSession, cameras: Sequence[UUID]) -> Mapping[UUID, Any]: ...
    def read(self, known: Any, look: Look, at: datetime) -> Reading: ...
    async def keep(self, session: WriteSession) -> None: ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    camera_id: UUID
    picture: Planes
    at: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read of a batch before it is measured."""

    subjects: Mapping[UUID, store.Subject]
    readers: tuple[Mapping[UUID, Any], ...]


class Diagnoser:
    """Takes pictures in while it is open: `async with Diagnoser(…) as diagnoser: await diagnoser.look(…)`.

    Leaving waits until everything taken in is written.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        *,
        readers: Sequence[Reader] = (),
        decisive: bool = False,
    ) -> None:
        """
        Args:
            decisive: somebody waits for these cameras: all of them are due, and one look proves a repair.
        """
        self._database, self._clock, self._settings = database, clock, settings.diagnosis
        self._interval = settings.inspect.interval_seconds
        self._place = evidence.place_of(settings.data_dir)
        self._zone = ZoneInfo(settings.region.timezone)
        self._readers, self._decisive = tuple(readers), decisive
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue(settings.diagnosis.waiting)
        self._worker: asyncio.Task[None] | None = None
        self._pool: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._settings.threads, "diagnosis")
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._worker is not None
        assert self._pool is not None
        try:
            if not self._worker.done():
                await self._queue.put(None)
            await self._worker
        finally:
            self._worker.cancel()
            self._pool.shutdown(wait=False)

    async def due(self, cameras: Sequence[UUID]) -> set[UUID]:
        """Whose picture is to be kept for a look: not looked at for so many sweeps, or something is unsettled."""
        if not self._settings.enabled:
            return set()
        if self._decisive:
            return set(cameras)
        # A sweep does not come round to the second.
        since = timedelta(seconds=self._interval * (self._settings.every_sweeps - 0.5))
        async with self._database.read() as session:
            return await store.due(session, cameras, self._clock.now() - since)

    async def look(self, camera_id: UUID, picture: Planes, at: datetime) -> None:
        """Take a decoded picture in; waits while too many are waiting."""
        if self._worker is None or self._worker.done():
            raise RuntimeError("a Diagnoser takes pictures only while it is open and its worker lives")
        await self._queue.put(_Waiting(camera_id, picture, at))

    async def _work(self) -> None:
        ended = False
        while not ended:
            batch: list[_Waiting] = []
            one = await self._queue.get()
            while one is not None:
                batch.append(one)
                if len(batch) == BATCH or self._queue.empty():
                    break
                one = self._queue.get_nowait()
            ended = one is None
            if batch:
                try:
                    await self.take(batch)
                except Exception:
                    # What the next sweep sees will be judged anew; the queue must not stand still meanwhile.
                    log.exception("diagnosis_failed", cameras=len(batch))

    async def take(self, batch: Sequence[_Waiting]) -> None:
        """Measure some pictures and write what came of it."""
        loop = asyncio.get_running_loop()
        ids = [one.camera_id for one in batch]
        async with self._database.read() as session:
            subjects = await store.subjects(session, ids)
            readers = tuple([await reader.prepare(session, ids) for reader in self._readers])
        known = _Known(subjects, readers)
        measured = await asyncio.gather(
            *(loop.run_in_executor(self._pool, self._measure, one, known) for one in batch if one.camera_id in subjects)
        )
        pictures = {(one.camera_id, one.at): one.picture for one in batch}

        def keep(camera_id: UUID, at: datetime) -> str | None:
            name = evidence.name_of(camera_id, at)
            made = jpeg(pictures[(camera_id, at)], self._settings.evidence_width)
            evidence.keep(self._place, name, made)
            return name

        async with self._database.write() as session:
            changes = await record(
                session, measured, self._zone, keep=self._settings.keep_looks, evidence=keep, decisive=self._decisive
            )
            for reader in self._readers:
                await reader.keep(session)
        for change in changes:
            found = change.finding
            log.info(
                "picture_verdict", camera=str(found.camera_id), item=found.item, state=change.state.value,
                score=round(found.score, 3), threshold=found.threshold,
            )  # fmt: skip

    def _measure(self, one: _Waiting, known: _Known) -> Measured:
        """On a thread."""
        look, subject = Look(one.picture), known.subjects[one.camera_id]
        previous: Fingerprint | None = None
        if subject.fingerprint_at is not None:
            passed = (one.at - subject.fingerprint_at).total_seconds()
            previous = subject.fingerprint if passed >= self._settings.freeze_seconds else None
        scores = measure(look, previous)
        details: dict[str, Mapping[str, Any]] = {}
        for reader, cameras in zip(self._readers, known.readers, strict=True):
            if one.camera_id in cameras:
                reading = reader.read(cameras[one.camera_id], look, one.at)
                scores |= reading.scores
                details |= reading.details
        # A picture too soon after the last is no new point of comparison.
        fresh = subject.fingerprint_at is None or previous is not None
        return Measured(one.camera_id, one.at, scores, details, colourless(look), look.fingerprint if fresh else None)
