"""Recordings for an upper platform: from our own files where they hold the span, from the device where not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import structlog

from commonsight.clock import Clock
from commonsight.connect.gb28181.line import Line
from commonsight.connect.gb28181.session_open import Wish, open_wish, read_url
from commonsight.connect.model import (
    TICKS_PER_SECOND,
    AccessUnit,
    Address,
    Codec,
    SourceCode,
    SourceError,
    StreamInfo,
)
from commonsight.connect.wire.nal import join
from commonsight.media.fmp4 import HEAD_BYTES, nals_of, sets_of
from commonsight.media.recordings import store
from commonsight.media.recordings.segment import Piece, Segment, SegmentError, read
from commonsight.problem import Refusal
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

OPEN_SECONDS: Final = 8.0
STEP_TICKS: Final = TICKS_PER_SECOND // 25
"""What lies between two pictures that do not follow one another in the recording."""


class Film(Protocol):
    """A recording that plays. Positions are seconds from the beginning of the span that was asked for."""

    @property
    def info(self) -> StreamInfo: ...

    def __aiter__(self) -> AsyncIterator[AccessUnit]: ...

    async def pause(self) -> None: ...

    async def play(self) -> None: ...

    async def seek(self, position: float) -> None: ...

    async def speed(self, times: float) -> None: ...

    async def close(self) -> None: ...


async def open_film(
    camera_id: UUID, address: Address | None, start: int, end: int, *, download: bool, speed: float | None,
    database: Database, folder: Path, node: str, line: Line, clock: Clock,
) -> Film:  # fmt: skip
    """A recording of a camera between two moments (Unix seconds).

    Args:
        download: as fast as the receiver takes it, or at `speed`; otherwise at its own pace.
        folder, node: where this node keeps its recordings, and its name.

    Raises:
        Refusal: `media.bridge_nothing_recorded` (404).
        SourceError: the device does not play it.
    """
    span = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    async with database.read() as session:
        rows = await store.between(session, camera_id, *span)
    files = [folder / row.path for row in rows if row.node == node]
    if files:
        times = (speed or 16.0) if download else 1.0
        return await OwnFilm.open(files, span, clock, times)
    if address is None or address.protocol != "gb28181":
        raise Refusal("media.bridge_nothing_recorded", status=404, operand="camera", actual=str(camera_id))
    behind = read_url(address.url)
    wish = Wish(
        behind.device, behind.channel, "download" if download else "playback", behind.transport, start, end,
        speed if download else None,
    )  # fmt: skip
    return await open_wish(wish, timeout=OPEN_SECONDS, clock=clock, line=line)


class OwnFilm:
    """Our own files as a device would play them: one timeline that goes on over holes and jumps."""

    def __init__(
        self, files: Sequence[Path], span: tuple[datetime, datetime], clock: Clock, times: float, first: Segment
    ) -> None:
        self._files = files
        self._begin, self._end = span
        self._clock = clock
        self._times = times
        self._paused = False
        self._target: datetime | None = self._begin
        self._stirred = asyncio.Event()
        self._closed = False
        self._pts = 0
        self._info = info_of(first)

    @classmethod
    async def open(
        cls, files: Sequence[Path], span: tuple[datetime, datetime], clock: Clock, times: float
    ) -> "OwnFilm":  # fmt: skip
        """Raises Refusal `media.bridge_nothing_recorded` when none of the files can be read."""
        for number, path in enumerate(files):
            segment = await _segment(path)
            if segment is not None:
                return cls(files[number:], span, clock, times, segment)
        raise Refusal("media.bridge_nothing_recorded", status=404, operand="files", actual=len(files))

    @property
    def info(self) -> StreamInfo:
        return self._info

    async def pause(self) -> None:
        self._paused = True
        self._stirred.set()

    async def play(self) -> None:
        self._paused = False
        self._stirred.set()

    async def seek(self, position: float) -> None:
        self._target = self._begin + timedelta(seconds=position)
        self._paused = False
        self._stirred.set()

    async def speed(self, times: float) -> None:
        if times <= 0:
            raise Refusal("media.bridge_field_invalid", status=422, operand="speed", expected="> 0", actual=times)
        self._times = times
        self._stirred.set()

    async def close(self) -> None:
        self._closed = True
        self._stirred.set()

    async def __aiter__(self) -> AsyncIterator[AccessUnit]:
        while self._target is not None and not self._closed:
            target, self._target = self._target, None
            since, origin = self._clock.monotonic(), target
            before: datetime | None = None
            async for segment, piece in self._pieces(target):
                at = segment.about.start + timedelta(seconds=piece.head.decode_time / TICKS_PER_SECOND)
                if at >= self._end:
                    break
                if before is None or at - before > timedelta(seconds=5):
                    since, origin = self._clock.monotonic(), at  # a hole in the recording is passed over
                due = since + (at - origin).total_seconds() / self._times
                if not await self._wait(due):
                    if self._target is not None or self._closed:
                        break
                    since, origin = self._clock.monotonic(), at
                data = await asyncio.to_thread(_picture, segment, piece)
                if data is None:
                    break
                step = STEP_TICKS if before is None else round((at - before).total_seconds() * TICKS_PER_SECOND)
                before = at
                self._pts += min(max(step, 1), 5 * TICKS_PER_SECOND)
                sets = self._info.parameter_sets if piece.head.keyframe else ()
                yield AccessUnit(
                    join([*sets, *data]), self._pts, piece.head.keyframe, self._clock.monotonic()
                )  # fmt: skip

    async def _wait(self, due: float) -> bool:
        """Until a picture's moment; False when something was said meanwhile that moves the moment."""
        moved = False
        while not self._closed and self._target is None:
            left = due - self._clock.monotonic()
            if not self._paused and (left <= 0 or moved):
                return not moved
            self._stirred.clear()
            try:
                async with asyncio.timeout(None if self._paused else left):
                    await self._stirred.wait()
            except TimeoutError:
                continue
            moved = True
        return False

    async def _pieces(self, target: datetime) -> AsyncIterator[tuple[Segment, Piece]]:
        fresh = True
        for path in self._files:
            segment = await _segment(path)
            if segment is None or segment.span[1] <= target:
                continue
            self._info = info_of(segment)
            first = segment.group_before(target) if fresh else 0
            fresh = False
            for piece in segment.pieces[first:]:
                if not piece.head.sound:
                    yield segment, piece


async def _segment(path: Path) -> Segment | None:
    try:
        return await asyncio.to_thread(read, path)
    except (SegmentError, OSError) as error:
        log.warning("segment_not_played", path=str(path), error=str(error))
        return None


def _picture(segment: Segment, piece: Piece) -> list[bytes] | None:
    """The NAL units of one picture; None when the file is gone."""
    try:
        with segment.path.open("rb") as file:
            file.seek(piece.at + HEAD_BYTES)
            body = file.read(piece.head.size - HEAD_BYTES)
    except OSError:
        return None
    return nals_of(body) or None


def info_of(segment: Segment) -> StreamInfo:
    """What a decoder must know, from a segment's own head. Raises SourceError for a codec that is none of ours."""
    about = segment.about
    try:
        codec = Codec(about.codec)
        sets = sets_of(codec, segment.init)
    except ValueError as error:
        raise SourceError(SourceCode.UNSUPPORTED_CODEC, str(error)) from error
    return StreamInfo(codec, sets, about.width, about.height)
