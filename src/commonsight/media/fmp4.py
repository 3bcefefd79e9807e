"""Fragmented MP4 (ISO/IEC 14496-12) of H.264 and H.265 access units, without transcoding.

The init segment, which takes knowledge of parameter sets, is libavformat's work. The fragments are ours: libavformat
writes a fragment only when the next unit has come, which costs every live picture one frame interval (200 ms at
5 fps); a moof for one sample is 104 fixed bytes and costs no more processor time here than there (11 and 14
microseconds a unit of 10 kB, measured).
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av

from commonsight.connect.model import TICKS_PER_SECOND, Codec
from commonsight.connect.wire.nal import PARAMETER_SETS, START_CODE, join, nal_type

SIDE_MAX = 16_384
"""Largest width or height believed, pixels."""

# delay_moov: the header is written from the parameter sets in front of the first packet.
_MUXER = {"movflags": "frag_custom+empty_moov+default_base_moof+delay_moov", "use_editlist": "0"}
_SOME_SLICE = {Codec.H264: b"\x65\x88\x80", Codec.H265: b"\x26\x01\xac"}
"""The muxer wants a picture behind the parameter sets and does not look into it."""
# Delimiters and fillers say nothing inside MP4; parameter sets live in the init segment ("avc1"/"hvc1").
_LEFT_OUT_TYPES = {Codec.H264: {7, 8, 9, 12, 13}, Codec.H265: {32, 33, 34, 35, 38}}
_LEFT_OUT = {
    codec: frozenset(head for head in range(256) if nal_type(codec, head) in types)
    for codec, types in _LEFT_OUT_TYPES.items()
}
"""First bytes of the NAL units that are left out."""
_VPS, _SPS, _ = PARAMETER_SETS[Codec.H265]
_SYNC_SAMPLE = 0x02000000  # depends on no other sample
_DELTA_SAMPLE = 0x01010000  # depends on others, not a sync sample

# moof(mfhd, traf(tfhd, tfdt v1, trun v1 of one sample)), then the head of mdat.
_FRAGMENT = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIiIIIi I4s")
_MOOF_BYTES = _FRAGMENT.size - 8
_TRAF_BYTES = _MOOF_BYTES - 8 - 16
_PICTURES, _SOUND = 1, 2  # numbers of the tracks
HEAD_BYTES = _FRAGMENT.size
"""Bytes of a fragment before its sample."""
_SEQUENCE, _DECODE_TIME, _DURATION = 20, 60, 88  # where these lie in a head
_SAMPLE_LENGTH = struct.Struct(">I")
_SAMPLE_MAX = 0xFFFF_FFFF - _FRAGMENT.size


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a fragment of ours says. Times in ticks of its track (90 kHz, or samples of sound).

    `size`: of the whole fragment, bytes. `offset`: from decode to presentation.
    """

    sound: bool
    decode_time: int
    duration: int
    offset: int
    keyframe: bool
    size: int


class MuxError(ValueError):
    """The parameter sets cannot be put into an init segment; a browser cannot play this stream."""


@dataclass(frozen=True, slots=True)
class Init:
    """What a Media Source needs before the first fragment: MIME type with codecs, and `ftyp`+`moov`."""

    mime: str
    segment: bytes


def parameter_sets(codec: Codec, unit: bytes) -> tuple[bytes, ...]:
    """The parameter sets in an Annex B access unit, ordered by type, without repetition; () for JPEG."""
    wanted = PARAMETER_SETS[codec]
    if not wanted:
        return ()
    found = dict.fromkeys(nal for nal in unit.split(START_CODE) if nal and nal_type(codec, nal[0]) in wanted)
    return tuple(sorted(found, key=lambda nal: nal_type(codec, nal[0])))


