"""What an upper platform is to us, what it is shown and what it may do with it. Pure types and rules."""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Any, Final, Literal, get_args
from uuid import UUID

from commonsight import network
from commonsight.connect.gb28181.model import CHARSETS, is_code
from commonsight.gate.grant_model import Selection
from commonsight.gate.model import Action, Limits
from commonsight.problem import Refusal

EXPIRES_LEAST, EXPIRES_MOST = 60, 604_800
KEEPALIVE_LEAST, KEEPALIVE_MOST = 5, 3_600
KEEPALIVE_MISSES: Final = 3
"""An upper platform that confirmed none of so many keepalives has forgotten us: we register anew (field practice)."""

RETRY_LEAST: Final = 60.0
"""A registration that failed is not tried again before this, s (field practice)."""
RETRY_MOST: Final = 600.0

STREAMS_MOST: Final = 10_000
KBITS_MOST: Final = 100_000_000
NETWORKS_MOST: Final = 32
NAME_MOST: Final = 200
UPPERS_MOST: Final = 64
"""Upper platforms one installation registers with; each keeps a task and a place among the open questions."""

SHARES_MOST: Final = 64

VERSIONS: Final = {"2016": "2.0", "2022": "3.0"}
"""Editions by the value of `X-GB-Ver`."""

SERIAL_FIRST: Final = 500_001
"""Serial numbers of mapped ids begin here: real devices of a county are numbered from below."""
SERIAL_LAST: Final = 999_999

ROUTE_FIELD: Final = "Info/CascadeRoute"
"""Where a catalogue item says which platforms it has passed, as marks (see `mark`); platforms that do not know the
field pass over it."""
ROUTE_HEADER: Final = "X-Cascade-Route"

Transport = Literal["udp", "tcp"]
Naming = Literal["own", "place"]
"""Cameras under their own names, or under the name of their place and a number."""
State = Literal["off", "registering", "registered", "refused", "silent"]


class Right(IntFlag):
    """What an upper platform may do with the cameras of a share. Kept as a number: shares that overlap add up."""

    LIVE = 1
    PLAYBACK = 2
    DOWNLOAD = 4
    CONTROL = 8
    ALARMS = 16

    @classmethod
    def of(cls, words: Iterable[str]) -> "Right":
        """From their names in small letters.

        Raises:
            Refusal: `connect.cascade_field_invalid` for a word that is none of them, or for none at all.
        """
        found = cls(0)
        for word in words:
            if word.upper() not in cls.__members__:
                raise invalid("rights", "a right", RIGHTS, word)
            found |= cls[word.upper()]
        if not found:
            raise invalid("rights", "at least one", RIGHTS, [])
        return found

    @property
    def words(self) -> list[str]:
        """Their names, in the order they are declared."""
        return [name for name in RIGHTS if Right[name.upper()] in self]


RIGHTS: Final = [str(each.name).lower() for each in Right]
NEEDED: Final = {
    Action.LIVE: Right.LIVE,
    Action.PLAYBACK: Right.PLAYBACK,
    Action.DOWNLOAD: Right.DOWNLOAD,
    Action.CONTROL: Right.CONTROL,
}


class Problem(StrEnum):
    """Why we are not registered. The values are message codes after `connect.cascade_`."""

    PASSWORD = "password_wrong"  # noqa: S105  a message code
    REFUSED = "registration_refused"
    SILENT = "no_answer"
    UNREACHABLE = "unreachable"
    NAME = "host_unknown"
    REDIRECTED = "redirected_too_often"
    ZONE = "zone_unknown"
    SELF = "upper_is_self"
    CHALLENGE = "challenge_unknown"


