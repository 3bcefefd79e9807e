"""What ONVIF devices tell: where they are, what they show, where they look."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

Codec = Literal["h264", "h265", "jpeg", "mpeg4"]
CODECS: dict[str, Codec] = {
    "JPEG": "jpeg", "MPEG4": "mpeg4", "H264": "h264", "H265": "h265", "MPV4-ES": "mpeg4", "H264+": "h264",
    "H265+": "h265",
}  # fmt: skip
PLAYABLE = ("h264", "h265")
"""Codings our RTSP client takes."""
SCOPE = "onvif://www.onvif.org/"
TEXT_MOST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered a probe.

    `endpoint`: its lasting name (a URN). `address`: the device service's URL on the host that answered; what a device
    says of other hosts is not believed.
    """

    endpoint: str
    address: str
    host: str
    types: tuple[str, ...] = ()
    name: str = ""
    hardware: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One way a device shows a picture.

    `service`: the media service that knows it (1: Media, 2: Media2 of profile T). `width`, `height`: pixels, 0 when
    not told. `fps`: 0 when not told. The URLs hold no user information; None: the device offers none.
    """

    token: str
    name: str
    service: Literal[1, 2]
    codec: Codec | None
    width: int
    height: int
    fps: float
    source: str
    ptz: bool
    stream_url: str | None = None
    snapshot_url: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What a device says of itself. `clock_difference`: seconds its clock is ahead of ours, None when not told."""

    address: str
    manufacturer: str
    model: str
    firmware: str
    serial: str
    clock_difference: float | None
    profiles: tuple[Profile, ...] = field(default=())

    def best(self, source: str | None = None) -> Profile | None:
        """The largest picture that can be played, of one video source or of any."""
        able = [p for p in self.profiles if p.codec in PLAYABLE and p.stream_url and source in (None, p.source)]
        return max(able, key=lambda p: (p.width * p.height, p.fps), default=None)


@dataclass(frozen=True, slots=True)
class Preset:
    """A place the camera can be sent back to."""

    token: str
    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where a camera looks: -1 to 1 for pan and tilt, 0 to 1 for zoom, None where it does not tell."""

    pan: float | None
    tilt: float | None
    zoom: float | None
    moving: bool | None


def text(value: object) -> str:
    """What a device calls itself, short and in one line."""
    return " ".join(str(value or "").split())[:TEXT_MOST]


def scopes_of(scopes: list[str]) -> dict[str, str]:
    """`name`, `hardware`, `location` of a device's scopes; the first of each counts."""
    found: dict[str, str] = {}
    for scope in scopes:
        kind, _, value = scope.removeprefix(SCOPE).partition("/")
        if scope.startswith(SCOPE) and kind in {"name", "hardware", "location"} and value:
            found.setdefault(kind, text(unquote(value)))
    return found


def pinned(url: str, host: str, port: int) -> str | None:
    """The same URL on `host`, whatever host a device named: it may be behind NAT, or lie.

    Its port is kept when it named that host, replaced by `port` otherwise. User information is dropped; None when it
    is no URL.
    """
    try:
        parts = urlsplit(url.strip())
        named, told = parts.hostname, parts.port
    except ValueError:
        return None
    if not named or parts.scheme.lower() not in {"http", "https", "rtsp", "rtsps"}:
        return None
    rtsp = parts.scheme.lower().startswith("rtsp")
    if named.lower() != host.lower() and not rtsp:
        told = port
    where = f"[{host}]" if ":" in host else host
    netloc = where if told is None else f"{where}:{told}"
    return urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, ""))[:1_000]
