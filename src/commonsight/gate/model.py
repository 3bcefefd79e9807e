"""Permits: the only key to pictures. Pure types and rules."""

import hashlib
import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from commonsight.problem import Refusal

MINUTES_DEFAULT: Final = 60
MINUTES_MOST: Final = 240
"""A person's permit runs this long at most; who goes on watching asks, and says why, again."""

SYSTEM_HOURS_MOST: Final = 24 * 31
CAMERAS_MOST: Final = 64
"""Cameras one person's permit may name: a video wall, not a region."""

TEXT_SHORTEST, TEXT_LONGEST = 4, 500

FOOTAGE_MOST: Final = timedelta(days=31)
"""Recordings one permit may reach into."""

FIRST_USE_SECONDS: Final = 60.0
"""A person's ticket opens its first stream within this time, or never."""


class Door(StrEnum):
    """The lawful basis a picture leaves by."""

    RETRIEVAL = "retrieval"
    SHARING = "sharing"
    TRADE = "trade"


class Action(StrEnum):
    """What is done with a camera's pictures, or (CONTROL) with the camera."""

    LIVE = "live"
    PLAYBACK = "playback"
    DOWNLOAD = "download"
    SNAPSHOT = "snapshot"
    CONTROL = "control"


OF_FOOTAGE: Final = frozenset({Action.PLAYBACK, Action.DOWNLOAD})
"""Actions on recordings: their permits name the span they may reach into."""

Footage = tuple[datetime, datetime]
"""A span of recordings: from, to (not included)."""


