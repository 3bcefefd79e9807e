"""SQL of viid/: devices, whose a code is, subscriptions, alarms. What devices saw is in `objects_store`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.connect.viid.model import Alarm, Kind
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


async def alarm(session: ReadSession, alarm_id: UUID) -> KeptAlarm | None:
    """One alarm."""
    rows = await session.execute(
        text("""
            SELECT id, device, alarm, camera_id, region, title, raised_at, record FROM viid_alarms WHERE id = :id"""),
        {"id": alarm_id},
    )
    row = rows.first()
    return None if row is None else KeptAlarm(**row._mapping)


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
    """What a lower platform is to send us. `state`: wanted, active, renewed (good until its end), failed, cancelled."""

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


async def ending(session: WriteSession, now: datetime, most: int) -> list[Subscribed]:
    """Subscriptions to be asked for again: active, not cancelled, and in the last tenth of their time (a day at most).
    One that failed rests for ten minutes, longer each time; locked, so that two processes do not both ask."""
    rows = await session.execute(
        text("""
            SELECT id, device, kinds, begins_at, ends_at, state, reason FROM viid_subscriptions
             WHERE state = 'active' AND renew AND renewed_as IS NULL AND ends_at > :now
               AND ends_at - least((ends_at - begins_at) / 10, interval '1 day') <= :now
               AND (renew_failures = 0 OR tried_at IS NULL
                    OR tried_at + least(renew_failures, 6) * interval '10 minutes' <= :now)
             ORDER BY ends_at, id LIMIT :most FOR UPDATE SKIP LOCKED"""),
        {"now": now, "most": most},
    )
    return [
        Subscribed(r.id, r.device, tuple(Kind(k) for k in r.kinds), r.begins_at, r.ends_at, r.state, r.reason)
        for r in rows
    ]


async def claim_renewal(session: WriteSession, identifier: str, now: datetime) -> None:
    """Somebody asks for it now: counted as a failure until it is known to have gone well."""
    await session.execute(
        text("UPDATE viid_subscriptions SET tried_at = :now, renew_failures = renew_failures + 1 WHERE id = :id"),
        {"id": identifier, "now": now},
    )


async def renewed(session: WriteSession, identifier: str, following: str) -> None:
    """Another subscription goes on where this one ends. It stays good until its end: what is under way still comes."""
    await session.execute(
        text(
            "UPDATE viid_subscriptions SET state = 'renewed', renewed_as = :following, renew_failures = 0 "
            "WHERE id = :id"
        ),
        {"id": identifier, "following": following},
    )


async def keep_renewing(session: WriteSession, identifier: str, renew: bool) -> None:
    """Whether a subscription is asked for again before it ends."""
    await session.execute(
        text("UPDATE viid_subscriptions SET renew = :renew WHERE id = :id"), {"id": identifier, "renew": renew}
    )


async def is_active(session: ReadSession, identifier: str, device: str, now: datetime) -> bool:
    """Whether a device may notify under this subscription."""
    return bool(
        await session.scalar(
            text("""
                SELECT true FROM viid_subscriptions
                 WHERE id = :id AND device = :device AND ends_at > :now
                   AND state IN ('wanted', 'active', 'renewed')"""),
            {"id": identifier, "device": device, "now": now},
        )
    )
