"""All SQL of walls, desks and favourites."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError

from commonsight.catalog import where as conditions
from commonsight.catalog.area_store import rows_of
from commonsight.catalog.lists import FIELDS, JOINS, camera_row
from commonsight.catalog.model import CameraRow
from commonsight.catalog.walls.model import EMPTY, Desk, Layout, Wall
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = (
    "w.id, w.owner_id, o.display_name AS owner_name, w.name, w.shared_with IS NOT NULL AS shared, w.layout, "
    "w.created_at, w.updated_at, w.version"
)
_FROM: Final = "FROM walls AS w JOIN people AS o ON o.id = w.owner_id"
_SEEN: Final = "(w.owner_id = :person OR w.shared_with = (SELECT organisation_id FROM people WHERE id = :person))"


def _wall(row: Row[Any]) -> Wall:
    return Wall(
        id=row.id,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        name=row.name,
        shared=row.shared,
        layout=Layout.of(row.layout),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


async def page(session: ReadSession, person: UUID, after: tuple[str, UUID] | None, limit: int) -> list[Wall]:
    """Walls a person may open, by name: their own, and those shared with their organisation. One more than `limit`."""
    beyond = "" if after is None else "AND (w.name, w.id) > (:after_name, :after_id)"
    values: dict[str, Any] = {"person": person, "limit": limit + 1}
    if after is not None:
        values |= {"after_name": after[0], "after_id": after[1]}
    query = f"SELECT {_COLUMNS} {_FROM} WHERE {_SEEN} {beyond} ORDER BY w.name, w.id LIMIT :limit"
    return [_wall(row) for row in await session.execute(text(query), values)]


async def one(session: ReadSession, wall_id: UUID, person: UUID, *, for_update: bool = False) -> Wall | None:
    """A wall a person may open, held until the transaction ends with `for_update`."""
    lock = " FOR UPDATE OF w" if for_update else ""
    query = text(f"SELECT {_COLUMNS} {_FROM} WHERE w.id = :id AND {_SEEN}{lock}")
    row = (await session.execute(query, {"id": wall_id, "person": person})).first()
    return None if row is None else _wall(row)


async def organisation_of(session: ReadSession, person: UUID) -> UUID | None:
    """The organisation somebody works for."""
    found = await session.execute(text("SELECT organisation_id FROM people WHERE id = :id"), {"id": person})
    return found.scalar()


async def count(session: WriteSession, person: UUID) -> int:
    """How many walls a person keeps; their row is held, so that two windows do not save one too many together."""
    await session.execute(text("SELECT 1 FROM people WHERE id = :id FOR UPDATE"), {"id": person})
    found = await session.execute(text("SELECT count(*) FROM walls WHERE owner_id = :id"), {"id": person})
    return int(found.scalar_one())


async def insert(
    session: WriteSession,
    wall_id: UUID,
    person: UUID,
    name: str,
    shared_with: UUID | None,
    layout: Layout,
    at: datetime,
) -> bool:
    """Keep a wall; False when the person has one of this name."""
    found = await session.execute(
        text(
            "INSERT INTO walls (id, owner_id, name, shared_with, layout, created_at, updated_at) VALUES (:id, :person, "
            ":name, :shared_with, CAST(:layout AS jsonb), :at, :at) ON CONFLICT (owner_id, name) DO NOTHING "
            "RETURNING id"
        ),
        {
            "id": wall_id,
            "person": person,
            "name": name,
            "shared_with": shared_with,
            "layout": json.dumps(layout.plain()),
            "at": at,
        },
    )
    return found.first() is not None


async def update(session: WriteSession, wall_id: UUID, at: datetime, fields: Mapping[str, Any]) -> bool:
    """Change columns, whose names come from this room's own code; False when the name is taken."""
    values = dict(fields)
    sets = [f"{name} = :{name}" for name in fields if name != "layout"]
    if "layout" in fields:
        values["layout"] = json.dumps(fields["layout"].plain())
        sets.append("layout = CAST(:layout AS jsonb)")
    query = f"UPDATE walls SET {', '.join([*sets, 'version = version + 1', 'updated_at = :at'])} WHERE id = :id"  # noqa: S608
    try:
        async with session.begin_nested():
            await session.execute(text(query), values | {"id": wall_id, "at": at})
    except IntegrityError:
        return False
    return True


