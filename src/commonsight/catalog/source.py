"""Addresses of cameras that people type in: taken apart, checked, without the password in the URL."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from commonsight import network
from commonsight.problem import Refusal

SCHEMES = {
    "rtsp": "rtsp",
    "rtsps": "rtsp",
    "rtspu": "rtsp",  # pictures by UDP where the device can
    "rtspt": "rtsp",  # pictures inside the connection only
    "http": "http",  # single pictures (JPEG), or one after the other (multipart)
    "https": "http",
}
"""Scheme of an address that people may type in -> protocol the camera is opened by."""
PORTS = {"rtsp": 554, "rtsps": 322, "rtspu": 554, "rtspt": 554, "http": 80, "https": 443}
"""The port an address means that names none."""
REACHABLE = "an address of the network, not of this machine, its link or its cloud; `network.allow` names exceptions"
URL_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """How a camera is reached. `repr` hides the password."""

    protocol: str
    url: str
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        hidden = None if self.password is None else "…"
        return f"Source(protocol={self.protocol!r}, url={self.url!r}, username={self.username!r}, password={hidden!r})"


def parse(url: str, *, username: str | None = None, password: str | None = None, loopback: bool = False) -> Source:
    """Check an address and move a user name and password out of it. Those given apart win over those in the URL.

    Only the schemes of cameras are let through, and no address that can only mean this machine or its cloud's own
    services: a camera's address must not be a way to reach them (server-side request forgery). Names are checked as
    written here, and as they resolve when the camera is opened (`network.FILED`).

    Args:
        loopback: let 127.0.0.0/8 and ::1 through (the demo's virtual cameras, a person at this machine).

    Raises:
        Refusal: `catalog.address_invalid`, naming the rule; the message never repeats the password.
    """

    def refused(rule: str, expected: object, actual: object = None) -> Refusal:
        return Refusal(
            "catalog.address_invalid", status=422, rule=rule, operand="url", expected=expected, actual=actual
        )

    url = url.strip()
    if len(url) > URL_MOST:
        raise refused("length", f"at most {URL_MOST} characters", len(url))
    if any(ord(character) < 0x21 or character == "\x7f" for character in url):
        raise refused("characters", "no spaces or control characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise refused("form", "rtsp://host[:port]/path") from error
    if parts.scheme not in SCHEMES:
        raise refused("scheme", ", ".join(SCHEMES), parts.scheme[:20] or None)
    if not host:
        raise refused("host", "rtsp://host[:port]/path")
    try:
        network.CAMERAS.with_loopback(loopback).check(host, port or PORTS[parts.scheme])
    except Refusal as reason:
        raise refused(f"host: {reason.code.removeprefix('network.')}", REACHABLE, host[:100]) from None
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc += f":{port}"
    bare = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    if username is None and parts.username is not None:
        username = unquote(parts.username)
        password = password if password is not None else unquote(parts.password) if parts.password is not None else None
    return Source(SCHEMES[parts.scheme], bare, username or None, password)
