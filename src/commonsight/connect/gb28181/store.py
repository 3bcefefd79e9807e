"""SQL of devices: what people keep about them, and the state that the signalling process writes in batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.connect.gb28181.devices import Known, Untold
from commonsight.connect.gb28181.model import Device, Kind, Quirks
from commonsight.places.model import DIGITS
from commonsight.records.database import ReadSession, WriteSession, notify

CHANGED: Final = "gb_devices"
"""Channel on which the signalling process hears that people changed a device: `{"code": …}`."""

FIELDS: Final = (
    "d.id, d.code, d.name, d.kind, d.region, d.platform_id, d.quirks, d.secret, d.revision, d.created_at, "
    "d.updated_at, d.removed_at, d.version, d.zone, d.transport, d.host, d.port, d.charset, d.online, "
    "d.offline_reason, d.registered_at, d.expires_at, d.keepalive_at, d.manufacturer, d.model, d.firmware, "
    "d.clock_difference, d.clock_checked_at"
)
_CAMERAS: Final = (
    "(SELECT s.cameras FROM syncs AS s WHERE s.source_id = d.id AND s.cameras IS NOT NULL "
    "ORDER BY s.asked_at DESC, s.id DESC LIMIT 1) AS cameras"
)
"""Cameras behind a device, as its last sync left them: counted there, not anew for every list."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A device as the database holds it: its state, and what people need to edit it."""

    device: Device
    secret: bytes | None
    revision: int
    created_at: datetime
    updated_at: datetime
    removed: bool
    cameras: int | None = None

    @property
    def known(self) -> Known:
        """What the signalling process takes of it."""
        return Known(self.device, self.secret)

    def __repr__(self) -> str:
        return f"Kept({self.device!r}, revision={self.revision})"


def _kept(row: Row[Any]) -> Kept:
    device = Device(
        id=row.id,
        code=row.code,
        name=row.name,
        kind=Kind(row.kind),
        region=row.region,
        version=row.version,
        zone=row.zone,
        transport=row.transport,
        host=row.host,
        port=row.port,
        charset=row.charset,
        online=row.online,
        offline_reason=row.offline_reason,
        registered_at=row.registered_at,
        expires_at=row.expires_at,
        keepalive_at=row.keepalive_at,
        manufacturer=row.manufacturer,
        model=row.model,
        firmware=row.firmware,
        clock_difference=row.clock_difference,
        clock_checked_at=row.clock_checked_at,
        quirks=Quirks.kept(row.quirks),
        platform_id=row.platform_id,
        has_password=row.secret is not None,
    )
    return Kept(
        device, row.secret, row.revision, row.created_at, row.updated_at, row.removed_at is not None,
        getattr(row, "cameras", None),  # counted only where it is shown
    )  # fmt: skip


async def everything(session: ReadSession, most: int) -> list[Known]:
    """All devices in use, at most `most`, by code."""
    found = await session.execute(
        text(f"SELECT {FIELDS} FROM gb_devices AS d WHERE d.removed_at IS NULL ORDER BY d.code LIMIT :most"),  # noqa: S608
        {"most": most},
    )
    return [_kept(row).known for row in found]


async def one(session: ReadSession, device_id: UUID, *, for_update: bool = False) -> Kept | None:
    """The device, removed or not."""
    lock = " FOR UPDATE OF d" if for_update else ""
    found = await session.execute(
        text(f"SELECT {FIELDS}, {_CAMERAS} FROM gb_devices AS d WHERE d.id = :id{lock}"),  # noqa: S608
        {"id": device_id},
    )
    row = found.first()
    return None if row is None else _kept(row)


