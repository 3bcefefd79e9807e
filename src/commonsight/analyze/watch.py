"""Watching one leased camera: packets to frames to figures, and the figures to the database under the lease's epoch."""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError

from commonsight.analyze import store
from commonsight.analyze.look import TICKS, Detects, Looked, Looker
from commonsight.analyze.model import State, interval_start
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.store import Lease, LeaseLost
from commonsight.analyze.tally import Tally
from commonsight.clock import Clock
from commonsight.connect.model import AccessUnit, StreamInfo
from commonsight.media.client import StreamEnded
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import See
from commonsight.vision.decode import Decoder, Frame

log = structlog.get_logger(__name__)

UNITS_MOST: Final = 120
"""Access units waiting to be decoded; beyond it all up to the newest keyframe are dropped."""
RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Waits before a stream or a detector is asked for again; the last repeats."""
RECENT_SECONDS: Final = 30.0
"""State's fps and coverage are means over this time."""

FRAMES = Counter("commonsight_see_frames", "Frames looked at")
DROPPED = Counter("commonsight_see_units_dropped", "Access units not decoded because analysis was behind")


class Stream(Protocol):
    """What this module needs of `media.client.PacketStream`."""

    info: StreamInfo

    def __aiter__(self) -> AsyncIterator[AccessUnit]: ...
    async def boxes(self, pts: int, boxes: Any, lines: Any = ()) -> None:
        """Show viewers what is in the picture at `pts`."""
        ...


@dataclass(slots=True)
class Tools:
    """What all cameras of one worker share.

    Attributes:
        streams: opens a camera's packets (media's client under this worker's permit).
        detector: the detector of a model by name (None: the settings'); raises Refusal when it cannot be had.
        seconds_looking: mean cost of a picture in the inference thread, s; what the budget is computed from.
    """

    database: Database
    clock: Clock
    settings: See
    streams: Callable[[UUID], AbstractAsyncContextManager[Stream]]
    detector: Callable[[str | None], Detects]
    inference: ThreadPoolExecutor
    decoding: ThreadPoolExecutor
    seconds_looking: float = 0.06


@dataclass(slots=True)
class _Recent:
    """What was looked at lately: (monotonic time, seconds watched)."""

    began: float
    looks: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=4096))

    def add(self, now: float, seconds: float) -> None:
        self.looks.append((now, seconds))

    def measure(self, now: float) -> tuple[float, float]:
        """(frames a second, share watched) of the last `RECENT_SECONDS`, or since the beginning when that is less."""
        while self.looks and self.looks[0][0] < now - RECENT_SECONDS:
            self.looks.popleft()
        span = max(min(RECENT_SECONDS, now - self.began), 1.0)
        return len(self.looks) / span, min(sum(s for _, s in self.looks) / span, 1.0)


