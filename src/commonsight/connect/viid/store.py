"""All SQL of viid/: devices, what they saw, minute by minute, and what they raised the alarm for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.connect.viid.model import Alarm, Kind, Seen
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Device:
    """A device or lower platform on file. `secret`: its password, sealed; None: the settings' one is its own."""

    code: str
    name: str
    region: str
    url: str | None
    secret: bytes | None
    online: bool
    address: str | None
    registered_at: datetime | None
    keepalive_at: datetime | None
    objects: int
    version: int
    created_at: datetime


_DEVICE: Final = (
    "code, name, region, url, secret, online, address, registered_at, keepalive_at, objects, version, created_at"
)


def _device(row: Row[Any]) -> Device:
    return Device(**row._mapping)


async def devices(session: ReadSession) -> list[Device]:
    """All of them; for the listener, which keeps them in memory."""
    return [_device(row) for row in await session.execute(text(f"SELECT {_DEVICE} FROM viid_devices"))]  # noqa: S608


async def device(session: ReadSession, code: str, *, for_update: bool = False) -> Device | None:
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_DEVICE} FROM viid_devices WHERE code = :code{lock}"),  # noqa: S608
        {"code": code},
    )
    row = found.first()
    return None if row is None else _device(row)


async def regions(session: ReadSession) -> dict[str, str]:
    """Where every device on file is."""
    return {row.code: row.region for row in await session.execute(text("SELECT code, region FROM viid_devices"))}


async def page(session: ReadSession, regions: Sequence[str], after: str, limit: int) -> list[Device]:
    """Devices within regions, by code."""
    found = await session.execute(
        text(f"""
            SELECT {_DEVICE} FROM viid_devices
             WHERE region LIKE ANY(:regions) AND code > :after ORDER BY code LIMIT :limit"""),  # noqa: S608
        {"regions": [f"{region}%" for region in regions], "after": after, "limit": limit},
    )
    return [_device(row) for row in found]


async def insert(session: WriteSession, fields: Mapping[str, Any], now: datetime) -> bool:
    """File a device; False when its code is taken."""
    found = await session.execute(
        text("""
            INSERT INTO viid_devices (code, name, region, url, secret, created_at, updated_at)
            VALUES (:code, :name, :region, :url, :secret, :now, :now) ON CONFLICT (code) DO NOTHING RETURNING code"""),
        {"url": None, "secret": None, **fields, "now": now},
    )
    return found.first() is not None


async def update(session: WriteSession, code: str, fields: Mapping[str, Any], now: datetime) -> None:
    """Change name, region, url or secret."""
    changes = ", ".join(f"{name} = :{name}" for name in ("name", "region", "url", "secret") if name in fields)
    await session.execute(
        text(f"UPDATE viid_devices SET {changes}, version = version + 1, updated_at = :now WHERE code = :code"),  # noqa: S608
        {**fields, "code": code, "now": now},
    )


async def delete(session: WriteSession, code: str) -> None:
    """Take a device off the file with its subscriptions. What it saw was counted already."""
    await session.execute(text("DELETE FROM viid_devices WHERE code = :code"), {"code": code})


async def online(session: WriteSession, code: str, address: str, now: datetime) -> None:
    """It has registered."""
    await session.execute(
        text("""
            UPDATE viid_devices SET online_since = CASE WHEN online THEN online_since ELSE :now END, online = true,
                   address = :address, registered_at = :now, keepalive_at = :now WHERE code = :code"""),
        {"code": code, "address": address, "now": now},
    )


async def offline(session: WriteSession, codes: Sequence[str]) -> None:
    """They have said goodbye, or nothing for too long."""
    await session.execute(text("UPDATE viid_devices SET online = false WHERE code = ANY(:codes)"), {"codes": codes})


async def heard(session: WriteSession, when: Mapping[str, datetime]) -> None:
    """Devices were heard of, many at once."""
    await session.execute(
        text("""
            UPDATE viid_devices AS d SET keepalive_at = greatest(d.keepalive_at, h.at)
              FROM unnest(CAST(:codes AS text[]), CAST(:times AS timestamptz[])) AS h (code, at)
             WHERE d.code = h.code"""),
        {"codes": list(when), "times": list(when.values())},
    )


GRACE_SECONDS: Final = 90.0
"""A device is taken to be there for so long after it was last heard of: it is expected to speak every minute."""


# --- what they saw --------------------------------------------------------------------------------------------------

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


# --- alarms ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeptAlarm:
    """An alarm as stored."""

    id: UUID
    device: str
    alarm: str
    camera_id: UUID | None
    region: str
    title: str
    raised_at: datetime
    record: dict[str, Any]


