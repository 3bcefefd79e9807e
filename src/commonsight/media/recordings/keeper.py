"""Keeping recordings as long as they must be kept and no longer, and what happens when the disk fills.

What goes, in this order:

1. what has been kept as long as its plan says (and at least as long as the law asks for),
2. when room is short: what the law no longer asks for, of the least important plans first, the oldest first,
3. nothing else, ever. Then plans stop recording, the least important first, and say so; they go on when there is room.

Deleting takes three steps, each of which may be the last before the power fails: off the books, off the disk, and on
record (outbox `media.recordings_deleted`, with the digest of every file).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight import outbox
from commonsight.clock import Clock
from commonsight.media.recordings import plan_store, store
from commonsight.media.recordings.filer import remove, room
from commonsight.media.recordings.model import RETENTION_LEAST, StoreState
from commonsight.records.database import Database, WriteSession
from commonsight.settings import Settings

LOOK_SECONDS: Final = 20.0
BATCH: Final = 200
"""Segments deleted in one transaction, and named in one entry of the outbox."""
BATCHES_MOST: Final = 50
"""Batches one look deletes; the next look goes on."""
FORGET_DAYS: Final = 400
MARK: Final = ".commonsight"
"""Lies among a node's recordings: where it is missing, another disk is mounted, or none."""
RELIEF: Final = 1.2
"""Recording goes on once there is so much more room than the reserve: it must not stop and go every minute."""
LEAST_IMPORTANT: Final = 9

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """What a node's recordings have: `used` bytes of theirs, `free` bytes on the disk, `short` bytes too few."""

    used: int
    free: int
    total: int
    short: int
    relieved: bool


