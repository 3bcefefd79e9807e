"""RTSP 1.0 messages and interleaved frames (RFC 2326, section 10.12): one incremental reader, one writer.

The reader is the hot path of every camera: a frame is found with two index reads and handed on as a `memoryview` of
the received bytes, without copying. All sizes are bounded, because the bytes come from devices nobody controls.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from commonsight.connect.wire import headers

MAX_HEAD = 16 * 1024
"""Largest start line plus headers, bytes. Real cameras stay below 2 KiB."""
MAX_HEADERS = 100
MAX_BODY = 256 * 1024
"""Largest message body, bytes. An SDP is 1 to 3 KiB."""
MAX_STRAY = 64 * 1024
"""Bytes between two messages that are skipped before the connection is given up (some firmware leaks a few)."""

_DOLLAR = 0x24
_VERSION = b"RTSP/1."


class WireError(ValueError):
    """Bytes that are not what the protocol allows."""


class Headers(headers.Headers):
    """RTSP's header fields."""

    __slots__ = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of `name`."""
        return next(iter(self.all(name)), default)


@dataclass(slots=True)
class Request:
    """`method url RTSP/1.0`."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


@dataclass(slots=True)
class Response:
    """`RTSP/1.0 status reason`."""

    status: int
    reason: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


class Interleaved(NamedTuple):
    """One binary frame; `payload` is a view of the bytes that were fed."""

    channel: int
    payload: memoryview


Message = Request | Response | Interleaved


def serialise(message: Request | Response) -> bytes:
    """Bytes of a message. Raises `WireError` when a field would break out of its line."""
    if isinstance(message, Request):
        start = f"{message.method} {message.url} RTSP/1.0"
    else:
        start = f"RTSP/1.0 {message.status} {message.reason}"
    lines = [start, *(f"{name}: {value}" for name, value in message.headers)]
    if message.body:
        lines.append(f"Content-Length: {len(message.body)}")
    for line in lines:
        if "\r" in line or "\n" in line:
            raise WireError(f"line break inside {line.split(':')[0][:40]!r}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + message.body


def interleave(channel: int, payload: bytes) -> bytes:
    """`$`, channel, length, payload."""
    if not 0 <= channel <= 255 or len(payload) > 0xFFFF:
        raise WireError(f"interleaved frame: channel {channel}, {len(payload)} bytes")
    return b"$" + bytes((channel,)) + len(payload).to_bytes(2, "big") + payload


class Reader:
    """Turns received bytes into messages, wherever the bytes were split.

    After `WireError` the reader must not be fed again: the connection has lost its framing.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._need = 1  # bytes of `_rest` before which nothing can be complete
        self._scanned = 0  # bytes of `_rest` already searched for the end of the head
        self._stray = 0
        self.pass_over: Callable[[bytes, int, int], int] | None = None
        """Given bytes, where a frame begins and where they end: where the first frame begins that somebody wants."""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Messages completed by `data`, in order. Exhaust the iterator before feeding again."""
        rest = self._rest
        if rest:
            rest += data
            if len(rest) < self._need:
                return
            # A copy, because the views handed out must not pin a bytearray that still grows.
            data = bytes(rest)
            rest.clear()
        view = memoryview(data)
        end = len(data)
        at = 0
        self._need = 1
        while at < end:
            first = data[at]
            if first == _DOLLAR:
                if self.pass_over is not None and (further := self.pass_over(data, at, end)) > at:
                    at = further
                    continue
                if end - at < 4:
                    self._need = 4
                    break
                stop = at + 4 + (data[at + 2] << 8 | data[at + 3])
                if stop > end:
                    self._need = stop - at
                    break
                yield Interleaved(data[at + 1], view[at + 4 : stop])
                at = stop
                continue
            if first in b"\r\n":
                at += 1
                continue
            if not 0x41 <= first <= 0x5A:  # a message starts with a capital letter
                at = self._skip(data, at)
                continue
            head_end = self._head_end(data, at)
            if head_end < 0:
                if end - at > MAX_HEAD:
                    raise WireError(f"message head is longer than {MAX_HEAD} bytes")
                self._need = end - at + 1
                self._scanned = max(0, end - at - 2)
                break
            message, length = _head(data[at:head_end])
            self._scanned = 0
            if end - head_end < length:
                self._need = head_end - at + length
                break
            message.body = data[head_end : head_end + length]
            at = head_end + length
            yield message
        if at < end:
            rest += view[at:]

    def _head_end(self, data: bytes, at: int) -> int:
        """Index after the empty line that ends the head, or -1. Bare line feeds are accepted: some firmware does."""
        begin = at + self._scanned
        limit = min(len(data), at + MAX_HEAD + 4)
        dos = data.find(b"\n\r\n", begin, limit)
        unix = data.find(b"\n\n", begin, limit if dos < 0 else dos)
        if unix >= 0:
            return unix + 2
        return dos + 3 if dos >= 0 else -1

    def _skip(self, data: bytes, at: int) -> int:
        """Next place that may start a message. Counts what is thrown away, for ever."""
        marks = [i for i in (data.find(b"$", at + 1), data.find(_VERSION, at + 1)) if i >= 0]
        stop = min(marks, default=len(data))
        self._stray += stop - at
        if self._stray > MAX_STRAY:
            raise WireError(f"more than {MAX_STRAY} bytes that belong to no message")
        return stop


def _head(head: bytes) -> tuple[Request | Response, int]:
    """Start line and headers, and the length of the body that follows."""
    lines = head.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n").split("\n")
    message = _start(lines[0])
    if len(lines) - 1 > MAX_HEADERS:
        raise WireError(f"more than {MAX_HEADERS} header fields")
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:  # a line without a colon is firmware noise; it carries nothing we could use
            message.headers.add(name.strip(), value.strip())
    given = message.headers.get("content-length", "0")
    if not (given.isascii() and given.isdigit()) or len(given) > 9 or int(given) > MAX_BODY:
        raise WireError(f"Content-Length must be 0..{MAX_BODY}, is {given[:20]!r}")
    return message, int(given)


def _start(line: str) -> Request | Response:
    words = line.split(None, 2)
    if line.startswith("RTSP/1."):
        if len(words) < 2 or len(words[1]) != 3 or not (words[1].isascii() and words[1].isdigit()):
            raise WireError(f"status line {line[:80]!r}")
        return Response(int(words[1]), words[2] if len(words) == 3 else "")
    if len(words) != 3 or not words[2].startswith("RTSP/1."):
        raise WireError(f"start line {line[:80]!r}")
    return Request(words[0], words[1])
