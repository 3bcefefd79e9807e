"""The SQL of views that another media server hands out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.media.handover.model import Ask
from commonsight.records.database import ReadSession, WriteSession

FORGOTTEN: Final = timedelta(days=1)
"""Closed views are kept so long, for nodes that hear late of a revocation; the register keeps them for good."""


async def touch(session: WriteSession, permit_id: UUID, ask: Ask, now: datetime) -> bool:
    """Note that this view goes on; False when there is none open."""
    found = await session.execute(
        text(
            "UPDATE handed_views SET seen_at = :now WHERE permit_id = :permit AND camera_id = :camera"
            " AND address = :address AND connection = :connection AND closed_at IS NULL RETURNING retrieval_id"
        ),
        {"now": now, "permit": permit_id, "camera": ask.camera_id} | _who(ask),
    )
    return found.first() is not None


async def add(session: WriteSession, retrieval_id: UUID, permit_id: UUID, ask: Ask, now: datetime) -> None:
    await session.execute(
        text(
            "INSERT INTO handed_views (retrieval_id, permit_id, camera_id, address, connection, opened_at, seen_at)"
            " VALUES (:retrieval, :permit, :camera, :address, :connection, :now, :now)"
        ),
        {"retrieval": retrieval_id, "permit": permit_id, "camera": ask.camera_id, "now": now} | _who(ask),
    )


async def close(session: WriteSession, permit_id: UUID, ask: Ask, now: datetime) -> list[tuple[UUID, datetime]]:
    """Close this view; (retrieval, since when) of what was open."""
    found = await session.execute(
        text(
            "UPDATE handed_views SET closed_at = :now WHERE permit_id = :permit AND camera_id = :camera"
            " AND address = :address AND connection = :connection AND closed_at IS NULL"
            " RETURNING retrieval_id, opened_at"
        ),
        {"now": now, "permit": permit_id, "camera": ask.camera_id} | _who(ask),
    )
    return [(row.retrieval_id, row.opened_at) for row in found]


async def close_worthless(session: WriteSession, now: datetime) -> list[tuple[UUID, datetime, bool]]:
    """Close every view whose permit is over; (retrieval, since when, revoked)."""
    found = await session.execute(
        text(
            "UPDATE handed_views AS v SET closed_at = :now FROM permits AS p WHERE p.id = v.permit_id"
            " AND v.closed_at IS NULL AND (p.revoked_at IS NOT NULL OR p.expires_at <= :now)"
            " RETURNING v.retrieval_id, v.opened_at, p.revoked_at IS NOT NULL AS revoked"
        ),
        {"now": now},
    )
    await session.execute(text("DELETE FROM handed_views WHERE closed_at < :before"), {"before": now - FORGOTTEN})
    return [(row.retrieval_id, row.opened_at, row.revoked) for row in found]


async def cameras_of_revoked(session: ReadSession, now: datetime) -> set[UUID]:
    """Cameras that were handed out under permits that were revoked since a day ago."""
    found = await session.execute(
        text(
            "SELECT DISTINCT v.camera_id FROM handed_views AS v JOIN permits AS p ON p.id = v.permit_id"
            " WHERE p.revoked_at > :after AND p.revoked_at > v.opened_at"
        ),
        {"after": now - FORGOTTEN},
    )
    return set(found.scalars())


async def cameras_under(session: ReadSession, permit_id: UUID) -> set[UUID]:
    """Cameras that were handed out under this permit."""
    found = await session.execute(
        text("SELECT DISTINCT camera_id FROM handed_views WHERE permit_id = :permit"), {"permit": permit_id}
    )
    return set(found.scalars())


async def servers_among(session: ReadSession, permits: Sequence[UUID]) -> set[UUID]:
    """Which of these permits are held by media servers."""
    found = await session.execute(
        text("SELECT id FROM permits WHERE id = ANY(:permits) AND holder_kind = 'server'"), {"permits": list(permits)}
    )
    return set(found.scalars())


def _who(ask: Ask) -> dict[str, str]:
    return {"address": ask.address, "connection": ask.connection}
