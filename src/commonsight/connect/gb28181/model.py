"""What a device or lower platform is to us: pure types, and the bends of vendors as data per device."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, get_args, get_origin
from uuid import UUID

from commonsight.catalog import codes
from commonsight.problem import Refusal

PLATFORM_TYPES: Final = frozenset({200, 209})
"""Type digits of an identifier that speak of a platform or a gateway, not of a single device."""

KEEPALIVE_SECONDS: Final = 60
KEEPALIVE_MISSES: Final = 3
"""A device is offline after so many keepalives that did not come (field practice)."""

EXPIRES_DEFAULT: Final = 3_600
EXPIRES_MOST: Final = 86_400
"""Longest registration granted, s; what asks for more is told so in the answer's Expires."""

VERSIONS: Final = ("1.0", "1.1", "2.0", "3.0")
"""What `X-GB-Ver` says: 1.0 the edition of 2011, 1.1 its amendment, 2.0 of 2016, 3.0 of 2022."""

TWENTY_TWO: Final = "3.0"

CHARSETS: Final = ("GB18030", "GB2312", "UTF-8")


class Kind(StrEnum):
    """A device with channels, or a platform with devices below it."""

    DEVICE = "device"
    PLATFORM = "platform"


class Reason(StrEnum):
    """Why a device is offline. The values are message codes after `connect.gb_`."""

    NEVER = "never_registered"
    UNREGISTERED = "unregistered"
    EXPIRED = "registration_expired"
    SILENT = "keepalive_missed"
    CONNECTION = "connection_lost"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Quirks:
    """How one device bends the standard. Every field's default is what field practice expects of an ordinary device.

    `digest`: "auto" offers MD5, and SM3 before it to devices of 2022; the others insist on one.
    `qop`: offer `qop=auth`; a few old devices compute a wrong answer when it is offered.
    `keepalive_seconds`, `keepalive_misses`: the device's own pace, when it was set up with another one.
    `any_host`: messages may come from other addresses than the registration (several egress addresses behind a NAT).
    `tcp_only`: the device answers requests by TCP alone. `large_by_tcp`: requests above 1,300 bytes go by TCP.
    `charset`: what our bodies declare; "" follows the device's own last body.
    `iframe`: spelling of the key frame command; "" is "IFameCmd" up to 2016 and "IFrameCmd" from 2022 on.
    `snapshot`: the message a snapshot is asked by; some devices take it as DeviceControl.
    `subject`: what stands in an INVITE's Subject: "channel:ssrc,platform:0", or both with ":0".
    `clock`: zone of the times the device writes without one: the region's own, or UTC; "wall": the region's, whatever
    zone it writes (some put a Z behind their local time).
    `system`: coordinate system of the device's coordinates, where its owner says that it is not WGS-84.
    `alarm_answer`: send the separate Response after an alarm; a few devices take it for an error.
    `redirect`: registrations are sent on to this SIP address. `redirect_for_good`: by 301 instead of 302.
    """

    digest: Literal["auto", "md5", "sm3"] = "auto"
    qop: bool = True
    keepalive_seconds: int = KEEPALIVE_SECONDS
    keepalive_misses: int = KEEPALIVE_MISSES
    any_host: bool = False
    tcp_only: bool = False
    large_by_tcp: bool = True
    charset: Literal["", "GB18030", "GB2312", "UTF-8"] = ""
    iframe: Literal["", "IFameCmd", "IFrameCmd"] = ""
    snapshot: Literal["DeviceConfig", "DeviceControl"] = "DeviceConfig"
    subject: Literal["ssrc", "zero"] = "ssrc"
    clock: Literal["region", "utc", "wall"] = "region"
    system: Literal["WGS-84", "GCJ-02", "BD-09"] = "WGS-84"
    alarm_answer: bool = True
    redirect: str = ""
    redirect_for_good: bool = False

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Quirks":
        """From what people wrote; keys left out keep their defaults.

        Raises:
            Refusal: `connect.gb_quirk_invalid`, naming the key, the value and what it may be.
        """
        known = {one.name: one for one in fields(cls)}
        for name, value in said.items():
            if name not in known:
                raise _quirk_refused(name, "a known quirk", sorted(known), name)
            _check_quirk(name, _TYPES[name], value)
        return cls(**dict(said))

    @classmethod
    def kept(cls, said: Mapping[str, Any]) -> "Quirks":
        """From the database: what another edition of this program wrote and this one does not know is left out."""
        good: dict[str, Any] = {}
        for name, value in said.items():
            try:
                cls.of({name: value})
            except Refusal:
                continue
            good[name] = value
        return cls(**good)

    def as_json(self) -> dict[str, Any]:
        """Only what differs from the default, so that a default that changes later holds for everybody."""
        plain = Quirks()
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != getattr(plain, one.name)
        }

    @property
    def silence_seconds(self) -> float:
        """A device that said nothing for this long is offline."""
        return float(self.keepalive_seconds * self.keepalive_misses)


