"""SQL that files one batch: channels, new and changed cameras, groups and memberships, each in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog.intake_rules import Channel
from commonsight.catalog.intake_store import copy
from commonsight.records.database import WriteSession

CODE_ROUNDS: Final = 20
"""Attempts at free identifiers for cameras whose own is taken or none."""


class Changed(Exception):
    """Somebody changed a camera of the batch since it was read; the batch is to be decided again."""


@dataclass(slots=True)
class CameraOut:
    """A camera to be written. Without `version` it is new; None in a column leaves it as it is.

    `visible`: something people see changes, so what they are editing is out of date.
    """

    id: UUID
    code: str | None = None
    reported_code: str | None = None
    name: str | None = None
    region: str | None = None
    address: str | None = None
    kind: str | None = None
    sector: str | None = None
    lon: float | None = None
    lat: float | None = None
    given_lon: float | None = None
    given_lat: float | None = None
    system: str | None = None
    cell: int | None = None
    grams: list[int] | None = None
    unit: str | None = None
    platform_id: UUID | None = None
    protocol: str | None = None
    url: str | None = None
    record: dict[str, str] | None = None
    health: int | None = None
    health_at: datetime | None = None
    archived_at: datetime | None = None
    restore: bool = False
    unvanish: bool = False
    visible: bool = False
    version: int | None = None


_FIELDS: Final = tuple(CameraOut.__slots__)


async def stage(session: WriteSession, cameras: Sequence[CameraOut]) -> None:
    """Put the batch's cameras where the statements below find them.

    Raises:
        Changed: one of them is not what it was when it was read.
    """
    await session.execute(_CAMERAS_OUT)
    await copy(session, "cameras_out", ([getattr(each, name) for name in _FIELDS] for each in cameras))
    # In the order in which checks take them, so that neither waits for the other in a circle; then their counts.
    stale = await session.execute(_LOCK_CAMERAS)
    if any(row.version != row.expected for row in stale):
        raise Changed
    await session.execute(_LOCK_COUNTS)
    await session.execute(_UNITS)


# The connection keeps its tables: making them anew for every batch would write the system's own tables full.
_CAMERAS_OUT = text("""
    CREATE TEMPORARY TABLE IF NOT EXISTS cameras_out (
        id uuid, code text, reported_code text, name text, region text, address text, kind text, sector text,
        lon float8, lat float8, given_lon float8, given_lat float8, system text, cell bigint, grams integer[],
        unit text, platform_id uuid, protocol text, url text, record jsonb, health smallint, health_at timestamptz,
        archived_at timestamptz, restore boolean, unvanish boolean, visible boolean, version integer
    ) ON COMMIT DELETE ROWS
""")
_LOCK_CAMERAS = text("""
    SELECT c.version, o.version AS expected FROM cameras AS c JOIN cameras_out AS o USING (id)
    WHERE o.version IS NOT NULL ORDER BY c.id FOR NO KEY UPDATE OF c
""")
_LOCK_COUNTS = text("""
    SELECT 1 FROM camera_counts AS n
    WHERE (n.region, n.cell) IN (
        SELECT c.region, c.cell FROM cameras AS c JOIN cameras_out AS o USING (id)
        UNION SELECT o.region, coalesce(o.cell, 0) FROM cameras_out AS o WHERE o.version IS NULL
        UNION SELECT coalesce(o.region, c.region), coalesce(o.cell, c.cell)
            FROM cameras AS c JOIN cameras_out AS o USING (id)
    ) ORDER BY n.region, n.cell FOR NO KEY UPDATE
""")
_UNITS = text("""
    INSERT INTO units (id, name, region)
    SELECT gen_random_uuid(), unit, min(coalesce(region, '')) FROM cameras_out WHERE unit IS NOT NULL
    GROUP BY unit ORDER BY unit ON CONFLICT (name) DO NOTHING