@dataclass(frozen=True, slots=True)
class Upper:
    """A platform we register with. Replaced, never changed.

    Args:
        code, domain: its 20-digit id and SIP domain.
        host, port, transport, zone: where it listens and which of our zones leads there.
        own_code: the id it knows us by; None: our own (`sip.id`).
        version: "2.0" (2016) or "3.0" (2022); decides the fields of a catalogue item.
        streams_most, kbits_most: what it may take at once; 0: no limit.
        media_networks: where streams may be sent to, as networks; empty: anywhere but to this machine itself.
        limits: what its pictures are held to: a mask, lines, frames a second.
    """

    id: UUID
    code: str
    name: str
    organisation: str
    domain: str
    host: str
    port: int
    transport: Transport
    zone: str
    own_code: str | None
    version: str
    charset: str
    expires_seconds: int
    keepalive_seconds: int
    streams_most: int
    kbits_most: int
    media_networks: tuple[str, ...]
    limits: Limits
    enabled: bool
    revision: int = 1
    secret: bytes | None = field(default=None, repr=False)

    @property
    def modern(self) -> bool:
        """Whether it speaks the edition of 2022."""
        return self.version >= "3.0"


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with an upper platform, as the signalling process last wrote it."""

    state: State
    problem: str | None
    problem_detail: str | None
    since: datetime | None
    registered_at: datetime | None
    expires_at: datetime | None
    keepalive_at: datetime | None
    loops: int


@dataclass(frozen=True, slots=True)
class Share:
    """A chosen part of the tree for one upper platform."""

    id: UUID
    upper_id: UUID
    name: str
    selection: Selection
    rights: Right
    naming: Naming
    enabled: bool
    revision: int = 1


def mark(code: str) -> str:
    """A platform's mark in the route of a catalogue item: enough to know it again, and no id."""
    return hashlib.blake2b(code.encode(), digest_size=5, person=b"cascade").hexdigest()


def read_route(said: str | None) -> tuple[str, ...]:
    """The marks of a route; words that are none are left out."""
    words = (said or "")[:1_000].split()
    return tuple(word for word in words if len(word) == 10 and all(letter in "0123456789abcdef" for letter in word))


def prefix(region: str, code: str) -> str:
    """The 14 digits before a mapped id's serial number: the camera's county, then what its own id says of owner, type
    and network. All of them are public; nothing in them names the camera."""
    return f"{region[:6].ljust(6, '0')}00{code[8:14]}"


def check(values: Mapping[str, Any], own: str, zones: Sequence[str]) -> dict[str, Any]:
    """What somebody says about an upper platform, each field checked. `own`: our platform's id.

    Raises:
        Refusal: `connect.cascade_field_invalid`, naming field, rule and value; `connect.cascade_upper_is_self`.
    """
    found = dict(values)
    for name in ("code", "own_code"):
        if (said := found.get(name)) is not None and not is_code(said):
            raise invalid(name, "an identifier", "20 digits", said)
    if found.get("code") == (found.get("own_code") or own) or found.get("code") == own:
        raise Refusal("connect.cascade_upper_is_self", status=422, rule="another platform", operand="code", actual=own)
    if "zone" in found and found["zone"] not in zones:
        raise invalid("zone", "a zone of this platform", list(zones), found["zone"])
    if "charset" in found and found["charset"] not in CHARSETS:
        raise invalid("charset", "a character set", list(CHARSETS), found["charset"])
    if "transport" in found and found["transport"] not in get_args(Transport):
        raise invalid("transport", "a transport", list(get_args(Transport)), found["transport"])
    if "media_networks" in found:
        found["media_networks"] = networks(found["media_networks"])
    return found


def networks(said: Sequence[str]) -> list[str]:
    """Networks in their plain form. Raises Refusal naming the one that is none."""
    if len(said) > NETWORKS_MOST:
        raise invalid("media_networks", "networks", f"at most {NETWORKS_MOST}", len(said))
    found = []
    for each in said:
        try:
            found.append(str(ipaddress.ip_network(each.strip(), strict=False)))
        except ValueError:
            raise invalid("media_networks", "a network", "10.0.0.0/8", each) from None
    return found


def may_send_to(upper: Upper, host: str, port: int, signalling: Iterable[str]) -> bool:
    """Whether a stream may go to `host`, which the upper platform named: an address it may take streams at, or the one
    it signals from; otherwise what the house's guard lets through. Names are not looked up."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if host in signalling:
        return True
    if upper.media_networks:
        return any(address in ipaddress.ip_network(each) for each in upper.media_networks)
    return network.CAMERAS.reason(address, port) is None


def invalid(name: str, rule: str, expected: Any, actual: Any) -> Refusal:
    """A field that cannot be so."""
    shown = actual if isinstance(actual, (int, float, list)) else str(actual)[:60]
    return Refusal(
        "connect.cascade_field_invalid", status=422, rule=rule, operand=name, expected=expected, actual=shown
    )
