"""Fragmented MP4 (ISO/IEC 14496-12) of H.264 and H.265 access units, without transcoding.

The init segment, which takes knowledge of parameter sets, is libavformat's work. The fragments are ours: libavformat
writes a fragment only when the next unit has come, which costs every live picture one frame interval (200 ms at
5 fps); a moof for one sample is 104 fixed bytes and costs no more processor time here than there (11 and 14
microseconds a unit of 10 kB, measured).
"""

import io
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av

from commonsight.connect.model import TICKS_PER_SECOND, Codec
from commonsight.connect.wire.nal import PARAMETER_SETS, START_CODE, nal_type

PIXELS_MAX = 64_000_000
"""Largest picture believed, pixels: a hostile parameter set must not make the decoder take gigabytes."""

# Delimiters and fillers say nothing inside MP4; parameter sets live in the init segment ("avc1"/"hvc1").
_LEFT_OUT_TYPES = {Codec.H264: {7, 8, 9, 12, 13}, Codec.H265: {32, 33, 34, 35, 38}}
_LEFT_OUT = {
    codec: frozenset(head for head in range(256) if nal_type(codec, head) in types)
    for codec, types in _LEFT_OUT_TYPES.items()
}
"""First bytes of the NAL units that are left out."""
_SYNC_SAMPLE = 0x02000000  # depends on no other sample
_DELTA_SAMPLE = 0x01010000  # depends on others, not a sync sample

# moof(mfhd, traf(tfhd, tfdt v1, trun v1 of one sample)), then the head of mdat.
_FRAGMENT = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIiIIIi I4s")
_MOOF_BYTES = _FRAGMENT.size - 8
_TRAF_BYTES = _MOOF_BYTES - 8 - 16
_SAMPLE_LENGTH = struct.Struct(">I")
_SAMPLE_MAX = 0xFFFF_FFFF - _FRAGMENT.size


class MuxError(ValueError):
    """The parameter sets cannot be put into an init segment; a browser cannot play this stream."""


@dataclass(frozen=True, slots=True)
class Init:
    """What a Media Source needs before the first fragment: MIME type with codecs, `ftyp`+`moov`, size in pixels."""

    mime: str
    segment: bytes
    width: int
    height: int


def parameter_sets(codec: Codec, unit: bytes) -> tuple[bytes, ...]:
    """The parameter sets in an Annex B access unit, ordered by type, without repetition."""
    wanted = PARAMETER_SETS[codec]
    found = dict.fromkeys(nal for nal in unit.split(START_CODE) if nal and nal_type(codec, nal[0]) in wanted)
    return tuple(sorted(found, key=lambda nal: nal_type(codec, nal[0])))


def init_segment(codec: Codec, keyframe: bytes) -> Init:
    """Make the init segment for the stream `keyframe` (Annex B, with its parameter sets) comes from.

    Takes about 10 ms of processor time; call it in a thread, once per change of parameter sets.

    Raises:
        MuxError: libavformat makes nothing of the parameter sets.
    """
    sink = io.BytesIO()
    try:
        with av.open(
            io.BytesIO(keyframe),
            format="h264" if codec is Codec.H264 else "hevc",
            options={"max_pixels": str(PIXELS_MAX)},
        ) as given:
            stream = given.streams.video[0]
            width, height = stream.codec_context.width, stream.codec_context.height
            with av.open(
                cast(io.BytesIO, _Unseekable(sink)),
                "w",
                format="mp4",
                options={"movflags": "frag_custom+empty_moov+default_base_moof", "use_editlist": "0"},
            ) as made:
                track = made.add_stream_from_template(stream)
                track.time_base = Fraction(1, TICKS_PER_SECOND)
                if codec is Codec.H265:
                    track.codec_context.codec_tag = "hvc1"
                made.start_encoding()
                segment = sink.getvalue()
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MuxError(f"no init segment: {error}") from error
    if not width or not height:
        raise MuxError("no init segment: the picture's size is unknown")
    return Init(f'video/mp4; codecs="{_codecs(codec, segment)}"', segment, width, height)


def fragment(
    codec: Codec, unit: bytes, *, sequence: int, decode_time: int, duration: int, offset: int, keyframe: bool
) -> bytes:
    """One `moof`+`mdat` for one Annex B access unit with 4-byte start codes.

    Args:
        sequence: number of the fragment, modulo 2**32.
        decode_time: 90 kHz ticks; `duration` until the next unit's; `offset` from it to presentation (may be negative).
        keyframe: whether a decoder may start here.

    Raises:
        ValueError: a figure does not fit its field.
    """
    left_out = _LEFT_OUT[codec]
    parts = [b""]
    size = 0
    for nal in unit.split(START_CODE):
        if nal and nal[0] not in left_out:
            parts.append(_SAMPLE_LENGTH.pack(len(nal)))
            parts.append(nal)
            size += 4 + len(nal)
    if size > _SAMPLE_MAX:
        raise ValueError(f"unit: at most {_SAMPLE_MAX} bytes fit one fragment, are {size}")
    flags = _SYNC_SAMPLE if keyframe else _DELTA_SAMPLE
    try:
        parts[0] = _FRAGMENT.pack(
            *(_MOOF_BYTES, b"moof"),
            *(16, b"mfhd", 0, sequence & 0xFFFF_FFFF),
            *(_TRAF_BYTES, b"traf"),
            *(16, b"tfhd", 0x020000, 1),  # default-base-is-moof, track 1
            *(20, b"tfdt", 0x01000000, decode_time),
            *(36, b"trun", 0x01000F01, 1, _FRAGMENT.size, duration, size, flags, offset),
            *(size + 8, b"mdat"),
        )
    except struct.error as error:
        raise ValueError(f"fragment: a time does not fit its field: {error}") from error
    return b"".join(parts)


class _Unseekable:
    """Only `write`: libavformat must not come back to patch what a browser already has."""

    def __init__(self, sink: io.BytesIO) -> None:
        self.write = sink.write


def _codecs(codec: Codec, segment: bytes) -> str:
    """The `codecs` parameter of RFC 6381 from the decoder configuration record in the init segment."""
    name = b"avcC" if codec is Codec.H264 else b"hvcC"
    at = segment.find(name)
    record = segment[at + 4 : at + 4 + 13]
    if at < 0 or len(record) < 13:
        raise MuxError(f"no init segment: {name.decode()} is missing")
    if codec is Codec.H264:
        return f"avc1.{record[1:4].hex().upper()}"
    space = ("", "A", "B", "C")[record[1] >> 6]
    tier = "H" if record[1] & 0x20 else "L"
    compatibility = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    constraints = ".".join(f"{byte:X}" for byte in record[6:12].rstrip(b"\x00"))
    parts = [f"hvc1.{space}{record[1] & 0x1F}", f"{compatibility:X}", f"{tier}{record[12]}", constraints]
    return ".".join(part for part in parts if part)
