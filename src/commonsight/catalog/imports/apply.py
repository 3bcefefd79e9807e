"""SQL that writes an import's rows into the camera file, and takes them back out.

A row is written at most once, in the transaction that says so: after kill -9 the next run goes on behind it. A camera
that somebody changed between check and commit is left alone and named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import numbering, vocabulary
from commonsight.catalog import store as cameras
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

BATCH: Final = 2_000
"""Rows of one transaction: short enough that nobody waits for their locks, long enough that commits cost nothing."""

# Columns that an import may set. `archived_at` brings archived cameras back, and takes added ones out again.
_SET: Final = (
    "code, name, region, address, platform_id, unit_id, kind, sector, place, location, system, original, cell, "
    "direction, field_angle, view_distance, protocol, url, username, secret, grams, archived_at, file, health"
)
_NEW: Final = ", ".join(f"r.{column.strip()}" for column in _SET.split(","))
_FROM_N: Final = _NEW.replace("r.", "n.")
_CHANGED_AT: Final = "health_at = CASE WHEN n.health = c.health THEN c.health_at ELSE :now END"


@dataclass(frozen=True, slots=True)
class Written:
    """One batch. `last`: the row up to which all is done; None when nothing was left to do."""

    last: int | None
    done: int = 0
    refused: tuple[tuple[int, str], ...] = ()


async def batch(session: WriteSession, import_id: UUID) -> list[Any]:
    """The next rows that wait: row, action, code, region, sector."""
    found = await session.execute(
        text(
            "SELECT row, action, fields->>'code' AS code, fields->>'region' AS region, fields->>'sector' AS sector "
            "FROM import_rows WHERE import_id = :id AND outcome = 0 ORDER BY row LIMIT :most"
        ),
        {"id": import_id, "most": BATCH},
    )
    return list(found.all())


async def write(session: WriteSession, import_id: UUID, now: datetime) -> Written:
    """Write the next batch.

    Raises:
        Refusal: `catalog.no_code_free`.
    """
    waiting = await batch(session, import_id)
    if not waiting:
        return Written(None)
    bounds = {"id": import_id, "first": waiting[0].row, "last": waiting[-1].row}
    await _units(session, bounds)
    await _give_codes(session, import_id, waiting)
    await session.execute(_LOCK, bounds)
    added = (await session.execute(_ADD, bounds | {"now": now})).scalars().all()
    changed = (await session.execute(_CHANGE, bounds | {"now": now})).scalars().all()
    refused = (await session.execute(_LEFT, bounds)).all()
    return Written(waiting[-1].row, len(added) + len(changed), tuple((row.row, row.action) for row in refused))


async def _units(session: WriteSession, bounds: dict[str, Any]) -> None:
    """File organisations that are new, then put the ids of all of them into the rows."""
    found = await session.execute(_UNIT_NAMES, bounds)
    for name, region in found.all():
        await cameras.unit(session, uuid7(), name, region)
    await session.execute(_UNIT_IDS, bounds)


async def _give_codes(session: WriteSession, import_id: UUID, waiting: Sequence[Any]) -> None:
    """Identifiers for new cameras that came without one."""
    needed = [row for row in waiting if row.action == "add" and row.code is None]
    if not needed:
        return
    sectors = [vocabulary.sectors()[row.sector] for row in needed]
    wanted = [
        numbering.Wanted(row.region, sector.industry, sector.network)
        for row, sector in zip(needed, sectors, strict=True)
    ]
    given = await numbering.give(session, wanted)
    await session.execute(_CODES, {"id": import_id, "rows": [row.row for row in needed], "codes": given})


_OURS = "i.import_id = :id AND i.row BETWEEN :first AND :last AND i.outcome = 0"
_UNIT_NAMES = text(f"""
    SELECT DISTINCT ON (name) name, region FROM (
        SELECT i.fields->>'organisation' AS name, coalesce(i.fields->>'region', c.region) AS region
        FROM import_rows AS i LEFT JOIN cameras AS c ON c.id = i.camera_id
        WHERE {_OURS} AND i.fields ? 'organisation'
    ) AS said WHERE NOT EXISTS (SELECT 1 FROM units WHERE units.name = said.name) ORDER BY name, region
""")  # noqa: S608
_UNIT_IDS = text(f"""
    UPDATE import_rows AS i SET fields = i.fields || jsonb_build_object('unit_id', u.id)
    FROM units AS u WHERE {_OURS} AND u.name = i.fields->>'organisation'
""")  # noqa: S608
_CODES = text("""
    UPDATE import_rows AS i SET fields = i.fields || jsonb_build_object('code', given.code)
    FROM unnest(CAST(:rows AS integer[]), CAST(:codes AS text[])) AS given (row, code)
    WHERE i.import_id = :id AND i.row = given.row