class Keeper:
    """Looks after the disk of the node `name`.

    Args:
        measure: (free, total) bytes of the disk; may raise OSError.
    """

    def __init__(
        self, database: Database, clock: Clock, name: str, settings: Settings,
        measure: Callable[[Path], tuple[int, int]] = room,
    ) -> None:  # fmt: skip
        self._database, self._clock, self._name = database, clock, name
        self._root = settings.recordings_dir
        self._quota, self._reserve = settings.recording.quota_bytes, settings.recording.reserve_bytes
        self._measure = measure
        self.stopped = LEAST_IMPORTANT + 1
        """Plans of this priority and less important ones do not record: no room. Above 9: all do."""
        self.over_quota: frozenset[UUID] = frozenset()
        """Plans that have used up their quota with recordings nobody may delete yet."""
        self.present = False
        """Whether the disk is there."""

    async def claim(self) -> bool:
        """Find our recordings, or begin an empty place for them. False: there should be some, and there are none."""
        mark = self._root / self._name / MARK
        async with self._database.read() as session:
            expected = await store.any_of(session, self._name)
        self.present = await asyncio.to_thread(_claimed, mark, expected)
        if not self.present:
            log.error("recordings_missing", node=self._name, path=str(mark.parent))
        return self.present

    async def run(self) -> None:
        """Look after it for ever. A database or a disk that is away is waited for."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("recordings_not_kept", error=f"{type(error).__name__}: {error}")
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> StoreState:
        """One look: delete what is due, make room where it is short, say how it stands."""
        now = self._clock.now()
        if not await self.claim():
            nothing = Room(0, 0, 0, 0, relieved=False)
            await self._say(nothing, StoreState.MISSING, self.stopped)
            return StoreState.MISSING
        for _ in range(BATCHES_MOST):
            async with self._database.write() as session:
                due = await store.mark_due(session, self._name, now, RETENTION_LEAST, BATCH)
            await self._clear()
            if due < BATCH:
                break
        await self._keep_quotas()
        state = await self._make_room()
        async with self._database.write() as session:
            await store.forget(session, now - timedelta(days=FORGET_DAYS), BATCH)
        return state

    async def _make_room(self) -> StoreState:
        state = StoreState.FINE
        standing = await self._room()
        for _ in range(BATCHES_MOST):
            if standing.short <= 0:
                break
            async with self._database.write() as session:
                freed = await store.mark_early(session, self._name, self._clock.now(), "disk_full", BATCH)
            if not freed:
                state = StoreState.FULL
                break
            state = StoreState.TIGHT
            await self._clear()
            standing = await self._room()
        before = self.stopped
        if state is StoreState.FULL:
            self.stopped = max(self.stopped - 1, 1)
        elif standing.relieved:
            self.stopped = min(self.stopped + 1, LEAST_IMPORTANT + 1)
        if state is not StoreState.FULL and self.stopped <= LEAST_IMPORTANT:
            state = StoreState.FULL
        await self._say(standing, state, before)
        return state

    async def _say(self, standing: Room, state: StoreState, before: int) -> None:
        stopped = self.stopped if self.stopped <= LEAST_IMPORTANT else 0
        async with self._database.write() as session:
            await store.put_store(
                session, self._name, path=str(self._root), used=standing.used, free=standing.free,
                total=standing.total, state=state, stopped=stopped,
            )  # fmt: skip
            if self.stopped != before:
                said = {
                    "node": self._name, "stopped_priority": stopped, "free_bytes": standing.free,
                    "used_bytes": standing.used,
                }  # fmt: skip
                topic = "media.recording_stopped" if self.stopped < before else "media.recording_resumed"
                await outbox.append(session, topic, said)
        if self.stopped != before:
            log.warning("recording_room", node=self._name, stopped_priority=stopped, free=standing.free)

    async def _room(self) -> Room:
        async with self._database.read() as session:
            used = await store.used(session, self._name)
        free, total = await asyncio.to_thread(self._measure, self._root)
        short = self._reserve - free
        relieved = free > self._reserve * RELIEF
        if self._quota:
            short = max(short, used - self._quota)
            relieved = relieved and used * RELIEF < self._quota
        return Room(used, free, total, short, relieved)

    async def _keep_quotas(self) -> None:
        """A plan beyond its quota gives up what the law no longer asks for; if that is not enough it stops."""
        async with self._database.read() as session:
            quotas = {plan.id: plan.quota_bytes for plan in await plan_store.plans(session) if plan.quota_bytes}
            used = await store.used_by_plans(session, self._name) if quotas else {}
        over = set()
        for plan_id, quota in quotas.items():
            left = used.get(plan_id, 0) - quota
            for _ in range(BATCHES_MOST):
                if left <= 0:
                    break
                async with self._database.write() as session:
                    freed = await store.mark_early(
                        session, self._name, self._clock.now(), "quota", BATCH, plan_id=plan_id
                    )
                if not freed:
                    over.add(plan_id)
                    break
                left -= freed
                await self._clear()
        self.over_quota = frozenset(over)

    async def _clear(self) -> None:
        """Take what is off the books off the disk, too, and put that on record."""
        while True:
            async with self._database.read() as session:
                found = await store.marked(session, self._name, BATCH)
            if not found:
                return
            missing = await asyncio.to_thread(self._remove, found)
            async with self._database.write() as session:
                for (camera, because), group in groupby(
                    found, key=lambda each: (each.recording.camera_id, each.because)
                ):
                    await self._prove(session, str(camera), because, list(group), missing)
                await store.mark_removed(session, [each.recording.id for each in found], self._clock.now())
            log.info("recordings_deleted", node=self._name, segments=len(found), missing=len(missing))

    def _remove(self, found: Sequence[store.Marked]) -> set[str]:
        gone = set()
        for each in found:
            if not remove(self._root, self._name, each.recording.path):
                gone.add(each.recording.path)
        return gone

    async def _prove(
        self, session: WriteSession, camera: str, because: str, group: Sequence[store.Marked], missing: set[str]
    ) -> None:
        recordings = [each.recording for each in group]
        await outbox.append(
            session,
            "media.recordings_deleted",
            {
                "camera": camera,
                "node": self._name,
                "because": because,
                "from": min(one.starts_at for one in recordings).isoformat(),
                "to": max(one.ends_at for one in recordings).isoformat(),
                "bytes": sum(one.size for one in recordings),
                "segments": [
                    {
                        "recording": str(one.id),
                        "from": one.starts_at.isoformat(),
                        "to": one.ends_at.isoformat(),
                        "sha256": one.sha256.hex(),
                        "plan": None if one.plan_id is None else str(one.plan_id),
                        "was_there": one.path not in missing,
                    }
                    for one in recordings
                ],
            },
        )

    async def check(self) -> int:
        """Find recordings on the books that the disk does not have, and take them off. Returns how many."""
        lost, after = 0, None
        home = self._root / self._name

        def missing(page: list[tuple[UUID, str]]) -> list[UUID]:
            return [one for one, path in page if not (home / path).exists()]

        while self.present:
            async with self._database.read() as session:
                page = await store.live_paths(session, self._name, after, 1_000)
            if not page:
                return lost
            after = page[-1][0]
            gone = await asyncio.to_thread(missing, page)
            if gone:
                lost += len(gone)
                log.error("recordings_lost", node=self._name, segments=len(gone))
                async with self._database.write() as session:
                    await store.mark_lost(session, gone, self._clock.now())
        return lost


def _claimed(mark: Path, expected: bool) -> bool:
    if not mark.exists():
        if expected:
            return False
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch(mode=0o600)
    return True
