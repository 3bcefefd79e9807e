"""SQL of what devices saw: kept and counted once, minute by minute, told to analysis, forgotten."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.connect.viid.model import Kind, Seen
from commonsight.records.database import ReadSession, WriteSession

GRACE_SECONDS: Final = 120.0
"""A device is taken to be there for so long after it was last heard of: it is expected to speak every 90 s."""


_TAKE: Final = text("""
    WITH given AS (
        SELECT r.*, coalesce(h.camera_id, c.id) AS camera_id
          FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r
               (kind text, object text, id uuid, camera text, class text, seen_at timestamptz, record jsonb,
                images text[])
          LEFT JOIN viid_channels AS h ON h.code = r.camera
          LEFT JOIN cameras AS c ON c.code = r.camera AND c.archived_at IS NULL),
    fresh AS (
        INSERT INTO viid_objects AS o (device, kind, object, id, camera_id, class, seen_at, received_at, record, images)
        SELECT DISTINCT ON (kind, object) :device, kind, object, id, camera_id, class, seen_at, :now, record, images
          FROM given ORDER BY kind, object
        ON CONFLICT (device, kind, object) DO NOTHING
        RETURNING id, camera_id, class, seen_at),
    counted AS (
        INSERT INTO viid_minutes AS m (camera_id, start, class, device, value)
        SELECT camera_id, date_trunc('minute', seen_at), class, :device, count(*) FROM fresh
         WHERE camera_id IS NOT NULL AND seen_at >= CAST(:now AS timestamptz) - interval '24 hours' GROUP BY 1, 2, 3
        ON CONFLICT (camera_id, start, class) DO UPDATE SET value = m.value + excluded.value),
    seen AS (
        INSERT INTO viid_seen AS s (camera_id, class, device, last_at)
        SELECT camera_id, class, :device, max(seen_at) FROM fresh WHERE camera_id IS NOT NULL GROUP BY 1, 2
        ON CONFLICT (camera_id, class) DO UPDATE
            SET device = excluded.device, last_at = greatest(s.last_at, excluded.last_at)),
    known AS (UPDATE viid_devices SET objects = objects + (SELECT count(*) FROM fresh) WHERE code = :device)
    SELECT id FROM fresh""")


async def take(
    session: WriteSession, device: str, given: Sequence[tuple[UUID, Seen]], images: Mapping[UUID, Sequence[str]],
    now: datetime,
) -> set[UUID]:  # fmt: skip
    """Keep what a device saw and count it, each object once however often it is sent; returns the new ones. What was
    seen more than a day ago is kept and not counted.

    Cameras are told by what people said of a code (`viid_channels`), else by their own. What an unknown one saw is
    kept and not counted.
    """
    rows = [
        {
            "kind": one.kind.value,
            "object": one.object,
            "id": str(key),
            "camera": one.camera,
            "class": one.name,
            "seen_at": one.seen_at.isoformat(),
            "record": one.record,
            "images": list(images.get(key, ())),
        }
        for key, one in given
    ]
    found = await session.execute(_TAKE, {"rows": json.dumps(rows), "device": device, "now": now})
    return {row.id for row in found}


@dataclass(frozen=True, slots=True)
class Minute:
    """A camera's count of a class in a minute. `covered`: share of the minute its device was known to be there."""

    camera_id: UUID
    region: str
    start: datetime
    name: str
    value: int
    covered: float


_ZEROS: Final = text("""
    INSERT INTO viid_minutes (camera_id, start, class, device, value)
    SELECT s.camera_id, CAST(:start AS timestamptz), s.class, s.device, 0
      FROM viid_seen AS s JOIN viid_devices AS d ON d.code = s.device
       AND d.online AND d.online_since <= CAST(:start AS timestamptz)
       AND d.keepalive_at + make_interval(secs => :grace) >= CAST(:start AS timestamptz) + interval '60 seconds'
     WHERE s.last_at >= CAST(:start AS timestamptz) - interval '24 hours'
    ON CONFLICT (camera_id, start, class) DO NOTHING""")
