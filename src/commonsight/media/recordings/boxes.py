"""Taking the sound out of an init segment: what is played faster, or silently, must not wait for sound."""

import struct
from collections.abc import Iterator
from typing import Final

from commonsight.media.fmp4 import Init, MuxError

_BOX: Final = struct.Struct(">I4s")
_HANDLER: Final = b"soun"


def without_sound(mime: str, segment: bytes) -> Init:
    """The same init segment with pictures only.

    Raises:
        MuxError: it is none.
    """
    made = []
    for name, box in _boxes(segment):
        made.append(_moov(box) if name == b"moov" else box)
    codecs = mime.partition('codecs="')[2].rstrip('"').split(",")
    pictures = [codec.strip() for codec in codecs if not codec.strip().startswith("mp4a")]
    return Init(f'video/mp4; codecs="{", ".join(pictures)}"', b"".join(made))


def _moov(box: bytes) -> bytes:
    kept, silent = [], set()
    for name, child in _boxes(box[8:]):
        if name == b"trak" and _HANDLER in child[: child.find(b"minf")]:
            silent.add(_track(child))
        else:
            kept.append((name, child))
    body = b"".join(_mvex(child, silent) if name == b"mvex" else child for name, child in kept)
    return _BOX.pack(8 + len(body), b"moov") + body


def _mvex(box: bytes, silent: set[int]) -> bytes:
    kept = [
        child
        for name, child in _boxes(box[8:])
        if not (name == b"trex" and int.from_bytes(child[12:16], "big") in silent)
    ]
    body = b"".join(kept)
    return _BOX.pack(8 + len(body), b"mvex") + body


def _track(trak: bytes) -> int:
    """The number of a track, out of its header."""
    for name, child in _boxes(trak[8:]):
        if name == b"tkhd":
            at = 28 if child[8] == 1 else 20
            return int.from_bytes(child[at : at + 4], "big")
    raise MuxError("no init segment: a track has no header")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        if at + _BOX.size > len(data):
            raise MuxError("no init segment: a box is cut short")
        size, name = _BOX.unpack_from(data, at)
        if size < _BOX.size or at + size > len(data):
            raise MuxError(f"no init segment: a box of {size} bytes")
        yield name, data[at : at + size]
        at += size
