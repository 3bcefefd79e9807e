"""Passing over everything of a stream but its first keyframe: what a prober receives from and nobody watches.

A packet is looked at once, at its head. Those of pictures that cannot start a stream are counted and left where they
are; those of the first keyframe, and of parameter sets on their own, go to the depacketiser.
"""

from collections.abc import Sequence
from typing import Final

from commonsight.clock import Clock
from commonsight.connect.survey import Survey
from commonsight.connect.wire import rtp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.depacketise import Depacketiser, RawUnit
from commonsight.connect.wire.nal import is_keyframe, is_picture, nal_type
from commonsight.connect.wire.packetise import AGGREGATION, FRAGMENT, FU_A, STAP_A

SETTLING: Final = 0.5
"""Seconds of stream after which its rate is known well enough."""
GATHER_SECONDS: Final = 0.15
GATHER_MOST: Final = 48 * 1024
"""Fewer wake-ups cost less: most of a stream's bytes are waited through, not looked at."""

_DOLLAR: Final = 0x24
_NONE: Final[Sequence[RawUnit]] = ()


class Skim:
    """Stands before a depacketiser. Packets come in order; `lost` counts those missing from the numbers seen.

    Args:
        clocked: the stream's clock has 90 kHz, so its times measure it.
    """

    def __init__(self, depacketiser: Depacketiser, survey: Survey, clock: Clock, *, clocked: bool = True) -> None:
        self.packets = 0
        self.stray = 0
        self.lost = 0
        self.bytes = 0
        self._into = depacketiser
        self._survey = survey
        self._clock = clock
        self._clocked = clocked
        self._kind_of = _first_picture_h264 if depacketiser.codec is Codec.H264 else _first_picture_h265
        self._sequence = -1
        self._stamp = b""
        self._passed_over = b""
        """Time of the picture that is being passed over, as it stands in the packets."""
        self._wanted = b""
        self._done = False

    def frame(self, data: memoryview) -> Sequence[RawUnit]:
        """One RTP packet; the units it completes."""
        size = len(data)
        self.packets += 1
        self.bytes += size
        if size > 12 and data[4:8] == self._passed_over and data[0] & 0xC0 == 0x80:
            self._sequence = data[2] << 8 | data[3]
            return _NONE
        packet = rtp.parse(data)
        if packet is None:
            self.stray += 1
            return _NONE
        return self._look(packet, bytes(data[4:8]))

    def counted(self, size: int) -> None:
        """So many bytes of stream came in one go."""
        self._survey.came(size, self._clock.monotonic())

    def pass_over(self, data: bytes, at: int, end: int, channel: int) -> int:
        """Step over the interleaved frames, the first of them at `at`, of a picture that nobody wants."""
        over = self._passed_over
        if not over:
            return at
        begin = at
        before = -1
        while end - at >= 16 and data[at + 8 : at + 12] == over and data[at + 1] == channel and data[at] == _DOLLAR:
            stop = at + 4 + (data[at + 2] << 8 | data[at + 3])
            if stop > end or stop < at + 16:
                break
            before, at = at, stop
            self.packets += 1
        if before >= 0:
            self._sequence = data[before + 6] << 8 | data[before + 7]
            self.bytes += at - begin
            self.counted(at - begin)
        return at

    @property
    def patience(self) -> int:
        """Bytes that may gather before the stream is looked at again: a moment of what nobody wants is still coming."""
        survey = self._survey
        if not self._passed_over or survey.first is None or survey.last is None:
            return 1
        passed = survey.last - survey.first
        return 1 if passed < SETTLING else min(GATHER_MOST, max(1, int(survey.bytes / passed * GATHER_SECONDS)))

    def _look(self, packet: rtp.RtpPacket, stamp: bytes) -> Sequence[RawUnit]:
        step = (packet.sequence - self._sequence + 0x8000 & 0xFFFF) - 0x8000 if self._sequence >= 0 else 1
        if -100 < step < 1:
            return _NONE  # repeated, or too late
        self._sequence = packet.sequence
        gap = step != 1
        if gap:
            self.lost += max(0, step - 1)
        if stamp == self._wanted:
            return self._take(packet, gap)
        if not packet.payload:
            return _NONE
        kind = self._kind_of(packet.payload)
        if kind is None:
            # Parameter sets and the like, or bytes that only the depacketiser understands.
            return _NONE if self._done else self._into.push(packet, gap)
        key = is_keyframe(self._into.codec, kind)
        if self._clocked and stamp != self._stamp:
            self._survey.picture(packet.timestamp, key)
        self._stamp = stamp
        if not key or self._done:
            if not self._done:
                self._into.pass_over()
            self._passed_over = stamp
            return _NONE
        self._wanted, self._passed_over = stamp, b""
        return self._take(packet, gap)

    def _take(self, packet: rtp.RtpPacket, gap: bool) -> Sequence[RawUnit]:
        units = self._into.push(packet, gap)
        for unit in units:
            if unit.keyframe:
                self._done = True
                self._passed_over, self._wanted = self._wanted, b""
        return units


def _first_picture_h264(payload: memoryview) -> int | None:
    """Type of the first picture unit that begins or goes on in a packet; None when there is none in it."""
    kind = payload[0] & 0x1F
    if kind == FU_A:
        return _picture(Codec.H264, payload[1] & 0x1F) if len(payload) > 2 else None
    if kind == STAP_A:
        return _first_of_group(Codec.H264, payload, 1)
    return _picture(Codec.H264, kind)


def _first_picture_h265(payload: memoryview) -> int | None:
    kind = payload[0] >> 1 & 0x3F
    if kind == FRAGMENT:
        return _picture(Codec.H265, payload[2] & 0x3F) if len(payload) > 3 else None
    if kind == AGGREGATION:
        return _first_of_group(Codec.H265, payload, 2)
    return _picture(Codec.H265, kind) if payload[0] | payload[-1] else None


def _first_of_group(codec: Codec, payload: memoryview, at: int) -> int | None:
    end = len(payload)
    while at + 2 < end:
        size = payload[at] << 8 | payload[at + 1]
        kind = _picture(codec, nal_type(codec, payload[at + 2]))
        if kind is not None or not size:
            return kind
        at += 2 + size
    return None


def _picture(codec: Codec, kind: int) -> int | None:
    return kind if is_picture(codec, kind) else None
