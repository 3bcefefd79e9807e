"""A JPEG file to RTP payloads (RFC 2435): what a camera's single pictures become for RTSP readers.

RTP carries baseline pictures in YCbCr 4:2:0 or 4:2:2 with the usual Huffman tables only; quantisation tables go along
in the first packet. Anything else has no RTP form, and the answer is an empty list.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from commonsight.connect.wire.jpeg import END, MAX_SEGMENTS, START
from commonsight.connect.wire.rtp import MAX_PAYLOAD

PAYLOAD_TYPE: Final = 26
"""Static in the audio/video profile (RFC 3551)."""
SIDE_MAX: Final = 2_040
"""Width and height travel as a byte of blocks of 8 pixels."""
_FRAME, _OTHER_FRAMES = 0xC0, frozenset(range(0xC1, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HUFFMAN, _TABLES, _RESTART, _SCAN = 0xC4, 0xDB, 0xDD, 0xDA
_USUAL: Final = {
    0x00: "2f66814c875b53173f057d784a16a34d",
    0x01: "602f734c8c12c1d9d049a18fd91d9ef3",
    0x10: "a6283a08f5d97906b66adcc812e32396",
    0x11: "13f90e3c9dc476c66f24347f6ad29cea",
}
"""Class and number of a Huffman table -> first half of the SHA-256 over the counts and values of the usual one (T.81,
annex K.3). They do not travel, so a picture coded with others cannot be sent."""
_TYPES: Final = {(0x21, 0x11, 0x11): 0, (0x22, 0x11, 0x11): 1}
"""Sampling of the three components -> RTP type: 4:2:2 and 4:2:0."""


@dataclass(slots=True)
class _Picture:
    kind: int = -1
    width: int = 0
    height: int = 0
    restart: int = 0
    tables: dict[int, bytes] = field(default_factory=dict)
    used: tuple[int, ...] = ()
    scan: bytes = b""


def packetise_jpeg(data: bytes, *, limit: int = MAX_PAYLOAD) -> list[bytes]:
    """RTP payloads of one JPEG file, in order; the last one takes the marker bit. Empty: it has no RTP form.

    Args:
        limit: largest payload, bytes, at least 200.
    """
    picture = _read(data)
    if picture is None:
        return []
    kind = picture.kind + 64 if picture.restart else picture.kind
    tables = b"".join(picture.tables[which] for which in sorted(set(picture.used)))
    payloads = []
    at = 0
    while at < len(picture.scan):
        head = bytes((0,)) + at.to_bytes(3, "big")
        head += bytes((kind, 255, -(-picture.width // 8), -(-picture.height // 8)))
        if picture.restart:
            head += picture.restart.to_bytes(2, "big") + b"\xff\xff"  # whole pictures only: F, L and count all set
        if at == 0:
            head += b"\0\0" + len(tables).to_bytes(2, "big") + tables
        piece = picture.scan[at : at + limit - len(head)]
        payloads.append(head + piece)
        at += len(piece)
    return payloads


def _read(data: bytes) -> _Picture | None:
    picture = _Picture()
    for marker, body in _segments(data):
        if marker == _TABLES and not _tables(picture, body):
            return None
        if marker == _HUFFMAN and not _usual(body):
            return None
        if marker in _OTHER_FRAMES:
            return None
        if marker == _FRAME and not _frame(picture, body):
            return None
        if marker == _RESTART and len(body) >= 2:
            picture.restart = int.from_bytes(body[:2], "big")
        if marker == _SCAN:
            picture.scan = body
    whole = picture.kind >= 0 and picture.scan and all(which in picture.tables for which in picture.used)
    return picture if whole else None


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) in order; the scan comes last, without its header and the end marker."""
    if not data.startswith(START):
        return
    at = 2
    for _ in range(MAX_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(data) or data[at] != 0xFF:
            return
        marker, length = data[at + 1], data[at + 2] << 8 | data[at + 3]
        if length < 2:
            return
        if marker == _SCAN:
            end = data.rfind(END, at)
            yield marker, data[at + 2 + length : end if end >= 0 else len(data)]
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _tables(picture: _Picture, body: bytes) -> bool:
    at = 0
    while at < len(body):
        if body[at] >> 4 or at + 65 > len(body):  # 16 bit tables do not travel with Q 255 here
            return False
        picture.tables[body[at] & 0x0F] = body[at + 1 : at + 65]
        at += 65
    return True


def _usual(body: bytes) -> bool:
    """Whether these Huffman tables are those every receiver has."""
    at = 0
    while at < len(body):
        stop = at + 17 + sum(body[at + 1 : at + 17])
        if hashlib.sha256(body[at + 1 : stop]).hexdigest()[:32] != _USUAL.get(body[at]):
            return False
        at = stop
    return True


def _frame(picture: _Picture, body: bytes) -> bool:
    if len(body) < 15 or body[0] != 8 or body[5] != 3:
        return False
    picture.height, picture.width = body[1] << 8 | body[2], body[3] << 8 | body[4]
    picture.kind = _TYPES.get((body[7], body[10], body[13]), -1)
    picture.used = (body[8], body[11], body[14])
    # RFC 2435, 3.1.8: the first table is for luminance, the second one for both kinds of chrominance.
    fits = 0 < picture.width <= SIDE_MAX and 0 < picture.height <= SIDE_MAX
    return picture.kind >= 0 and fits and body[11] == body[14] and body[8] <= body[11]
