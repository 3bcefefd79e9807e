"""Cameras that a complete catalogue no longer named: listed, archived together by a person or a rule, brought back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import where as conditions
from commonsight.catalog.model import Named
from commonsight.catalog.where import Where
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, ReadSession, WriteSession

ARCHIVE_MOST: Final = 5_000
"""Cameras archived in one go."""

RULE: Final = Actor(None, "rule")


@dataclass(frozen=True, slots=True)
class Vanished:
    """A camera in use that its platform stopped naming."""

    id: UUID
    code: str
    name: str
    region: str
    region_name: str | None
    platform: Named | None
    vanished_at: datetime


async def page(
    session: ReadSession,
    prefixes: tuple[str, ...],
    platform: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Vanished]:
    """Vanished cameras inside `prefixes`, the newest first."""
    where = Where()
    where.add("c.vanished_at IS NOT NULL AND c.archived_at IS NULL")
    conditions.regions(where, prefixes)
    if platform is not None:
        where.add("c.platform_id = :platform", platform=platform)
    if after is not None:
        where.add("(c.vanished_at, c.id) < (:after_at, :after_id)", after_at=after[0], after_id=after[1])
    found = await session.execute(
        text(f"""
            SELECT c.id, c.code, c.name, c.region, r.name AS region_name, c.platform_id, p.name AS platform_name,
                c.vanished_at
            FROM cameras AS c LEFT JOIN platforms AS p ON p.id = c.platform_id
                LEFT JOIN regions AS r ON r.code = c.region
            WHERE {where} ORDER BY c.vanished_at DESC, c.id DESC LIMIT :limit
        """),  # noqa: S608
        where.values | {"limit": limit},
    )
    return [
        Vanished(
            row.id,
            row.code,
            row.name,
            row.region,
            row.region_name,
            None if row.platform_id is None else Named(row.platform_id, row.platform_name),
            row.vanished_at,
        )
        for row in found
    ]


async def archive(
    session: WriteSession, cameras: Sequence[UUID], prefixes: tuple[str, ...], by: Actor, now: datetime
) -> tuple[UUID | None, int]:
    """Take vanished cameras out of use: what brings them back together, and how many there were.

    Those that have come back meanwhile, or lie outside `prefixes`, stay as they are.
    """
    where = Where()
    conditions.regions(where, prefixes)
    where.add("c.id = ANY(:ids) AND c.vanished_at IS NOT NULL AND c.archived_at IS NULL", ids=list(cameras))
    return await _archive(session, where, by, now)


async def archive_by_rule(database: Database, clock: Clock, age: timedelta) -> int:
    """Archive everything that vanished longer ago than `age`, in batches that can each be undone; returns how many."""
    total = 0
    while True:
        now = clock.now()
        where = Where()
        where.add("c.vanished_at < :before AND c.archived_at IS NULL", before=now - age)
        async with database.write() as session:
            _, count = await _archive(session, where, RULE, now)
        total += count
        if count < ARCHIVE_MOST:
            return total


async def _archive(session: WriteSession, where: Where, by: Actor, now: datetime) -> tuple[UUID | None, int]:
    # Locked first and in order, like everything that writes many cameras.
    found = await session.execute(
        text(f"SELECT c.id FROM cameras AS c WHERE {where} ORDER BY c.id LIMIT {ARCHIVE_MOST} FOR NO KEY UPDATE"),  # noqa: S608
        where.values,
    )
    ids = list(found.scalars())
    if not ids:
        return None, 0
    await session.execute(
        text("UPDATE cameras SET archived_at = :now, version = version + 1, updated_at = now() WHERE id = ANY(:ids)"),
        {"now": now, "ids": ids},
    )
    batch = uuid7()
    await session.execute(
        text("INSERT INTO vanished_archives (id, at, by_name, cameras) VALUES (:id, :at, :by, :cameras)"),
        {"id": batch, "at": now, "by": by.name, "cameras": ids},
    )
    await _tell(session, by, "archived", batch, len(ids), now)
    return batch, len(ids)


async def restore(session: WriteSession, batch: UUID, prefixes: tuple[str, ...], by: Actor, now: datetime) -> int:
    """Bring back what was archived together; returns how many. What people have changed since stays as it is.

    Raises:
        Refusal: `catalog.archive_unknown` (404), `catalog.archive_undone` (409).
    """
    row = (
        await session.execute(
            text("SELECT at, cameras, undone_at FROM vanished_archives WHERE id = :id FOR UPDATE"), {"id": batch}
        )
    ).first()
    if row is None:
        raise Refusal("catalog.archive_unknown", status=404, operand="undo", actual=str(batch))
    if row.undone_at is not None:
        raise Refusal("catalog.archive_undone", status=409, operand="undo", actual=row.undone_at.isoformat())
    where = Where()
    conditions.regions(where, prefixes)
    where.add("c.id = ANY(:ids) AND c.archived_at = :at", ids=list(row.cameras), at=row.at)
    held = await session.execute(
        text(f"SELECT c.id FROM cameras AS c WHERE {where} ORDER BY c.id FOR NO KEY UPDATE"),  # noqa: S608
        where.values,
    )
    ids = list(held.scalars())
    await session.execute(
        text("UPDATE cameras SET archived_at = NULL, version = version + 1, updated_at = now() WHERE id = ANY(:ids)"),
        {"ids": ids},
    )
    await session.execute(
        text("UPDATE vanished_archives SET undone_at = :now WHERE id = :id"), {"now": now, "id": batch}
    )
    await _tell(session, by, "restored", batch, len(ids), now)
    return len(ids)


async def _tell(session: WriteSession, by: Actor, verb: str, batch: UUID, count: int, now: datetime) -> None:
    await record(session, by, f"catalog.vanished_{verb}", now, kind="cameras", subject_id=batch, cameras=count)
    await outbox.append(session, f"catalog.vanished_{verb}", {"batch": str(batch), "cameras": count})
