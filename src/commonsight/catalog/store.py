"""SQL of single cameras, platforms and organisations, and of writing health."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.lists import FIELDS, JOINS, camera_row
from commonsight.catalog.model import Camera, Filters, Health, Named, View
from commonsight.places.coordinates import System
from commonsight.records.database import ReadSession, WriteSession

EXPORT_BATCH = 2_000
_MORE = (
    "c.system, c.original[0] AS original_lon, c.original[1] AS original_lat, c.direction, c.field_angle, "
    "c.view_distance, c.protocol, c.url, c.username, c.version, "
    "c.created_at, c.updated_at, c.archived_at, c.file"
)
# Columns that people's changes may set; anything else is a mistake in this room.
_COLUMNS = frozenset(
    {
        "code",
        "name",
        "region",
        "address",
        "platform_id",
        "unit_id",
        "kind",
        "sector",
        "place",
        "direction",
        "field_angle",
        "view_distance",
        "location",
        "system",
        "original",
        "cell",
        "protocol",
        "url",
        "username",
        "secret",
        "demo",
        "grams",
        "archived_at",
        "analysis",
        "health",
        "health_at",
        "file",
    }
)
_POINTS = frozenset({"location", "original"})


@dataclass(frozen=True, slots=True)
class Sealed:
    """A camera's source as it is stored: the password still encrypted."""

    protocol: str
    url: str
    username: str | None
    secret: bytes | None


def _camera(row: Row[Any]) -> Camera:
    original = None if row.original_lon is None else (row.original_lon, row.original_lat)
    return Camera(
        row=camera_row(row),
        system=System(row.system),
        original=original,
        view=View(row.direction, row.field_angle, row.view_distance),
        protocol=row.protocol,
        url=row.url,
        username=row.username,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        archived_at=row.archived_at,
        file=row.file,
    )


async def one(session: ReadSession, camera_id: UUID, *, for_update: bool = False) -> Camera | None:
    """The camera, archived or not. `for_update` holds it until the transaction ends."""
    lock = " FOR UPDATE OF c" if for_update else ""
    found = await session.execute(
        text(f"SELECT {FIELDS}, {_MORE} FROM cameras AS c {JOINS} WHERE c.id = :id{lock}"),  # noqa: S608
        {"id": camera_id},
    )
    row = found.first()
    return None if row is None else _camera(row)


async def every(session: ReadSession, filters: Filters, most: int) -> AsyncIterator[Camera]:
    """All cameras of `filters` by identifier, at most `most`, without holding them in memory."""
    if not filters.regions:
        return
    where = conditions.of(filters)
    stream = await session.stream(
        text(f"SELECT {FIELDS}, {_MORE} FROM cameras AS c {JOINS} WHERE {where} ORDER BY c.code LIMIT :most"),  # noqa: S608
        where.values | {"most": most},
        execution_options={"yield_per": EXPORT_BATCH},
    )
    async for row in stream:
        yield _camera(row)


async def brief(session: ReadSession, camera_id: UUID) -> Row[Any] | None:
    """Id, code, name, region, organisation, health and whether it has a source."""
    found = await session.execute(
        text(
            "SELECT c.id, c.code, c.name, c.region, c.health, c.has_source, c.archived_at, u.name AS organisation "
            "FROM cameras AS c LEFT JOIN units AS u ON u.id = c.unit_id WHERE c.id = :id"
        ),
        {"id": camera_id},
    )
    return found.first()


async def source(session: ReadSession, camera_id: UUID) -> Sealed | None:
    """How a camera in use is reached; None without a source."""
    found = await session.execute(
        text(
            "SELECT protocol, url, username, secret FROM cameras "
            "WHERE id = :id AND url IS NOT NULL AND archived_at IS NULL"
        ),
        {"id": camera_id},
    )
    row = found.first()
    return None if row is None else Sealed(row.protocol, row.url, row.username, row.secret)


async def sources(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, Sealed]:
    """The sources of many cameras at once; those without one are left out."""
    found = await session.execute(
        text(
            "SELECT id, protocol, url, username, secret FROM cameras "
            "WHERE id = ANY(:ids) AND url IS NOT NULL AND archived_at IS NULL"
        ),
        {"ids": list(ids)},
    )
    return {row.id: Sealed(row.protocol, row.url, row.username, row.secret) for row in found}


