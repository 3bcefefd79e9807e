"""What the first packet of a picture in a program stream says about it: whether a stream can start there."""

from typing import Final

_MARK: Final = b"\x00\x00\x01"
_PACK: Final = b"\x00\x00\x01\xba"
_LEAST_START: Final = 0xB9
"""Start codes from here on belong to the program stream, those below to units of a picture."""
_LAYER: Final = 0x01
"""Second byte of nearly every unit of H.265; in H.264 a slice that begins a picture has its first bit set there."""
_H265_TRAILING: Final = (0x00, 0x02)
_H265_KEY: Final = frozenset(kind << 1 for kind in (16, 17, 18, 19, 20, 21, 32, 33))
_H264_SETS: Final = frozenset((0x67, 0x47, 0x27))
_H264_IDR: Final = 5
_H264_SLICE: Final = 1


def can_start(payload: memoryview | bytes) -> bool | None:
    """Whether the picture whose first packet this is can start a stream: True for keyframes and what has parameter
    sets before it, False for pictures that refer to others, None when the packet does not say.

    The coding need not be known: the heads of the units that matter differ between H.264 and H.265.
    """
    data = bytes(payload)
    if data[:4] != _PACK:
        return None
    at = data.find(_MARK, 4)
    while at >= 0 and at + 4 < len(data):
        head, second = data[at + 3], data[at + 4]
        if head < _LEAST_START:
            found = _unit(head, second)
            if found is not None:
                return found
        at = data.find(_MARK, at + 3)
    return None


def _unit(head: int, second: int) -> bool | None:
    if head in _H264_SETS:
        return True
    if second == _LAYER:
        if head in _H265_KEY:
            return True
        if head in _H265_TRAILING:
            return False
    if second & 0x80 and not head & 0x80:
        kind = head & 0x1F
        if kind == _H264_IDR and head & 0x60:
            return True
        if kind == _H264_SLICE:
            return False
    return None
