"""One reader's connection: sends without waiting, and moves a slow reader on to the next keyframe.

The queue is the transport's own write buffer, so a unit costs one call and is never copied into a second queue.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence

from commonsight.connect.model import TICKS_PER_SECOND
from commonsight.media.model import Unit

UNSENT_BYTES = 131_072
"""Most bytes left unsent in the kernel: what lies there can be skipped no more, and a slow reader lags behind it."""
LAG_SECONDS = 3.0
"""A live picture may be so late, at the camera's own rate, before the reader is moved on."""
LAG_BYTES_LEAST = 131_072
"""Less waiting than this is never late: a keyframe alone may be as large."""
RATE_UNITS = 50
"""The rate is averaged over about so many units: keyframes must not look like a change of rate."""
STALL_SECONDS = 30.0
"""A reader that has taken nothing for so long is let go."""


class Outlet:
    """Sends units over `transport` with at most `limit` bytes waiting, and at most `LAG_SECONDS` of pictures.

    Args:
        form: the bytes of a unit for this kind of reader.
        monotonic: seconds, for stalls.
        skipped: called with the number of units left out when the reader goes on at a keyframe.
        stalled: called once when the reader takes nothing any more.
    """

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        limit: int,
        form: Callable[[Unit], bytes],
        monotonic: Callable[[], float],
        skipped: Callable[[int], None],
        stalled: Callable[[], None],
    ) -> None:
        self.bytes = 0
        self.frames = 0
        self.skips = 0
        self.frames_skipped = 0
        self._transport = transport
        self._limit = limit
        self._form = form
        self._monotonic = monotonic
        self._skipped = skipped
        self._stalled = stalled
        self._burst = 0  # a joiner's keyframe group may be larger than the limit until it has drained
        self._waiting = 0  # units left out since the reader fell behind; 0: it keeps up
        self._since = 0.0
        self._rate = 0.0  # bytes a second of what the camera sends
        bound(transport)

    @property
    def keeps_up(self) -> bool:
        """Whether units go out as they come."""
        return self._waiting == 0

    def begin(self, group: Sequence[Unit]) -> None:
        """Send a keyframe group at once."""
        self._waiting = 0
        form = self._form
        burst = b"".join([form(unit) for unit in group])
        self._burst = len(burst)
        self.frames += len(group)
        self.write(burst)

    def take(self, unit: Unit) -> bool:
        """Send `unit`, or leave it out because the reader is behind. True: sent."""
        behind = self._transport.get_write_buffer_size()
        self._rate += (len(unit.data) * TICKS_PER_SECOND / unit.duration - self._rate) / RATE_UNITS
        limit = min(self._limit, max(LAG_BYTES_LEAST, self._rate * LAG_SECONDS))
        if behind <= limit:
            self._burst = 0
        if self._waiting:
            if not unit.keyframe or behind > limit / 4:
                self._leave_out(stuck=behind > limit / 4)
                return False
            self._skipped(self._waiting)
            self._waiting = 0
        elif behind > limit + self._burst:
            self._since = self._monotonic()
            self.skips += 1
            self._leave_out(stuck=True)
            return False
        self.frames += 1
        self.write(self._form(unit))
        return True

    def write(self, data: bytes) -> None:
        """Send bytes that are never left out."""
        if not self._transport.is_closing():
            self.bytes += len(data)
            self._transport.write(data)

    def _leave_out(self, *, stuck: bool) -> None:
        self._waiting += 1
        self.frames_skipped += 1
        if stuck and self._monotonic() - self._since > STALL_SECONDS:
            self._since = float("inf")
            self._stalled()


def bound(transport: asyncio.WriteTransport) -> None:
    """Keep the kernel from hoarding what a slow reader has not taken (TCP only, where the system can)."""
    connection = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if connection is not None and option is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)
