"""SQL of mapped ids: what each upper platform is shown under which id, and what changed since it was last told.

Rows are made by one process, under a lock, and never deleted; `version` rises with every change of a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog.rules.fields import as_reported
from commonsight.connect.gb28181.above import choosing
from commonsight.connect.gb28181.above.model import SERIAL_FIRST, SERIAL_LAST, Right, Share, Upper
from commonsight.connect.gb28181.model import Channel
from commonsight.records.database import ReadSession, WriteSession

PASSES_MOST: Final = 6
"""Numbers are given in passes: one that is taken in the camera file is left out, its camera gets one of the next."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a row means to an upper platform. `plain`: under its own name. `point`: (lon, lat), WGS-84 degrees.
    `record`: what a lower platform said of it, with what the camera file holds of the same fields."""

    code: str
    kind: str
    name: str
    region: str
    address: str
    online: bool
    plain: bool
    rights: Right
    event: str
    version: int
    point: tuple[float, float] | None = None
    owner: str = ""
    record: dict[str, str] | None = None
    camera_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """The camera behind a mapped id. `url`: where it is, without its password."""

    camera_id: UUID
    code: str
    rights: Right
    name: str
    online: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh found. `changed`: rows with a new version; `looped`: cameras left out because they are the upper
    platform's own, or ours coming back; `unnumbered`: cameras for which no id was left."""

    shown: int
    changed: int
    looped: int
    unnumbered: int


