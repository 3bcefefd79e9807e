"""Who holds a camera's pan-tilt-zoom: one person at a time, for as long as they use it; a higher role may take it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.http import Caller
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

HOLD_SECONDS: Final = 30
"""A lock that is not used ends after this, s; every command of its holder prolongs it."""

HOLD_MOST: Final = 600
"""Longest that may be asked for at once, s."""

RANKS: Final = (("people.write", 3), ("gather.write", 2), ("pictures.control", 1))
"""A caller ranks by the highest permission held: administrator, operator, officer."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A camera's pan-tilt-zoom in somebody's hand."""

    camera_id: UUID
    holder_id: UUID
    holder_name: str
    organisation: str
    rank: int
    taken_at: datetime
    expires_at: datetime

    def seconds_left(self, now: datetime) -> int:
        """Whole seconds until it ends by itself, rounded up."""
        return max(0, -int((now - self.expires_at).total_seconds() // 1))


def rank_of(caller: Caller) -> int:
    """How high a caller stands when two want the same camera."""
    return next((rank for permission, rank in RANKS if permission in caller.permissions), 0)


async def held(session: ReadSession, camera_id: UUID, now: datetime) -> Lock | None:
    """The lock on a camera, unless it has run out."""
    found = await session.execute(
        text("SELECT * FROM ptz_locks WHERE camera_id = :camera AND expires_at > :now"),
        {"camera": camera_id, "now": now},
    )
    row = found.first()
    return None if row is None else _lock(row)


async def take(
    session: WriteSession, camera_id: UUID, caller: Caller, now: datetime, *, seconds: int = HOLD_SECONDS,
    by_force: bool = False,
) -> Lock:  # fmt: skip
    """Take or prolong the lock; in one statement, so that of two who ask at once one gets it.

    Args:
        by_force: take it from a holder of lower rank. Without it nobody's hand is pushed away.

    Raises:
        Refusal: `connect.ptz_held` (409), naming the holder and the seconds left.
    """
    found = await session.execute(
        text("""
            INSERT INTO ptz_locks AS l (camera_id, holder_id, holder_name, organisation, rank, taken_at, expires_at)
            VALUES (:camera, :holder, :name, :organisation, :rank, :now, :until)
            ON CONFLICT (camera_id) DO UPDATE SET
                holder_id = excluded.holder_id, holder_name = excluded.holder_name, rank = excluded.rank,
                organisation = excluded.organisation,
                taken_at = CASE WHEN l.holder_id = excluded.holder_id AND l.expires_at > :now
                                THEN l.taken_at ELSE excluded.taken_at END,
                expires_at = CASE WHEN l.holder_id = excluded.holder_id
                                  THEN greatest(l.expires_at, excluded.expires_at) ELSE excluded.expires_at END
            WHERE l.holder_id = excluded.holder_id OR l.expires_at <= :now OR (:force AND l.rank < excluded.rank)
            RETURNING l.*
        """),
        {
            "camera": camera_id,
            "holder": caller.id,
            "name": caller.display_name or caller.name,
            "organisation": caller.organisation,
            "rank": rank_of(caller),
            "now": now,
            "until": now + timedelta(seconds=min(seconds, HOLD_MOST)),
            "force": by_force,
        },
    )
    row = found.first()
    if row is not None:
        return _lock(row)
    present = await held(session, camera_id, now)
    raise Refusal(
        "connect.ptz_held",
        status=409,
        rule="one operator at a time; a higher role may take over",
        operand="lock",
        actual=present.holder_name if present else None,
        expected=rank_of(caller),
        seconds=present.seconds_left(now) if present else 1,
    )


async def release(session: WriteSession, camera_id: UUID, caller: Caller) -> bool:
    """Give the lock back; False when the caller does not hold it."""
    found = await session.execute(
        text("DELETE FROM ptz_locks WHERE camera_id = :camera AND holder_id = :holder RETURNING camera_id"),
        {"camera": camera_id, "holder": caller.id},
    )
    return found.first() is not None


def _lock(row: Any) -> Lock:
    return Lock(row.camera_id, row.holder_id, row.holder_name, row.organisation, row.rank, row.taken_at, row.expires_at)