_TYPES: Final[dict[str, Any]] = {one.name: one.type for one in fields(Quirks)}
_RANGES: Final = {"keepalive_seconds": (5, 3_600), "keepalive_misses": (1, 20)}
REDIRECT_MOST: Final = 200


def _check_quirk(name: str, kind: Any, value: Any) -> None:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise _quirk_refused(name, "one of these words", list(get_args(kind)), value)
    elif kind is bool:
        if not isinstance(value, bool):
            raise _quirk_refused(name, "true or false", [True, False], value)
    elif kind is int:
        low, high = _RANGES[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _quirk_refused(name, "range", f"{low}..{high}", value)
    elif not isinstance(value, str) or len(value) > REDIRECT_MOST or (value and not value.startswith("sip:")):
        raise _quirk_refused(name, "a SIP address", "sip:code@host:port", value)


def _quirk_refused(name: str, rule: str, expected: Any, actual: Any) -> Refusal:
    shown = actual if isinstance(actual, (bool, int, float)) else str(actual)[:60]
    return Refusal(
        "connect.gb_quirk_invalid", status=422, rule=rule, operand=f"quirks.{name}"[:80], expected=expected,
        actual=shown,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Device:
    """A device or lower platform as the signalling process knows it. Replaced, never changed.

    `host`, `port`, `transport`, `zone`: where its last registration or keepalive came from, which is where requests go:
    what it writes into Contact is an address behind its NAT. None before the first registration.
    `clock_difference`: its clock minus ours, seconds, as it was at `clock_checked_at`.
    """

    id: UUID
    code: str
    name: str
    kind: Kind = Kind.DEVICE
    region: str = ""
    version: str = "2.0"
    zone: str | None = None
    transport: Literal["udp", "tcp"] | None = None
    host: str | None = None
    port: int | None = None
    charset: str = "GB18030"
    online: bool = False
    offline_reason: str | None = Reason.NEVER
    registered_at: datetime | None = None
    expires_at: datetime | None = None
    keepalive_at: datetime | None = None
    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    clock_difference: float | None = None
    clock_checked_at: datetime | None = None
    quirks: Quirks = field(default_factory=Quirks)
    platform_id: UUID | None = None
    has_password: bool = False

    @property
    def body_charset(self) -> str:
        """What bodies to this device declare."""
        return self.quirks.charset or self.charset

    @property
    def iframe_command(self) -> str:
        """The key frame command as this device spells it."""
        return self.quirks.iframe or ("IFrameCmd" if self.version >= TWENTY_TWO else "IFameCmd")

    def registered(self, now: datetime) -> bool:
        """Whether a registration is held that has not run out."""
        return self.expires_at is not None and self.expires_at > now


def kind_of(code: str) -> Kind:
    """What the type digits of an identifier of 20 digits say."""
    return Kind.PLATFORM if int(code[10:13]) in PLATFORM_TYPES else Kind.DEVICE


def region_of(code: str) -> str:
    """The region an identifier's centre code names; "" for a code that names none (vendors invent some)."""
    try:
        return codes.parse(code).region
    except Refusal:
        return ""


def version_of(said: str | None) -> str | None:
    """The edition in an `X-GB-Ver` header, None when it says nothing we know."""
    word = (said or "").strip()
    return word if word in VERSIONS else None


GB_URL: Final = "gb28181://"


@dataclass(frozen=True, slots=True)
class Channel:
    """A camera behind a device: both codes, 20 digits each."""

    device: str
    code: str

    def __str__(self) -> str:
        return f"{GB_URL}{self.device}/{self.code}"

    @classmethod
    def of_url(cls, url: str) -> "Channel":
        """From `gb28181://<device code>/<channel code>`.

        Raises:
            ValueError: the address has another form.
        """
        device, slash, code = url.removeprefix(GB_URL).partition("/")
        if not url.startswith(GB_URL) or not slash or not (is_code(device) and is_code(code)):
            raise ValueError(f"not of the form {GB_URL}<20 digits>/<20 digits>: {url[:80]!r}")
        return cls(device, code)


def is_code(text: str) -> bool:
    """Whether `text` is 20 ASCII digits, which is all that may be asked of an identifier on the wire."""
    return len(text) == 20 and text.isascii() and text.isdigit()
