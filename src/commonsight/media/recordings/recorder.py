"""One camera being recorded: a reader of its relay that writes what it is given into segments.

Nothing here waits for the disk: what is written is queued, one task a camera hands it to a thread. A disk that does not
keep up costs pictures, never the node: the queue is bounded, and recording goes on with a keyframe.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND, Codec
from commonsight.media.fmp4 import Init, fragment, read_head, restamped
from commonsight.media.model import Boxes, End, Track, Unit
from commonsight.media.recordings.model import Wanted
from commonsight.media.recordings.segment import About, Closed, Writer, place
from commonsight.media.sound import RATE
from commonsight.media.websocket import payload

FLUSH_BYTES: Final = 262_144
FLUSH_SECONDS: Final = 1.0
"""So much, or so long, waits in memory at most before it is handed to the disk: what a killed node loses."""
BEHIND_BYTES: Final = 32_000_000
"""A disk this far behind one camera is not waited for: pictures are left out until the next keyframe."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Count:
    """What one recorder has taken."""

    bytes: int = 0
    frames: int = 0
    skips: int = 0
    frames_skipped: int = 0


@dataclass(slots=True)
class _Open:
    """The segment being filled. `base`: decode time of its first picture; `end`: of what comes behind the last one."""

    path: Path
    about: About
    base: int
    end: int = 0
    sequence: int = 0
    writer: Writer | None = None

    @property
    def ends(self) -> datetime:
        return self.about.start + timedelta(seconds=self.end / TICKS_PER_SECOND)