async def delete(session: WriteSession, wall_id: UUID) -> None:
    """Forget a wall."""
    await session.execute(text("DELETE FROM walls WHERE id = :id"), {"id": wall_id})


async def desk(session: ReadSession, person: UUID) -> Desk:
    """What a person's wall looks like now."""
    found = await session.execute(
        text(
            "SELECT d.layout, d.updated_at, w.id AS wall_id, w.name AS wall_name FROM wall_desks AS d "  # noqa: S608
            f"LEFT JOIN walls AS w ON w.id = d.wall_id AND {_SEEN} WHERE d.person_id = :person"
        ),
        {"person": person},
    )
    row = found.first()
    return Desk(EMPTY) if row is None else Desk(Layout.of(row.layout), row.wall_id, row.wall_name, row.updated_at)


async def put_desk(session: WriteSession, person: UUID, layout: Layout, wall_id: UUID | None, at: datetime) -> None:
    """Keep what a person's wall looks like now."""
    await session.execute(
        text(
            "INSERT INTO wall_desks (person_id, wall_id, layout, updated_at) VALUES (:person, :wall, "
            "CAST(:layout AS jsonb), :at) ON CONFLICT (person_id) DO UPDATE SET wall_id = excluded.wall_id, "
            "layout = excluded.layout, updated_at = excluded.updated_at"
        ),
        {"person": person, "wall": wall_id, "layout": json.dumps(layout.plain()), "at": at},
    )


async def cameras(session: ReadSession, ids: Sequence[UUID], regions: tuple[str, ...]) -> list[CameraRow]:
    """Those of these cameras that are in use and within `regions`, in the order asked."""
    where = conditions.Where()
    where.add(conditions.LIVE)
    where.add("c.id = ANY(:ids)", ids=list(ids))
    conditions.regions(where, regions)
    found = await session.execute(text(f"SELECT c.id FROM cameras AS c WHERE {where}"), where.values)  # noqa: S608
    rows = await rows_of(session, [row.id for row in found])
    return [rows[camera] for camera in ids if camera in rows]


async def favourites(
    session: ReadSession, person: UUID, regions: tuple[str, ...], after: tuple[str, UUID] | None, limit: int
) -> list[CameraRow]:
    """The cameras a person marked, as far as they are in use and within `regions`, by name. One more than `limit`."""
    where = conditions.Where()
    where.add(conditions.LIVE)
    where.add("f.person_id = :person", person=person)
    conditions.regions(where, regions)
    if after is not None:
        where.add("(c.name, c.id) > (:after_name, :after_id)", after_name=after[0], after_id=after[1])
    found = await session.execute(
        text(
            f"SELECT {FIELDS} FROM favourites AS f JOIN cameras AS c ON c.id = f.camera_id {JOINS} "  # noqa: S608
            f"WHERE {where} ORDER BY c.name, c.id LIMIT :limit"
        ),
        where.values | {"limit": limit + 1},
    )
    return [camera_row(row) for row in found]


async def mark(session: WriteSession, person: UUID, camera: UUID, at: datetime) -> int:
    """Mark a camera; returns how many the person has marked then. Marking twice changes nothing."""
    await session.execute(text("SELECT 1 FROM people WHERE id = :id FOR UPDATE"), {"id": person})
    await session.execute(
        text(
            "INSERT INTO favourites (person_id, camera_id, added_at) VALUES (:person, :camera, :at) "
            "ON CONFLICT DO NOTHING"
        ),
        {"person": person, "camera": camera, "at": at},
    )
    found = await session.execute(text("SELECT count(*) FROM favourites WHERE person_id = :id"), {"id": person})
    return int(found.scalar_one())


async def unmark(session: WriteSession, person: UUID, camera: UUID) -> None:
    """Take the mark off a camera; none is no error."""
    await session.execute(
        text("DELETE FROM favourites WHERE person_id = :person AND camera_id = :camera"),
        {"person": person, "camera": camera},
    )