class Pace:
    """Picks pictures at a steady rate. On a fixed grid of time: 12 asked of 25 gives 12, not every third."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._slot: int | None = None

    def wants(self, time: float) -> bool:
        """Is the picture at `time` (s) to be looked at? The first of each slot is."""
        slot = math.floor(time * self._fps + 1e-3)
        wanted = slot != self._slot
        self._slot = slot
        return wanted


class Watch:
    """One leased camera. `run` ends when cancelled or when the lease is lost."""

    def __init__(self, lease: Lease, tools: Tools) -> None:
        self.lease = lease
        self._tools = tools
        self._fps = min(lease.analysis.fps or tools.settings.fps, 60.0)
        self._reason: str | None = "analyze.starting"
        self._recent = _Recent(tools.clock.monotonic())
        self._present: dict[str, int] = {}
        self._tally: Tally | None = None

    async def run(self) -> None:
        """Watch until cancelled, or until the document changes.

        Raises:
            LeaseLost: the camera is another's now; nothing was written since.
        """
        now = self._tools.clock.now()
        async with self._tools.database.read() as session:
            minute = await store.running(session, self.lease.camera_id, interval_start(now))
            day = await store.day_totals(session, self.lease.camera_id, now.date())
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            lines = await store.line_totals(session, self.lease.camera_id, midnight, midnight + timedelta(days=1))
        analysis = self.lease.analysis
        self._tally = Tally(
            self.lease.camera_id, self.lease.place, analysis.lines, analysis.zones, now, minute, day, lines
        )  # fmt: skip
        looking = asyncio.create_task(self._look_for_ever(self._tally))
        try:
            await self._keep(self._tally, looking)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def leave(self) -> None:
        """Write what is left and give the lease back; errors are the next holder's gain, not ours to raise."""
        with contextlib.suppress(LeaseLost, DBAPIError, OSError, TimeoutError):
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
                if version != self.lease.version:
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
        fps, coverage = self._recent.measure(clock.monotonic())
        if self._reason is None and fps == 0:
            self._reason = "analyze.no_pictures"
        running = self._reason is None
        state = State(running, self.lease.worker, self.lease.epoch, round(fps, 2), round(coverage, 3), self._reason)
        page = tally.page(now)
        async with self._tools.database.write() as session:
            version = await store.renew(
                session, self.lease, self._tools.settings.lease_seconds, state, self._present if running else {}
            )
            await store.put(session, self.lease.camera_id, self.lease.place, page.observations)
            for day, totals in page.days:
                await store.put_day(session, self.lease.camera_id, self.lease.place, day, totals, now)
        tally.written(page, now)
        return version

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
        """Three steps side by side, each with a bounded hand-over: read, decode, look."""
        units: deque[AccessUnit] = deque()
        more, newest = asyncio.Event(), asyncio.Event()
        slot: list[Frame] = []
        steps = [
            asyncio.create_task(self._read(stream, units, more)),
            asyncio.create_task(self._decode(stream, units, more, slot, newest)),
            asyncio.create_task(self._count(stream, detector, tally, slot, newest)),
        ]
        try:
            done, _ = await asyncio.wait(steps, return_when=asyncio.FIRST_COMPLETED)
            for step in done:
                step.result()
        finally:
            for step in steps:
                step.cancel()
            await asyncio.gather(*steps, return_exceptions=True)

    async def _read(self, stream: Stream, units: deque[AccessUnit], more: asyncio.Event) -> None:
        """Never lets the node wait: what cannot be decoded in time is dropped up to the newest keyframe."""
        skipping = True
        async for unit in stream:
            if len(units) >= UNITS_MOST:
                keyframes = [place for place, waiting in enumerate(units) if waiting.keyframe]
                dropped = keyframes[-1] if keyframes and keyframes[-1] > 0 else len(units)
                for _ in range(dropped):
                    units.popleft()
                DROPPED.inc(dropped)
                skipping = not units
            if skipping and not unit.keyframe:
                DROPPED.inc()
                continue
            skipping = False
            units.append(unit)
            more.set()

    async def _decode(
        self, stream: Stream, units: deque[AccessUnit], more: asyncio.Event, slot: list[Frame], newest: asyncio.Event
    ) -> None:
        """Everything is decoded (pictures refer to each other); only as many as asked for a second are looked at."""
        loop = asyncio.get_running_loop()
        codec = stream.info.codec
        decoder = Decoder(codec.value)
        pace = Pace(self._fps)
        while True:
            await more.wait()
            if not units:
                more.clear()
                continue
            unit = units.popleft()
            if stream.info.codec != codec:
                codec = stream.info.codec
                decoder = Decoder(codec.value)
            for frame in await loop.run_in_executor(self._tools.decoding, decoder.feed, unit.data, unit.pts):
                if pace.wants(frame.pts / TICKS):
                    slot[:] = [frame]
                    newest.set()

    async def _count(
        self, stream: Stream, detector: Detects, tally: Tally, slot: list[Frame], newest: asyncio.Event
    ) -> None:
        """Looks at the newest frame; one that was overtaken while another camera was looked at is left out."""
        loop = asyncio.get_running_loop()
        clock = self._tools.clock
        settings = self._tools.settings
        looker = Looker(self.lease.analysis, score=settings.score, gap_seconds=max(0.5, 2.5 / self._fps))
        while True:
            await newest.wait()
            newest.clear()
            frame = slot.pop()
            looked, cost = await loop.run_in_executor(
                self._tools.inference, _timed_look, clock, looker, detector, frame
            )
            self._tools.seconds_looking += 0.05 * (cost - self._tools.seconds_looking)
            FRAMES.inc()
            self._take(looked, tally)
            await stream.boxes(looked.pts, looked.boxes, self._lines_shown(tally))

    def _take(self, looked: Looked, tally: Tally) -> None:
        clock = self._tools.clock
        now = clock.now()
        for crossing in looked.crossings:
            tally.cross(crossing, now)
        tally.watch(looked.seconds, looked.zones, now)
        self._recent.add(clock.monotonic(), looked.seconds)
        self._present = {CLASSES[k]: int(n) for k, n in enumerate(looked.present) if n}
        self._reason = None

    def _lines_shown(self, tally: Tally) -> list[dict[str, Any]]:
        shown = []
        for place, line in enumerate(self.lease.analysis.lines):
            into, outof = tally.shown(place)
            shown.append({"id": line.id, "in": into, "out": outof})
        return shown


def _timed_look(clock: Clock, looker: Looker, detector: Detects, frame: Frame) -> tuple[Looked, float]:
    began = clock.monotonic()
    looked = looker.look(detector, frame)
    return looked, clock.monotonic() - began
