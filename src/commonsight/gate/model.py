"""Permits: the only key to pictures. Pure types and rules."""

import hashlib
import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
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


class Door(StrEnum):
    """The lawful basis a picture leaves by."""

    RETRIEVAL = "retrieval"
    SHARING = "sharing"
    TRADE = "trade"


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
class Permit:
    """Who may see which cameras, why, by which door, until when. `cameras` empty: all of them (system holders only)."""

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

    def standing(self, now: datetime) -> Standing:
        """Revoked outweighs expired: the stronger word is the one to tell."""
        if self.revoked_at is not None:
            return Standing.REVOKED
        return Standing.EXPIRED if now >= self.expires_at else Standing.VALID

    def covers(self, camera_id: UUID) -> bool:
        """True when this camera is among those the permit names."""
        return camera_id in self.cameras or (not self.cameras and self.holder_kind == "system")

    def refuse_unless(self, camera_id: UUID, now: datetime) -> None:
        """Raise `gate.ticket_revoked`, `gate.ticket_expired` or `gate.camera_not_covered` (403) unless it opens now."""
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


def new_ticket() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(ticket: str) -> bytes:
    """What is stored instead of a ticket."""
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).digest()
