"""`multipart/x-mixed-replace`, as cameras send one picture after the other: incremental, bounded, forgiving.

Cameras disagree on nearly everything: whether the boundary named in the header already has its dashes, whether a part
tells its length, whether the length is right, whether lines end in CR LF. A part is taken by its length where it has
one, else up to the next boundary.
"""

from email.message import Message

MAX_HEAD = 16 * 1024
MAX_PART = 16 * 1024 * 1024
"""Largest picture, bytes."""


class MultipartError(ValueError):
    """Bytes that are no multipart stream within the bounds."""


def boundary_of(content_type: str) -> str | None:
    """The boundary of a multipart content type, without leading dashes; None for any other type."""
    message = Message()
    message["Content-Type"] = content_type[:1_000]
    if message.get_content_maintype() != "multipart":
        return None
    named = message.get_param("boundary")
    return (str(named).strip().lstrip("-")[:200] or None) if named else None


class Parts:
    """Takes the body in pieces and gives the bodies of whole parts."""

    def __init__(self, boundary: str) -> None:
        self._mark = b"--" + boundary.encode("utf-8", "surrogateescape")
        self._held = bytearray()
        self._length: int | None = None  # of the part that has begun; -1: up to the next boundary
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The parts that `data` completes. Raises `MultipartError` when a bound is passed."""
        self._held += data
        found: list[bytes] = []
        while True:
            part = self._head() if self._length is None else self._body()
            if part is None:
                return found
            if part:
                found.append(part)

    def _head(self) -> bytes | None:
        """Find the next part's beginning; b"" when it was found, None when more bytes are needed."""
        held = self._held
        at = held.find(self._mark)
        if at < 0:
            del held[: max(0, len(held) - len(self._mark))]  # a preamble says nothing
            return None
        end, width = _blank_line(held, at)
        if end < 0:
            if len(held) - at > MAX_HEAD:
                raise MultipartError(f"a part's head is longer than {MAX_HEAD} bytes")
            return None
        self._length = _content_length(bytes(held[at:end]))
        if self._length > MAX_PART:
            raise MultipartError(f"a part of {self._length} bytes, at most {MAX_PART}")
        del held[: end + width]
        self._searched = 0
        return b""

    def _body(self) -> bytes | None:
        held, length = self._held, self._length
        assert length is not None
        told = length >= 0
        if not told:
            at = held.find(self._mark, self._searched)
            if at < 0:
                if len(held) > MAX_PART:
                    raise MultipartError(f"a part of more than {MAX_PART} bytes")
                self._searched = max(0, len(held) - len(self._mark))
                return None
            length = at
        elif len(held) < length:
            return None
        part = bytes(held[:length])
        del held[:length]
        self._length = None
        # Before a boundary stands a line break, and dashes where the boundary has more than ours.
        return part if told else part.rstrip(b"\r\n-")


def _blank_line(held: bytearray, start: int) -> tuple[int, int]:
    """Where a head ends, and how many bytes say so."""
    ends = [(held.find(mark, start), len(mark)) for mark in (b"\r\n\r\n", b"\n\n")]
    return min((found for found in ends if found[0] >= 0), default=(-1, 0))


def _content_length(head: bytes) -> int:
    for line in head.splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit() and len(value) < 16:
            return int(value)
    return -1
