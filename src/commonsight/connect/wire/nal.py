"""NAL units (ITU-T H.264 clause 7, H.265 clause 7): splitting, joining, and which kind a unit is."""

from collections.abc import Iterable

from commonsight.connect.wire.codec import Codec

START_CODE = b"\x00\x00\x00\x01"

# nal_unit_type, H.264 table 7-1
H264_SLICE = 1
H264_IDR = 5
H264_SEI = 6
H264_SPS = 7
H264_PPS = 8
H264_AUD = 9
# nal_unit_type, H.265 table 7-1
H265_BLA = 16
H265_CRA = 21
H265_VPS = 32
H265_SPS = 33
H265_PPS = 34
H265_AUD = 35

PARAMETER_SETS: dict[Codec, tuple[int, ...]] = {
    Codec.H264: (H264_SPS, H264_PPS),
    Codec.H265: (H265_VPS, H265_SPS, H265_PPS),
    Codec.JPEG: (),
}
"""Types a decoder needs first, in the order they are handed on."""


def nal_type(codec: Codec, head: int) -> int:
    """nal_unit_type from the unit's first byte."""
    return head & 0x1F if codec is Codec.H264 else head >> 1 & 0x3F


def is_picture(codec: Codec, kind: int) -> bool:
    """Whether a unit of this type carries coded samples (VCL)."""
    return 1 <= kind <= 5 if codec is Codec.H264 else kind < 32


def is_keyframe(codec: Codec, kind: int) -> bool:
    """Whether decoding can start at a picture of this type: IDR, for H.265 also BLA and CRA."""
    return kind == H264_IDR if codec is Codec.H264 else H265_BLA <= kind <= 23


def split(data: bytes) -> list[bytes]:
    """NAL units of an Annex B byte stream, without start codes. Bytes before the first start code are dropped."""
    units = []
    begin = data.find(b"\x00\x00\x01")
    while begin >= 0:
        begin += 3
        stop = data.find(b"\x00\x00\x01", begin)
        unit = data[begin : stop if stop >= 0 else len(data)].rstrip(b"\x00")  # rbsp ends in a 1 bit, never in zeros
        if unit:
            units.append(unit)
        begin = stop
    return units


def join(units: Iterable[bytes]) -> bytes:
    """Annex B bytes with 4-byte start codes."""
    return b"".join(START_CODE + unit for unit in units)
