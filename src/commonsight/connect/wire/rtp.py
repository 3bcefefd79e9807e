"""RTP packets (RFC 3550) and the two clocks a receiver keeps for them."""

import struct
from typing import NamedTuple

MAX_PAYLOAD = 1_400
"""Payload bytes a sender puts into one packet: fits a 1,500 byte path with room for tunnels."""

MAX_MISORDER = 100
"""A packet further behind than this is a restarted sender, not a late packet (RFC 3550, appendix A.1)."""

_HEAD = struct.Struct(">BBHII")
_TICKS = 90_000


class RtpPacket(NamedTuple):
    """One packet; `payload` is a view of the received bytes."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: memoryview


def parse(data: memoryview | bytes) -> RtpPacket | None:
    """A packet, or None when the bytes are not RTP version 2 or lie about their own lengths."""
    size = len(data)
    if size < 12:
        return None
    first, second, sequence, timestamp, ssrc = _HEAD.unpack_from(data)
    if first & 0xC0 != 0x80:
        return None
    start = 12
    if first & 0x3F:  # padding, extension or contributing sources: rare, so one test on the common path
        start += (first & 0x0F) * 4
        if first & 0x10:
            if size < start + 4:
                return None
            start += 4 + (data[start + 2] << 8 | data[start + 3]) * 4
        if first & 0x20:
            size -= data[-1]
        if size < start:
            return None
    payload = memoryview(data)[start:size]
    return RtpPacket(second & 0x7F, second >= 0x80, sequence, timestamp, ssrc, payload)


def build(
    payload: bytes, *, payload_type: int, sequence: int, timestamp: int, ssrc: int, marker: bool = False
) -> bytes:
    """Bytes of a plain packet; sequence and timestamp are taken modulo their width."""
    second = payload_type | (0x80 if marker else 0)
    return _HEAD.pack(0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


class Reception:
    """What a receiver report needs to know about one source (RFC 3550, appendix A.3 and A.8)."""

    __slots__ = ("_base", "_expected_before", "_highest", "_jitter", "_received_before", "_transit", "received", "ssrc")

    def __init__(self) -> None:
        self.ssrc = 0
        self.received = 0
        self._base = -1
        self._highest = 0  # extended by the cycles counted
        self._jitter = 0.0
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0

    def note(self, packet: RtpPacket) -> int:
        """Count a packet. Returns its step after the highest before: 1 in order, more for a gap, 0 or less when late.

        A source that restarts (new SSRC, or a sequence far behind) begins afresh: `received` is then 1 and the step 0,
        as for the very first packet.
        """
        step = (packet.sequence - self._highest + 0x8000 & 0xFFFF) - 0x8000
        if self._base < 0 or packet.ssrc != self.ssrc or step < -MAX_MISORDER:
            self._restart(packet)
            return 0
        self.received += 1
        if step > 0:
            self._highest += step
        return step

    def follows(self, sequence: int) -> bool:
        """Count a packet of the same source if it is the next one; else it is not counted."""
        if self._base < 0 or sequence != self._highest + 1 & 0xFFFF:
            return False
        self.received += 1
        self._highest += 1
        return True

    def _restart(self, packet: RtpPacket) -> None:
        self.ssrc = packet.ssrc
        self.received = 1
        self._base = self._highest = packet.sequence
        self._expected_before = self._received_before = 0
        self._transit = None

    def arrived(self, timestamp: int, at: float) -> None:
        """Feed the jitter estimate; once a picture is enough, which keeps it off the packet path."""
        transit = at * _TICKS - timestamp
        if self._transit is not None:
            delta = abs((transit - self._transit + 0x80000000) % 0x100000000 - 0x80000000)
            self._jitter += (delta - self._jitter) / 16
        self._transit = transit

    @property
    def highest(self) -> int:
        """Extended highest sequence number, 32 bits."""
        return self._highest & 0xFFFFFFFF

    @property
    def jitter(self) -> int:
        return min(int(self._jitter), 0xFFFFFFFF)

    @property
    def lost(self) -> int:
        """Packets expected less packets received, all in all; negative with duplicates."""
        return self._highest - self._base + 1 - self.received if self._base >= 0 else 0

    def fraction_lost(self) -> int:
        """Share lost since the last call, in 1/256."""
        expected = self._highest - self._base + 1 if self._base >= 0 else 0
        expected_step = expected - self._expected_before
        received_step = self.received - self._received_before
        self._expected_before, self._received_before = expected, self.received
        lost = expected_step - received_step
        return min(255, (lost << 8) // expected_step) if expected_step > 0 and lost > 0 else 0


class Timeline:
    """Turns 32-bit RTP timestamps into presentation ticks that begin at 0 and never wrap.

    Devices jump their clock (time set by NTP, a looped recording, a restarted encoder). A step that differs from the
    time that really passed by more than `tolerance` seconds is a jump: the timeline then goes on by the real time.
    """

    def __init__(self, clock_rate: int = _TICKS, tolerance: float = 30.0) -> None:
        self.jumps = 0
        self._rate = clock_rate
        self._tolerance = tolerance * clock_rate
        self._last: int | None = None
        self._at = 0.0
        self._position = 0  # in units of the stream's own clock

    def advance(self, timestamp: int, at: float) -> int:
        """90 kHz ticks of the picture with RTP `timestamp` that arrived at monotonic second `at`.

        Negative for a picture that belongs before the first one (a leading picture of an open group).
        """
        if self._last is None:
            self._last, self._at = timestamp, at
            return 0
        step = (timestamp - self._last + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        passed = (at - self._at) * self._rate
        if abs(step - passed) > self._tolerance:
            self.jumps += 1
            step = max(1, round(passed))
        self._last, self._at = timestamp, at
        self._position += step
        return self._position if self._rate == _TICKS else self._position * _TICKS // self._rate
