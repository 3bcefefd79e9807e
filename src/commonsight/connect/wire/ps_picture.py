"""One picture's elementary stream, as a program stream carried it, into the form everybody else takes."""

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.depacketise import MAX_SET, MAX_SETS
from commonsight.connect.wire.nal import (
    H264_AUD,
    H265_AUD,
    PARAMETER_SETS,
    is_keyframe,
    is_picture,
    join,
    nal_type,
    split,
)

_H264_SPS_HEADS = {0x67, 0x27, 0x47}
_H264_PROFILES = {66, 77, 88, 100, 110, 122, 144, 244}
_SET_TYPES = {codec: frozenset(kinds) for codec, kinds in PARAMETER_SETS.items()}
_DELIMITER = {Codec.H264: H264_AUD, Codec.H265: H265_AUD}
_IN_FRONT = {Codec.H264: frozenset({6, 7, 8, 9}), Codec.H265: frozenset({32, 33, 34, 35, 39})}
"""Units that stand before their picture's slices: parameter sets, delimiter, leading SEI."""
_BODY = {Codec.H264: 1, Codec.H265: 2}
"""Bytes of a NAL unit's header."""


def guess_codec(data: bytes | bytearray) -> Codec | None:
    """The coding of a picture whose first unit leaves no doubt (a parameter set); None for all others."""
    at = 4 if data[:4] == b"\x00\x00\x00\x01" else 3 if data[:3] == b"\x00\x00\x01" else 0
    if not at or len(data) < at + 2:
        return None
    first, second = data[at], data[at + 1]
    if (first, second) in {(0x40, 0x01), (0x46, 0x01)}:
        return Codec.H265
    if first in _H264_SPS_HEADS and second in _H264_PROFILES:
        return Codec.H264
    return None


class PictureBuilder:
    """Keeps a stream's parameter sets; `sets_version` rises when they change."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.sets_version = 0
        self._body = _BODY[codec]
        self._kinds = PARAMETER_SETS[codec]
        self._sets: dict[int, tuple[bytes, ...]] = {}

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """In the order (VPS,) SPS, PPS; () until every kind has been seen."""
        if any(kind not in self._sets for kind in self._kinds):
            return ()
        return tuple(each for kind in self._kinds for each in self._sets[kind])

    def starts_picture(self, unit: bytes) -> bool:
        """Whether a NAL unit with this beginning is the first of a picture."""
        kind = nal_type(self.codec, unit[0])
        if is_picture(self.codec, kind):
            return len(unit) > self._body and unit[self._body] >= 0x80
        return kind in _IN_FRONT[self.codec]

    def is_picture(self, unit: bytes) -> bool:
        """Whether a NAL unit with this beginning carries coded samples."""
        return is_picture(self.codec, nal_type(self.codec, unit[0]))

    def continues_picture(self, unit: bytes) -> bool:
        """Whether a NAL unit with this beginning is a picture's second or later slice."""
        kind = nal_type(self.codec, unit[0])
        return is_picture(self.codec, kind) and len(unit) > self._body and unit[self._body] < 0x80

    def has_picture(self, data: bytes | bytearray) -> bool:
        """Whether coded samples are among these units."""
        return any(is_picture(self.codec, nal_type(self.codec, unit[0])) for unit in split(bytes(data)))

    def build(self, data: bytes | bytearray) -> tuple[bytes, bool] | None:
        """The picture with 4-byte start codes and whether decoding can start there.

        None when its head is missing or nothing in it is a picture.
        """
        if data[:3] != b"\x00\x00\x01" and data[:4] != b"\x00\x00\x00\x01":
            return None
        codec = self.codec
        kept: list[bytes] = []
        found: dict[int, list[bytes]] = {}
        keyframe = picture = False
        for unit in split(bytes(data)):
            kind = nal_type(codec, unit[0])
            if kind == _DELIMITER[codec]:
                continue
            if is_picture(codec, kind):
                if not picture and (len(unit) <= self._body or unit[self._body] < 0x80):
                    return None
                picture = True
                keyframe = keyframe or is_keyframe(codec, kind)
            elif kind in _SET_TYPES[codec]:
                sets = found.setdefault(kind, [])
                if len(unit) > MAX_SET or len(sets) >= MAX_SETS:
                    return None
                sets.append(unit)
            kept.append(unit)
        if not picture:
            return None
        self._learn(found)
        if keyframe and len(found) < len(self._kinds):
            kept[:0] = self.parameter_sets
        return join(kept), keyframe

    def _learn(self, found: dict[int, list[bytes]]) -> None:
        for kind, sets in found.items():
            known = tuple(dict.fromkeys(sets))
            if self._sets.get(kind) != known:
                self._sets[kind] = known
                self.sets_version += 1
