"""SQL of what a firm sees: its own orders, its photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.maintenance.orders_store import ORDER, Order, order_of
from commonsight.respond.model import Case
from commonsight.respond.people import roles_with
from commonsight.respond.store import COLUMNS, LIVE_STATES, case_of

LIVE_MOST: Final = 500
"""Orders of a firm shown at once that still are somebody's; the late ones come first."""


async def unit_of(session: ReadSession, person: UUID) -> UUID | None:
    """The unit somebody works for."""
    found = await session.execute(text("SELECT organisation_id FROM people WHERE id = :id"), {"id": person})
    unit: UUID | None = found.scalar()
    return unit


async def live(session: ReadSession, unit: UUID) -> list[tuple[Case, Order]]:
    """The unit's orders that are still somebody's: those due first come first."""
    rows = await session.execute(
        text(f"""
            SELECT {COLUMNS}, {ORDER} FROM maintenance_orders AS o JOIN cases AS c ON c.id = o.case_id
             WHERE o.unit_id = :unit AND c.{LIVE_STATES}
             ORDER BY c.state = 'handled', c.deadline_at NULLS LAST, c.id LIMIT {LIVE_MOST}"""),  # noqa: S608
        {"unit": unit},
    )
    return [(case_of(row), order_of(row)) for row in rows]


async def done(
    session: ReadSession, unit: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[Case, Order]]:
    """The unit's orders that ended, the latest first."""
    at, key = after or (None, None)
    rows = await session.execute(
        text(f"""
            SELECT {COLUMNS}, {ORDER} FROM maintenance_orders AS o JOIN cases AS c ON c.id = o.case_id
             WHERE o.unit_id = :unit AND c.state IN ('verified', 'closed', 'false_alarm')
               AND (CAST(:at AS timestamptz) IS NULL OR (c.changed_at, c.id) < (:at, CAST(:key AS uuid)))
             ORDER BY c.changed_at DESC, c.id DESC LIMIT :limit"""),  # noqa: S608
        {"unit": unit, "at": at, "key": key, "limit": limit},
    )
    return [(case_of(row), order_of(row)) for row in rows]


# --- photos ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a repair. `located`: its maker let it say where it was taken."""

    id: UUID
    case_id: UUID
    sha256: bytes
    kind: str
    bytes: int
    width: int
    height: int
    located: bool
    by_id: UUID
    by_name: str
    at: datetime


_PHOTO: Final = ", ".join(Photo.__slots__)


async def photos(session: ReadSession, case_ids: Sequence[UUID]) -> list[Photo]:
    """The photos of orders, the oldest first."""
    rows = await session.execute(
        text(f"SELECT {_PHOTO} FROM maintenance_photos WHERE case_id = ANY(:ids) ORDER BY at, id"),  # noqa: S608
        {"ids": list(case_ids)},
    )
    return [Photo(*row) for row in rows]


async def photo(session: ReadSession, photo_id: UUID) -> Photo | None:
    """The photo."""
    rows = await session.execute(
        text(f"SELECT {_PHOTO} FROM maintenance_photos WHERE id = :id"),  # noqa: S608
        {"id": photo_id},
    )
    row = rows.first()
    return None if row is None else Photo(*row)


async def photos_bytes(session: ReadSession) -> int:
    """What all photos come to, bytes."""
    return int(await session.scalar(text("SELECT coalesce(sum(bytes), 0) FROM maintenance_photos")) or 0)


async def add_photo(session: WriteSession, photo: Photo) -> bool:
    """Note a photo; False when this order has it already."""
    columns: dict[str, Any] = {name: getattr(photo, name) for name in Photo.__slots__}
    names = ", ".join(f":{name}" for name in Photo.__slots__)
    done = await session.execute(
        text(f"INSERT INTO maintenance_photos ({_PHOTO}) VALUES ({names}) ON CONFLICT DO NOTHING RETURNING id"),  # noqa: S608
        columns,
    )
    return done.first() is not None


async def remove_photo(session: WriteSession, photo_id: UUID) -> None:
    """Forget a photo."""
    await session.execute(text("DELETE FROM maintenance_photos WHERE id = :id"), {"id": photo_id})


async def unit_name(session: ReadSession, unit: UUID) -> str | None:
    """What a unit is called."""
    found = await session.execute(text("SELECT name FROM organisations WHERE id = :id"), {"id": unit})
    name: str | None = found.scalar()
    return name


async def has_photo(session: ReadSession, digest: bytes) -> bool:
    """Whether any order has a photo with this content."""
    found = await session.execute(
        text("SELECT 1 FROM maintenance_photos WHERE sha256 = :digest LIMIT 1"), {"digest": digest}
    )
    return found.first() is not None


async def units(session: ReadSession) -> list[dict[str, Any]]:
    """Organisations, and how many of their people may work on orders; those that have some first."""
    found = await session.execute(
        text("""
            SELECT o.id, o.name, count(p.id) AS people FROM organisations AS o
              LEFT JOIN people AS p ON p.organisation_id = o.id AND p.active AND p.roles && CAST(:roles AS text[])
             GROUP BY o.id, o.name ORDER BY count(p.id) = 0, o.name LIMIT 1000"""),
        {"roles": roles_with("maintenance.do")},
    )
    return [dict(row._mapping) for row in found]
