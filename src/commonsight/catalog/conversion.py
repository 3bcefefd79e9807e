"""Taking coordinates on file for another system than they were taken for, because the source says so.

What came in is kept (`original`), so a conversion is never made on top of another: it is read anew, in the system that
the source names. Taking it for WGS-84 again brings the first coordinates back, to the digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, hypot, radians
from statistics import median
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import file as files
from commonsight.catalog import where as conditions
from commonsight.catalog.model import Filters
from commonsight.places.coordinates import System, to_wgs84
from commonsight.places.grid import DENSITY_RESOLUTION, cell
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

CAMERAS_MOST: Final = 10_000
"""Cameras of one conversion: it is one transaction."""

_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Moved:
    """A camera whose place is another one now. Points are (lon, lat), WGS-84."""

    id: UUID
    before: System
    was: tuple[float, float]
    becomes: tuple[float, float]

    @property
    def metres(self) -> float:
        """How far apart the two are."""
        east = (self.becomes[0] - self.was[0]) * cos(radians(self.was[1]))
        return hypot(east, self.becomes[1] - self.was[1]) * _METRES_A_DEGREE


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion does, or would do. `same`: cameras that were taken for this system already."""

    moved: tuple[Moved, ...]
    same: int

    @property
    def metres(self) -> tuple[float, float, float] | None:
        """Least, median and most metres that cameras move."""
        far = [camera.metres for camera in self.moved]
        return (min(far), median(far), max(far)) if far else None


async def convert(
    session: WriteSession,
    filters: Filters,
    ids: Sequence[UUID] | None,
    system: System,
    because: str,
    by: Actor,
    now: datetime,
    *,
    dry_run: bool,
) -> Conversion:
    """Take the coordinates of cameras for `system`, and write down for each what they were taken for before.

    Args:
        filters: which cameras, in the caller's regions.
        ids: only these of them, when given.
        because: the source's word, for whoever asks later.
        dry_run: only say what would move.

    Raises:
        Refusal: `catalog.conversion_large` (422) with more than `CAMERAS_MOST` cameras.
    """
    where = conditions.of(filters)
    where.add("c.original IS NOT NULL")
    if ids is not None:
        where.add("c.id = ANY(:ids)", ids=list(ids))
    lock = "" if dry_run else " FOR UPDATE OF c"
    found = await session.execute(
        text(
            "SELECT c.id, c.system, c.original[0] AS x, c.original[1] AS y, c.location[0] AS lon, "  # noqa: S608
            f"c.location[1] AS lat FROM cameras AS c WHERE {where} ORDER BY c.id LIMIT {CAMERAS_MOST + 1}{lock}"
        ),
        where.values,
    )
    rows = found.all()
    if len(rows) > CAMERAS_MOST:
        raise Refusal(
            "catalog.conversion_large",
            status=422,
            rule="cameras of one conversion",
            operand="cameras",
            expected=CAMERAS_MOST,
            actual=f"> {CAMERAS_MOST}",
        )
    moved = tuple(_moved(row, system) for row in rows if row.system != system.value)
    if moved and not dry_run:
        await _write(session, moved, system, because, by, now)
    return Conversion(moved, len(rows) - len(moved))


def _moved(row: Any, system: System) -> Moved:
    lon, lat = to_wgs84(row.x, row.y, system)
    return Moved(row.id, System(row.system), (row.lon, row.lat), (round(lon, 6), round(lat, 6)))


async def _write(
    session: WriteSession, moved: Sequence[Moved], system: System, because: str, by: Actor, now: datetime
) -> None:
    values = {
        "ids": [camera.id for camera in moved],
        "lons": [camera.becomes[0] for camera in moved],
        "lats": [camera.becomes[1] for camera in moved],
        "cells": [cell(*camera.becomes, DENSITY_RESOLUTION) for camera in moved],
        "system": system.value,
        "by": by.name,
        "because": because,
        "now": now,
    }
    await files.attribute(session, files.Source.PERSON, by.name, now, why=because)
    await session.execute(_RECORD, values)
    await session.execute(_MOVE, values)
    detail: dict[str, Any] = {"system": system.value, "because": because, "cameras": len(moved)}
    await record(session, by, "catalog.coordinates_converted", now, kind="cameras", **detail)
    await outbox.append(session, "catalog.coordinates_converted", detail)


_TOLD = (
    "unnest(CAST(:ids AS uuid[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]), CAST(:cells AS bigint[])) "
    "AS told (id, lon, lat, cell)"
)
_RECORD = text(f"""
    INSERT INTO camera_conversions (camera_id, version, at, by_name, because, from_system, to_system, was, became)
    SELECT c.id, c.version, :now, :by, :because, c.system, :system, c.location, point(told.lon, told.lat)
    FROM {_TOLD} JOIN cameras AS c USING (id)
""")  # noqa: S608
_MOVE = text(f"""
    UPDATE cameras AS c SET location = point(told.lon, told.lat), cell = told.cell, system = :system,
        version = c.version + 1, updated_at = :now
    FROM {_TOLD} WHERE c.id = told.id
""")  # noqa: S608


async def history(session: ReadSession, camera_id: UUID) -> list[Any]:
    """What a camera's coordinates were taken for, newest first; a hundred at most."""
    found = await session.execute(
        text(
            "SELECT at, by_name, because, from_system, to_system, was[0] AS was_lon, was[1] AS was_lat, "
            "became[0] AS lon, became[1] AS lat FROM camera_conversions "
            "WHERE camera_id = :id ORDER BY version DESC LIMIT 100"
        ),
        {"id": camera_id},
    )
    return list(found)
