"""Access units and sound into an MPEG program stream, as GB/T 28181 devices send it: one pack a picture."""

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.ps_format import (
    END,
    FIRST_AUDIO,
    FIRST_VIDEO,
    MAP,
    PACK,
    STREAM_TYPES,
    SYSTEM,
    AudioCodec,
    encode_clock,
)

PES_MAX = 65_400
"""Payload bytes of one PES packet; its 16-bit length also covers 13 bytes of header."""
_RATE = 50_000
"""Declared rate in units of 50 bytes a second: 20 Mb/s."""
_AHEAD = 3_600
"""The pack's clock runs so many ticks before presentation: a decoder buffers one picture at 25 a second."""


def _crc32_mpeg(data: bytes) -> int:
    """CRC-32/MPEG-2, which closes a program stream map."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


class Muxer:
    """Makes the bytes of each picture and piece of sound; they only need to be joined, or cut into RTP payloads.

    Args:
        video: coding of the pictures.
        audio: coding of the sound; None: no sound is announced.

    Raises ValueError for a coding that a program stream has no number for.
    """

    def __init__(self, video: Codec, audio: AudioCodec | None = None) -> None:
        if video not in STREAM_TYPES:
            raise ValueError(f"video: must be h264 or h265, is {video}")
        self._has_audio = audio is not None
        self._preamble = _system_header(self._has_audio) + _map(video, audio)

    def video(self, unit: bytes, pts: int, *, keyframe: bool) -> bytes:
        """One pack with one access unit. `unit`: Annex B. `pts`: 90 kHz ticks, any size. System header and map come
        in front of keyframes."""
        head = _pack_header(pts - _AHEAD) + (self._preamble if keyframe else b"")
        return head + _pes(FIRST_VIDEO, unit, pts)

    def audio(self, data: bytes, pts: int) -> bytes:
        """One pack with a piece of sound: G.711 samples, or whole ADTS frames. Raises ValueError without audio."""
        if not self._has_audio:
            raise ValueError("audio: this stream was made without sound")
        return _pack_header(pts - _AHEAD) + _pes(FIRST_AUDIO, data, pts)

    @staticmethod
    def end() -> bytes:
        """What closes a program stream."""
        return bytes((0, 0, 1, END))


def payloads(data: bytes, size: int = 1_400) -> list[bytes]:
    """A pack cut into RTP payloads; the last one gets the marker."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def _pack_header(clock: int) -> bytes:
    # The system clock reference interleaves marker bits: '01' + 3 + 1 + 15 + 1 + 15 + 1 + 9 bits of extension + 1.
    clock &= (1 << 33) - 1
    reference = 0b01 << 46 | (clock >> 30) << 43 | 1 << 42 | (clock >> 15 & 0x7FFF) << 27 | 1 << 26
    reference |= (clock & 0x7FFF) << 11 | 1 << 10 | 1
    return bytes((0, 0, 1, PACK)) + reference.to_bytes(6, "big") + (_RATE << 2 | 3).to_bytes(3, "big") + b"\xf8"


def _system_header(audio: bool) -> bytes:
    bounds = bytes((FIRST_VIDEO, 0xE8, 0x00)) + (bytes((FIRST_AUDIO, 0xC0, 0x40)) if audio else b"")
    body = (1 << 23 | _RATE << 1 | 1).to_bytes(3, "big") + bytes((int(audio) << 2, 0xE1, 0x7F)) + bounds
    return bytes((0, 0, 1, SYSTEM)) + len(body).to_bytes(2, "big") + body


def _map(video: Codec, audio: AudioCodec | None) -> bytes:
    entries = bytes((STREAM_TYPES[video], FIRST_VIDEO, 0, 0))
    if audio is not None:
        entries += bytes((STREAM_TYPES[audio], FIRST_AUDIO, 0, 0))
    body = b"\xe0\xff" + b"\x00\x00" + len(entries).to_bytes(2, "big") + entries
    section = bytes((0, 0, 1, MAP)) + (len(body) + 4).to_bytes(2, "big") + body
    return section + _crc32_mpeg(section).to_bytes(4, "big")


def _pes(stream: int, data: bytes, pts: int) -> bytes:
    parts = []
    for at in range(0, len(data), PES_MAX):
        piece = data[at : at + PES_MAX]
        # Only the first packet of a picture bears its time, so that a receiver sees where the next one begins.
        head = b"\x80\x80\x05" + encode_clock(0b0010, pts) if at == 0 else b"\x80\x00\x00"
        parts.append(bytes((0, 0, 1, stream)) + (len(head) + len(piece)).to_bytes(2, "big") + head + piece)
    return b"".join(parts)
