"""The reader that turns one camera's units into HLS parts, once for all who watch it that way."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND
from commonsight.media.fmp4 import fragment
from commonsight.media.hls.playlist import PART_SECONDS, SEGMENT_LEAST, TARGET_SECONDS, Shelf
from commonsight.media.model import Boxes, End, Track, Unit
from commonsight.media.websocket import payload

_PART: Final = round(PART_SECONDS * TICKS_PER_SECOND)
_LEAST: Final = round(SEGMENT_LEAST * TICKS_PER_SECOND)
_MOST: Final = TARGET_SECONDS * TICKS_PER_SECOND
PIECES_MOST: Final = 500
"""Fragments of one part, sound included; more sound than that has lost its pictures."""


class Muxer:
    """Fills `shelf` and wakes who waits for it.

    Args:
        most: bytes the shelf may hold.
    """

    browser = True
    sound = True

    def __init__(self, most: int, clock: Clock) -> None:
        self.shelf = Shelf(most)
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pieces: list[bytes] = []
        self._first: Unit | None = None  # of the part that grows
        self._duration = 0  # of the part that grows
        self._filled = 0  # of the segment that grows, closed parts only
        self._last = -1

    @property
    def changed(self) -> "asyncio.Future[None]":
        """Done when the shelf has changed after this call. Shared by all who wait: never cancel it."""
        if self._changed.done():
            self._changed = asyncio.get_running_loop().create_future()
        return self._changed

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:
        init = track.sounding if audible and track.sounding is not None else track.init
        if init is None:  # single pictures have no place in a playlist
            self.end("unsupported_codec")
            return
        self._close_part()
        self._pieces.clear()
        self.shelf.begin(init.segment)
        self._filled = 0
        for unit in group:
            self.take(unit)

    def take(self, unit: Unit) -> None:
        if unit.sequence <= self._last:
            return  # the group a new start comes with may have been here already
        self._last = unit.sequence
        filled = self._filled + self._duration
        # The first segment ends with its group, whatever its length: the sooner it is whole, the sooner players start.
        short = _LEAST if self.shelf.ready else 1
        if (unit.keyframe and filled >= short) or filled + unit.duration > _MOST:
            self._close_part()
            self.shelf.cut()
            self._filled = 0
            self._wake()
        elif self._duration and self._duration + unit.duration > _PART:
            self._close_part()
        if self._first is None:
            self._first = unit
        self._pieces.append(_fragment(unit))
        self._duration += unit.duration
        if self._duration + unit.duration > _PART:  # another one like this would not fit: do not wait for it
            self._close_part()

    def hear(self, message: bytes) -> None:
        if len(self._pieces) < PIECES_MOST:
            self._pieces.append(payload(message))

    def audible(self) -> None:
        """The relay begins anew with the sound."""

    def boxes(self, boxes: Boxes) -> None:
        """A playlist has no place for them."""

    def state(self, code: str) -> None:
        """Playlists simply stop growing while the camera is away."""

    def end(self, code: End) -> None:
        if not self.ended.done():
            self.ended.set_result(code)
        self._wake()

    def _close_part(self) -> None:
        first = self._first
        if first is None:
            return
        ago = self._clock.monotonic() - first.received
        shown = self._clock.now() - timedelta(seconds=max(ago, 0.0))
        self.shelf.append(b"".join(self._pieces), self._duration, independent=first.keyframe, shown=shown)
        self._filled += self._duration
        self._pieces, self._first, self._duration = [], None, 0
        self._wake()

    def _wake(self) -> None:
        if not self._changed.done():
            self._changed.set_result(None)


def _fragment(unit: Unit) -> bytes:
    return fragment(
        unit.codec,
        unit.data,
        sequence=unit.sequence,
        decode_time=unit.dts,
        duration=unit.duration,
        offset=unit.pts - unit.dts,
        keyframe=unit.keyframe,
    )
