"""Who is told of what, when, and how a message is signed: pure types and rules."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.respond import told


class Event(StrEnum):
    """What can happen to a case that people and programs want to hear of."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    HANDLED = "handled"
    REJECTED = "rejected"
    VERIFIED = "verified"
    CLOSED = "closed"
    REOPENED = "reopened"
    FALSE_ALARM = "false_alarm"
    ESCALATED = "escalated"
    GROWN = "grown"


class About(StrEnum):
    """What a notice on the page is about."""

    CASE = "case"
    REQUEST = "request"
    EMERGENCY = "emergency"
    ELSEWHERE = "elsewhere"
    """Something of an upper floor, which brings its own words."""


class GrantEvent(StrEnum):
    """What can happen to a request for a grant, or to an emergency access, that people must hear of.

    Not an `Event`: rules choose among cases by kind and severity, and these have neither. Who is told follows from who
    may decide and from who has asked.
    """

    ASKED = "request_asked"
    APPROVED = "request_approved"
    REFUSED = "request_refused"
    LOOKED = "emergency_opened"
    OVERDUE = "emergency_overdue"

    @property
    def own(self) -> bool:
        """Whether it is told to who asked; else to those who decide."""
        return self in (GrantEvent.APPROVED, GrantEvent.REFUSED)


_TOPICS: Final = {told.OPENED: Event.OPENED, told.ESCALATED: Event.ESCALATED, told.GROWN: Event.GROWN}
_ACTIONS: Final = {
    "assign": Event.ASSIGNED, "handle": Event.HANDLED, "reject": Event.REJECTED, "verify": Event.VERIFIED,
    "close": Event.CLOSED, "reopen": Event.REOPENED, "unmerge": Event.REOPENED, "false_alarm": Event.FALSE_ALARM,
}  # fmt: skip

ALWAYS_SEVERITY: Final = 1
"""The gravest cases are told at night, too: quiet hours do not hold them back."""


def event_of(topic: str, payload: Mapping[str, Any]) -> Event | None:
    """What an entry of the outbox is to whoever is told; None for what is nobody's news."""
    return _ACTIONS.get(payload["action"]) if topic == told.STEPPED else _TOPICS.get(topic)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who wants to hear of what. `channel_id` None: on the page. Empty `kinds`: all; `severity`: up to this one."""

    id: UUID
    holder_kind: str
    holder_id: UUID
    channel_id: UUID | None
    kinds: tuple[str, ...]
    severity: int
    regions: tuple[str, ...]
    events: tuple[Event, ...]
    quiet: tuple[time, time] | None

    def wants(self, event: Event, kind: str, severity: int, region: str) -> bool:
        """Whether this is news to its holder."""
        return (
            event in self.events
            and severity <= self.severity
            and (not self.kinds or kind in self.kinds)
            and region.startswith(self.regions)
        )

    def held_until(self, now: datetime, zone: ZoneInfo, severity: int) -> datetime | None:
        """The end of the quiet hours when `now` lies in them; None when it may be told at once."""
        if self.quiet is None or severity <= ALWAYS_SEVERITY:
            return None
        return end_of_quiet(self.quiet, now, zone)


def end_of_quiet(quiet: tuple[time, time], now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that `now` lies in end, in UTC; None outside of them. They may reach over midnight; alike
    times mean none."""
    begins, ends = quiet
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    over = begins > ends
    inside = (clock >= begins or clock < ends) if over else begins <= clock < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if over and clock >= begins else local.date()
    return datetime.combine(day, ends, zone).astimezone(now.tzinfo)


# --- trying again ---------------------------------------------------------------------------------------------------

RETRY_SECONDS: Final = (5, 30, 120, 600, 1_800, 3_600, 3 * 3_600, 6 * 3_600)
"""Waits after a delivery failed; after the last of them one more attempt, then it is put aside."""

REST_SECONDS: Final = (5, 15, 60, 300)
"""How long a channel rests after failures in a row: its other deliveries are not spent on a dead line."""


def retry_at(attempts: int, now: datetime, asked: float | None = None) -> datetime | None:
    """When a delivery that failed `attempts` times is tried again; None: put it aside.

    Args:
        asked: seconds the other side asked us to wait (`Retry-After`); at least ours, at most the longest of ours.
    """
    if attempts > len(RETRY_SECONDS):
        return None
    wait = RETRY_SECONDS[attempts - 1]
    return now + timedelta(seconds=max(wait, min(asked or 0, RETRY_SECONDS[-1])))


def rest_until(failures: int, now: datetime) -> datetime:
    """Until when a channel rests that failed so often in a row."""
    return now + timedelta(seconds=REST_SECONDS[min(failures, len(REST_SECONDS)) - 1])


# --- signing (Standard Webhooks) ------------------------------------------------------------------------------------

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the scheme's own mark
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A signing secret as the scheme writes it: `whsec_` and 32 random bytes in Base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over `id.timestamp.body` in Base64.

    Raises:
        ValueError: the secret is not one.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    mac = hmac.new(key, b".".join((message_id.encode(), str(timestamp).encode(), body)), hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def signatures(secrets_: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header: one signature a secret, so that who still knows the former one can check, too."""
    return " ".join(signature(each, message_id, timestamp, body) for each in secrets_)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go. `secrets`: what signs them, the present one first; never logged (see `repr`)."""

    id: UUID
    kind: str
    name: str
    language: str
    config: dict[str, Any]
    enabled: bool
    failures: int
    down_until: datetime | None

    def __repr__(self) -> str:
        return f"Channel({self.kind} {self.id})"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one channel. `id` is its idempotency key, the same at every attempt."""

    id: UUID
    channel_id: UUID
    case_id: UUID | None
    type: str
    body: dict[str, Any]
    attempts: int
    queued_at: datetime


class Failed(Exception):
    """A message did not arrive. The text is for people and carries no secret.

    Args:
        for_good: trying again would not help.
        gone: the other side says that it does not want any more (410): the channel is switched off.
        line: nothing of the channel would arrive now (no connection), not only this message.
        wait: seconds the other side asked us to wait.
    """

    def __init__(
        self, reason: str, *, for_good: bool = False, gone: bool = False, line: bool = True, wait: float | None = None
    ) -> None:
        super().__init__(reason[:300])
        self.for_good, self.gone, self.line, self.wait = for_good or gone, gone, line, wait