def init_segment(codec: Codec, sets: Sequence[bytes], width: int, height: int, *, sound: int = 0) -> Init:
    """The init segment of a stream with these parameter sets (NAL units without start codes) and size in pixels.

    `sound`: samples a second of a second track with mono AAC; 0: pictures only.

    Costs a tenth of a millisecond: nothing is probed or decoded.

    Raises:
        MuxError: libavformat makes nothing of the parameter sets, or the size is unknown.
    """
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise MuxError(f"no init segment: the picture's size is unknown ({width}x{height})")
    if codec is Codec.H265:
        _check_h265(sets)
    sink = io.BytesIO()
    try:
        with av.open(cast(io.BytesIO, _Unseekable(sink)), "w", format="mp4", options=_MUXER) as made:
            track = made.add_mux_stream("h264" if codec is Codec.H264 else "hevc", width=width, height=height)
            track.time_base = Fraction(1, TICKS_PER_SECOND)
            packet = av.Packet(join([*sets, _SOME_SLICE[codec]]))
            packet.stream, packet.time_base, packet.is_keyframe = track, track.time_base, True
            packet.pts = packet.dts = 0
            packet.duration = TICKS_PER_SECOND
            voice = made.add_stream("aac", rate=sound, layout="mono", format="fltp") if sound else None
            made.mux_one(packet)
            if voice is not None:
                made.mux_one(_some_sound(voice, sound))
    except (av.FFmpegError, ValueError) as error:
        raise MuxError(f"no init segment: {error}") from error
    written = sink.getvalue()
    segment = written[: max(written.find(b"moof") - 4, 0)]
    if codec is Codec.H265:
        segment = _complete(segment)
    codecs = _codecs(codec, segment) + (", mp4a.40.2" if sound else "")
    return Init(f'video/mp4; codecs="{codecs}"', segment)


def _check_h265(sets: Sequence[bytes]) -> None:
    """Let libavcodec read each SPS first: libavformat, met by one that ends too early, counts for hours.

    Costs less than a tenth of a millisecond. Raises MuxError.
    """
    # Cut as libavformat cuts: a set may hold a start code of three bytes, and another set behind it.
    kinds = [(nal_type(Codec.H265, nal[0]), nal) for nal in join(sets).split(START_CODE[1:]) if nal]
    before = [nal for kind, nal in kinds if kind == _VPS]
    for kind, nal in kinds:
        if kind != _SPS:
            continue
        reader = av.CodecContext.create("hevc", "r")
        reader.extradata = join([*before, nal])
        try:
            reader.open()
        except (av.FFmpegError, ValueError) as error:
            raise MuxError(f"no init segment: the SPS cannot be read: {error}") from error
        if not reader.width:
            raise MuxError("no init segment: the SPS cannot be read")


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
    parts[0] = _head(_PICTURES, sequence, decode_time, duration, size, flags, offset)
    return b"".join(parts)


def sound_fragment(data: bytes, *, sequence: int, decode_time: int, duration: int) -> bytes:
    """One `moof`+`mdat` for one AAC frame without its ADTS head. Times in samples.

    Raises:
        ValueError: a figure does not fit its field.
    """
    return _head(_SOUND, sequence, decode_time, duration, len(data), _SYNC_SAMPLE, 0) + data


def _head(track: int, sequence: int, decode_time: int, duration: int, size: int, flags: int, offset: int) -> bytes:
    try:
        return _FRAGMENT.pack(
            *(_MOOF_BYTES, b"moof"),
            *(16, b"mfhd", 0, sequence & 0xFFFF_FFFF),
            *(_TRAF_BYTES, b"traf"),
            *(16, b"tfhd", 0x020000, track),  # default-base-is-moof
            *(20, b"tfdt", 0x01000000, decode_time),
            *(36, b"trun", 0x01000F01, 1, _FRAGMENT.size, duration, size, flags, offset),
            *(size + 8, b"mdat"),
        )
    except struct.error as error:
        raise ValueError(f"fragment: a time does not fit its field: {error}") from error


def read_head(data: bytes | memoryview, at: int = 0) -> Head | None:
    """The head of the fragment that begins at `at`; None when what lies there is no fragment of ours."""
    if at + HEAD_BYTES > len(data):
        return None
    found = _FRAGMENT.unpack_from(data, at)
    names = (found[1], found[3], found[7], found[9], found[13], found[17], found[26])
    if names != (b"moof", b"mfhd", b"traf", b"tfhd", b"tfdt", b"trun", b"mdat") or found[0] != _MOOF_BYTES:
        return None
    duration, size, flags, offset, mdat = found[21:26]
    if mdat != size + 8:
        return None
    return Head(found[11] == _SOUND, found[15], duration, offset, flags == _SYNC_SAMPLE, HEAD_BYTES + size)


