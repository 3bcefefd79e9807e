"""SQL of what devices tell by themselves: alarms and positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from commonsight.connect.gb28181.model import GB_URL, Channel
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as a device told it. `at` is its own clock's, UTC; `priority` 1 is the most urgent, 4 the least."""

    id: UUID
    device_id: UUID
    code: str
    region: str
    at: datetime
    received_at: datetime
    priority: int
    method: int
    type: int
    description: str
    lon: float | None
    lat: float | None
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Position:
    """Where something that moves was. Degrees as the device gave them; speed km/h, direction degrees from north,
    altitude m."""

    device_id: UUID
    code: str
    at: datetime
    received_at: datetime
    lon: float
    lat: float
    speed: float | None
    direction: float | None
    altitude: float | None


_ALARM = ("id", "device_id", "code", "region", "at", "received_at", "priority", "method", "type", "description", "lon",
          "lat", "fields")  # fmt: skip
_POSITION = ("device_id", "code", "at", "received_at", "lon", "lat", "speed", "direction", "altitude")


_KINDS = {"id": "uuid", "device_id": "uuid", "code": "text", "region": "text", "at": "timestamptz",
          "received_at": "timestamptz", "priority": "smallint", "method": "smallint", "type": "smallint",
          "description": "text", "fields": "jsonb"}  # fmt: skip


def _cast(name: str) -> str:
    return f"CAST(:{name} AS {_KINDS.get(name, 'float8')})"


async def add_alarms(session: WriteSession, alarms: Sequence[Alarm]) -> list[UUID]:
    """Keep alarms; those told before are left out. The ids of the new ones."""
    added = []
    statement = text(
        f"INSERT INTO gb_alarms ({', '.join(_ALARM)}) SELECT {', '.join(map(_cast, _ALARM))} "  # noqa: S608
        "WHERE EXISTS (SELECT 1 FROM gb_devices WHERE id = :device_id) "
        "ON CONFLICT (device_id, code, at, method, type) DO NOTHING RETURNING id"
    ).bindparams(bindparam("fields", type_=JSONB))
    for alarm in alarms:
        row = (await session.execute(statement, {name: getattr(alarm, name) for name in _ALARM})).first()
        if row is not None:
            added.append(row.id)
    return added


async def add_positions(session: WriteSession, positions: Sequence[Position]) -> None:
    """Keep positions in one statement; one told twice is kept once."""
    arrays = ", ".join(f"CAST(:{name} AS {_KINDS.get(name, 'float8')}[])" for name in _POSITION)
    await session.execute(
        text(
            f"INSERT INTO gb_positions ({', '.join(_POSITION)}) SELECT t.* FROM unnest({arrays}) "  # noqa: S608
            f"AS t ({', '.join(_POSITION)}) JOIN gb_devices AS d ON d.id = t.device_id "
            "ON CONFLICT (device_id, code, at) DO NOTHING"
        ),
        {name: [getattr(position, name) for position in positions] for name in _POSITION},
    )


async def forget(session: WriteSession, *, alarms_before: datetime, positions_before: datetime) -> tuple[int, int]:
    """Drop what is older; how many alarms and positions went."""
    counts = []
    for table, before in (("gb_alarms", alarms_before), ("gb_positions", positions_before)):
        result = await session.execute(
            text(f"DELETE FROM {table} WHERE received_at < :before"),  # noqa: S608
            {"before": before},
        )
        counts.append(int(getattr(result, "rowcount", 0)))
    return counts[0], counts[1]


# Two platforms may use one code: the camera counts only where it is behind this very device. Most came with its
# catalogue; the others were filed by hand.
_ALARMS: Final = f"""
    SELECT a.*, d.name AS device_name, d.code AS device_code, c.id AS camera_id, c.name AS camera_name,
        c.location[0] AS camera_lon, c.location[1] AS camera_lat, c.region AS camera_region
    FROM gb_alarms AS a JOIN gb_devices AS d ON d.id = a.device_id
    LEFT JOIN gb_channels AS h ON h.device_id = a.device_id AND h.code = a.code
    LEFT JOIN cameras AS c ON c.id = coalesce(h.camera_id, (SELECT own.id FROM cameras AS own
        WHERE own.code = a.code AND own.url = '{GB_URL}' || d.code || '/' || a.code))
"""  # noqa: S608  the only value is a constant of ours


async def alarm_page(
    session: ReadSession, *, regions: Sequence[str], channel: Channel | None, priority: int | None,
    since: datetime | None, until: datetime | None, after: tuple[datetime, UUID] | None, limit: int,
) -> list[Row[Any]]:  # fmt: skip
    """Alarms, newest first, with the device's name and, where it is filed, the camera's id and name."""
    parts, values = ["true"], dict[str, Any]()
    for number, prefix in enumerate(regions):
        values |= {f"from{number}": prefix, f"to{number}": prefix + ":"}
    scope = [f"(a.region >= :from{number} AND a.region < :to{number})" for number in range(len(regions))]
    parts.append(f"({' OR '.join(scope)})" if scope else "false")
    for name, condition, value in (
        ("channel", "a.code = :channel", channel and channel.code),
        ("device", "d.code = :device", channel and channel.device),
        ("priority", "a.priority = :priority", priority),
        ("since", "a.at >= :since", since),
        ("until", "a.at < :until", until),
    ):
        if value is not None:
            parts.append(condition)
            values[name] = value
    if after is not None:
        parts.append("(a.received_at, a.id) < (:after_at, :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    found = await session.execute(
        text(f"{_ALARMS} WHERE {' AND '.join(parts)} ORDER BY a.received_at DESC, a.id DESC LIMIT :limit"),
        values | {"limit": limit},
    )
    return list(found.all())


async def alarm(session: ReadSession, alarm_id: UUID) -> Row[Any] | None:
    """One alarm with its device and, where it is filed, its camera: as `alarm_page` gives them."""
    found = await session.execute(text(f"{_ALARMS} WHERE a.id = :id"), {"id": alarm_id})
    return found.first()


async def positions(
    session: ReadSession, channel: Channel, *, since: datetime | None, until: datetime | None, after: datetime | None,
    limit: int,
) -> list[Row[Any]]:  # fmt: skip
    """Positions of one channel of one device, newest first."""
    parts = ["code = :code", "device_id = (SELECT id FROM gb_devices WHERE code = :device)"]
    values: dict[str, Any] = {"code": channel.code, "device": channel.device}
    for name, condition, value in (
        ("since", "at >= :since", since), ("until", "at < :until", until), ("after", "at < :after", after),
    ):  # fmt: skip
        if value is not None:
            parts.append(condition)
            values[name] = value
    found = await session.execute(
        text(f"SELECT * FROM gb_positions WHERE {' AND '.join(parts)} ORDER BY at DESC LIMIT :limit"),  # noqa: S608
        values | {"limit": limit},
    )
    return list(found.all())