""")


async def update_cameras(session: WriteSession) -> None:
    """Change what is on file."""
    await session.execute(_UPDATE)


_UPDATE = text("""
    UPDATE cameras AS c SET
        name = coalesce(o.name, c.name), region = coalesce(o.region, c.region),
        address = coalesce(o.address, c.address), kind = coalesce(o.kind, c.kind),
        sector = coalesce(o.sector, c.sector), cell = coalesce(o.cell, c.cell),
        location = CASE WHEN o.lon IS NULL THEN c.location ELSE point(o.lon, o.lat) END,
        original = CASE WHEN o.lon IS NULL THEN c.original ELSE point(o.given_lon, o.given_lat) END,
        system = CASE WHEN o.lon IS NULL THEN c.system ELSE o.system END,
        grams = coalesce(o.grams, c.grams), record = coalesce(o.record, c.record),
        unit_id = coalesce((SELECT u.id FROM units AS u WHERE u.name = o.unit), c.unit_id),
        platform_id = coalesce(c.platform_id, o.platform_id),
        protocol = CASE WHEN c.url IS NULL THEN coalesce(o.protocol, c.protocol) ELSE c.protocol END,
        url = coalesce(c.url, o.url),
        archived_at = CASE WHEN o.restore THEN NULL ELSE coalesce(o.archived_at, c.archived_at) END,
        vanished_at = CASE WHEN o.unvanish THEN NULL ELSE c.vanished_at END,
        version = c.version + CASE WHEN o.visible THEN 1 ELSE 0 END,
        updated_at = CASE WHEN o.visible THEN now() ELSE c.updated_at END
    FROM cameras_out AS o WHERE o.id = c.id AND o.version IS NOT NULL
""")


async def insert_cameras(session: WriteSession) -> list[tuple[UUID, str, str]]:
    """File new cameras under their own identifiers; those that have none or whose is taken come back.

    Returns:
        (id, region, sector) of what is not filed yet.
    """
    await session.execute(_INSERT)
    left = await session.execute(
        text(
            "SELECT o.id, o.region, o.sector FROM cameras_out AS o LEFT JOIN cameras AS c USING (id) "
            "WHERE o.version IS NULL AND c.id IS NULL ORDER BY o.id"
        )
    )
    return [(row.id, row.region, row.sector) for row in left]


_INSERT = text("""
    INSERT INTO cameras (id, code, reported_code, name, region, address, kind, sector, location, original, system, cell,
        grams, unit_id, platform_id, protocol, url, record, health, health_at, archived_at)
    SELECT o.id, o.code, o.reported_code, o.name, o.region, o.address, o.kind, o.sector,
        CASE WHEN o.lon IS NOT NULL THEN point(o.lon, o.lat) END,
        CASE WHEN o.lon IS NOT NULL THEN point(o.given_lon, o.given_lat) END,
        coalesce(o.system, 'WGS-84'), coalesce(o.cell, 0), o.grams,
        (SELECT u.id FROM units AS u WHERE u.name = o.unit), o.platform_id, o.protocol, o.url, o.record,
        coalesce(o.health, 0), o.health_at, o.archived_at
    FROM cameras_out AS o
    WHERE o.version IS NULL AND o.code IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cameras AS c WHERE c.id = o.id)
    ORDER BY o.id ON CONFLICT (code) DO NOTHING
