"""A clip in memory, ready to be sent: access units cut into RTP payloads once, for all who will ever watch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from commonsight.connect.wire import rtcp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import PARAMETER_SETS, is_keyframe, is_picture, nal_type, split
from commonsight.connect.wire.packetise import packetise
from commonsight.connect.wire.rtp import build
from commonsight.connect.wire.rtsp_message import interleave

PAYLOAD_TYPE = 96
CLOCK_RATE = 90_000


class ReelError(ValueError):
    """A clip that cannot be played round and round."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit as RTP payloads. `first_packet`: packets of the reel before this one."""

    payloads: tuple[bytes, ...]
    keyframe: bool
    first_packet: int


@dataclass(frozen=True)
class Reel:
    """An endless loop over a clip.

    Picture number `n` counts on through the loops, and its sequence numbers, timestamps and bytes follow from `n`
    alone: no state is kept for a path or a viewer, so twenty thousand paths cost no more than one.
    """

    name: str
    codec: Codec
    frame_rate: float
    parameter_sets: tuple[bytes, ...]
    pictures: tuple[Picture, ...]
    ssrc: int

    @cached_property
    def packets(self) -> int:
        """In one round."""
        last = self.pictures[-1]
        return last.first_packet + len(last.payloads)

    @cached_property
    def _keyframe_before(self) -> tuple[int, ...]:
        found, last = [], 0
        for index, picture in enumerate(self.pictures):
            last = index if picture.keyframe else last
            found.append(last)
        return tuple(found)

    def group_start(self, n: int) -> int:
        """Number of the keyframe at or before picture `n`."""
        rounds, index = divmod(n, len(self.pictures))
        return rounds * len(self.pictures) + self._keyframe_before[index]

    def keyframe(self, n: int) -> bool:
        return self.pictures[n % len(self.pictures)].keyframe

    def sequence(self, n: int) -> int:
        """RTP sequence number of the picture's first packet."""
        rounds, index = divmod(n, len(self.pictures))
        return (rounds * self.packets + self.pictures[index].first_packet) & 0xFFFF

    def timestamp(self, n: int) -> int:
        """RTP timestamp of the picture. It begins near the wrap, so that every reader meets one within a minute."""
        return (0xFFFF_FFFF - 30 * CLOCK_RATE + round(n * CLOCK_RATE / self.frame_rate)) & 0xFFFF_FFFF

    def frames(self, n: int, channel: int) -> bytes:
        """All packets of picture `n` as interleaved frames."""
        picture = self.pictures[n % len(self.pictures)]
        first, timestamp = self.sequence(n), self.timestamp(n)
        last = len(picture.payloads) - 1
        return b"".join(
            interleave(
                channel,
                build(
                    payload, payload_type=PAYLOAD_TYPE, sequence=first + index, timestamp=timestamp, ssrc=self.ssrc,
                    marker=index == last,
                ),
            )
            for index, payload in enumerate(picture.payloads)
        )  # fmt: skip

    def report(self, n: int, channel: int, unix_time: float) -> bytes:
        """A sender report that ties picture `n` to the wall clock, as an interleaved frame."""
        rounds, index = divmod(n, len(self.pictures))
        packets = rounds * self.packets + self.pictures[index].first_packet
        report = rtcp.build_sender_report(
            ssrc=self.ssrc, unix_time=unix_time, timestamp=self.timestamp(n), packets=packets,
            octets=packets * 1_000, cname=self.name,
        )  # fmt: skip
        return interleave(channel, report)


def load(name: str, data: bytes, codec: Codec, frame_rate: float, *, ssrc: int = 0x5EED) -> Reel:
    """A reel from an Annex B byte stream that begins with a keyframe. Raises `ReelError` naming what is wrong."""
    units = _units(codec, data)
    if not units:
        raise ReelError(f"{name}: no picture in {len(data)} bytes")
    sets = _parameter_sets(codec, units[0])
    if len(sets) < len(PARAMETER_SETS[codec]) or not _is_key(codec, units[0]):
        raise ReelError(f"{name}: must begin with parameter sets and a keyframe")
    return _assemble(name, codec, frame_rate, sets, units, ssrc)


def broken(reel: Reel, units: Sequence[Sequence[bytes]]) -> Reel:
    """The same stream with every picture spoiled: it arrives whole, and nothing of it can be decoded."""
    spoiled = [[spoil(reel.codec, unit) for unit in each] for each in units]
    return _assemble(f"{reel.name}-broken", reel.codec, reel.frame_rate, reel.parameter_sets, spoiled, reel.ssrc + 1)


def access_units(codec: Codec, data: bytes) -> list[list[bytes]]:
    """NAL units of each picture of an Annex B byte stream."""
    return _units(codec, data)


def _units(codec: Codec, data: bytes) -> list[list[bytes]]:
    pictures: list[list[bytes]] = []
    current: list[bytes] = []
    seen_picture = False
    at = 1 if codec is Codec.H264 else 2
    for unit in split(data):
        if len(unit) <= at:
            continue
        kind = nal_type(codec, unit[0])
        picture = is_picture(codec, kind)
        # The first bit behind the header is set in the first slice of a picture only (both codecs).
        begins = (picture and unit[at] >= 0x80) or (not picture and not _is_suffix(codec, kind))
        if begins and seen_picture:
            pictures.append(current)
            current, seen_picture = [], False
        current.append(unit)
        seen_picture = seen_picture or picture
    if seen_picture:
        pictures.append(current)
    return pictures


def _is_suffix(codec: Codec, kind: int) -> bool:
    """Units that belong behind their picture: end of sequence and stream, filler, suffix SEI."""
    return kind in {10, 11, 12} if codec is Codec.H264 else kind in {36, 37, 38, 40}


def _is_key(codec: Codec, units: Sequence[bytes]) -> bool:
    return any(is_keyframe(codec, nal_type(codec, unit[0])) for unit in units)


def _parameter_sets(codec: Codec, units: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(unit for kind in PARAMETER_SETS[codec] for unit in units if nal_type(codec, unit[0]) == kind)


def _assemble(
    name: str, codec: Codec, frame_rate: float, sets: tuple[bytes, ...], units: Sequence[Sequence[bytes]], ssrc: int
) -> Reel:
    pictures = []
    packets = 0
    for each in units:
        payloads = tuple(packetise(codec, each))
        pictures.append(Picture(payloads, _is_key(codec, each), packets))
        packets += len(payloads)
    return Reel(name, codec, frame_rate, sets, tuple(pictures), ssrc)


def spoil(codec: Codec, unit: bytes) -> bytes:
    """A unit that refers to a parameter set that does not exist: no decoder can conceal that."""
    if not is_picture(codec, nal_type(codec, unit[0])):
        return unit
    if codec is Codec.H264:
        # first_mb_in_slice ue(0) = 1, slice_type ue(7) = 0001000, pic_parameter_set_id ue(200) = 000000011001001
        head = unit[:1] + int("1" + "0001000" + "000000011001001" + "1", 2).to_bytes(3, "big")
        return head + unit[4:]
    # first_slice_segment_in_pic_flag 1, no_output_of_prior_pics_flag 0, slice_pic_parameter_set_id ue(60) = 00000111101
    return unit[:2] + int("1" + "0" + "00000111101" + "111", 2).to_bytes(2, "big") + unit[4:]