_UNTOLD: Final = text("""
    WITH untold AS (
        SELECT camera_id, start, class FROM viid_minutes WHERE told <> value AND start <= :until
         ORDER BY start, camera_id, class LIMIT :most FOR UPDATE SKIP LOCKED),
    told AS (
        UPDATE viid_minutes AS m SET told = m.value FROM untold AS u
         WHERE m.camera_id = u.camera_id AND m.start = u.start AND m.class = u.class
        RETURNING m.camera_id, m.start, m.class, m.device, m.value)
    SELECT t.camera_id, c.region, t.start, t.class, t.value,
           CASE WHEN d.online_since IS NULL THEN 0 ELSE
           greatest(0, least(1, extract(epoch FROM
               least(t.start + interval '60 seconds', d.keepalive_at + make_interval(secs => :grace))
               - greatest(t.start, d.online_since)) / 60)) END AS covered
      FROM told AS t JOIN cameras AS c ON c.id = t.camera_id LEFT JOIN viid_devices AS d ON d.code = t.device
     ORDER BY t.start, t.camera_id, t.class""")


async def fill(session: WriteSession, start: datetime) -> None:
    """Note zeros for a minute in which a device was there and its camera saw none of what it saw within a day."""
    await session.execute(_ZEROS, {"start": start, "grace": GRACE_SECONDS})


async def untold(session: WriteSession, until: datetime, most: int) -> list[Minute]:
    """Counts nobody has been told yet, of minutes that began at `until` or before; marks them told."""
    rows = await session.execute(_UNTOLD, {"until": until, "most": most, "grace": GRACE_SECONDS})
    return [
        Minute(row.camera_id, row.region, row.start, row._mapping["class"], row.value, float(row.covered))
        for row in rows
    ]


_FORGET: Final = text("""
    DELETE FROM viid_objects WHERE (device, kind, object) IN (
        SELECT device, kind, object FROM viid_objects WHERE received_at < :before LIMIT :most)
    RETURNING images""")


async def forget(session: WriteSession, before: datetime, most: int) -> tuple[int, list[str]]:
    """Delete objects received before; returns how many and the names of their pictures."""
    rows = (await session.execute(_FORGET, {"before": before, "most": most})).all()
    return len(rows), [name for row in rows for name in row.images]


async def forget_minutes(session: WriteSession, before: datetime) -> None:
    """Delete minutes long told, and what cameras have not seen since."""
    await session.execute(text("DELETE FROM viid_minutes WHERE start < :before AND told = value"), {"before": before})
    await session.execute(text("DELETE FROM viid_seen WHERE last_at < :before"), {"before": before})


@dataclass(frozen=True, slots=True)
class KeptObject:
    """An object as stored."""

    id: UUID
    device: str
    kind: Kind
    object: str
    camera_id: UUID
    name: str
    seen_at: datetime
    record: dict[str, Any]


async def objects(
    session: ReadSession, camera_id: UUID, kind: Kind | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[KeptObject]:
    """What a camera saw, the newest first."""
    at, key = after or (None, None)
    rows = await session.execute(
        text("""
            SELECT id, device, kind, object, camera_id, class, seen_at, record FROM viid_objects
             WHERE camera_id = :camera AND (CAST(:kind AS text) IS NULL OR kind = :kind)
               AND (CAST(:at AS timestamptz) IS NULL OR (seen_at, id) < (:at, CAST(:key AS uuid)))
             ORDER BY seen_at DESC, id DESC LIMIT :limit"""),
        {"camera": camera_id, "kind": None if kind is None else kind.value, "at": at, "key": key, "limit": limit},
    )
    return [KeptObject(r.id, r.device, Kind(r.kind), r.object, r.camera_id, r[5], r.seen_at, r.record) for r in rows]
