"""Playing own recordings: from the files as they were written, at any speed, from any moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND
from commonsight.media.fmp4 import Init
from commonsight.media.recordings.boxes import without_sound
from commonsight.media.recordings.model import JOIN_SECONDS, OVERLAP
from commonsight.media.recordings.playback_out import (
    KEYFRAMES_FROM,
    Outgoing,
    Shot,
    Show,
    checked_moment,
    checked_speed,
)
from commonsight.media.recordings.segment import Segment, SegmentError, read
from commonsight.problem import Refusal

AHEAD_SECONDS: Final = 600.0
"""So much is looked up at a time."""
READ_BYTES: Final = 4_000_000
"""So much of a file is read at once: a 4K keyframe fits."""

log = structlog.get_logger(__name__)

Find = Callable[[datetime, datetime], Awaitable[Sequence[Path]]]
"""From a span to the files that touch it, oldest first."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Nothing was recorded between two moments."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Voice:
    """A piece of sound."""

    body: bytes


class OwnPlayer(Outgoing):
    """Plays what `find` finds between `begin` and `end` to one viewer.

    Args:
        at: where it begins.
        hear: whether sound is wanted; it is sent at ordinary speed only.
        keep_gaps: stand still for as long as nothing was recorded, so that several cameras stay in step.
    """

    def __init__(
        self, transport: asyncio.WriteTransport, clock: Clock, on_first: Callable[[], None], find: Find,
        span: tuple[datetime, datetime], at: datetime, *, hear: bool, keep_gaps: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(transport, clock, on_first)
        self._find, self._hear, self._keep_gaps = find, hear, keep_gaps
        self._begin, self._end = span
        self._target = at
        self._seeking = True
        self._steps = 0
        self._told = asyncio.Event()

    async def command(self, said: dict[str, Any]) -> None:
        """`pause`, `play`, `step`, `seek` with `at`, `speed` with `speed`. Raises Refusal."""
        match said.get("type"):
            case "pause":
                self.paused = True
            case "play":
                self.paused, self._steps = False, 0
            case "step":
                self.paused, self._steps = True, self._steps + 1
            case "seek":
                self._target = checked_moment(said.get("at"), self._begin, self._end)
                self._seeking = True
            case "speed":
                self._speed_up(checked_speed(said.get("speed")))
            case other:
                raise Refusal(
                    "media.playback_command", status=422, operand="type", expected="pause, play, step, seek, speed",
                    actual=str(other)[:20],
                )  # fmt: skip
        self._told.set()

    def _speed_up(self, speed: float) -> None:
        # Sound comes or goes, or keyframes alone were sent: then the pictures begin anew where they are.
        anew = (self._hear and (speed == 1) != (self.speed == 1)) or self.speed >= KEYFRAMES_FROM > speed
        self.speed = speed
        if anew and not self._seeking:
            self._target, self._seeking = self.at or self._target, True

    async def run(self) -> None:
        """Play to the end of the span."""
        while not self.ended.done():
            target, self._seeking = self._target, False
            if await self._play(target):
                await self.over()
                return

    async def _play(self, target: datetime) -> bool:
        """Play from a moment on; True at the end, False when something else is wanted."""
        held: Shot | None = None  # of keyframes alone each lasts until the next
        anew, since, origin = True, self._clock.monotonic(), target
        async for item in self._items(target):
            if isinstance(item, Show):
                self.stream(item, anew=anew)
                anew = False
                continue
            if isinstance(item, Hole):
                self.gap(item.begin, item.end)
                if not self._keep_gaps:
                    since, origin = self._clock.monotonic(), item.end
                continue
            if isinstance(item, Voice):
                if self._hear and self.speed == 1:
                    self.sound(item.body)
                continue
            if not item.early:
                if self._told.is_set() or self.paused:
                    # What was told changes the pace from here on.
                    if not await self._hold():
                        return self.ended.done()
                    since, origin = self._clock.monotonic(), item.at
                    self.position(item.at)
                due = since + (item.at - origin).total_seconds() / self.speed
                if not await self._until(due):
                    if self._seeking:
                        return False
                    since, origin = self._clock.monotonic(), item.at
            if self.ended.done():
                return True
            if self.speed >= KEYFRAMES_FROM:
                if not item.keyframe:
                    continue
                if held is not None:
                    self.picture(held, max(round((item.at - held.at).total_seconds() * TICKS_PER_SECOND), 1))
                held = item
            else:
                self.picture(item)
            await self.drained()
        if held is not None:
            self.picture(held)
        return not self._seeking

    async def _hold(self) -> bool:
        """Wait while it is paused; False when something else than the next picture is wanted."""
        while True:
            self._told.clear()
            if self._seeking or self.ended.done():
                return False
            if not self.paused:
                return True
            if self._steps:
                self._steps -= 1
                return True
            await self._event()

    async def _until(self, due: float) -> bool:
        """Wait for a picture's moment; False when something was said before."""
        left = due - self._clock.monotonic()
        if left <= 0:
            return True
        try:
            async with asyncio.timeout(left):
                await self._event()
        except TimeoutError:
            return True
        return False

    async def _event(self) -> None:
        told = asyncio.create_task(self._told.wait())
        either: list[asyncio.Future[Any]] = [told, self.ended]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()

    # --- files --------------------------------------------------------------------------------------------------------

    async def _items(self, target: datetime) -> AsyncIterator[Show | Shot | Voice | Hole]:
        """Everything from a moment on, in order; what lies before it in its keyframe group is `early`."""
        at, played = target, False
        seen: set[Path] = set()
        while at < self._end:
            until = min(at + timedelta(seconds=AHEAD_SECONDS), self._end)
            files = [path for path in await self._find(at, self._end if not played else until) if path not in seen]
            if not files and until >= self._end:
                return
            if not files:
                at = until
                continue
            for path in files:
                seen.add(path)
                segment = await self._read(path)
                if segment is None or segment.span[1] <= at:
                    continue
                begin, end = segment.span
                if begin > at + timedelta(seconds=JOIN_SECONDS):
                    yield Hole(at, min(begin, self._end))
                async for item in self._pieces(segment, at, joined=played):
                    yield item
                at, played = max(at, end), True
                if at >= self._end:
                    return

    async def _pieces(self, segment: Segment, at: datetime, *, joined: bool) -> AsyncIterator[Show | Shot | Voice]:
        about = segment.about
        heard = about.sound and self._hear and self.speed == 1
        init = Init(about.mime, segment.init) if heard or not about.sound else without_sound(about.mime, segment.init)
        yield Show(init, about.codec, about.width, about.height, about.sound)
        first = segment.group_before(at)
        if joined and segment.about.start < at - OVERLAP:
            # It began before the last one ended: what both hold is shown once.
            first = segment.group_after(at - OVERLAP)
        begin = segment.about.start
        if first >= len(segment.pieces):
            return
        place = segment.pieces[first].at
        buffer, start = b"", place
        for piece in segment.pieces[first:]:
            if piece.at + piece.head.size > start + len(buffer):
                start = piece.at
                buffer = await asyncio.to_thread(_read_at, segment.path, start, max(READ_BYTES, piece.head.size))
            body = buffer[piece.at - start : piece.at - start + piece.head.size]
            if len(body) < piece.head.size:
                return
            if piece.head.sound:
                if heard:
                    yield Voice(body)
                continue
            taken = begin + timedelta(seconds=piece.head.decode_time / TICKS_PER_SECOND)
            if taken >= self._end:
                return
            lasts = timedelta(seconds=piece.head.duration / TICKS_PER_SECOND)
            yield Shot(taken, body, piece.head.keyframe, early=taken + lasts <= at and not joined)

    async def _read(self, path: Path) -> Segment | None:
        try:
            return await asyncio.to_thread(read, path)
        except (SegmentError, OSError) as error:
            log.warning("segment_not_played", path=str(path), error=str(error))
            return None


def _read_at(path: Path, at: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(at)
            return file.read(size)
    except OSError:
        return b""  # deleted meanwhile