def _place(column: str) -> str:
    if column == "file":
        return "CAST(:file AS jsonb)"
    if column not in _POINTS:
        return f":{column}"
    return f"point(CAST(:{column}_lon AS float8), CAST(:{column}_lat AS float8))"


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - _COLUMNS
    if unknown:
        raise ValueError(f"not columns of a camera that may be set: {sorted(unknown)}")
    values: dict[str, Any] = {}
    for column, value in fields.items():
        if column in _POINTS:
            values[f"{column}_lon"], values[f"{column}_lat"] = value or (None, None)
        elif column == "file":
            values[column] = json.dumps(value, ensure_ascii=False)
        else:
            values[column] = value
    return values


async def insert(session: WriteSession, camera_id: UUID, fields: Mapping[str, Any]) -> bool:
    """Write a new camera; False when its code is taken."""
    values = _values(fields)
    found = await session.execute(
        text(
            f"INSERT INTO cameras (id, {', '.join(fields)}) VALUES (:id, {', '.join(map(_place, fields))}) "  # noqa: S608
            "ON CONFLICT (code) DO NOTHING RETURNING id"
        ),
        values | {"id": camera_id},
    )
    return found.first() is not None


async def update(session: WriteSession, camera_id: UUID, fields: Mapping[str, Any]) -> None:
    """Change columns and count the version up."""
    settings = "".join(f"{column} = {_place(column)}, " for column in fields)
    await session.execute(
        text(f"UPDATE cameras SET {settings}version = version + 1, updated_at = now() WHERE id = :id"),  # noqa: S608
        _values(fields) | {"id": camera_id},
    )


async def next_serial(session: WriteSession) -> int:
    """A number for a new identifier. It may be taken (they came in by other ways too): ask again then."""
    return int((await session.execute(text("SELECT nextval('camera_serials')"))).scalar_one())


async def id_of(session: ReadSession, code: str) -> UUID | None:
    """The camera, archived or not, with this identifier."""
    found = await session.execute(text("SELECT id FROM cameras WHERE code = :code"), {"code": code})
    return found.scalar_one_or_none()


async def platforms(session: ReadSession) -> list[Row[Any]]:
    """All platforms by region."""
    return list(await session.execute(text("SELECT id, code, name, region FROM platforms ORDER BY region, name, id")))


async def platform_exists(session: ReadSession, platform_id: UUID) -> bool:
    """Whether there is such a platform."""
    found = await session.execute(text("SELECT 1 FROM platforms WHERE id = :id"), {"id": platform_id})
    return found.first() is not None


async def unit(session: WriteSession, unit_id: UUID, name: str, region: str) -> Named:
    """The organisation of this name; made when it is new."""
    await session.execute(
        text("INSERT INTO units (id, name, region) VALUES (:id, :name, :region) ON CONFLICT (name) DO NOTHING"),
        {"id": unit_id, "name": name, "region": region},
    )
    found = await session.execute(text("SELECT id, name FROM units WHERE name = :name"), {"name": name})
    row = found.one()
    return Named(row.id, row.name)


async def set_health(
    session: WriteSession, changes: Sequence[tuple[UUID, Health, datetime]]
) -> list[tuple[UUID, Health]]:
    """Write the states that differ from what is stored and are not older; returns those.

    Rows are locked in the order of their ids, so that two writers wait for each other instead of deadlocking.
    """
    found = await session.execute(
        text("""
            WITH told AS (
                SELECT DISTINCT ON (id) id, health, at
                FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS smallint[]), CAST(:times AS timestamptz[]))
                    AS t (id, health, at)
                ORDER BY id, at DESC
            ), held AS (
                SELECT c.id, told.health, told.at FROM cameras AS c JOIN told USING (id)
                WHERE c.health <> told.health AND (c.health_at IS NULL OR c.health_at <= told.at)
                ORDER BY c.id FOR NO KEY UPDATE OF c
            )
            UPDATE cameras AS c SET health = held.health, health_at = held.at
            FROM held WHERE c.id = held.id RETURNING c.id, c.health
        """),
        {
            "ids": [camera_id for camera_id, _, _ in changes],
            "states": [int(health) for _, health, _ in changes],
            "times": [at for _, _, at in changes],
        },
    )
    return [(row.id, Health(row.health)) for row in found]