""")
# In an own statement: the next one then sees what others wrote while this one waited, health among it.
_HOLD = (
    "SELECT c.id FROM cameras AS c JOIN import_rows AS i ON c.id = i.camera_id WHERE {} ORDER BY c.id FOR UPDATE OF c"
)
_LOCK = text(_HOLD.format(_OURS))
_ADD = text(f"""
    WITH made AS (
        INSERT INTO cameras AS c (id, {_SET}, created_at, updated_at)
        SELECT i.camera_id, {_NEW.replace("r.health", "0")}, :now, :now
        FROM import_rows AS i CROSS JOIN LATERAL jsonb_populate_record(NULL::cameras, i.fields) AS r
        WHERE {_OURS} AND i.action = 'add' ORDER BY i.row
        ON CONFLICT DO NOTHING
        RETURNING c.id, md5(camera_image(c)::text) AS written
    )
    UPDATE import_rows AS i SET outcome = 1, written = made.written
    FROM made WHERE {_OURS} AND i.camera_id = made.id RETURNING i.row
""")  # noqa: S608
_CHANGE = text(f"""
    WITH held AS (
        SELECT o.id, i.row, i.fields, camera_image(o) AS before
        FROM import_rows AS i JOIN cameras AS o ON o.id = i.camera_id AND o.version = i.base_version
        WHERE {_OURS} AND i.action <> 'add'
    ), told AS (
        SELECT held.id, held.row, held.before, {_NEW}
        FROM held JOIN cameras AS o ON o.id = held.id CROSS JOIN LATERAL jsonb_populate_record(o, held.fields) AS r
    ), done AS (
        UPDATE cameras AS c SET ({_SET}) = ({_FROM_N}), {_CHANGED_AT},
            version = c.version + 1, updated_at = :now
        FROM told AS n WHERE c.id = n.id
        RETURNING c.id, n.row, n.before, md5(camera_image(c)::text) AS written
    )
    UPDATE import_rows AS i SET outcome = 1, before = done.before, written = done.written
    FROM done WHERE {_OURS} AND i.row = done.row RETURNING i.row
""")  # noqa: S608
_LEFT = text(f"UPDATE import_rows AS i SET outcome = 2 WHERE {_OURS} RETURNING i.row, i.action")  # noqa: S608


async def changed_since(session: ReadSession, import_id: UUID, most: int) -> tuple[int, list[Any]]:
    """Cameras that are not as the import wrote them: how many, and the first `most` (row, id, code, name)."""
    found = await session.execute(_CHANGED_SINCE, {"id": import_id})
    every = found.all()
    return len(every), list(every[:most])


_CHANGED_SINCE = text("""
    SELECT i.row, c.id, c.code, c.name FROM import_rows AS i JOIN cameras AS c ON c.id = i.camera_id
    WHERE i.import_id = :id AND i.outcome = 1 AND i.written IS DISTINCT FROM md5(camera_image(c)::text)
    ORDER BY i.row
""")


async def undo(session: WriteSession, import_id: UUID, now: datetime) -> Written:
    """Take the next batch back: what was changed as it was before, what was added out of use."""
    found = await session.execute(
        text("SELECT row FROM import_rows WHERE import_id = :id AND outcome = 1 ORDER BY row LIMIT :most"),
        {"id": import_id, "most": BATCH},
    )
    rows = found.scalars().all()
    if not rows:
        return Written(None)
    bounds = {"id": import_id, "first": rows[0], "last": rows[-1]}
    await session.execute(_UNDO_LOCK, bounds)
    undone = (await session.execute(_UNDO, bounds | {"now": now})).scalars().all()
    kept = (await session.execute(_UNDO_LEFT, bounds)).all()
    return Written(rows[-1], len(undone), tuple((row.row, row.action) for row in kept))


_THEIRS = "i.import_id = :id AND i.row BETWEEN :first AND :last AND i.outcome = 1"
_UNDO_LOCK = text(_HOLD.format(_THEIRS))
_UNDONE = _FROM_N.replace("n.health", "CASE WHEN n.moved THEN 0 ELSE n.health END")
_UNDO = text(f"""
    WITH held AS (
        SELECT o.id, i.row, coalesce('{{"file": {{}}}}'::jsonb || i.before,
            jsonb_build_object('archived_at', CAST(:now AS timestamptz))) AS fields
        FROM import_rows AS i JOIN cameras AS o ON o.id = i.camera_id
        WHERE {_THEIRS} AND i.written = md5(camera_image(o)::text)
    ), told AS (
        SELECT held.id, held.row, r.url IS DISTINCT FROM o.url AS moved, {_NEW}
        FROM held JOIN cameras AS o ON o.id = held.id CROSS JOIN LATERAL jsonb_populate_record(o, held.fields) AS r
    ), done AS (
        UPDATE cameras AS c SET ({_SET}) = ({_UNDONE}),
            health_at = CASE WHEN n.moved THEN :now ELSE c.health_at END, version = c.version + 1, updated_at = :now
        FROM told AS n WHERE c.id = n.id RETURNING n.row
    )
    UPDATE import_rows AS i SET outcome = 3 FROM done WHERE {_THEIRS} AND i.row = done.row RETURNING i.row
""")  # noqa: S608
_UNDO_LEFT = text(f"UPDATE import_rows AS i SET outcome = 4 WHERE {_THEIRS} RETURNING i.row, i.action")  # noqa: S608
