"""Who records on a media node: finds out which cameras should be recorded here now, and has each one recorded.

A camera that goes away is waited for, a node that comes or goes moves only its share (`placement.node_for`), and a plan
that is changed is followed within seconds.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.gate import service as gate
from commonsight.gate.model import Action
from commonsight.media.hub import Hub, Reading
from commonsight.media.recordings import plan_store, store
from commonsight.media.recordings.filer import Filer
from commonsight.media.recordings.keeper import Keeper
from commonsight.media.recordings.model import RETENTION_LEAST, Kind, Wanted, active
from commonsight.media.recordings.model import Recorder as State
from commonsight.media.recordings.recorder import Recorder
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.records.notify import listen
from commonsight.records.placement import node_for
from commonsight.settings import Settings

CHANGED: Final = "recordings_changed"
"""Channel on which nodes hear that plans or orders are others now."""
LOOK_SECONDS: Final = 3.0
MEANT_SECONDS: Final = 30.0
"""Which cameras a plan means is asked anew this often: cameras come and go, and move."""
PERMIT_HOURS: Final = 24.0
RENEW_SECONDS: Final = 3_600.0
WAITS: Final = (1.0, 3.0, 10.0, 30.0, 60.0)
"""Pauses before a camera is tried again, s; the last one repeats."""
STEADY_SECONDS: Final = 30.0
"""Who has been recorded so long is tried again at once."""
OPENING_MOST: Final = 8
"""Cameras opened at the same time: a node that starts must not meet 200 cameras in one second."""

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Post:
    """One camera, and how its recording goes."""

    wanted: Wanted
    since: datetime
    state: State = State.WAITING
    reason: str | None = None
    recorder: Recorder | None = None
    task: "asyncio.Task[None] | None" = None

    def says(self, state: State, reason: str | None, now: datetime) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason, self.since = state, reason, now


class Crew:
    """Records on the node `name`, through its hub and under permits of its own."""

    def __init__(
        self, hub: Hub, database: Database, clock: Clock, name: str, settings: Settings, keeper: Keeper, filer: Filer
    ) -> None:
        self._hub, self._database, self._clock, self._name = hub, database, clock, name
        self._settings, self._keeper, self._filer = settings, keeper, filer
        self._zone = ZoneInfo(settings.region.timezone)
        self._posts: dict[UUID, _Post] = {}
        self._meant: dict[UUID, tuple[int, float, list[UUID]]] = {}
        self._ticket = ""
        self._ticket_until: datetime | None = None
        self._asking = asyncio.Lock()
        self._opening = asyncio.Semaphore(OPENING_MOST)
        self._changed = asyncio.Event()
        self._random = random.Random(name)  # noqa: S311  jitter, no secret

    @property
    def recording(self) -> int:
        """Cameras that are being recorded."""
        return sum(post.state is State.RECORDING for post in self._posts.values())

    async def run(self) -> None:
        """Record for ever."""
        hearing = asyncio.create_task(self._hear())
        try:
            while True:
                self._changed.clear()
                try:
                    await self._look()
                except (SQLAlchemyError, OSError, TimeoutError) as error:
                    log.warning("plans_not_read", error=f"{type(error).__name__}: {error}"[:300])  # what runs goes on
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            await self.stop()

    async def stop(self) -> None:
        """End every recording; what was taken is on the disk afterwards."""
        posts = list(self._posts.values())
        self._posts.clear()
        await asyncio.gather(*(self._relieve(post) for post in posts))

    async def _hear(self) -> None:
        async for channel, _ in listen(self._database.dsn, [CHANGED]):
            if channel == CHANGED:
                self._meant.clear()
                self._changed.set()

    async def _look(self) -> None:
        wanted = await self.wanted(self._clock.now())
        for camera_id in [known for known in self._posts if known not in wanted]:
            await self._relieve(self._posts.pop(camera_id))
        now = self._clock.now()
        for camera_id, (want, barred) in wanted.items():
            post = self._posts.get(camera_id)
            if post is None:
                post = self._posts[camera_id] = _Post(want, now)
            post.wanted = want
            if post.recorder is not None:
                post.recorder.wanted = want
            if barred is not None:
                await self._relieve(post)
                post.says(State.STOPPED if barred != "node_full" else State.WAITING, barred, now)
            elif post.task is None or post.task.done():
                post.task = asyncio.create_task(self._record(post), name=f"record-post-{camera_id}")
        rows = [self._row(post) for post in self._posts.values()]
        async with self._database.write() as session:
            await store.put_states(session, self._name, rows)

    async def wanted(self, now: datetime) -> dict[UUID, tuple[Wanted, str | None]]:
        """The cameras to be recorded here now, with what keeps one from being recorded."""
        async with self._database.read() as session:
            alive = [node.name for node in await nodes.alive(session, "media") if node.detail.get("records")]
            plans = await plan_store.plans(session)
            asked = await plan_store.ordered(session, now, RETENTION_LEAST)
            for plan in plans:
                if plan.enabled and active(plan.hours, now, self._zone):
                    for camera_id in await self._cameras_of(session, plan):
                        asked.append(
                            Wanted(camera_id, plan.id, Kind.CONTINUOUS, plan.priority, plan.retention_days)
                        )  # fmt: skip
        alive = sorted({*alive, self._name})
        mine = [each for each in merged(asked) if node_for(each.camera_id, alive) == self._name]
        mine.sort(key=lambda each: (each.priority, each.camera_id))
        found: dict[UUID, tuple[Wanted, str | None]] = {}
        for place, each in enumerate(mine):
            found[each.camera_id] = each, self._barred(each, place)
        return found

    def _barred(self, want: Wanted, place: int) -> str | None:
        if not self._keeper.present:
            return "disk_missing"
        if want.priority >= self._keeper.stopped:
            return "disk_full"
        if want.plan_id in self._keeper.over_quota:
            return "quota"
        return "node_full" if place >= self._settings.recording.cameras_max else None

    async def _cameras_of(self, session: Any, plan: Any) -> Sequence[UUID]:
        version, at, cameras = self._meant.get(plan.id, (-1, 0.0, []))
        if version != plan.version or self._clock.monotonic() - at > MEANT_SECONDS:
            cameras = await plan_store.meant(session, plan.cameras, plan.scope)
            self._meant[plan.id] = plan.version, self._clock.monotonic(), cameras
        return cameras

    def _row(self, post: _Post) -> dict[str, Any]:
        return {
            "camera_id": post.wanted.camera_id, "node": self._name, "plan_id": post.wanted.plan_id,
            "kind": post.wanted.kind.value, "state": post.state.value, "reason": post.reason, "since": post.since,
        }  # fmt: skip

    async def _relieve(self, post: _Post) -> None:
        """Record this camera no more, and keep what was taken."""
        task, post.task = post.task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # --- one camera ---------------------------------------------------------------------------------------------------

    async def _record(self, post: _Post) -> None:
        failures = 0
        while True:
            began = self._clock.monotonic()
            reason = await self._once(post)
            failures = 0 if self._clock.monotonic() - began > STEADY_SECONDS else failures + 1
            if reason == "permit_expired":
                continue
            post.says(State.WAITING, reason, self._clock.now())
            wait = WAITS[min(max(failures - 1, 0), len(WAITS) - 1)]
            await self._clock.sleep(wait * self._random.uniform(0.7, 1.0))

    async def _once(self, post: _Post) -> str:
        """Record until it ends by itself; returns why."""
        camera_id = post.wanted.camera_id
        made: list[Recorder] = []

        def make(on_first: Callable[[], None]) -> Recorder:
            recorder = Recorder(
                post.wanted, self._settings.recordings_dir, self._name, self._clock,
                segment_seconds=self._settings.recording.segment_seconds, filed=self._filer.file, on_first=on_first,
            )  # fmt: skip
            made.append(recorder)
            return recorder

        reading: Reading | None = None
        reason = "recording_ended"
        try:
            async with self._opening:
                ticket = await self._permit()
                reading = await self._hub.enter(ticket, camera_id, make, action=Action.LIVE)
                post.recorder = made[0]
                await self._first(made[0])
            await self._watch(post, made[0])
            reason = made[0].ended.result()
            if made[0].fault is not None:
                reason = "disk_error"
            if reason == "permit_revoked":
                self._ticket_until = None  # this permit is over; whether plans go on is decided by who may change plans
        except Refusal as refusal:
            reason = refusal.code.rpartition(".")[2]
            if refusal.code.startswith("gate.ticket"):
                self._ticket_until = None
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("camera_not_recorded", camera=str(camera_id), error=type(error).__name__)
            reason = "register_unavailable"
        finally:
            post.recorder = None
            if reading is not None:
                self._hub.leave(reading, reason)
            for recorder in made:
                await asyncio.shield(recorder.close())
        return reason

    async def _first(self, recorder: Recorder) -> None:
        """Wait for the first picture as long as a camera may take, so that openings do not pile up."""
        live = asyncio.create_task(recorder.live.wait())
        either: list[asyncio.Future[Any]] = [live, recorder.ended]
        timeout = self._settings.media.open_timeout
        await asyncio.wait(either, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        live.cancel()

    async def _watch(self, post: _Post, recorder: Recorder) -> None:
        while not recorder.ended.done():
            if recorder.live.is_set():
                post.says(State.RECORDING, None, self._clock.now())
            else:
                post.says(State.WAITING, "reconnecting", self._clock.now())
            await asyncio.wait([recorder.ended], timeout=1.0)

    async def _permit(self) -> str:
        """This node's ticket, renewed an hour before it ends."""
        async with self._asking:
            now = self._clock.now()
            if self._ticket_until is None or now > self._ticket_until - timedelta(seconds=RENEW_SECONDS):
                async with self._database.write() as session:
                    issued = await gate.issue_system(
                        session, name=f"recorder {self._name}", purpose_code="recording", hours=PERMIT_HOURS
                    )
                self._ticket, self._ticket_until = issued.ticket, issued.permit.expires_at
            return self._ticket


def merged(asked: Sequence[Wanted]) -> list[Wanted]:
    """One wish a camera: as important as the most important says, kept as long as the longest says."""
    best: dict[UUID, Wanted] = {}
    for each in asked:
        known = best.get(each.camera_id)
        if known is None:
            best[each.camera_id] = each
            continue
        longest = max(known, each, key=lambda one: (one.plan_id is not None, one.keep_days, -one.priority))
        kind = known.kind if known.plan_id is None else each.kind
        best[each.camera_id] = replace(longest, priority=min(known.priority, each.priority), kind=kind)
    return list(best.values())
