"""RTP packets to whole access units: RFC 6184 for H.264 (single, STAP-A, FU-A), RFC 7798 for H.265 (single, AP, FU).

A unit is handed on only when no packet of it can be missing. Loss is seen in the sequence numbers; a unit that is open
at a gap has perhaps lost its tail, the one that follows has perhaps lost its head, so both are dropped, unless the
second proves its beginning with an access unit delimiter.
"""

from collections.abc import Sequence
from typing import NamedTuple

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import (
    H264_AUD,
    H265_AUD,
    PARAMETER_SETS,
    START_CODE,
    is_keyframe,
    is_picture,
    join,
    nal_type,
    split,
)
from commonsight.connect.wire.packetise import AGGREGATION, FRAGMENT, FU_A, STAP_A
from commonsight.connect.wire.rtp import RtpPacket

MAX_UNIT = 8 * 1024 * 1024
"""Largest access unit, bytes. A 4K keyframe at 40 Mb/s stays below 2 MiB."""
MAX_SETS = 16
"""Parameter sets of one kind in one unit."""
MAX_SET = 4_096


class RawUnit(NamedTuple):
    """A whole access unit as it came: Annex B without delimiters, 32-bit RTP timestamp."""

    data: bytes
    timestamp: int
    keyframe: bool


class Depacketiser:
    """Collects one stream's packets. `broken` counts the units that were dropped."""

    def __init__(self, codec: Codec, parameter_sets: Sequence[bytes] = ()) -> None:
        self.codec = codec
        self.broken = 0
        self.sets_version = 0
        self._kinds = PARAMETER_SETS[codec]
        self._sets: dict[int, tuple[bytes, ...]] = {}
        self._append_payload = self._append_h264 if codec is Codec.H264 else self._append_h265
        self._timestamp: int | None = None
        self._handed: int | None = None  # timestamp of the unit handed on last
        self._markers_lie = False
        self._unit = bytearray()
        self._damaged = False
        self._picture = False
        self._keyframe = False
        self._fragmenting = False
        self._found: dict[int, list[bytes]] = {}
        for each in parameter_sets:
            if each and len(each) <= MAX_SET:
                self._found.setdefault(nal_type(codec, each[0]), []).append(each)
        self._learn()
        self._found = {}

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """What is known now, in the order (VPS,) SPS, PPS; () until every kind has been seen."""
        if any(kind not in self._sets for kind in self._kinds):
            return ()
        return tuple(each for kind in self._kinds for each in self._sets[kind])

    def push(self, packet: RtpPacket, gap: bool = False) -> Sequence[RawUnit]:
        """Take the next packet in order; `gap` says that packets before it are missing.

        Returns the units it completed: usually none, two when it ends one unit by its timestamp and another by its
        marker. Late and repeated packets must not be pushed.
        """
        done: Sequence[RawUnit] = ()
        payload = packet.payload
        if gap and self._unit:
            self._damaged = True
        if packet.timestamp != self._timestamp:
            if self._unit or self._damaged:
                finished = self._finish()
                if finished is not None:
                    done = (finished,)
            self._timestamp = packet.timestamp
        if gap and not self._unit and not self._begins_with_delimiter(payload):
            self._damaged = True
        if not self._damaged and payload:
            self._append_payload(payload)
            if len(self._unit) > MAX_UNIT:
                self._damage()
        if packet.marker and not self._markers_lie:
            finished = self._finish()
            if finished is not None:
                return (*done, finished)
        return done

    def pass_over(self) -> None:
        """Forget what belongs to the picture that begins now: nobody wants it. Parameter sets before it are kept."""
        if self._found:
            self._learn()
        self._reset()

    def _finish(self) -> RawUnit | None:
        """Close the unit. One without a picture stays: it belongs in front of the picture that follows."""
        if self._damaged:
            self.broken += 1
            self._reset()
            return None
        if not self._picture:
            return None
        if self._found:
            self._learn()
        data = bytes(self._unit)
        if self._keyframe and len(self._found) < len(self._kinds):
            data = join(self.parameter_sets) + data
        unit = RawUnit(data, self._timestamp or 0, self._keyframe)
        self._handed = self._timestamp
        self._reset()
        return unit

    def _reset(self) -> None:
        self._unit.clear()
        self._found = {}
        self._damaged = self._picture = self._keyframe = self._fragmenting = False

    def _damage(self) -> None:
        self._damaged = True
        self._unit.clear()

    def _learn(self) -> None:
        """A kind of parameter set that came in this unit replaces what was known of that kind."""
        for kind, sets in self._found.items():
            known = tuple(dict.fromkeys(sets))  # some senders repeat themselves
            if kind in self._kinds and self._sets.get(kind) != known:
                self._sets[kind] = known
                self.sets_version += 1

    def _append_h264(self, payload: memoryview) -> None:
        kind = payload[0] & 0x1F
        if kind == FU_A:
            if len(payload) < 3:
                self._damage()
                return
            head = payload[1]
            if head & 0x80:
                self._begin(head & 0x1F, payload[2:3])
                self._unit += START_CODE
                self._unit.append(payload[0] & 0xE0 | head & 0x1F)
                self._fragmenting = True
            elif not self._fragmenting:
                self._damage()
                return
            self._unit += payload[2:]
            return
        self._fragmenting = False
        if kind == STAP_A:
            self._append_group(payload, 1)
        elif 0 < kind < STAP_A:
            self._append_single(payload)
        else:
            self._append_stream(payload)

    def _append_h265(self, payload: memoryview) -> None:
        if len(payload) < 3:
            self._damage()
            return
        kind = payload[0] >> 1 & 0x3F
        if kind == FRAGMENT:
            if len(payload) < 4:
                self._damage()
                return
            head = payload[2]
            if head & 0x80:
                self._begin(head & 0x3F, payload[3:4])
                self._unit += START_CODE
                self._unit.append(payload[0] & 0x81 | (head & 0x3F) << 1)
                self._unit.append(payload[1])
                self._fragmenting = True
            elif not self._fragmenting:
                self._damage()
                return
            self._unit += payload[3:]
            return
        self._fragmenting = False
        if kind == AGGREGATION:
            self._append_group(payload, 2)
        elif kind < AGGREGATION and payload[0] | payload[1]:
            self._append_single(payload)
        else:
            self._append_stream(payload)

    def _append_group(self, payload: memoryview, at: int) -> None:
        """STAP-A or AP: two bytes of size before each unit."""
        end = len(payload)
        while at < end:
            if at + 2 > end:
                self._damage()
                return
            size = payload[at] << 8 | payload[at + 1]
            at += 2
            if not 0 < size <= end - at:
                self._damage()
                return
            self._append_single(payload[at : at + size])
            if self._damaged:
                return
            at += size

    def _append_stream(self, payload: memoryview) -> None:
        """Some firmware puts Annex B with its start codes into a packet; anything else here is damage."""
        data = bytes(payload)
        units = split(data) if data.startswith((b"\x00\x00\x00\x01", b"\x00\x00\x01")) else []
        if not units:
            self._damage()
            return
        for unit in units:
            self._append_single(memoryview(unit))

    def _append_single(self, unit: memoryview) -> None:
        kind = nal_type(self.codec, unit[0])
        if kind == (H264_AUD if self.codec is Codec.H264 else H265_AUD):
            return  # the unit is delimited by its own container from here on
        if is_picture(self.codec, kind):
            at = 1 if self.codec is Codec.H264 else 2
            self._begin(kind, unit[at : at + 1])
        elif kind in self._kinds:
            sets = self._found.setdefault(kind, [])
            if len(unit) > MAX_SET or len(sets) >= MAX_SETS:
                self._damage()
                return
            sets.append(bytes(unit))
        self._unit += START_CODE
        self._unit += unit

    def _begin(self, kind: int, first: memoryview) -> None:
        """A picture unit of this type begins; `first` is the byte behind its header."""
        if not is_picture(self.codec, kind):
            return
        if not self._picture:
            if len(first) and first[0] < 0x80:
                # Not the picture's first slice, so its head is missing. When the head was handed on a moment ago with
                # the same timestamp, this device marks every slice: from now on only timestamps divide units.
                self._markers_lie = self._markers_lie or self._handed == self._timestamp
                self._damage()
                return
            self._picture = True
        if is_keyframe(self.codec, kind):
            self._keyframe = True

    def _begins_with_delimiter(self, payload: memoryview) -> bool:
        if self.codec is Codec.H264:
            at, group, delimiter = 1, STAP_A, H264_AUD
        else:
            at, group, delimiter = 2, AGGREGATION, H265_AUD
        if len(payload) > at + 2 and nal_type(self.codec, payload[0]) == group:
            payload = payload[at + 2 :]
        return len(payload) > 0 and nal_type(self.codec, payload[0]) == delimiter
