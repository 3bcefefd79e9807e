"""Watching one leased camera: packets to frames to figures, and the figures to the database under the lease's epoch."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError

from commonsight.analyze import store
from commonsight.analyze.budget import store as budget
from commonsight.analyze.engine.batch import Batches, worthwhile
from commonsight.analyze.engine.eye import Detects, Eye, EyeSettings
from commonsight.analyze.engine.feed import Feed, Stream
from commonsight.analyze.engine.meter import Meter
from commonsight.analyze.engine.plan import Closeness, Order, Plan, counted, wanted, watched
from commonsight.analyze.engine.workload import Workload
from commonsight.analyze.incidents import store as incidents
from commonsight.analyze.look import Looked, Looker, Scenes
from commonsight.analyze.model import Analysis, State, interval_start
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.scenes.model import Decoding, Setup, Sighting
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.scenes.runner import Runner
from commonsight.analyze.store import Lease, LeaseLost
from commonsight.analyze.tally import Tally
from commonsight.analyze.traits import service as traits
from commonsight.clock import Clock
from commonsight.media.client import StreamEnded
from commonsight.problem import Refusal
from commonsight.records.database import Database, WriteSession
from commonsight.settings import See
from commonsight.vision.decode import Frame

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Waits before a stream or a detector is asked for again; the last repeats."""
SIGHTINGS_MOST: Final = 500
"""Sightings kept for a database that does not answer; beyond it the newest are given up and counted."""
ALL: Final = EyeSettings(region=False)
"""Where compute is not short the whole picture is looked at: people who watch expect a box around everybody."""
IDLE: Final = Closeness(60.0, Decoding.KEYFRAMES)
"""How closely a camera is looked at whose document asks for nothing just now."""

LOST = Counter("commonsight_see_sightings_lost", "Sightings given up because the database did not answer")


@dataclass(slots=True)
class Tools:
    """What all cameras of one worker share.

    Attributes:
        streams: opens a camera's packets (media's client under this worker's permit).
        detector: the detector of a model by name (None: the settings'); raises Refusal when it cannot be had.
        workload: what all its cameras cost; what it can take more is computed from that.
        scenes: the scenes of a document at work.
        batches: pictures of its cameras through the network together, where it does not run on the processor.
    """

    database: Database
    clock: Clock
    settings: See
    streams: Callable[[UUID], AbstractAsyncContextManager[Stream]]
    detector: Callable[[str | None], Detects]
    inference: ThreadPoolExecutor
    decoding: ThreadPoolExecutor
    workload: Workload = field(default_factory=Workload)
    scenes: Callable[[Analysis], Scenes] = lambda analysis: Runner(analysis, installed())
    batches: Batches = field(init=False)

    def __post_init__(self) -> None:
        self.batches = Batches(self.inference)


