"""SQL of filing: the log of what came, channels, and whole batches of cameras by COPY and set-based statements."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import Row, text

from commonsight.catalog.intake_fields import ChannelKind
from commonsight.catalog.intake_rules import CameraNow, Channel, Word
from commonsight.catalog.model import Health
from commonsight.records.database import ReadSession, WriteSession

FILING_LOCK: Final = 0x46696C696E67  # "Filing"


@dataclass(frozen=True, slots=True)
class Source:
    """Where reports come from. `system`: what its coordinates are in; `url_prefix` and a channel's code address it."""

    id: UUID
    code: str
    name: str
    region: str
    platform_id: UUID | None
    protocol: str
    url_prefix: str
    system: str = "WGS-84"


async def copy(session: WriteSession, target: str, rows: Iterable[Sequence[Any]]) -> None:
    """COPY `rows` into `target` ("table (columns)"). Text, numbers, times, bools, lists of them; mappings as JSON."""
    await copy_lines(session, target, b"".join(map(line, rows)))


async def copy_lines(session: WriteSession, target: str, lines: bytes) -> None:
    """COPY rows that `line` made."""
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, AsyncConnection)
    async with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as stream:
        await stream.write(lines)


def line(row: Iterable[Any]) -> bytes:
    """One row in COPY's text format."""
    return ("\t".join(map(_cell, row)) + "\n").encode()


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _escaped(text: str) -> str:
    # Four searches for single characters; a translation table costs ten times as much on Chinese text.
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is str:
        return _escaped(value)
    if kind is dict:
        return _escaped(_json(value))
    if kind is bool:
        return "t" if value else "f"
    if kind is datetime:
        return str(value.isoformat())
    if kind is list or kind is tuple:
        if value and isinstance(value[0], str):
            quoted = ",".join('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value)
            return _escaped("{" + quoted + "}")
        return "{" + ",".join(map(str, value)) + "}"
    if isinstance(value, (int, float, UUID)):
        return str(value)
    raise TypeError(f"no form for COPY: {kind.__name__}")


# --- the log --------------------------------------------------------------------------------------------------------


def log_line(source_id: UUID, word: Word) -> bytes:
    """A word as it goes to the log; takes a fifth of the word's memory while it waits."""
    return line((source_id, word.sync_id, word.at, word.event, word.code, word.fields))


async def log(session: WriteSession, lines: Iterable[bytes]) -> None:
    """Add words, made by `log_line`, to the ends of their sources' logs."""
    # What a crash of the whole database server takes of the last instant is asked for again: it is not in the count.
    await session.execute(text("SET LOCAL synchronous_commit = off"))
    await copy_lines(session, "intake_log (source_id, sync_id, at, event, code, fields)", b"".join(lines))


async def waiting(session: ReadSession) -> list[UUID]:
    """Sources with something in their log."""
    found = await session.execute(
        text(
            "SELECT id FROM intake_sources AS s "
            "WHERE EXISTS (SELECT 1 FROM intake_log AS l WHERE l.source_id = s.id) ORDER BY id"
        )
    )
    return list(found.scalars())


async def lock_filing(session: WriteSession) -> None:
    """One batch at a time: two would take the rows of counts in different orders."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FILING_LOCK})


async def batch(session: ReadSession, source_id: UUID, limit: int) -> list[tuple[int, Word]]:
    """The beginning of the log, each word with its number."""
    found = await session.execute(
        text(
            "SELECT id, sync_id, at, event, code, fields FROM intake_log "
            "WHERE source_id = :source ORDER BY id LIMIT :limit"
        ),
        {"source": source_id, "limit": limit},
    )
    return [(row.id, Word(row.event, row.code, row.at, row.sync_id, row.fields)) for row in found]


async def cut(session: WriteSession, source_id: UUID, last: int) -> None:
    """Drop the log up to and with `last`."""
    await session.execute(
        text("DELETE FROM intake_log WHERE source_id = :source AND id <= :last"), {"source": source_id, "last": last}
    )


# --- sources --------------------------------------------------------------------------------------------------------

_SOURCE = "id, code, name, region, platform_id, protocol, url_prefix, system"


async def put_source(session: WriteSession, source: Source) -> None:
    """Note a source, or what changed about it."""
    await session.execute(
        text(
            f"INSERT INTO intake_sources AS kept ({_SOURCE}) "  # noqa: S608
            "VALUES (:id, :code, :name, :region, :platform_id, :protocol, :url_prefix, :system) "
            "ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, region = excluded.region, "
            "platform_id = coalesce(excluded.platform_id, kept.platform_id), protocol = excluded.protocol, "
            "url_prefix = excluded.url_prefix, system = excluded.system"
        ),
        {name: getattr(source, name) for name in Source.__slots__},
    )


async def source(session: ReadSession, source_id: UUID) -> Source | None:
    """The source, None when there is none."""
    found = await session.execute(text(f"SELECT {_SOURCE} FROM intake_sources WHERE id = :id"), {"id": source_id})  # noqa: S608
    row = found.first()
    return None if row is None else Source(*row)


async def put_platform(session: WriteSession, platform_id: UUID, code: str, name: str, region: str) -> UUID:
    """The platform with this identifier; made when it is new."""
    await session.execute(
        text(
            "INSERT INTO platforms (id, code, name, region) VALUES (:id, :code, :name, :region) "
            "ON CONFLICT (code) DO NOTHING"
        ),
        {"id": platform_id, "code": code, "name": name, "region": region},
    )
    found = await session.execute(text("SELECT id FROM platforms WHERE code = :code"), {"code": code})
    return UUID(str(found.scalar_one()))


# --- what is there --------------------------------------------------------------------------------------------------

_CAMERA = (
    "c.id AS camera, c.name AS camera_name, c.address, c.region, c.kind AS camera_kind, c.sector, "
    "c.original[0] AS lon, c.original[1] AS lat, u.name AS unit, c.health, c.health_at, c.archived_at, "
    "c.vanished_at AS camera_vanished_at, c.version"
)


@dataclass(frozen=True, slots=True)
class Held:
    """A camera as it was read; `version` tells later whether somebody changed it meanwhile."""

    camera: CameraNow
    version: int


def _held(row: Row[Any]) -> Held:
    fields = {
        "name": row.camera_name,
        "address": row.address,
        "region": row.region,
        "kind": row.camera_kind,
        "sector": row.sector,
        "place": None if row.lon is None else [row.lon, row.lat],
        "unit": row.unit,
    }
    now = CameraNow(row.camera, fields, Health(row.health), row.health_at, row.archived_at, row.camera_vanished_at)
    return Held(now, row.version)


async def channels(
    session: ReadSession, device_id: UUID, codes: Sequence[str]
) -> dict[str, tuple[Channel, Held | None]]:
    """The stored channels with these codes and their cameras. Records are left where they are."""
    found = await session.execute(
        text(f"""
            SELECT ch.code, ch.kind, ch.camera_id, ch.name, ch.parent, ch.record_hash, ch.record_at, ch.filed,
                ch.status, ch.status_at, ch.hint_at, ch.event_at, ch.deleted_at, ch.vanished_at, ch.seen_sync, {_CAMERA}
            FROM gb_channels AS ch LEFT JOIN cameras AS c ON c.id = ch.camera_id
                LEFT JOIN units AS u ON u.id = c.unit_id
            WHERE ch.device_id = :device AND ch.code = ANY(:codes)
        """),  # noqa: S608
        {"device": device_id, "codes": list(codes)},
    )
    held = {}
    for row in found:
        channel = Channel(
            row.code,
            ChannelKind(row.kind),
            row.camera_id,
            row.name,
            row.parent,
            None,
            row.record_hash,
            row.record_at,
            row.filed or {},
            row.status,
            row.status_at,
            row.hint_at,
            row.event_at,
            row.deleted_at,
            row.vanished_at,
            row.seen_sync,
        )
        held[row.code] = (channel, None if row.camera is None else _held(row))
    return held


async def records(session: ReadSession, device_id: UUID, codes: Sequence[str]) -> dict[str, dict[str, str]]:
    """The last full reports of channels."""
    found = await session.execute(
        text(
            "SELECT ch.code, coalesce(c.record, ch.record) AS record FROM gb_channels AS ch "
            "LEFT JOIN cameras AS c ON c.id = ch.camera_id WHERE ch.device_id = :device AND ch.code = ANY(:codes)"
        ),
        {"device": device_id, "codes": list(codes)},
    )
    return {row.code: row.record for row in found if row.record is not None}


async def unclaimed(session: ReadSession, codes: Sequence[str]) -> dict[str, Held]:
    """Cameras on file under these identifiers that no device reported yet (brought by a file or a person)."""
    if not codes:
        return {}
    found = await session.execute(
        text(f"""
            SELECT c.code, {_CAMERA} FROM cameras AS c LEFT JOIN units AS u ON u.id = c.unit_id
            WHERE c.code = ANY(:codes) AND NOT EXISTS (SELECT 1 FROM gb_channels AS g WHERE g.camera_id = c.id)
        """),  # noqa: S608
        {"codes": list(codes)},
    )
    return {row.code: _held(row) for row in found}


async def known_regions(session: ReadSession, codes: Iterable[str]) -> set[str]:
    """Those of `codes` that are regions."""
    found = await session.execute(
        text("SELECT code FROM regions WHERE code = ANY(:codes)"), {"codes": sorted(set(codes))}
    )
    return set(found.scalars())