_CHOOSE: Final = """
    INSERT INTO cascade_chosen (camera_id, subject, prefix, region, rights, plain, online, mark, looped)
    SELECT c.id, CAST(c.id AS text), rpad(left(c.region, 6), 6, '0') || '00' || substr(c.code, 9, 6), c.region,
        s.rights, s.plain, c.has_source AND c.health <> 3,
        hashtextextended(concat_ws(chr(31), c.name, c.address, c.region, CAST(c.location AS text), c.kind,
            CAST(g.record_hash AS text), nullif(CAST(c.file AS text), '{{}}')), 0),
        coalesce({looped}, false)
    FROM (SELECT id, bit_or(rights) AS rights, bool_or(plain) AS plain FROM ({shares}) AS each GROUP BY id) AS s
    JOIN cameras AS c ON c.id = s.id
    LEFT JOIN gb_channels AS g ON g.camera_id = c.id LEFT JOIN gb_devices AS d ON d.id = g.device_id
"""
_NUMBER: Final = text("""
    WITH missing AS (
        SELECT n.*, row_number() OVER (PARTITION BY n.prefix ORDER BY n.camera_id) AS place
        FROM cascade_chosen AS n WHERE NOT n.looped
        AND NOT EXISTS (SELECT 1 FROM cascade_ids AS i WHERE i.upper_id = :upper AND i.subject = n.subject)
    ), wanted AS (
        SELECT prefix, CAST(count(*) AS integer) AS many FROM missing GROUP BY prefix
    ), room AS (
        INSERT INTO cascade_serials AS s (upper_id, prefix, used)
        SELECT :upper, prefix, least(CAST(:first AS integer) - 1 + many, :last) FROM wanted ORDER BY prefix
        ON CONFLICT (upper_id, prefix) DO UPDATE
            SET used = least(s.used + excluded.used - (CAST(:first AS integer) - 1), :last)
        RETURNING prefix, used
    ), before AS (
        SELECT w.prefix, coalesce(s.used, CAST(:first AS integer) - 1) AS used FROM wanted AS w
        LEFT JOIN cascade_serials AS s ON s.upper_id = :upper AND s.prefix = w.prefix
    ), numbered AS (
        SELECT m.*, m.prefix || lpad(CAST(b.used + m.place AS text), 6, '0') AS code
        FROM missing AS m JOIN before AS b USING (prefix) JOIN room AS r USING (prefix) WHERE b.used + m.place <= :last
    )
    INSERT INTO cascade_ids (upper_id, subject, code, kind, camera_id, rights, plain, online, mark, event, version)
    SELECT :upper, n.subject, n.code, 'camera', n.camera_id, n.rights, n.plain, n.online, n.mark, 'ADD',
        nextval('cascade_versions')
    FROM numbered AS n
    WHERE NOT EXISTS (SELECT 1 FROM cameras AS c WHERE c.code = n.code)
        AND NOT EXISTS (SELECT 1 FROM gb_channels AS g WHERE g.code = n.code)
""")
_CHANGE: Final = text("""
    UPDATE cascade_ids AS i SET rights = n.rights, plain = n.plain, online = n.online, mark = n.mark,
        version = nextval('cascade_versions'),
        event = CASE WHEN i.rights = 0 THEN 'ADD'
            WHEN (i.mark, i.plain, i.rights) IS DISTINCT FROM (n.mark, n.plain, n.rights) THEN 'UPDATE'
            WHEN n.online THEN 'ON' ELSE 'OFF' END
    FROM cascade_chosen AS n
    WHERE i.upper_id = :upper AND i.subject = n.subject AND NOT n.looped
        AND (i.rights, i.plain, i.online, i.mark) IS DISTINCT FROM (n.rights, n.plain, n.online, n.mark)
""")
_REGIONS: Final = text("""
    WITH wanted AS (
        SELECT r.code, hashtextextended(r.name, 0) AS mark FROM regions AS r WHERE r.code IN (
            SELECT DISTINCT left(n.region, d.digits) FROM cascade_chosen AS n
            CROSS JOIN (VALUES (2), (4), (6)) AS d (digits) WHERE NOT n.looped AND length(n.region) >= d.digits
        )
    )
    INSERT INTO cascade_ids AS i (upper_id, subject, code, kind, rights, plain, online, mark, event, version)
    SELECT :upper, code, code, 'region', 1, true, true, mark, 'ADD', nextval('cascade_versions') FROM wanted
    ON CONFLICT (upper_id, subject) DO UPDATE SET rights = 1, mark = excluded.mark, version = excluded.version,
        event = CASE WHEN i.rights = 0 THEN 'ADD' ELSE 'UPDATE' END
    WHERE i.rights = 0 OR i.mark <> excluded.mark
""")
_GONE: Final = text("""
    UPDATE cascade_ids AS i SET rights = 0, event = 'DEL', version = nextval('cascade_versions')
    WHERE i.upper_id = :upper AND i.rights <> 0 AND i.kind = 'camera'
        AND NOT EXISTS (SELECT 1 FROM cascade_chosen AS n WHERE n.subject = i.subject AND NOT n.looped)
""")
_EMPTY: Final = text("""
    WITH held AS (
        SELECT DISTINCT left(n.region, d.digits) AS code FROM cascade_chosen AS n
        CROSS JOIN (VALUES (2), (4), (6)) AS d (digits) WHERE NOT n.looped
    )
    UPDATE cascade_ids AS i SET rights = 0, event = 'DEL', version = nextval('cascade_versions')
    WHERE i.upper_id = :upper AND i.rights <> 0 AND i.kind = 'region'
        AND NOT EXISTS (SELECT 1 FROM held WHERE held.code = i.code)
""")


async def refresh(session: WriteSession, upper: Upper, shares: Sequence[Share], own: str) -> Refreshed:
    """Bring what an upper platform is shown up to date with the shares and the camera file: some seconds at 250,000.

    Args:
        own: our platform's id.
    """
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:upper, 19))"), {"upper": f"cascade {upper.id}"}
    )
    await session.execute(
        text("""
        CREATE TEMPORARY TABLE cascade_chosen (camera_id uuid, subject text COLLATE "C", prefix text COLLATE "C",
            region text COLLATE "C", rights integer, plain boolean, online boolean, mark bigint, looped boolean)
            ON COMMIT DROP
    """)
    )
    shared, values = choosing.chosen(shares)
    choose = _CHOOSE.format(looped=choosing.LOOPED, shares=shared)
    await session.execute(text(choose), values | choosing.loop_values(upper, own))
    await session.execute(text("CREATE INDEX ON cascade_chosen (subject)"))
    await session.execute(text("ANALYZE cascade_chosen"))
    before = await _newest(session, upper.id)
    named = {"upper": upper.id, "first": SERIAL_FIRST, "last": SERIAL_LAST}
    missing = await _missing(session, upper.id)
    for _ in range(PASSES_MOST):
        if not missing:
            break
        await session.execute(_NUMBER, named)
        missing = await _missing(session, upper.id)
    for statement in (_REGIONS, _CHANGE, _GONE, _EMPTY):
        await session.execute(statement, {"upper": upper.id})
    looped = (await session.execute(text("SELECT count(*) FROM cascade_chosen WHERE looped"))).scalar_one()
    changed = await session.execute(
        text("SELECT count(*) FROM cascade_ids WHERE upper_id = :upper AND version > :before"),
        {"upper": upper.id, "before": before},
    )
    await session.execute(
        text("UPDATE cascade_uppers SET loops = :loops WHERE id = :upper AND loops <> :loops"),
        {"loops": looped, "upper": upper.id},
    )
    shown = await count(session, upper.id)
    await session.execute(text("DROP TABLE cascade_chosen"))
    return Refreshed(shown, int(changed.scalar_one()), int(looped), missing)