class Recorder:
    """Implements `media.model.Reader`, and what the hub wants to know of a reader.

    Args:
        root: where the node's recordings lie.
        filed: called with every segment that is whole and on the disk; may wait for the database.
        on_first: the first picture has been taken.
    """

    browser = True
    sound = True

    def __init__(
        self, wanted: Wanted, root: Path, node: str, clock: Clock, *, segment_seconds: float,
        filed: Callable[[Closed], Awaitable[None]], on_first: Callable[[], None],
    ) -> None:  # fmt: skip
        self.wanted = wanted
        self.outlet = Count()
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.fault: OSError | None = None
        """Why the disk took no more; then it has ended."""
        self.live = asyncio.Event()
        """Set while pictures come."""
        self._root, self._node, self._clock = root, node, clock
        self._ticks = round(segment_seconds * TICKS_PER_SECOND)
        self._filed = filed
        self._on_first: Callable[[], None] | None = on_first
        self._track: Track | None = None
        self._init: Init | None = None
        self._sounding = False
        self._open: _Open | None = None
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._handed = 0.0
        self._waiting_bytes = 0
        self._left_out = 0  # pictures since the disk fell behind; 0: it keeps up
        self._queue: asyncio.Queue[Callable[[], Closed | None] | None] = asyncio.Queue()
        self._sizes: dict[int, int] = {}
        self._task = asyncio.create_task(self._write(), name=f"record-{wanted.camera_id}")

    @property
    def camera_id(self) -> UUID:
        return self.wanted.camera_id

    # --- what a relay says -------------------------------------------------------------------------------------------

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:
        """A stream begins, or begins anew: with it a segment."""
        self._finish()
        if track.codec is Codec.JPEG:
            self.end("unsupported_codec")
            return
        self._track, self._sounding = track, audible
        self._init = track.sounding if audible else track.init
        self.live.set()
        if self._on_first is not None:
            self._on_first()
            self._on_first = None
        for unit in group:
            self.take(unit)

    def take(self, unit: Unit) -> None:
        """A picture. Too slow a disk, and it is left out; with the next keyframe recording goes on."""
        if self._track is None or self.ended.done():
            return
        if self._waiting_bytes > BEHIND_BYTES or (self._left_out and not unit.keyframe):
            self._leave_out()
            return
        self._left_out = 0
        segment = self._open
        if unit.keyframe and (segment is None or unit.dts - segment.base >= self._ticks):
            self._finish()
            segment = self._begin(unit)
        if segment is None:
            return
        body = fragment(
            unit.codec, unit.data, sequence=segment.sequence, decode_time=unit.dts - segment.base,
            duration=unit.duration, offset=unit.pts - unit.dts, keyframe=unit.keyframe,
        )  # fmt: skip
        segment.end = unit.dts - segment.base + unit.duration
        self.outlet.frames += 1
        self._append(segment, body)

    def hear(self, message: bytes) -> None:
        """Sound, as browsers get it: taken out of its message and put where the segment begins."""
        segment = self._open
        body = payload(message)
        head = read_head(body)
        if segment is None or head is None or self._left_out or not segment.about.sound:
            return
        at = head.decode_time - segment.base * RATE // TICKS_PER_SECOND
        if at >= 0:
            self._append(
                segment, restamped(body, sequence=segment.sequence, decode_time=at, duration=head.duration)
            )  # fmt: skip

    def audible(self) -> None:
        """The relay starts us anew with the next keyframe."""

    def boxes(self, boxes: Boxes) -> None:
        """What analysis saw is kept as observations, not in pictures."""

    def state(self, code: str) -> None:  # noqa: ARG002 - there is one
        """The camera is away: what there is becomes a segment."""
        self._finish()
        self._track = None
        self.live.clear()

    def end(self, code: End) -> None:
        """Nothing follows. The first reason counts."""
        self._finish()
        self.live.clear()
        if not self.ended.done():
            self.ended.set_result(code)

    # --- segments ---

    async def close(self) -> None:
        """Wait until everything taken lies on the disk and is filed. May be called twice."""
        self._finish()
        if not self._task.done():
            self._queue.put_nowait(None)
        await asyncio.wait([self._task])

    def _begin(self, unit: Unit) -> _Open:
        assert self._track is not None
        assert self._init is not None
        start = self._clock.now() - timedelta(seconds=max(self._clock.monotonic() - unit.received, 0))
        wanted, track = self.wanted, self._track
        about = About(
            self.camera_id, start, self._init.mime, track.codec.value, track.width, track.height, self._sounding,
            wanted.kind.value, wanted.plan_id, wanted.keep_days,
        )  # fmt: skip
        path = place(self._root, self._node, self.camera_id, start)
        self._open = segment = _Open(path, about, unit.dts)
        init = self._init.segment

        def create() -> None:
            segment.writer = Writer(path, about, init)

        self._queue.put_nowait(create)
        self._handed = self._clock.monotonic()
        return segment

    def _append(self, segment: _Open, body: bytes) -> None:
        segment.sequence += 1
        self.outlet.bytes += len(body)
        self._pending.append(body)
        self._pending_bytes += len(body)
        if self._pending_bytes >= FLUSH_BYTES or self._clock.monotonic() - self._handed >= FLUSH_SECONDS:
            self._hand_over(segment)

    def _hand_over(self, segment: _Open) -> None:
        self._handed = self._clock.monotonic()
        if not self._pending:
            return
        data = b"".join(self._pending)
        self._pending.clear()
        self._waiting_bytes += self._pending_bytes
        self._pending_bytes = 0

        def append() -> None:
            if segment.writer is not None:
                segment.writer.write(data)

        self._sizes[id(append)] = len(data)
        self._queue.put_nowait(append)

    def _finish(self) -> None:
        """Close the segment being filled, if there is one."""
        segment, self._open = self._open, None
        if segment is None:
            return
        self._hand_over(segment)

        def finish() -> Closed | None:
            return None if segment.writer is None else segment.writer.close(segment.ends)

        self._queue.put_nowait(finish)

    def _leave_out(self) -> None:
        if not self._left_out:
            self.outlet.skips += 1
            log.warning("disk_too_slow", camera=str(self.camera_id), waiting=self._waiting_bytes)
            self._finish()
        self._left_out += 1
        self.outlet.frames_skipped += 1

    async def _write(self) -> None:
        while (step := await self._queue.get()) is not None:
            try:
                closed = await asyncio.to_thread(step)
            except OSError as error:
                self.fault = error
                log.error("segment_not_written", camera=str(self.camera_id), error=str(error))
                self._open = None
                self.end("source_lost")
                return
            finally:
                self._waiting_bytes -= self._sizes.pop(id(step), 0)
            if closed is not None:
                await self._filed(closed)
