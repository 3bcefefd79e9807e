"""SQL of selections: a set of cameras somebody chose, which every list, map and export takes as a filter.

The members are kept, not the shape: the set stays what was looked at, whatever is filed or moved afterwards. A person's
regions narrow it where it is used, so it may be passed on to a colleague.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import where as conditions
from commonsight.catalog.area_store import rings
from commonsight.catalog.areas import Point
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.model import Filters
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

MEMBERS_MOST: Final = 100_000
PERSONS_MOST: Final = 20
"""Selections of one person; the oldest goes when another one is made."""

KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of cameras. `total`: members, wherever they lie."""

    id: UUID
    total: int
    made_at: datetime
    expires_at: datetime


async def choose_inside(
    session: WriteSession, person: UUID, filters: Filters, parts: Sequence[Sequence[Point]]
) -> UUID:
    """Make a selection of the cameras of `filters` inside an area.

    Raises:
        Refusal: `catalog.selection_crowded` (422).
    """
    where = conditions.of(filters)
    where.add("c.location <@ CAST(p.ring AS polygon)", parts=rings(parts))
    return await _make(
        session, person, f"unnest(CAST(:parts AS text[])) AS p (ring) JOIN cameras AS c ON {where}", where
    )


async def choose_named(session: WriteSession, person: UUID, filters: Filters, ids: Sequence[UUID]) -> UUID:
    """Make a selection of those cameras of `filters` that are named.

    Raises:
        Refusal: `catalog.selection_crowded` (422).
    """
    where = conditions.of(filters)
    where.add("c.id = ANY(:ids)", ids=list(ids))
    return await _make(session, person, f"cameras AS c WHERE {where}", where)


async def _make(session: WriteSession, person: UUID, source: str, where: conditions.Where) -> UUID:
    made = uuid7()
    await session.execute(
        text("""
            DELETE FROM camera_selections WHERE expires_at < now() OR id IN (
                SELECT id FROM camera_selections WHERE person_id = :person ORDER BY made_at DESC OFFSET :others
            )
        """),
        {"person": person, "others": PERSONS_MOST - 1},
    )
    await session.execute(
        text("INSERT INTO camera_selections VALUES (:id, :person, 0, now(), now() + :kept)"),
        {"id": made, "person": person, "kept": KEPT},
    )
    await plan_each_time(session)
    chosen = f"SELECT DISTINCT c.id FROM {source} LIMIT {MEMBERS_MOST + 1}"  # noqa: S608
    total = await session.scalar(
        text(f"""
            WITH member AS (INSERT INTO camera_selection_members SELECT :id, id FROM ({chosen}) AS c RETURNING 1)
            SELECT count(*) FROM member
        """),  # noqa: S608
        where.values | {"id": made},
    )
    if int(total or 0) > MEMBERS_MOST:
        raise Refusal(
            "catalog.selection_crowded",
            status=422,
            rule="cameras of a selection",
            operand="selection",
            expected=MEMBERS_MOST,
            actual=f"> {MEMBERS_MOST}",
        )
    await session.execute(
        text("UPDATE camera_selections SET total = :total WHERE id = :id"), {"id": made, "total": total}
    )
    return made


async def selection(session: ReadSession, selection_id: UUID) -> Selection:
    """What is known of a selection.

    Raises:
        Refusal: `catalog.selection_unknown` (404): it never was, or has expired.
    """
    found = await session.execute(
        text("SELECT id, total, made_at, expires_at FROM camera_selections WHERE id = :id AND expires_at > now()"),
        {"id": selection_id},
    )
    row = found.one_or_none()
    if row is None:
        raise Refusal("catalog.selection_unknown", status=404, operand="selection", actual=str(selection_id))
    return Selection(row.id, row.total, row.made_at, row.expires_at)