async def _missing(session: ReadSession, upper: UUID) -> int:
    found = await session.execute(
        text(
            "SELECT count(*) FROM cascade_chosen AS n WHERE NOT n.looped AND NOT EXISTS "
            "(SELECT 1 FROM cascade_ids AS i WHERE i.upper_id = :upper AND i.subject = n.subject)"
        ),
        {"upper": upper},
    )
    return int(found.scalar_one())


async def _newest(session: ReadSession, upper: UUID) -> int:
    found = await session.execute(
        text("SELECT coalesce(max(version), 0) FROM cascade_ids WHERE upper_id = :upper"), {"upper": upper}
    )
    return int(found.scalar_one())


async def newest(session: ReadSession, upper: UUID) -> int:
    """The version an upper platform has when it has been told everything."""
    return await _newest(session, upper)


async def count(
    session: ReadSession, upper: UUID, under: str = "", regions: Sequence[str] | None = None
) -> int:  # fmt: skip
    """How many items an upper platform is shown; arguments as of `page`."""
    within, values = _within(regions)
    found = await session.execute(
        text(
            "SELECT count(*) FROM cascade_ids AS i LEFT JOIN cameras AS c ON c.id = i.camera_id "  # noqa: S608
            f"WHERE i.upper_id = :upper AND i.rights <> 0 {within} "
            "AND i.code >= :under AND i.code < CAST(:under AS text) || ':'"
        ),
        {"upper": upper, "under": under} | values,
    )
    return int(found.scalar_one())


def _within(regions: Sequence[str] | None) -> tuple[str, dict[str, Any]]:
    if regions is None:
        return "", {}
    return (
        "AND coalesce(c.region, i.code) LIKE ANY(CAST(:regions AS text[]))",
        {"regions": [f"{prefix}%" for prefix in regions]},
    )


_FIELDS: Final = (
    "i.code, i.kind, i.online, i.plain, i.rights, i.event, i.version, i.camera_id, c.name, c.region, c.address, "
    "c.location[0] AS lon, c.location[1] AS lat, r.name AS region_name, u.name AS owner, c.record, c.file"
)
_JOINS: Final = (
    "LEFT JOIN cameras AS c ON c.id = i.camera_id "
    "LEFT JOIN regions AS r ON r.code = CASE i.kind WHEN 'region' THEN i.code ELSE left(c.region, 6) END "
    "LEFT JOIN units AS u ON u.id = c.unit_id"
)


def _shown(row: Any) -> Shown:
    return Shown(
        code=row.code,
        kind=row.kind,
        name=_name(row),
        region=row.region or row.code[:6],
        address=(row.address or "") if row.plain else "",
        online=row.online,
        plain=row.plain,
        rights=Right(row.rights),
        event=row.event,
        version=row.version,
        point=None if row.lon is None else (row.lon, row.lat),
        owner=row.owner or "",
        record=None if row.record is None and not row.file else (row.record or {}) | as_reported(row.file or {}),
        camera_id=row.camera_id,
    )


def _name(row: Any) -> str:
    if row.kind == "region":
        return str(row.region_name or row.code)
    return str(row.name or row.code) if row.plain else f"{row.region_name or row.code[:6]} {row.code[14:]}"


