"""The reader behind RTSP out: RTP packets of one camera, inside the connection or as datagrams."""

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND, Codec
from commonsight.connect.wire import rtcp
from commonsight.connect.wire.jpeg_rtp import PAYLOAD_TYPE as JPEG_TYPE
from commonsight.media.fmp4 import HEAD_BYTES, read_head
from commonsight.media.model import Boxes, End, Track, Unit
from commonsight.media.sound import RATE
from commonsight.media.viewer import OutletReader
from commonsight.media.websocket import payload

VIDEO_TYPE: Final = 96
SOUND_TYPE: Final = 97
BURST: Final = 65_536
"""Bytes of datagrams sent at once; the rest of a keyframe follows `PACE` later: receivers have small buffers."""
PACE: Final = 0.004
_FRAME: Final = struct.Struct(">BBHBBHII")
_DOLLAR: Final = 0x24


class Carrier(asyncio.WriteTransport):
    """Where the frames go: into the connection, or, once `datagrams` is set, apart from it."""

    def __init__(self, connection: asyncio.WriteTransport) -> None:
        super().__init__()
        self.datagrams: PacedDatagrams | None = None
        self._connection = connection

    def write(self, data: Any) -> None:
        (self.datagrams or self._connection).write(data)

    def get_write_buffer_size(self) -> int:
        return (self.datagrams or self._connection).get_write_buffer_size()

    def is_closing(self) -> bool:
        return self._connection.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._connection.get_extra_info(name, default)


class PacedDatagrams:
    """Takes interleaved frames and sends each as a datagram: even channels to the first port, odd ones to the second.

    What waits is bounded by the outlet before it, which asks for the size before it writes a unit.
    """

    def __init__(self, transports: tuple[asyncio.DatagramTransport, asyncio.DatagramTransport],
                 towards: tuple[tuple[str, int], tuple[str, int]]) -> None:  # fmt: skip
        self._transports = transports
        self._towards = towards
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def write(self, data: bytes) -> None:
        view, at = memoryview(data), 0
        while at + 4 <= len(view):
            stop = at + 4 + (view[at + 2] << 8 | view[at + 3])
            self._waiting.append((view[at + 1] & 1, bytes(view[at + 4 : stop])))
            self._size += stop - at - 4
            at = stop
        if self._timer is None:
            self._send()

    def get_write_buffer_size(self) -> int:
        return self._size

    def close(self) -> None:
        """Free both ports. May be called twice."""
        self._closed = True
        self._waiting.clear()
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()
        for transport in self._transports:
            transport.close()

    def _send(self) -> None:
        self._timer = None
        sent = 0
        while self._waiting and sent < BURST and not self._closed:
            which, packet = self._waiting.popleft()
            self._transports[which].sendto(packet, self._towards[which])
            sent += len(packet)
        self._size -= sent
        if self._waiting:
            self._timer = asyncio.get_running_loop().call_later(PACE, self._send)


class RtspReader(OutletReader):
    """Describes a camera first, then sends it while `playing`.

    `described`: the track and whether the camera has sound, once known. `channels`: of picture and sound; None: that
    one was not set up.
    """

    kind = "rtsp"

    def __init__(self, connection: asyncio.WriteTransport, limit: int, clock: Clock, seed: int, *,
                 on_first: Callable[[], None]) -> None:  # fmt: skip
        self.carrier = Carrier(connection)
        super().__init__(self.carrier, limit, clock, on_first=on_first)
        self.described: asyncio.Future[tuple[Track, bool]] = asyncio.get_running_loop().create_future()
        self.channels: list[int | None] = [None, None]
        self.playing = False
        self.sequence = [seed & 0xFFFF, seed >> 16 & 0xFFFF]
        self.ssrc = (seed & 0xFFFF_FFFF, (seed ^ 0x5A5A_5A5A) & 0xFFFF_FFFF)
        self._clock = clock
        self._codec: Codec | None = None
        self._sent = [[0, 0], [0, 0]]  # packets and payload bytes, of picture and sound
        self._last: Unit | None = None

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:
        if not self.described.done():
            self.described.set_result((track, audible))
        if self._codec is not None and track.codec is not self._codec:
            self.end("source_lost")  # a description cannot be taken back: the reader asks anew
            return
        self._codec = track.codec
        if track.codec is Codec.JPEG and not group[0].payloads():
            self.end("unsupported_codec")
        elif self.playing:
            self._last = group[-1]
            self.report()
            self._begin(group)

    def take(self, unit: Unit) -> None:
        if self.playing:
            self._last = unit
            super().take(unit)

    def hear(self, message: bytes) -> None:
        channel = self.channels[1]
        if not self.playing or channel is None or not self.outlet.keeps_up:
            return
        body = payload(message)
        head = read_head(body)
        if head is not None and head.sound:
            data = body[HEAD_BYTES:]
            # RFC 3640, AAC-hbr: one access unit, 16 bits of AU headers: 13 of size, 3 of index.
            unit = b"\x00\x10" + (len(data) << 3).to_bytes(2, "big") + data
            self.outlet.write(self._packet(1, unit, head.decode_time, SOUND_TYPE | 0x80))

    def audible(self) -> None:
        """Sound that begins after the description has no place in it."""

    def boxes(self, boxes: Boxes) -> None:
        """RTSP has no place for them."""

    def state(self, code: str) -> None:
        """Packets simply stop while the camera is away."""

    def end(self, code: End) -> None:
        super().end(code)
        if not self.described.done():
            self.described.cancel()

    def report(self) -> None:
        """Send a sender report for what is played."""
        last = self._last
        if last is None or not self.playing:
            return
        since = self._clock.monotonic() - last.received
        now = self._clock.now().timestamp()
        ticks = last.pts + round(since * TICKS_PER_SECOND)
        for which, rate in ((0, TICKS_PER_SECOND), (1, RATE)):
            channel = self.channels[which]
            if channel is None:
                continue
            packets, octets = self._sent[which]
            body = rtcp.build_sender_report(
                ssrc=self.ssrc[which], unix_time=now, timestamp=ticks * rate // TICKS_PER_SECOND,
                packets=packets, octets=octets, cname="commonsight",
            )  # fmt: skip
            self.outlet.write(bytes((_DOLLAR, channel + 1)) + len(body).to_bytes(2, "big") + body)

    def _form(self, unit: Unit) -> bytes:
        if self.channels[0] is None:
            return b""
        kind = JPEG_TYPE if unit.codec is Codec.JPEG else VIDEO_TYPE
        payloads = unit.payloads()
        last = len(payloads) - 1
        parts = [
            self._packet(0, each, unit.pts, kind | 0x80 if number == last else kind)
            for number, each in enumerate(payloads)
        ]
        return b"".join(parts)

    def _packet(self, which: int, body: bytes, timestamp: int, kind: int) -> bytes:
        channel, sequence = self.channels[which], self.sequence[which]
        assert channel is not None
        self.sequence[which] = sequence + 1 & 0xFFFF
        sent = self._sent[which]
        sent[0] += 1
        sent[1] += len(body)
        stamp = timestamp & 0xFFFF_FFFF
        return _FRAME.pack(_DOLLAR, channel, len(body) + 12, 0x80, kind, sequence, stamp, self.ssrc[which]) + body

    def _skipped(self, frames: int) -> None:
        """A hole in the pictures, none in the sequence: what was not sent was not lost on the way."""
