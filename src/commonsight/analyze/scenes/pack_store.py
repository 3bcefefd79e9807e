"""All SQL of scene packs: what was laid on which cameras, and what stood there before."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Change:
    """A pack laid on cameras. `kept`: cameras an undo left alone, because they were changed since."""

    id: UUID
    at: datetime
    by_name: str
    pack_name: str
    pack_sha256: str
    cameras: int
    undone_at: datetime | None
    undone_by_name: str | None
    kept: int


@dataclass(frozen=True, slots=True)
class Before:
    """One camera of a change: its document before, and the version that the change made."""

    camera_id: UUID
    before: Mapping[str, Any] | None
    version: int


_ADD: Final = text("""
    INSERT INTO scene_changes (id, at, by_id, by_name, pack_name, pack_sha256)
    VALUES (:id, :at, :by_id, :by_name, :pack_name, :pack_sha256)""")
_ADD_CAMERA: Final = text("""
    INSERT INTO scene_change_cameras (change_id, camera_id, before, version)
    VALUES (:change, :camera, CAST(:before AS jsonb), :version)""")
_LIST: Final = text("""
    SELECT h.id, h.at, h.by_name, h.pack_name, h.pack_sha256, h.undone_at, h.undone_by_name,
           count(m.camera_id) AS cameras, count(*) FILTER (WHERE m.undone = false) AS kept
      FROM scene_changes AS h
      JOIN scene_change_cameras AS m ON m.change_id = h.id
      JOIN cameras AS c ON c.id = m.camera_id AND c.region LIKE ANY (:places)
     WHERE (CAST(:one AS uuid) IS NULL OR h.id = :one)
       AND (CAST(:at AS timestamptz) IS NULL OR (h.at, h.id) < (:at, :id))
     GROUP BY h.id ORDER BY h.at DESC, h.id DESC LIMIT :limit""")
_LOCK: Final = text("SELECT undone_at FROM scene_changes WHERE id = :id FOR UPDATE")
_CAMERAS: Final = text("""
    SELECT m.camera_id, m.before, m.version FROM scene_change_cameras AS m
      JOIN cameras AS c ON c.id = m.camera_id AND c.region LIKE ANY (:places)
     WHERE m.change_id = :id ORDER BY m.camera_id""")
_UNDONE: Final = text("UPDATE scene_changes SET undone_at = :now, undone_by_name = :by WHERE id = :id")
_UNDONE_CAMERA: Final = text("""
    UPDATE scene_change_cameras SET undone = :undone WHERE change_id = :change AND camera_id = :camera""")


async def add(
    session: WriteSession, change: UUID, at: datetime, by: UUID, by_name: str, pack_name: str, sha256: str
) -> None:
    """Write that a pack is laid on cameras."""
    values = {"id": change, "at": at, "by_id": by, "by_name": by_name, "pack_name": pack_name, "pack_sha256": sha256}
    await session.execute(_ADD, values)


async def add_camera(
    session: WriteSession, change: UUID, camera: UUID, before: Mapping[str, Any] | None, version: int
) -> None:
    """Write what stood on one of them."""
    told = None if before is None else json.dumps(before)
    await session.execute(_ADD_CAMERA, {"change": change, "camera": camera, "before": told, "version": version})


async def changes(
    session: ReadSession,
    places: Sequence[str],
    after: tuple[datetime, UUID] | None,
    limit: int,
    one: UUID | None = None,
) -> list[Change]:
    """Changes on cameras under these region prefixes, newest first; figures count those cameras only."""
    at, before = after or (None, None)
    values = {"places": [place + "%" for place in places], "at": at, "id": before, "limit": limit, "one": one}
    return [Change(**row._mapping) for row in await session.execute(_LIST, values)]


async def lock(session: WriteSession, change: UUID) -> tuple[bool, datetime | None]:
    """Hold a change: (whether there is one, when it was undone)."""
    row = (await session.execute(_LOCK, {"id": change})).one_or_none()
    return row is not None, None if row is None else row.undone_at


async def cameras(session: ReadSession, change: UUID, places: Sequence[str]) -> list[Before]:
    """The cameras of a change, in the order they are locked in."""
    rows = await session.execute(_CAMERAS, {"id": change, "places": [place + "%" for place in places]})
    return [Before(row.camera_id, row.before, row.version) for row in rows]


async def undone(session: WriteSession, change: UUID, now: datetime, by: str, cameras: Mapping[UUID, bool]) -> None:
    """Write that a change was undone, and on which of its cameras."""
    await session.execute(_UNDONE, {"id": change, "now": now, "by": by})
    for camera, done in cameras.items():
        await session.execute(_UNDONE_CAMERA, {"change": change, "camera": camera, "undone": done})