""")


async def serials(session: WriteSession, count: int) -> list[int]:
    """Numbers for new identifiers."""
    found = await session.execute(
        text("SELECT nextval('camera_serials') FROM generate_series(1, :count)"), {"count": count}
    )
    return [int(number) for number in found.scalars()]


async def give_codes(session: WriteSession, codes: Sequence[tuple[UUID, str]]) -> None:
    """Let staged cameras have other identifiers; the reported one is kept beside."""
    await session.execute(
        text("""
            UPDATE cameras_out AS o SET reported_code = coalesce(o.reported_code, o.code), code = given.code
            FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS given (id, code) WHERE given.id = o.id
        """),
        {"ids": [camera_id for camera_id, _ in codes], "codes": [code for _, code in codes]},
    )


async def put_channels(session: WriteSession, device_id: UUID, channels: Sequence[Channel]) -> None:
    """Store channels, new and known."""
    await session.execute(_CHANNELS_OUT)
    await copy(
        session,
        "channels_out",
        (
            (
                channel.code,
                channel.kind.value,
                channel.camera_id,
                channel.name,
                channel.parent,
                channel.record,
                channel.digest,
                channel.record_at,
                channel.filed or None,
                channel.status,
                channel.status_at,
                channel.hint_at,
                channel.event_at,
                channel.deleted_at,
                channel.vanished_at,
                channel.seen_sync,
            )
            for channel in channels
        ),
    )
    await session.execute(_PUT_CHANNELS, {"device": device_id})
    await session.execute(_PUT_GROUPS, {"device": device_id})


_CHANNELS_OUT = text("""
    CREATE TEMPORARY TABLE IF NOT EXISTS channels_out (
        code text COLLATE "C", kind text, camera_id uuid, name text, parent text, record jsonb, record_hash bigint,
        record_at timestamptz, filed jsonb, status text, status_at timestamptz, hint_at timestamptz,
        event_at timestamptz, deleted_at timestamptz, vanished_at timestamptz, seen_sync uuid
    ) ON COMMIT DELETE ROWS
""")
_PUT_CHANNELS = text("""
    INSERT INTO gb_channels AS kept (device_id, code, kind, camera_id, name, parent, record, record_hash, record_at,
        filed, status, status_at, hint_at, event_at, deleted_at, vanished_at, seen_sync)
    SELECT CAST(:device AS uuid), o.* FROM channels_out AS o ORDER BY o.code
    ON CONFLICT (device_id, code) DO UPDATE SET
        kind = excluded.kind, camera_id = excluded.camera_id, name = excluded.name, parent = excluded.parent,
        record = coalesce(excluded.record, kept.record), record_hash = excluded.record_hash,
        record_at = excluded.record_at, filed = excluded.filed, status = excluded.status,
        status_at = excluded.status_at, hint_at = excluded.hint_at, event_at = excluded.event_at,
        deleted_at = excluded.deleted_at, vanished_at = excluded.vanished_at, seen_sync = excluded.seen_sync
""")
_PUT_GROUPS = text("""
    INSERT INTO camera_groups AS kept (source_id, code, kind, name, parent, vanished_at, deleted_at)
    SELECT CAST(:device AS uuid), code, kind, name, parent, vanished_at,
        CASE WHEN deleted_at >= record_at THEN deleted_at END
    FROM channels_out WHERE kind IN ('group', 'organisation') ORDER BY code
    ON CONFLICT (source_id, code) DO UPDATE SET kind = excluded.kind, name = excluded.name, parent = excluded.parent,
        vanished_at = excluded.vanished_at, deleted_at = excluded.deleted_at
    WHERE (kept.kind, kept.name, kept.parent, kept.vanished_at, kept.deleted_at) IS DISTINCT FROM
        (excluded.kind, excluded.name, excluded.parent, excluded.vanished_at, excluded.deleted_at)
""")


async def put_members(session: WriteSession, source_id: UUID, groups: Sequence[tuple[UUID, tuple[str, ...]]]) -> None:
    """Let cameras be in just these groups of the source."""
    if not groups:
        return
    await session.execute(
        text("CREATE TEMPORARY TABLE IF NOT EXISTS members_out (camera_id uuid, codes text[]) ON COMMIT DELETE ROWS")
    )
    await copy(session, "members_out", groups)
    await session.execute(
        text("""
            DELETE FROM camera_group_members AS m USING members_out AS o
            WHERE m.camera_id = o.camera_id AND m.source_id = :source AND NOT (m.code = ANY(o.codes))
        """),
        {"source": source_id},
    )
    await session.execute(
        text("""
            INSERT INTO camera_group_members (source_id, code, camera_id)
            SELECT CAST(:source AS uuid), unnest(o.codes), o.camera_id FROM members_out AS o ON CONFLICT DO NOTHING
        """),
        {"source": source_id},
    )