def restamped(data: bytes, *, sequence: int, decode_time: int, duration: int) -> bytes:
    """A fragment of ours at another time; the picture's offset to its presentation is stretched like its duration."""
    made = bytearray(data)
    before, size, flags, offset = struct.unpack_from(">IIIi", made, _DURATION)
    if before:
        offset = offset * duration // before
    struct.pack_into(">I", made, _SEQUENCE, sequence & 0xFFFF_FFFF)
    struct.pack_into(">Q", made, _DECODE_TIME, decode_time)
    struct.pack_into(">IIIi", made, _DURATION, duration, size, flags, offset)
    return bytes(made)


def nals_of(sample: bytes) -> list[bytes]:
    """The NAL units of a sample: each behind its length in four bytes. Cut off: what is whole."""
    found, at = [], 0
    while at + 4 <= len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        if at + 4 + size > len(sample):
            break
        found.append(sample[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def sets_of(codec: Codec, segment: bytes) -> tuple[bytes, ...]:
    """The parameter sets in an init segment. Raises MuxError when it cannot be read."""
    try:
        with av.open(io.BytesIO(segment), format="mp4") as opened:
            record = opened.streams.video[0].codec_context.extradata or b""
    except (av.FFmpegError, IndexError) as error:
        raise MuxError(f"init segment: {error}") from error
    return sets_in(codec, record)


def sets_in(codec: Codec, record: bytes) -> tuple[bytes, ...]:
    """NAL units in a decoder configuration record (avcC, hvcC: ISO/IEC 14496-15 as files have it). Cut off: what is
    whole."""
    found: list[bytes] = []

    def take(at: int, count: int) -> int:
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            if at + 2 + size > len(record):
                return len(record)
            # A set ends with a stop bit: zeros behind it belong to how it was once framed.
            found.append(record[at + 2 : at + 2 + size].rstrip(b"\x00"))
            at += 2 + size
        return at

    if record.startswith(START_CODE[1:]) or record.startswith(START_CODE):
        return tuple(nal for nal in record.split(START_CODE) if nal)
    if codec is Codec.H264 and len(record) > 6:
        at = take(6, record[5] & 31)
        if at < len(record):
            take(at + 1, record[at])
    elif codec is Codec.H265 and len(record) > 22:
        at = 23
        for _ in range(record[22]):
            if at + 3 > len(record):
                break
            at = take(at + 3, int.from_bytes(record[at + 1 : at + 3], "big"))
    return tuple(found)


def _some_sound(voice: av.AudioStream, rate: int) -> "av.Packet[Any]":
    """The muxer wants something of every track before it writes their description."""
    packet: av.Packet[Any] = av.Packet(b"\x01\x18\x20\x07")
    packet.stream, packet.time_base = voice, Fraction(1, rate)
    packet.pts = packet.dts = 0
    packet.duration = 1_024
    return packet


class _Unseekable:
    """Only `write`: libavformat must not come back to patch what a browser already has."""

    def __init__(self, sink: io.BytesIO) -> None:
        self.write = sink.write


def _complete(segment: bytes) -> bytes:
    """Make "hev1" (parameter sets may also be in band) "hvc1" (they are all here): Apple's players insist on it."""
    entry, record = segment.find(b"hev1"), segment.find(b"hvcC")
    if not 0 <= entry < record:
        raise MuxError("no init segment: hvcC is missing")
    made = bytearray(segment)
    made[entry : entry + 4] = b"hvc1"
    try:
        at = record + 4 + 22
        arrays, at = made[at], at + 1
        for _ in range(arrays):
            made[at] |= 0x80  # array_completeness
            units, at = int.from_bytes(made[at + 1 : at + 3], "big"), at + 3
            for _ in range(units):
                at += 2 + int.from_bytes(made[at : at + 2], "big")
    except IndexError as error:
        raise MuxError("no init segment: hvcC is cut short") from error
    return bytes(made)


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
