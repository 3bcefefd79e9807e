"""Structured SIP header fields (RFC 3261): addresses, Via, CSeq. Pure text in, values out, text again.

GB/T 28181 addresses look like `sip:34020000001320000001@3402000000`: the host may be ten digits, which generic SIP
libraries take for a malformed number. Everything here is bounded by `MAX_FIELD`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MAX_FIELD = 4096
"""Longest field that is looked into, characters."""
MAX_PARAMS = 40
CACHED = 512
"""Address fields kept read; at `MAX_FIELD` each that is 2 MB at most."""

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~\-]+\Z")
_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/%#]{1,255}\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.\-]{0,253}[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]{2,60}\])\Z")
_NAME = re.compile(r"[A-Za-z0-9.!%*_+`'~\-\[\]/:&$]{1,128}\Z")
_CSEQ = re.compile(r"(\d{1,10})[ \t]+([A-Z][A-Z0-9_-]{0,31})\Z", re.ASCII)


class SipSyntaxError(ValueError):
    """Bytes or text that are not SIP, or more of it than is accepted."""


@dataclass(frozen=True, slots=True)
class Uri:
    """`scheme:user@host:port;params`. A password and `?headers` are read over and not kept."""

    scheme: str
    user: str
    host: str
    port: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        return f"{self.scheme}:{user}{self.host}{port}{params_text(self.params)}"


@dataclass(frozen=True, slots=True)
class NameAddr:
    """`"display" <uri>;params`, as in From, To and Contact; `params` are the field's own (tag, expires)."""

    display: str
    uri: Uri
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        return self.params.get("tag", "")

    def __str__(self) -> str:
        display = f"{_quoted(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{params_text(self.params)}"


@dataclass(frozen=True, slots=True)
class Via:
    """`SIP/2.0/UDP host:port;branch=…;rport`. `transport` is upper case; a parameter without a value is ""."""

    transport: str
    host: str
    port: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def branch(self) -> str:
        return self.params.get("branch", "")

    def __str__(self) -> str:
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {self.host}{port}{params_text(self.params)}"


@dataclass(frozen=True, slots=True)
class CSeq:
    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def parse_uri(text: str) -> Uri:
    """Reads a `sip:` or `sips:` address. Raises `SipSyntaxError`."""
    text = _bounded(text, "address")
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() not in ("sip", "sips"):
        raise SipSyntaxError(f"address {text[:80]!r} does not begin with sip: or sips:")
    userinfo, at, place = rest.rpartition("@")
    user = userinfo.partition(":")[0]
    if at and not _USER.match(user):
        raise SipSyntaxError(f"user part of address {text[:80]!r}")
    place = place.partition("?")[0]
    where, semicolon, params = place.partition(";")
    host, port = _host_port(where, text)
    return Uri(scheme.lower(), user, host, port, parse_params(params) if semicolon else {})


@lru_cache(maxsize=CACHED)
def parse_name_addr(text: str) -> NameAddr:
    """Reads From, To, Contact, Route. Raises `SipSyntaxError` (also for a Contact of `*`: look for it before).

    From and To of one message are looked at by several parts that know nothing of each other, so the last are kept.
    """
    text = _bounded(text, "address field")
    display = ""
    rest = text
    if text.startswith('"'):
        end = _closing_quote(text)
        display = re.sub(r"\\(.)", r"\1", text[1:end])
        rest = text[end + 1 :].lstrip()
        if not rest.startswith("<"):
            raise SipSyntaxError(f"no <address> after the name in {text[:80]!r}")
    elif "<" in text:
        cut = text.index("<")
        display, rest = text[:cut].strip(), text[cut:]
    if not rest.startswith("<"):
        bare, semicolon, params = rest.partition(";")
        return NameAddr("", parse_uri(bare), parse_params(params) if semicolon else {})
    inside, closed, after = rest[1:].partition(">")
    if not closed:
        raise SipSyntaxError(f"address field {text[:80]!r} is not closed")
    return NameAddr(display, parse_uri(inside), parse_params(after.strip().removeprefix(";")))


def parse_via(text: str) -> Via:
    """Reads one Via value (a list is split by the message parser). Raises `SipSyntaxError`."""
    text = _bounded(text, "Via")
    head, semicolon, params = text.partition(";")
    head = re.sub(r"\s*/\s*", "/", head.strip())
    protocol, _, sent_by = head.partition(" ")
    parts = protocol.split("/")
    if len(parts) != 3 or parts[0].upper() != "SIP" or parts[1] != "2.0" or not _TOKEN.match(parts[2]):
        raise SipSyntaxError(f"Via {text[:80]!r}")
    host, port = _host_port("".join(sent_by.split()), text)
    return Via(parts[2].upper(), host, port, parse_params(params) if semicolon else {})


def parse_cseq(text: str) -> CSeq:
    """Reads `number METHOD`. Raises `SipSyntaxError`."""
    found = _CSEQ.match(text.strip()) if len(text) <= 64 else None
    if found is None or int(found[1]) >= 1 << 32:
        raise SipSyntaxError(f"CSeq {text[:80]!r}")
    return CSeq(int(found[1]), found[2])


def parse_params(text: str) -> dict[str, str]:
    """`a=1;b="two";lr` as a mapping; names in lower case, the first of a doubled name holds."""
    found: dict[str, str] = {}
    for part in split_outside(text, ";"):
        name, _, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if not name:
            continue
        if not _NAME.match(name):
            raise SipSyntaxError(f"parameter name {name[:40]!r}")
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1 : _closing_quote(value)])
        if len(found) >= MAX_PARAMS:
            raise SipSyntaxError(f"more than {MAX_PARAMS} parameters")
        found.setdefault(name, value)
    return found


def params_text(params: Mapping[str, str]) -> str:
    """`;a=1;lr`, quoting what is no token."""
    text = ""
    for name, value in params.items():
        if value == "":
            text += f";{name}"
        else:
            text += f";{name}={value if _NAME.match(value) else _quoted(value)}"
    return text


def split_outside(text: str, separator: str) -> list[str]:
    """Parts of `text` between `separator`s that stand outside quotes and angle brackets, in one pass."""
    parts: list[str] = []
    begin = 0
    quoted = angled = escaped = False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char == "<":
            angled = True
        elif char == ">":
            angled = False
        elif char == separator and not angled:
            parts.append(text[begin:at])
            begin = at + 1
    parts.append(text[begin:])
    return parts


def _host_port(text: str, whole: str) -> tuple[str, int | None]:
    cut = text.rfind(":")
    host, port = text.strip(), ""
    if cut >= 0 and cut > text.rfind("]"):
        host, port = text[:cut].strip(), text[cut + 1 :].strip()
        if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535):
            raise SipSyntaxError(f"port {port[:10]!r} in {whole[:80]!r} is not 1..65535")
    if not _HOST.match(host):
        raise SipSyntaxError(f"host {host[:60]!r} in {whole[:80]!r}")
    return host, int(port) if port else None


def _closing_quote(text: str) -> int:
    """Index of the quote that closes the one at 0."""
    at = 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            return at
        at += 1
    raise SipSyntaxError(f"quote in {text[:80]!r} is not closed")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bounded(text: str, what: str) -> str:
    if len(text) > MAX_FIELD:
        raise SipSyntaxError(f"{what} is longer than {MAX_FIELD} characters")
    return text.strip()
