"""Which URL an RTSP request names, and where its packets will come: the rules of RFC 2326 as devices practise them."""

import re
from urllib.parse import urlsplit

DEFAULT_PORT = 554

# A pattern, because devices send URLs that a strict parser would throw at us.
_USERINFO = re.compile(r"^(rtsp://)[^/?#]*@", re.IGNORECASE)


def endpoint(url: str) -> tuple[str, int]:
    """Host and port to connect to. Raises ValueError naming what is wrong."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "rtsp":
        raise ValueError(f"url: scheme must be rtsp, is {parts.scheme or 'missing'!r}")
    if not parts.hostname:
        raise ValueError("url: host is missing")
    return parts.hostname, parts.port or DEFAULT_PORT


def without_userinfo(url: str) -> str:
    """The same URL without name and password: what may be sent in clear, logged and shown."""
    return _USERINFO.sub(r"\1", url, count=1)


def base_url(request_url: str, content_base: str, content_location: str) -> str:
    """What relative control URLs are relative to (RFC 2326, C.1.1). A base that is no RTSP URL is passed over."""
    for given in (content_base, content_location):
        if given.lower().startswith("rtsp://"):
            return without_userinfo(given)
    return request_url


def control_url(base: str, control: str) -> str:
    """The URL of a stream (or, with `*` or nothing, of the whole presentation).

    A relative control is appended, not resolved as RFC 3986 would: devices keep their query string in the base and
    expect `…?channel=1/trackID=1`, and that is what every widely used player sends.
    """
    if control in {"", "*"}:
        return base
    if control.lower().startswith("rtsp://"):
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


def session_timeout(value: str) -> tuple[str, float]:
    """Session identifier and timeout in seconds (RFC 2326: 60 when not given), the latter within 10 to 3,600."""
    identifier, _, rest = value.partition(";")
    for part in rest.split(";"):
        name, _, given = part.strip().partition("=")
        if name.lower() == "timeout" and given.strip().isdecimal() and len(given) <= 9:
            return identifier.strip(), float(min(3_600, max(10, int(given))))
    return identifier.strip(), 60.0