async def raised(session: WriteSession, device: str, region: str, given: Alarm, now: datetime) -> KeptAlarm | None:
    """Keep an alarm; None when it was sent before."""
    found = await session.execute(
        text("""
            INSERT INTO viid_alarms (id, device, alarm, camera_id, region, title, raised_at, received_at, record)
            SELECT :id, :device, :alarm, c.id, coalesce(c.region, :region), :title, :at, :now, CAST(:record AS jsonb)
              FROM (SELECT 1) AS one
              LEFT JOIN viid_channels AS h ON h.code = :camera
              LEFT JOIN cameras AS c ON c.archived_at IS NULL
                   AND CASE WHEN h.camera_id IS NULL THEN c.code = :camera ELSE c.id = h.camera_id END
            ON CONFLICT (device, alarm) DO NOTHING
            RETURNING id, device, alarm, camera_id, region, title, raised_at, record"""),
        {
            "id": uuid7(),
            "device": device,
            "alarm": given.alarm,
            "region": region,
            "camera": given.camera,
            "title": given.title,
            "at": given.raised_at,
            "now": now,
            "record": json.dumps(given.record),
        },
    )
    row = found.first()
    return None if row is None else KeptAlarm(**row._mapping)


async def alarms(
    session: ReadSession, regions: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[KeptAlarm]:
    """Alarms within regions, the newest first."""
    at, key = after or (None, None)
    rows = await session.execute(
        text("""
            SELECT id, device, alarm, camera_id, region, title, raised_at, record FROM viid_alarms
             WHERE region LIKE ANY(:regions)
               AND (CAST(:at AS timestamptz) IS NULL OR (raised_at, id) < (:at, CAST(:key AS uuid)))
             ORDER BY raised_at DESC, id DESC LIMIT :limit"""),
        {"regions": [f"{region}%" for region in regions], "at": at, "key": key, "limit": limit},
    )
    return [KeptAlarm(**row._mapping) for row in rows]


# --- whose a code is -----------------------------------------------------------------------------------------------


async def name_channel(session: WriteSession, code: str, camera_id: UUID) -> None:
    """A code that devices use is this camera's."""
    await session.execute(
        text("""
            INSERT INTO viid_channels (code, camera_id) VALUES (:code, :camera)
            ON CONFLICT (code) DO UPDATE SET camera_id = excluded.camera_id"""),
        {"code": code, "camera": camera_id},
    )


async def forget_channel(session: WriteSession, code: str) -> None:
    """The code is nobody's again."""
    await session.execute(text("DELETE FROM viid_channels WHERE code = :code"), {"code": code})


async def channel(session: ReadSession, code: str) -> UUID | None:
    """The camera that people said a code is."""
    found = await session.scalar(text("SELECT camera_id FROM viid_channels WHERE code = :code"), {"code": code})
    return None if found is None else UUID(str(found))


# --- subscriptions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What a lower platform is to send us. `state`: wanted, active, failed, cancelled."""

    id: str
    device: str
    kinds: tuple[Kind, ...]
    begins_at: datetime
    ends_at: datetime
    state: str
    reason: str


async def subscribe(session: WriteSession, given: Subscribed) -> None:
    await session.execute(
        text("""
            INSERT INTO viid_subscriptions (id, device, kinds, begins_at, ends_at, state, reason)
            VALUES (:id, :device, :kinds, :begins, :ends, :state, :reason)"""),
        {
            "id": given.id,
            "device": given.device,
            "kinds": [kind.value for kind in given.kinds],
            "begins": given.begins_at,
            "ends": given.ends_at,
            "state": given.state,
            "reason": given.reason,
        },
    )


async def settle(session: WriteSession, identifier: str, state: str, reason: str, now: datetime) -> None:
    """What became of a subscription."""
    await session.execute(
        text("UPDATE viid_subscriptions SET state = :state, reason = :reason, tried_at = :now WHERE id = :id"),
        {"id": identifier, "state": state, "reason": reason[:300], "now": now},
    )


async def subscriptions(session: ReadSession, device: str) -> list[Subscribed]:
    """A device's subscriptions, by identifier."""
    rows = await session.execute(
        text("""
            SELECT id, device, kinds, begins_at, ends_at, state, reason FROM viid_subscriptions
             WHERE device = :device ORDER BY id"""),
        {"device": device},
    )
    return [
        Subscribed(r.id, r.device, tuple(Kind(k) for k in r.kinds), r.begins_at, r.ends_at, r.state, r.reason)
        for r in rows
    ]


async def is_active(session: ReadSession, identifier: str, device: str, now: datetime) -> bool:
    """Whether a device may notify under this subscription."""
    return bool(
        await session.scalar(
            text("""
                SELECT true FROM viid_subscriptions
                 WHERE id = :id AND device = :device AND state IN ('wanted', 'active') AND ends_at > :now"""),
            {"id": identifier, "device": device, "now": now},
        )
    )