class Watch:
    """One leased camera. `run` ends when cancelled or when the lease is lost."""

    def __init__(self, lease: Lease, tools: Tools) -> None:
        self.lease = lease
        self._tools = tools
        self._reason: str | None = "analyze.starting"
        self._meter = Meter(tools.clock.monotonic())
        self._present: dict[str, int] = {}
        self._tally: Tally | None = None
        self._scenes = tools.scenes(lease.analysis) if lease.analysis.scenes else None
        self._counted = counted(lease.analysis)
        self._every = 1 / min(lease.analysis.fps or tools.settings.fps, 60.0)
        self._sightings: list[tuple[Setup, Sighting]] = []
        self._afoot = False
        self._plan = Plan(IDLE, IDLE, tools.clock.monotonic())
        self._replan()

    async def run(self) -> None:
        """Watch until cancelled, until the document changes, or until the budget gives nothing.

        Raises:
            LeaseLost: the camera is another's now; nothing was written since.
        """
        now = self._tools.clock.now()
        async with self._tools.database.read() as session:
            minute = await store.running(session, self.lease.camera_id, interval_start(now))
            day = await store.day_totals(session, self.lease.camera_id, now.date())
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            lines = await store.line_totals(session, self.lease.camera_id, midnight, midnight + timedelta(days=1))
        self._tally = Tally(
            self.lease.camera_id, self.lease.place, self._counted.lines, self._counted.zones, now, minute, day, lines
        )  # fmt: skip
        looking = asyncio.create_task(self._look_for_ever(self._tally))
        try:
            await self._keep(self._tally, looking)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def leave(self) -> None:
        """Write what is left and give the lease back; errors are the next holder's gain, not ours to raise."""
        self._tools.workload.gone(self.lease.camera_id)
        with contextlib.suppress(LeaseLost, DBAPIError, OSError, TimeoutError):
            if self._scenes is not None:
                self._sight(self._scenes.leave(self._tools.clock.now()))
            if self._tally is not None:
                await self._write(self._tally)
            async with self._tools.database.write() as session:
                await store.release(session, self.lease)

    # -- keeping the lease and writing -------------------------------------------------------------------------------

    async def _keep(self, tally: Tally, looking: asyncio.Task[None]) -> None:
        while True:
            try:
                version = await self._write(tally)
            except (DBAPIError, OSError, TimeoutError) as error:
                # The database is away, so nobody else can take the camera either; the epoch decides when it is back.
                log.warning("observations_wait", camera=str(self.lease.camera_id), error=type(error).__name__)
            else:
                if version != self.lease.version or self._plan.off:
                    return
            sleeping = asyncio.create_task(self._tools.clock.sleep(self._tools.settings.flush_seconds))
            await asyncio.wait([looking, sleeping], return_when=asyncio.FIRST_COMPLETED)
            if looking.done():
                sleeping.cancel()
                looking.result()
                raise RuntimeError("looking ended without a reason")

    async def _write(self, tally: Tally) -> int:
        """In one transaction: check the epoch, prolong the lease, write. Returns the document's version."""
        clock = self._tools.clock
        now = clock.now()
        reading = self._meter.read(clock.monotonic())
        if self._reason is None and reading.looks == 0:
            self._reason = "analyze.no_pictures"
        running = self._reason is None
        state = State(
            running, self.lease.worker, self.lease.epoch, round(reading.looks, 2), round(reading.coverage, 3),
            self._reason or (self._scenes.reason if self._scenes is not None else None),
        )  # fmt: skip
        self._tools.workload.read(self.lease.camera_id, reading)
        told = reading.told() | self._plan.told(clock.monotonic()) | {"afoot": self._afoot}
        told |= {"capacity": self._tools.workload.told(self._tools.settings.cores)}
        page, sightings = tally.page(now), tuple(self._sightings)
        apart = tuple(getattr(self._scenes, "apart", ()))
        async with self._tools.database.write() as session:
            version = await store.renew(
                session, self.lease, self._tools.settings.lease_seconds, state, self._present if running else {}, told
            )
            await self._obey(session)
            await store.put(session, self.lease.camera_id, self.lease.place, page.observations)
            for day, totals in page.days:
                await store.put_day(session, self.lease.camera_id, self.lease.place, day, totals, now)
            await incidents.put(
                session, self.lease.camera_id, self.lease.place, self.lease.epoch, self.lease.worker, sightings, now
            )  # fmt: skip
            await traits.keep(session, self.lease.camera_id, apart)
        tally.written(page, now)
        for _ in apart:
            self._scenes.apart.popleft()  # type: ignore[union-attr]
        del self._sightings[: len(sightings)]
        self._replan()
        return version

    async def _obey(self, session: WriteSession) -> None:
        """Take what the budget gives from now on."""
        given = await budget.given(session, self.lease.camera_id)
        self._tools.workload.promise(self.lease.camera_id, None if given is None else given.cost)
        if given is None:
            self._plan.order(None)
        else:
            self._plan.order(Order(given.tier, Closeness(max(given.every_seconds, 0.01), given.decoding)))

    def _replan(self) -> None:
        """What the document asks for changes with the hours of its scenes, and with scenes that fail."""
        needs = None if self._scenes is None else self._scenes.needs_at(self._tools.clock.now())
        counting = bool(self._counted.lines or self._counted.zones)
        if needs is None and not counting:
            self._plan.want(IDLE, IDLE)
        else:
            self._plan.want(*wanted(needs, self._every if counting else None))

    # -- looking -----------------------------------------------------------------------------------------------------

    async def _look_for_ever(self, tally: Tally) -> None:
        """Ask for the stream again and again; `reason` says what is in the way."""
        failures = 0
        while True:
            began = self._tools.clock.monotonic()
            try:
                detector = await asyncio.get_running_loop().run_in_executor(
                    self._tools.inference, self._tools.detector, self.lease.analysis.model
                )
                async with self._tools.streams(self.lease.camera_id) as stream:
                    await self._look(stream, detector, tally)
                reason = "analyze.stream_ended"
            except Refusal as refusal:
                reason = refusal.code
            except StreamEnded as ended:
                reason = f"media.{ended.code}"
            except (DBAPIError, OSError, TimeoutError) as error:
                log.warning("watch_interrupted", camera=str(self.lease.camera_id), error=type(error).__name__)
                reason = "analyze.interrupted"
            if reason != self._reason:
                log.info("watch_stopped", camera=str(self.lease.camera_id), reason=reason)
            self._reason, self._present = reason, {}
            failures = 0 if self._tools.clock.monotonic() - began > 60 else failures + 1
            await self._tools.clock.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])

    async def _look(self, stream: Stream, detector: Detects, tally: Tally) -> None:
        """Look at the pictures of one open stream until it ends."""
        loop, clock = asyncio.get_running_loop(), self._tools.clock
        eye = Eye(score=self._tools.settings.score, watched=watched(self.lease.analysis), settings=ALL)
        looker = Looker(self._counted, self._scenes, eye, gap_seconds=max(0.5, 2.5 * self._every))

        async def look(frame: Frame) -> None:
            eye.narrow(region=self._plan.scarce)
            found = None
            if worthwhile(detector) and self._detects():
                found = await self._tools.batches.detect(detector, frame, self._tools.settings.score)
            looked = await loop.run_in_executor(self._tools.inference, looker.look, detector, frame, clock.now(), found)
            self._take(looked, tally)
            await stream.boxes(looked.pts, looked.boxes, self._lines_shown(tally))

        await Feed(stream, self._plan, self._meter, clock, self._tools.decoding, look).run()

    def _detects(self) -> bool:
        """Whether anybody asks for road users in the pictures just now."""
        needs = None if self._scenes is None else self._scenes.needs_at(self._tools.clock.now())
        return bool(self._counted.lines or self._counted.zones or (needs is not None and needs.classes))

    def _take(self, looked: Looked, tally: Tally) -> None:
        clock = self._tools.clock
        now, moment = clock.now(), clock.monotonic()
        for crossing in looked.crossings:
            tally.cross(crossing, now)
        tally.watch(looked.seconds, looked.zones, now)
        self._afoot = False
        if looked.run is not None:
            tally.figures(looked.run.figures, looked.run_seconds, now)
            self._sight(looked.run.sightings)
            self._afoot = looked.run.afoot
            if looked.run.afoot:
                self._plan.afoot(moment)
        self._meter.looked(
            moment,
            watched=max(looked.seconds, looked.run_seconds),
            cpu=looked.cpu,
            changed=looked.changed,
            boxes=looked.users,
            doubtful=looked.doubtful,
        )
        self._tools.workload.looked(looked.cpu)
        self._present = {CLASSES[k]: int(n) for k, n in enumerate(looked.present) if n}
        self._reason = None

    def _sight(self, sightings: Sequence[tuple[Setup, Sighting]]) -> None:
        room = SIGHTINGS_MOST - len(self._sightings)
        self._sightings += sightings[: max(room, 0)]
        LOST.inc(max(len(sightings) - max(room, 0), 0))

    def _lines_shown(self, tally: Tally) -> list[dict[str, Any]]:
        shown = []
        for place, line in enumerate(self._counted.lines):
            into, outof = tally.shown(place)
            shown.append({"id": line.id, "in": into, "out": outof})
        return shown
