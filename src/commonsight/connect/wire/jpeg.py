"""Just enough of JPEG (ITU-T T.81) to know a whole picture and its size: nothing is decoded, any bytes may come."""

START = b"\xff\xd8"
END = b"\xff\xd9"
MAX_SEGMENTS = 512
"""Segments looked at before the picture itself; cameras write some twenty, a large profile a hundred."""

_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA


def whole(data: bytes) -> tuple[bytes, int, int] | None:
    """The picture in `data` with its width and height in pixels, without what some cameras append behind it.

    None when it does not begin as a JPEG, names no size, or ends before its end marker (a broken transfer).
    """
    if not data.startswith(START):
        return None
    size: tuple[int, int] | None = None
    at = 2
    for _ in range(MAX_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":  # fill bytes before a marker
            at += 1
        if at + 4 > len(data) or data[at] != 0xFF:
            return None
        marker, length = data[at + 1], data[at + 2] << 8 | data[at + 3]
        if length < 2:
            return None
        if marker in _FRAME and at + 9 <= len(data):
            height, width = data[at + 5] << 8 | data[at + 6], data[at + 7] << 8 | data[at + 8]
            size = (width, height)
        at += 2 + length
        if marker == _SCAN:
            end = data.rfind(END, at)
            if size is None or end < 0 or 0 in size:
                return None
            return data[: end + 2], size[0], size[1]
    return None