class Standing(StrEnum):
    """What a permit is worth at a moment."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Purpose:
    """A reason that may be given for a retrieval."""

    code: str
    zh: str
    en: str
    needs_text: bool
    system: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What a permit holds back: a mask's name, largest picture height in lines, frames a second, minutes of viewing."""

    mask: str | None = None
    resolution: int | None = None
    fps: float | None = None
    minutes: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Only the limits that are set."""
        named = {"mask": self.mask, "resolution": self.resolution, "fps": self.fps, "minutes": self.minutes}
        return {key: value for key, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who shows a ticket, as far as a media node can tell. `secrets`: what the browser keeps (cookie, subprotocol);
    `address`: where the request comes from."""

    secrets: tuple[str, ...] = ()
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Whose ticket it is. `sha256`: of the secret the viewer's browser keeps; without one the ticket belongs to the
    first address that uses it. `open_by`: unused until then, it is worth nothing."""

    sha256: bytes | None = None
    address: str | None = None
    open_by: datetime | None = None
    opened_at: datetime | None = None

    def refuse_unless(self, viewer: Viewer | None, now: datetime) -> None:
        """Raise `gate.viewer_other` or `gate.ticket_unused` (403) unless this viewer may use the ticket now."""
        if self.sha256 is not None:
            shown = () if viewer is None else viewer.secrets
            if not any(secrets.compare_digest(digest(secret), self.sha256) for secret in shown):
                raise Refusal("gate.viewer_other", status=403, rule="ticket bound to its viewer", operand="ticket")
        elif self.address is not None and (viewer is None or viewer.address != self.address):
            raise Refusal(
                "gate.viewer_other",
                status=403,
                rule="ticket bound to its viewer",
                operand="address",
                expected=self.address,
                actual=None if viewer is None else viewer.address,
            )
        if self.opened_at is None and self.open_by is not None and now >= self.open_by:
            raise Refusal(
                "gate.ticket_unused",
                status=403,
                rule=f"first used within {FIRST_USE_SECONDS:.0f} s",
                operand="ticket",
                expected=self.open_by.isoformat(),
                actual=now.isoformat(),
            )


@dataclass(frozen=True, slots=True)
class Permit:
    """Who may do what with which cameras, why, by which door, until when.

    `cameras` empty: all of them (system holders only). `holder_kind`: `person`, `system` (our own processes),
    `platform` (an upper platform), `server` (a media server). `footage`: the span of recordings that playback and
    download reach; None for live only, and for our own processes every recording.
    """

    id: UUID
    door: Door
    holder_kind: str
    holder_id: UUID | None
    holder_name: str
    organisation: str
    purpose_code: str
    purpose_text: str
    cameras: frozenset[UUID]
    limits: Limits
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_reason: str | None = None
    window: dict[str, Any] | None = field(default=None, hash=False)
    actions: frozenset[Action] = frozenset({Action.LIVE, Action.SNAPSHOT})
    footage: Footage | None = None
    grant_id: UUID | None = None
    emergency: bool = False
    binding: Binding = Binding()

    def standing(self, now: datetime) -> Standing:
        """Revoked outweighs expired: the stronger word is the one to tell."""
        if self.revoked_at is not None:
            return Standing.REVOKED
        return Standing.EXPIRED if now >= self.expires_at else Standing.VALID

    def covers(self, camera_id: UUID) -> bool:
        """True when this camera is among those the permit names."""
        return camera_id in self.cameras or (not self.cameras and self.holder_kind == "system")

    @property
    def holder(self) -> str:
        """Name and unit of the holder, as it is written over the picture."""
        return f"{self.holder_name} · {self.organisation}" if self.organisation else self.holder_name

    def refuse_unless(
        self, camera_id: UUID, now: datetime, *, action: Action = Action.LIVE, footage: Footage | None = None
    ) -> None:
        """Return when it opens this now.

        Raises:
            Refusal: `gate.ticket_revoked`, `gate.ticket_expired`, `gate.camera_not_covered`, `gate.action_not_covered`
                or `gate.footage_not_covered` (403).
        """
        standing = self.standing(now)
        if standing is Standing.REVOKED:
            raise Refusal(
                "gate.ticket_revoked",
                status=403,
                rule="permit",
                operand="ticket",
                actual=self.revoked_reason or "revoked",
            )
        if standing is Standing.EXPIRED:
            raise Refusal(
                "gate.ticket_expired",
                status=403,
                rule="permit",
                operand="ticket",
                expected=self.expires_at.isoformat(),
                actual=now.isoformat(),
            )
        if not self.covers(camera_id):
            raise Refusal("gate.camera_not_covered", status=403, rule="permit", operand="camera", actual=str(camera_id))
        if action not in self.actions:
            raise Refusal(
                "gate.action_not_covered",
                status=403,
                rule="permit",
                operand="action",
                expected=sorted(self.actions),
                actual=action.value,
            )
        if action in OF_FOOTAGE and not self._reaches(footage):
            raise Refusal(
                "gate.footage_not_covered",
                status=403,
                rule="permit",
                operand="footage",
                expected=None if self.footage is None else [moment.isoformat() for moment in self.footage],
                actual=None if footage is None else [moment.isoformat() for moment in footage],
            )

    def _reaches(self, footage: Footage | None) -> bool:
        if self.footage is None:
            return self.holder_kind == "system"
        return footage is not None and self.footage[0] <= footage[0] < footage[1] <= self.footage[1]


@dataclass(frozen=True, slots=True)
class Issued:
    """A permit with its ticket, which is handed over once and stored as a hash only. `retrievals`: a line a camera."""

    permit: Permit
    ticket: str
    retrievals: dict[UUID, UUID] = field(default_factory=dict)


@cache
def purposes() -> dict[str, Purpose]:
    """All purposes by code, in the order a person is asked."""
    sheet = tomllib.loads((files("commonsight.gate") / "purposes.toml").read_text("utf-8"))
    return {
        code: Purpose(code, row["zh"], row["en"], bool(row.get("needs_text")), bool(row.get("system")))
        for code, row in sheet.items()
    }


def check_purpose(code: str | None, words: str | None, *, system: bool = False) -> tuple[str, str]:
    """The purpose in the form it is registered.

    Raises:
        Refusal: `gate.purpose_missing`, `gate.purpose_unknown`, `gate.purpose_text_missing`, `gate.purpose_text_long`.
    """
    # Unprintable characters would let two lines of the register look alike; some cannot be stored at all.
    said = "".join(char for char in " ".join((words or "").split()) if char.isprintable())
    if not code or not code.strip():
        raise Refusal("gate.purpose_missing", status=422, rule="no reason, no frame", operand="purpose_code")
    purpose = purposes().get(code.strip())
    if purpose is None or purpose.system is not system:
        allowed = [known.code for known in purposes().values() if known.system is system]
        raise Refusal(
            "gate.purpose_unknown",
            status=422,
            rule="purpose",
            operand="purpose_code",
            expected=allowed,
            actual=code[:40],
        )
    if purpose.needs_text and len(said) < TEXT_SHORTEST:
        raise Refusal(
            "gate.purpose_text_missing",
            status=422,
            rule=f"at least {TEXT_SHORTEST} characters",
            operand="purpose_text",
            expected=TEXT_SHORTEST,
            actual=len(said),
        )
    if len(said) > TEXT_LONGEST:
        raise Refusal(
            "gate.purpose_text_long",
            status=422,
            rule=f"at most {TEXT_LONGEST} characters",
            operand="purpose_text",
            expected=TEXT_LONGEST,
            actual=len(said),
        )
    return purpose.code, said


def check_cameras(cameras: Sequence[UUID]) -> tuple[UUID, ...]:
    """The cameras without repeats, in the order asked.

    Raises:
        Refusal: `gate.cameras_missing`, `gate.cameras_many`.
    """
    asked = tuple(dict.fromkeys(cameras))
    if not asked:
        raise Refusal("gate.cameras_missing", status=422, rule="at least one camera", operand="camera_id")
    if len(asked) > CAMERAS_MOST:
        raise Refusal(
            "gate.cameras_many",
            status=422,
            rule="cameras",
            operand="camera_id",
            expected=CAMERAS_MOST,
            actual=len(asked),
        )
    return asked


def check_minutes(minutes: int) -> int:
    """`minutes`, when a permit may run that long.

    Raises:
        Refusal: `gate.minutes_invalid`.
    """
    if not 1 <= minutes <= MINUTES_MOST:
        raise Refusal(
            "gate.minutes_invalid",
            status=422,
            rule=f"1 to {MINUTES_MOST}",
            operand="minutes",
            expected=MINUTES_MOST,
            actual=minutes,
        )
    return minutes


def check_footage(action: Action, footage: Footage | None) -> Footage | None:
    """The span a permit for `action` names; None for what has no span.

    Raises:
        Refusal: `gate.footage_missing`, `gate.footage_invalid`.
    """
    if action not in OF_FOOTAGE:
        return None
    if footage is None:
        raise Refusal("gate.footage_missing", status=422, rule="from and to", operand="footage", actual=action.value)
    begin, end = footage
    if not begin < end or end - begin > FOOTAGE_MOST:
        raise Refusal(
            "gate.footage_invalid",
            status=422,
            rule=f"from before to, at most {FOOTAGE_MOST.days} days",
            operand="footage",
            expected=FOOTAGE_MOST.days,
            actual=[begin.isoformat(), end.isoformat()],
        )
    return begin, end


def new_ticket() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(ticket: str) -> bytes:
    """What is stored instead of a ticket."""
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).digest()
