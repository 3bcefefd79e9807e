"""SIP messages as bytes (RFC 3261): one parser for datagrams, one incremental reader for streams, one writer.

Read and written by both ends (platform and virtual devices), so there is no state here beyond a stream's unfinished
bytes. Everything is bounded, because the bytes come from devices nobody controls.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from commonsight.connect.wire import headers
from commonsight.connect.wire.sip_fields import CSeq as CSeq
from commonsight.connect.wire.sip_fields import NameAddr as NameAddr
from commonsight.connect.wire.sip_fields import SipSyntaxError as SipSyntaxError
from commonsight.connect.wire.sip_fields import Uri as Uri
from commonsight.connect.wire.sip_fields import Via as Via
from commonsight.connect.wire.sip_fields import parse_cseq as parse_cseq
from commonsight.connect.wire.sip_fields import parse_name_addr as parse_name_addr
from commonsight.connect.wire.sip_fields import parse_uri as parse_uri
from commonsight.connect.wire.sip_fields import parse_via as parse_via
from commonsight.connect.wire.sip_fields import split_outside

MAX_DATAGRAM = 65_535
MAX_HEAD = 16 * 1024
"""Largest start line plus headers, bytes."""
MAX_HEADERS = 100
MAX_BODY = 1024 * 1024
"""Largest body on a stream, bytes: a catalogue page of some hundred cameras has 200 KiB."""

_COMPACT = {
    "v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "l": "Content-Length",
    "c": "Content-Type", "o": "Event", "s": "Subject", "e": "Content-Encoding", "k": "Supported",
}  # fmt: skip
_LISTS = frozenset({"via", "route", "record-route", "contact"})
"""Fields whose values may stand in one line, comma-separated; they are taken apart when parsed."""

_METHOD = re.compile(r"[A-Z][A-Z0-9._-]{0,31}\Z")
_NAME = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Headers(headers.Headers):
    """SIP's header fields, found by their compact form, too."""

    __slots__ = ()

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__((_full(name), value) for name, value in fields)

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None."""
        wanted = _full(name).lower()
        return next((value for key, value in self._fields if key.lower() == wanted), None)

    def all(self, name: str) -> list[str]:
        """Every value of `name`, in order."""
        return super().all(_full(name))

    def set(self, name: str, value: str) -> None:
        """Puts `value` in the place of the first `name` and drops the others; at the end when there was none."""
        full = _full(name)
        wanted = full.lower()
        at = next((i for i, (key, _) in enumerate(self._fields) if key.lower() == wanted), len(self._fields))
        kept = [(key, old) for key, old in self._fields if key.lower() != wanted]
        self._fields = [*kept[:at], (full, value), *kept[at:]]

    def add(self, name: str, value: str) -> None:
        """One more field, behind the others."""
        super().add(_full(name), value)

    def remove(self, name: str) -> None:
        """Drop every `name`."""
        wanted = _full(name).lower()
        self._fields = [(key, value) for key, value in self._fields if key.lower() != wanted]

    def items(self) -> list[tuple[str, str]]:
        """All fields, in order."""
        return list(self._fields)


@dataclass(slots=True)
class Request:
    """`method uri SIP/2.0`."""

    method: str
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"

    def encode(self) -> bytes:
        """Bytes to send, Content-Length set. Raises `SipSyntaxError` when a field would break out of its line."""
        return _encode(self.line, self.headers, self.body)


@dataclass(slots=True)
class Response:
    """`SIP/2.0 status reason`."""

    status: int
    reason: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"

    def encode(self) -> bytes:
        """Bytes to send, Content-Length set. Raises `SipSyntaxError` when a field would break out of its line."""
        return _encode(self.line, self.headers, self.body)


def parse(data: bytes) -> Request | Response:
    """The message of one datagram. Raises `SipSyntaxError`.

    Bytes after the body are padding and dropped; a body shorter than Content-Length is a truncated datagram.
    """
    if len(data) > MAX_DATAGRAM:
        raise SipSyntaxError(f"datagram of {len(data)} bytes, accepted are {MAX_DATAGRAM}")
    data = data.lstrip(b"\r\n")
    end = _head_end(data, 0)
    if end < 0:
        raise SipSyntaxError("message head does not end" if len(data) <= MAX_HEAD else _head_too_long())
    message = _head(data[:end])
    length = _content_length(message.headers)
    body = data[end:]
    if length is not None:
        if length > len(body):
            raise SipSyntaxError(f"Content-Length is {length}, but {len(body)} bytes of body came")
        body = body[:length]
    message.body = body
    return message


class StreamReader:
    """Takes messages out of a TCP stream, however it was cut. Keep-alive line breaks are skipped.

    After `SipSyntaxError` the framing is lost: close the connection.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._need = 0  # bytes of `_rest` before which nothing can be complete
        self._scanned = 0  # bytes of `_rest` already searched for the end of the head
        self._error: SipSyntaxError | None = None

    @property
    def held(self) -> int:
        """Bytes of an unfinished message."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Request | Response]:
        """Messages completed by `data`. What was complete before a fault is still handed out; the next call raises."""
        if self._error is not None:
            raise self._error
        self._rest += data
        found: list[Request | Response] = []
        at = 0
        try:
            while True:
                message, used = self._next(at)
                at = used
                if message is None:
                    break
                found.append(message)
        except SipSyntaxError as error:
            self._error = error
            self._rest.clear()
            if not found:
                raise
            return found
        del self._rest[:at]
        return found

    def _next(self, at: int) -> tuple[Request | Response | None, int]:
        rest = self._rest
        if not self._need and not self._scanned:
            while at < len(rest) and rest[at] in b"\r\n":
                at += 1
        if len(rest) - at < max(self._need, 1):
            return None, at
        end = _head_end(rest, at, self._scanned)
        if end < 0:
            if len(rest) - at > MAX_HEAD:
                raise SipSyntaxError(_head_too_long())
            self._scanned = max(0, len(rest) - at - 2)
            return None, at
        message = _head(bytes(rest[at:end]))
        length = _content_length(message.headers) or 0
        if len(rest) - end < length:
            # The head is short, so reading it a second time costs less than keeping it.
            self._need = end - at + length
            return None, at
        message.body = bytes(rest[end : end + length])
        self._need = self._scanned = 0
        return message, end + length


def _head_too_long() -> str:
    return f"message head is longer than {MAX_HEAD} bytes"


def _head_end(data: bytes | bytearray, at: int, scanned: int = 0) -> int:
    """Index after the empty line that ends the head, or -1. Bare line feeds are accepted: some firmware does."""
    limit = min(len(data), at + MAX_HEAD + 4)
    dos = data.find(b"\n\r\n", at + scanned, limit)
    unix = data.find(b"\n\n", at + scanned, limit if dos < 0 else dos)
    if unix >= 0:
        return unix + 2
    return dos + 3 if dos >= 0 else -1


def _head(head: bytes) -> Request | Response:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("gb18030", "replace")  # display names of older devices
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    message = _start(lines[0])
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and fields:
            name, value = fields.pop()
            fields.append((name, f"{value} {line.strip()}"))
            continue
        name, colon, value = line.partition(":")
        if not colon or not _NAME.match(name.strip()):
            raise SipSyntaxError(f"header line {line[:60]!r}")
        fields.append((name.strip(), value.strip()))
        if len(fields) > MAX_HEADERS:
            raise SipSyntaxError(f"more than {MAX_HEADERS} header fields")
    for name, value in fields:
        if _CONTROL.search(value):
            raise SipSyntaxError(f"control character in {name}")
        if _full(name).lower() in _LISTS and "," in value:
            for part in split_outside(value, ","):
                message.headers.add(name, part.strip())
        else:
            message.headers.add(name, value)
    if len(message.headers) > MAX_HEADERS:
        raise SipSyntaxError(f"more than {MAX_HEADERS} header fields")
    return message


def _start(line: str) -> Request | Response:
    if _CONTROL.search(line):
        raise SipSyntaxError("control character in the start line")
    if line[:8].upper() == "SIP/2.0 ":
        _, code, reason = (line + " ").split(" ", 2)
        if len(code) != 3 or not (code.isascii() and code.isdigit()) or not 100 <= int(code) <= 699:
            raise SipSyntaxError(f"status line {line[:80]!r}")
        return Response(int(code), reason.strip())
    words = line.split(" ")
    if len(words) != 3 or words[2].upper() != "SIP/2.0" or not _METHOD.match(words[0]) or not words[1]:
        raise SipSyntaxError(f"start line {line[:80]!r}")
    return Request(words[0], words[1])


def _content_length(headers: Headers) -> int | None:
    given = set(headers.all("Content-Length"))
    if not given:
        return None
    text = given.pop()
    if given or not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > MAX_BODY:
        # Two different lengths would let one message hide inside another.
        raise SipSyntaxError(f"Content-Length must be one number 0..{MAX_BODY}, is {text[:20]!r}")
    return int(text)


def _encode(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start]
    lines += [f"{name}: {value}" for name, value in headers if name != "Content-Length"]
    lines.append(f"Content-Length: {len(body)}")
    for line in lines:
        if _CONTROL.search(line):
            raise SipSyntaxError(f"control character in {line.partition(':')[0][:40]!r}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace") + body


def _full(name: str) -> str:
    if len(name) == 1:
        return _COMPACT.get(name.lower(), name)
    return "Content-Length" if name.lower() == "content-length" else name
