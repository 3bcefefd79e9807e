"""What every way of reaching a camera ends in: an address, a session, access units, and why it failed."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.ps_format import AudioCodec

__all__ = [
    "AccessUnit", "Address", "Audible", "AudioCodec", "Codec", "Counters", "OwnFailure", "Session", "Sound",
    "SourceCode", "SourceError", "StreamInfo",
]  # fmt: skip

TICKS_PER_SECOND = 90_000
"""Unit of every `pts`: the 90 kHz clock of RTP video."""


class SourceCode(StrEnum):
    """Why a camera gives no pictures. The values are message codes of `connect/messages.toml` after `connect.`."""

    UNREACHABLE = "unreachable"  # no route, name not found, host down
    REFUSED = "refused"  # the host answers, the port does not
    TIMEOUT = "timeout"  # connected or connecting, then silence
    UNAUTHORIZED = "unauthorized"  # name or password wrong or missing
    NOT_FOUND = "not_found"  # the device answers, it has no such stream
    NO_VIDEO = "no_video"  # the device answers, no whole picture comes
    UNSUPPORTED_CODEC = "unsupported_codec"  # video, but neither H.264 nor H.265
    PROTOCOL = "protocol"  # the device breaks the protocol
    LOST = "lost"  # it played, then it went away


class SourceError(Exception):
    """A camera cannot be opened or has stopped. `detail` is for operators and never holds a password."""

    def __init__(self, code: SourceCode | str, detail: str = "") -> None:
        self.code = SourceCode(code)
        self.detail = detail
        super().__init__(f"{self.code}: {detail}" if detail else str(self.code))


class OwnFailure(SourceError):
    """We could not even ask: the failure says nothing about the camera, and must not be held against it."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a decoder or a muxer must know before the first unit.

    `parameter_sets`: NAL units without start codes, in the order (VPS,) SPS, PPS; () for JPEG, which needs none.
    `width`, `height`: pixels after cropping, 0 when the SPS cannot be read.
    """

    codec: Codec
    parameter_sets: tuple[bytes, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One whole coded picture.

    `data`: Annex B with 4-byte start codes; a keyframe carries its parameter sets in front. One whole JPEG file where
    the codec is JPEG; all of them are keyframes.
    `pts`: 90 kHz ticks since the session's first unit, unwrapped, never negative, rising in decode order when the
    stream has no B-frames.
    `received`: monotonic seconds at which the last byte came.
    """

    data: bytes
    pts: int
    keyframe: bool
    received: float


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of sound. `data`: G.711 samples at 8 kHz, or AAC in ADTS frames. `pts`, `received`: as for pictures."""

    codec: AudioCodec
    data: bytes
    pts: int
    received: float


@dataclass(slots=True)
class Counters:
    """What happened on a session since it was opened. Every figure only rises, but for the two stream numbers."""

    bytes: int = 0
    packets: int = 0
    packets_lost: int = 0
    ssrc_expected: int = 0  # what the device was asked to send under, and what it sent last; 0: nothing was asked
    ssrc_seen: int = 0
    packets_reordered: int = 0  # came after one that was sent later, and were put back in their place
    units: int = 0
    units_broken: int = 0  # incomplete or malformed, never handed on
    units_skipped: int = 0  # whole, but dropped because the reader was slow or no keyframe had come yet
    timestamp_jumps: int = 0
    stray_frames: int = 0  # interleaved frames on channels that were never agreed


class Session(Protocol):
    """An opened camera. Iterating gives units from a keyframe on and ends with `SourceError`, or quietly after
    `close`. One reader a session: fan-out is the media room's work."""

    @property
    def info(self) -> StreamInfo:
        """Valid after opening. A camera that changes its resolution replaces it before the keyframe is handed on."""
        ...

    @property
    def counters(self) -> Counters: ...

    def __aiter__(self) -> AsyncIterator[AccessUnit]: ...

    async def close(self) -> None:
        """Say goodbye to the camera and free the connection. May be called twice."""
        ...


@runtime_checkable
class Audible(Protocol):
    """A session that may also bring sound."""

    @property
    def audio(self) -> AudioCodec | None:
        """Coding of the sound that came so far; None: none came."""
        ...

    def listen(self, listener: Callable[[Sound], None] | None) -> None:
        """Call `listener` with each piece of sound from now on; it must not wait. None: no more."""
        ...


Protocols = Literal["rtsp", "http", "gb28181"]
PROTOCOLS: dict[str, Protocols] = {
    "rtsp": "rtsp",
    "rtsps": "rtsp",
    "rtspt": "rtsp",
    "rtspu": "rtsp",
    "http": "http",
    "https": "http",
    "gb28181": "gb28181",
}
"""Scheme of an address -> how its camera is opened. `rtspu` prefers UDP for the pictures, `rtspt` allows TCP only."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a camera is. `url` never holds user information, so it may be logged; the password is never shown.

    `rtsps://` and `https://` go over TLS: the device's certificate must be one this machine trusts.
    """

    protocol: Protocols
    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if "@" in urlsplit(self.url).netloc:
            raise ValueError("url: must not hold user information; give username and password apart")

    @classmethod
    def at(cls, url: str, username: str | None = None, password: str | None = None) -> "Address":
        """The address of a URL without user information; its scheme names the protocol. Raises ValueError otherwise."""
        scheme = url.partition(":")[0].lower()
        if scheme not in PROTOCOLS:
            raise ValueError(f"url: scheme must be one of {', '.join(PROTOCOLS)}, is {scheme or 'missing'!r}")
        return cls(PROTOCOLS[scheme], url, username, password)

    @classmethod
    def from_url(cls, url: str) -> "Address":
        """Split `rtsp://name:password@host/path` into an address. Raises ValueError naming what is wrong."""
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("url: host is missing")
        parts.port  # noqa: B018  urlsplit checks the range of the port only when it is read
        user, _, host = parts.netloc.rpartition("@")
        name, colon, password = user.partition(":")
        clean = parts._replace(netloc=host, fragment="").geturl()
        return cls.at(clean, unquote(name) if user else None, unquote(password) if colon else None)