async def by_code(session: ReadSession, code: str) -> Kept | None:
    """The device with this code, removed or not."""
    found = await session.execute(
        text(f"SELECT {FIELDS} FROM gb_devices AS d WHERE d.code = :code"),  # noqa: S608
        {"code": code},
    )
    row = found.first()
    return None if row is None else _kept(row)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which devices; None leaves a condition out. `regions`: prefixes the reader may see."""

    regions: Sequence[str]
    kind: str | None = None
    online: bool | None = None
    q: str = ""


def _where(wanted: Filter) -> tuple[str, dict[str, Any]]:
    parts = ["d.removed_at IS NULL"]
    values: dict[str, Any] = {}
    inside = []
    for number, prefix in enumerate(wanted.regions):
        # A range of the index, which a pattern with a parameter would not be.
        inside.append(f"(d.region >= :from{number} AND d.region < :to{number})")
        values |= {f"from{number}": prefix, f"to{number}": prefix + ":"}
    parts.append(f"({' OR '.join(inside)})" if inside else "false")
    if wanted.kind is not None:
        parts.append("d.kind = :kind")
        values["kind"] = wanted.kind
    if wanted.online is not None:
        parts.append("d.online" if wanted.online else "NOT d.online")
    if wanted.q:
        parts.append("(d.code LIKE :begins OR strpos(lower(d.name), :words) > 0)")
        values |= {"begins": wanted.q.replace("%", "").replace("_", "") + "%", "words": wanted.q.lower()}
    return " AND ".join(parts), values


async def page(session: ReadSession, wanted: Filter, after: tuple[str, UUID] | None, limit: int) -> list[Kept]:
    """Devices in use, by name."""
    where, values = _where(wanted)
    if after is not None:
        where += " AND (d.name, d.id) > (:after_name, :after_id)"
        values |= {"after_name": after[0], "after_id": after[1]}
    found = await session.execute(
        text(f"SELECT {FIELDS}, {_CAMERAS} FROM gb_devices AS d WHERE {where} ORDER BY d.name, d.id LIMIT :limit"),  # noqa: S608
        values | {"limit": limit},
    )
    return [_kept(row) for row in found]


async def counts(session: ReadSession, regions: Sequence[str]) -> tuple[int, int]:
    """How many devices there are in these regions, and how many of them are online."""
    where, values = _where(Filter(regions))
    found = await session.execute(
        text(
            "SELECT count(*) AS total, count(*) FILTER (WHERE d.online) AS online "  # noqa: S608
            f"FROM gb_devices AS d WHERE {where}"
        ),
        values,
    )
    row = found.one()
    return int(row.total), int(row.online)


_COLUMNS: Final = frozenset({"name", "kind", "region", "platform_id", "quirks", "secret"})


def _checked(fields: Mapping[str, Any]) -> None:
    if unknown := fields.keys() - _COLUMNS:
        raise ValueError(f"not columns of a device that people may set: {sorted(unknown)}")


def _cast(column: str) -> str:
    return "CAST(:quirks AS jsonb)" if column == "quirks" else f":{column}"


async def insert(session: WriteSession, device_id: UUID, code: str, fields: Mapping[str, Any]) -> Kept | None:
    """File a device; None when its code is taken by one in use. One that was removed comes back under its old id."""
    _checked(fields)
    names = list(fields)
    updates = ", ".join(f"{name} = excluded.{name}" for name in names)
    found = await session.execute(
        text(
            f"INSERT INTO gb_devices AS d (id, code, {', '.join(names)}) "  # noqa: S608
            f"VALUES (:id, :code, {', '.join(map(_cast, names))}) "
            f"ON CONFLICT (code) DO UPDATE SET {updates}, removed_at = NULL, revision = d.revision + 1, "
            "updated_at = now() WHERE d.removed_at IS NOT NULL RETURNING d.id"
        ),
        dict(fields) | {"id": device_id, "code": code},
    )
    row = found.first()
    if row is None:
        return None
    await notify(session, CHANGED, {"code": code})
    return await one(session, row.id)


async def update(session: WriteSession, device: Device, fields: Mapping[str, Any]) -> None:
    """Change what people keep about a device."""
    _checked(fields)
    settings = "".join(f"{name} = {_cast(name)}, " for name in fields)
    await session.execute(
        text(f"UPDATE gb_devices SET {settings}revision = revision + 1, updated_at = now() WHERE id = :id"),  # noqa: S608
        dict(fields) | {"id": device.id},
    )
    await notify(session, CHANGED, {"code": device.code})


async def remove(session: WriteSession, device: Device) -> None:
    """Take a device out of use: its history stays, its registrations are turned away."""
    await session.execute(
        text(
            "UPDATE gb_devices SET removed_at = now(), online = false, offline_reason = 'removed', expires_at = NULL, "
            "revision = revision + 1, updated_at = now() WHERE id = :id"
        ),
        {"id": device.id},
    )
    await session.execute(text("DELETE FROM gb_subscriptions WHERE device_id = :id"), {"id": device.id})
    await notify(session, CHANGED, {"code": device.code})


# --- state, in batches ----------------------------------------------------------------------------------------------

_STATE: Final[dict[str, str]] = {
    "version": "text",
    "zone": "text",
    "transport": "text",
    "host": "text",
    "port": "integer",
    "charset": "text",
    "online": "boolean",
    "offline_reason": "text",
    "registered_at": "timestamptz",
    "expires_at": "timestamptz",
    "keepalive_at": "timestamptz",
    "manufacturer": "text",
    "model": "text",
    "firmware": "text",
    "clock_difference": "float8",
    "clock_checked_at": "timestamptz",
}
_SOURCE: Final = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _STATE.items())


async def write_state(session: WriteSession, untold: Untold) -> dict[str, UUID]:
    """Write a batch in at most two statements; the ids of those admitted that were on file under another id.

    Rows are taken in the order of their ids, so that two writers wait for each other instead of deadlocking.
    """
    if untold.changed:
        settings = ", ".join(f"{name} = told.{name}" for name in _STATE)
        devices = sorted(untold.changed.values(), key=lambda device: device.id)
        await session.execute(
            text(
                f"WITH told AS MATERIALIZED (SELECT * FROM unnest(CAST(:ids AS uuid[]), {_SOURCE}) "  # noqa: S608
                f"AS t (id, {', '.join(_STATE)})), held AS MATERIALIZED (SELECT d.id FROM gb_devices AS d "
                "JOIN told USING (id) WHERE d.removed_at IS NULL ORDER BY d.id FOR NO KEY UPDATE OF d) "
                f"UPDATE gb_devices AS d SET {settings} FROM told JOIN held USING (id) WHERE d.id = told.id"
            ),
            _state_arrays(devices),
        )
    if not untold.admitted:
        return {}
    devices = sorted(untold.admitted.values(), key=lambda device: device.code)
    settings = ", ".join(f"{name} = excluded.{name}" for name in _STATE)
    found = await session.execute(
        text(
            f"INSERT INTO gb_devices (id, code, name, kind, region, {', '.join(_STATE)}) "  # noqa: S608
            f"SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]), "
            f"CAST(:kinds AS text[]), CAST(:regions AS text[]), {_SOURCE}) "
            f"ON CONFLICT (code) DO UPDATE SET {settings}, removed_at = NULL RETURNING id, code"
        ),
        _state_arrays(devices)
        | {
            "codes": [device.code for device in devices],
            "names": [device.name for device in devices],
            "kinds": [device.kind.value for device in devices],
            "regions": [device.region for device in devices],
        },
    )
    return {row.code: row.id for row in found if untold.admitted[row.code].id != row.id}


def _state_arrays(devices: Sequence[Device]) -> dict[str, list[Any]]:
    arrays: dict[str, list[Any]] = {name: [getattr(device, name) for device in devices] for name in _STATE}
    return arrays | {"ids": [device.id for device in devices]}


async def region_exists(session: ReadSession, region: str) -> bool:
    """Whether the tree of places holds this division code; longer than a village's it cannot."""
    if len(region) not in DIGITS.values():
        return False
    return (
        await session.execute(text("SELECT 1 FROM regions WHERE code = :code"), {"code": region})
    ).first() is not None
