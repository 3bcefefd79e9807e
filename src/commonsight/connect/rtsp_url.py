"""Which URL an RTSP request names, and where its packets will come: the rules of RFC 2326 as devices practise them."""

import ipaddress
import re
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

Way = Literal["tcp", "udp"]
"""The way packets come: inside the RTSP connection, or to two UDP ports of ours."""

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
CARRIERS: dict[str, tuple[Way, ...]] = {
    "rtsp": ("tcp", "udp"),
    "rtsps": ("tcp",),
    "rtspt": ("tcp",),
    "rtspu": ("udp", "tcp"),
}
"""Ways the pictures may come, by the scheme of the camera's address, the one to try first in front. TCP first, because
it crosses firewalls and loses nothing; over TLS there is only the connection itself. `rtspu` and `rtspt` are written
as players write them; devices are told `rtsp`."""

# A pattern, because devices send URLs that a strict parser would throw at us.
_USERINFO = re.compile(r"^(rtsps?://)[^/?#]*@", re.IGNORECASE)
_ABSOLUTE = re.compile(r"rtsps?://", re.IGNORECASE)


class Endpoint(NamedTuple):
    """Where to connect; `secure`: with TLS (rtsps)."""

    host: str
    port: int
    secure: bool


def endpoint(url: str) -> Endpoint:
    """What a URL says about where to connect. Raises ValueError naming what is wrong."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"url: scheme must be rtsp or rtsps, is {scheme or 'missing'!r}")
    if not parts.hostname:
        raise ValueError("url: host is missing")
    return Endpoint(parts.hostname, parts.port or DEFAULT_PORTS[scheme], scheme == "rtsps")


def carriers(url: str) -> tuple[str, tuple[Way, ...]]:
    """The URL a device understands, and the ways its pictures may come, the preferred one first."""
    scheme, colon, rest = url.partition(":")
    ways = CARRIERS.get(scheme.lower(), ("tcp",))
    return ("rtsp" + colon + rest if scheme.lower() in {"rtspt", "rtspu"} else url), ways


def redirect_target(url: str, location: str) -> str:
    """Where a redirect may lead: never from the network to this machine or its cloud's own services, and never from
    TLS to plain text. Raises ValueError naming what is wrong."""
    target = without_userinfo(location)
    before, after = endpoint(url), endpoint(target)
    if before.secure and not after.secure:
        raise ValueError("redirect: from rtsps to rtsp")
    if special(after.host) and not special(before.host):
        raise ValueError(f"redirect: to {after.host}, an address of this machine")
    return target


def special(host: str) -> bool:
    """Whether a host, as it is written, means this machine, its link or its cloud."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.rstrip(".").lower().endswith("localhost") or host.replace(".", "").isdigit()
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified


def without_userinfo(url: str) -> str:
    """The same URL without name and password: what may be sent in clear, logged and shown."""
    return _USERINFO.sub(r"\1", url, count=1)


def base_url(request_url: str, content_base: str, content_location: str) -> str:
    """What relative control URLs are relative to (RFC 2326, C.1.1). A base that is no RTSP URL is passed over."""
    for given in (content_base, content_location):
        if _ABSOLUTE.match(given):
            return without_userinfo(given)
    return request_url


def control_url(base: str, control: str) -> str:
    """The URL of a stream (or, with `*` or nothing, of the whole presentation).

    A relative control is appended, not resolved as RFC 3986 would: devices keep their query string in the base and
    expect `…?channel=1/trackID=1`, and that is what every widely used player sends.
    """
    if control in {"", "*"}:
        return base
    if _ABSOLUTE.match(control):
        return without_userinfo(control)
    if control.startswith("?") or base.endswith("/"):
        return base + control.removeprefix("/")
    return base + "/" + control.removeprefix("/")


def channels(transport: str, asked: tuple[int, int]) -> tuple[int, int] | None:
    """RTP and RTCP channel of a SETUP answer; None when it does not speak of TCP at all.

    An answer that names no channels means those that were asked for.
    """
    if "tcp" not in transport.lower() and "interleaved" not in transport.lower():
        return None
    for part in transport.split(";"):
        name, _, value = part.strip().partition("=")
        if name.lower() == "interleaved":
            first, _, second = value.partition("-")
            if not (first.strip().isdecimal() and len(first) <= 3 and int(first) <= 255):
                return None
            rtp = int(first)
            rtcp = int(second) if second.strip().isdecimal() and len(second) <= 3 else rtp + 1
            return rtp, min(rtcp, 255)
    return asked


def server_ports(transport: str, asked: tuple[int, int]) -> tuple[int, int] | None:
    """The ports a device sends from by the answer to a SETUP for UDP, (0, 0) when it names none.

    None when the answer does not agree to unicast UDP on the ports that were `asked` for.
    """
    if "tcp" in transport.lower() or "multicast" in transport.lower() or not transport:
        return None
    fields = dict(part.strip().lower().partition("=")[::2] for part in transport.split(";"))
    wanted = _pair(fields.get("client_port", ""))
    if wanted is not None and wanted[0] != asked[0]:
        return None
    return _pair(fields.get("server_port", "")) or (0, 0)


def _pair(text: str) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    if not (first.strip().isdecimal() and len(first) <= 5 and 0 < int(first) < 65_535):
        return None
    known = second.strip().isdecimal() and len(second) <= 5 and 0 < int(second) <= 65_535
    return int(first), int(second) if known else int(first) + 1


def session_timeout(value: str) -> tuple[str, float]:
    """Session identifier and timeout in seconds (RFC 2326: 60 when not given), the latter within 10 to 3,600."""
    identifier, _, rest = value.partition(";")
    for part in rest.split(";"):
        name, _, given = part.strip().partition("=")
        if name.lower() == "timeout" and given.strip().isdecimal() and len(given) <= 9:
            return identifier.strip(), float(min(3_600, max(10, int(given))))
    return identifier.strip(), 60.0