async def page(
    session: ReadSession, upper: UUID, after: str, limit: int, under: str = "", regions: Sequence[str] | None = None
) -> list[Shown]:
    """The next items an upper platform is shown, by id: a region stands before what lies in it.

    Args:
        under: a region's code, or one mapped id.
        regions: division-code prefixes of who looks; None: everything.
    """
    within, values = _within(regions)
    found = await session.execute(
        text(
            f"SELECT {_FIELDS} FROM cascade_ids AS i {_JOINS} WHERE i.upper_id = :upper AND i.rights <> 0 {within} "  # noqa: S608
            "AND i.code > :after AND i.code >= :under AND i.code < CAST(:under AS text) || ':' "
            "ORDER BY i.code LIMIT :limit"
        ),
        {"upper": upper, "after": after, "limit": limit, "under": under} | values,
    )
    return [_shown(row) for row in found]


async def since(session: ReadSession, upper: UUID, version: int, limit: int) -> list[Shown]:
    """What changed above a version, oldest change first; each row with its last change alone."""
    found = await session.execute(
        text(
            f"SELECT {_FIELDS} FROM cascade_ids AS i {_JOINS} WHERE i.upper_id = :upper AND i.version > :version "  # noqa: S608
            "ORDER BY i.version LIMIT :limit"
        ),
        {"upper": upper, "version": version, "limit": limit},
    )
    return [_shown(row) for row in found]


async def behind(session: ReadSession, upper: UUID, code: str) -> Mapped | None:
    """The camera behind a mapped id, while it is shown."""
    found = await session.execute(
        text(
            "SELECT i.camera_id, i.code, i.rights, i.online, c.name, c.url FROM cascade_ids AS i "
            "JOIN cameras AS c ON c.id = i.camera_id AND c.archived_at IS NULL "
            "WHERE i.upper_id = :upper AND i.code = :code AND i.rights <> 0"
        ),
        {"upper": upper, "code": code},
    )
    row = found.first()
    return None if row is None else Mapped(row.camera_id, row.code, Right(row.rights), row.name, row.online, row.url)


async def of_channel(session: ReadSession, device: UUID, channel: Channel) -> list[tuple[UUID, str, Right]]:
    """(upper platform, mapped id, rights) of a channel of a device, wherever it is shown. Most cameras came with the
    device's catalogue; the others were filed by hand."""
    found = await session.execute(
        text(
            "SELECT i.upper_id, i.code, i.rights FROM cascade_ids AS i WHERE i.rights <> 0 AND i.camera_id = coalesce("
            "(SELECT g.camera_id FROM gb_channels AS g WHERE g.device_id = :device AND g.code = :channel), "
            "(SELECT c.id FROM cameras AS c WHERE c.code = :channel AND c.url = :url))"
        ),
        {"device": device, "channel": channel.code, "url": str(channel)},
    )
    return [(row.upper_id, row.code, Right(row.rights)) for row in found]


async def behind_codes(session: ReadSession, upper: UUID | None, codes: Sequence[str]) -> dict[str, UUID]:
    """The cameras behind mapped ids, shown now or ever: what an id once meant it means for ever.

    Args:
        upper: the upper platform that was given them; None: any. The same id of two platforms is left out then.
    """
    found = await session.execute(
        text(
            "SELECT i.code, min(CAST(i.camera_id AS text)) AS camera FROM cascade_ids AS i WHERE i.code = ANY(:codes) "
            "AND i.camera_id IS NOT NULL AND (CAST(:upper AS uuid) IS NULL OR i.upper_id = :upper) "
            "GROUP BY i.code HAVING count(DISTINCT i.camera_id) = 1"
        ),
        {"codes": list(codes), "upper": upper},
    )
    return {row.code: UUID(row.camera) for row in found}


async def shown_of(session: ReadSession, upper: UUID, cameras: Sequence[UUID]) -> set[UUID]:
    """Those of `cameras` that an upper platform is shown now."""
    found = await session.scalars(
        text(
            "SELECT i.camera_id FROM cascade_ids AS i WHERE i.upper_id = :upper AND i.rights <> 0 "
            "AND i.camera_id = ANY(:cameras)"
        ),
        {"upper": upper, "cameras": list(cameras)},
    )
    return set(found)
