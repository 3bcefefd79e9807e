"""What sender and receiver of an MPEG program stream share: codes, coding names, the 33-bit clock."""

from enum import StrEnum

from commonsight.connect.wire.codec import Codec

PACK = 0xBA
SYSTEM = 0xBB
MAP = 0xBC
END = 0xB9
VIDEO = range(0xE0, 0xF0)
AUDIO = range(0xC0, 0xE0)
FIRST_VIDEO, FIRST_AUDIO = VIDEO[0], AUDIO[0]

CLOCK_MASK = (1 << 33) - 1
"""Presentation times have 33 bits of a 90 kHz clock."""


class AudioCodec(StrEnum):
    """Sound that cameras send inside a program stream."""

    G711A = "g711a"
    G711U = "g711u"
    AAC = "aac"  # in ADTS frames


STREAM_TYPES: dict[Codec | AudioCodec, int] = {
    Codec.H264: 0x1B,
    Codec.H265: 0x24,
    AudioCodec.AAC: 0x0F,
    AudioCodec.G711A: 0x90,
    AudioCodec.G711U: 0x91,
}
CODINGS = {number: coding for coding, number in STREAM_TYPES.items()}


def encode_clock(prefix: int, clock: int) -> bytes:
    """A 33-bit time as PES headers hold it, in 5 bytes behind a 4-bit prefix."""
    clock &= CLOCK_MASK
    return bytes(
        (
            prefix << 4 | clock >> 29 & 0x0E | 1,
            clock >> 22 & 0xFF,
            clock >> 14 & 0xFE | 1,
            clock >> 7 & 0xFF,
            clock << 1 & 0xFE | 1,
        )
    )


def decode_clock(data: bytes | bytearray, at: int) -> int:
    """The time in the 5 bytes at `at`."""
    return (
        (data[at] & 0x0E) << 29
        | data[at + 1] << 22
        | (data[at + 2] & 0xFE) << 14
        | data[at + 3] << 7
        | data[at + 4] >> 1
    )
