"""SQL of the rules: cameras as columns, findings, and what was checked when."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import polars as pl
from psycopg import AsyncConnection
from sqlalchemy import Row, text

from commonsight.catalog.intake_store import copy
from commonsight.catalog.rules import fields
from commonsight.catalog.rules.frame import COLUMNS, SCHEMA, Unit
from commonsight.places.model import Level, Region
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = {
    "id": "c.id",
    "version": "c.version",
    "code": "c.code",
    "name": "c.name",
    "region": "c.region",
    "address": "c.address",
    "unit": "u.name",
    "platform": "c.platform_id",
    "system": "c.system",
    "declared": "s.system",
    "url": "c.url",
    "username": "c.username",
    "protocol": "c.protocol",
    "sector": "c.sector",
    "lon": "c.location[0]",
    "lat": "c.location[1]",
    "x": "c.original[0]",
    "y": "c.original[1]",
    "raw_x": "CASE WHEN c.original IS NULL THEN record_degrees(c.record, 'Longitude') END",
    "raw_y": "CASE WHEN c.original IS NULL THEN record_degrees(c.record, 'Latitude') END",
}
_JOINS: Final = (
    "FROM cameras AS c LEFT JOIN units AS u ON u.id = c.unit_id LEFT JOIN gb_channels AS g ON g.camera_id = c.id "
    "LEFT JOIN intake_sources AS s ON s.id = g.device_id"
)
_SELECT: Final = ", ".join(
    f"{_COLUMNS[name]} AS {name}" if name in _COLUMNS else f"c.file ->> '{fields.catalogue()[name].code}' AS {name}"
    for name in COLUMNS
)


async def _connection(session: ReadSession | WriteSession) -> AsyncConnection[Any]:
    raw = await (await session.connection()).get_raw_connection()
    assert isinstance(raw.driver_connection, AsyncConnection)
    return raw.driver_connection


async def _frame(session: ReadSession, query: str, values: dict[str, Any]) -> pl.DataFrame:
    """Rows as columns, by COPY: a tenth of the time that rows as objects take."""
    buffer = io.BytesIO()
    connection = await _connection(session)
    async with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", values) as said:
        async for piece in said:
            buffer.write(piece)
    if not buffer.tell():
        return pl.DataFrame(schema=SCHEMA)
    buffer.seek(0)
    # What is empty is not there, for every rule alike.
    return pl.read_csv(buffer, has_header=False, new_columns=list(SCHEMA), schema=SCHEMA).with_columns(
        pl.when(pl.col(pl.String).str.strip_chars() != "").then(pl.col(pl.String)).name.keep()
    )


async def batch(session: ReadSession, after: UUID | None, limit: int) -> pl.DataFrame:
    """The next cameras in use by id."""
    return await _frame(
        session,
        f"SELECT {_SELECT} {_JOINS} WHERE c.archived_at IS NULL AND c.id > %(after)s ORDER BY c.id LIMIT %(limit)s",
        {"after": after or UUID(int=0), "limit": limit},
    )


async def named(session: ReadSession, ids: Sequence[UUID | str]) -> pl.DataFrame:
    """These cameras, as far as they are in use."""
    return await _frame(
        session,
        f"SELECT {_SELECT} {_JOINS} WHERE c.archived_at IS NULL AND c.id = ANY(%(ids)s::uuid[]) ORDER BY c.id",
        {"ids": [str(each) for each in ids]},
    )


async def regions(session: ReadSession) -> dict[str, Region]:
    """The whole tree."""
    found = await session.execute(text("SELECT code, name, level, parent, children FROM regions"))
    return {row.code: Region(row.code, row.name, Level(row.level), row.parent, row.children) for row in found}


async def units(session: ReadSession) -> dict[str, Unit]:
    """The table of units, and names of maintenance units that do not stand in it, with how many cameras name each."""
    found = await session.execute(
        text("""
            WITH managing AS (
                SELECT unit_id, count(*) AS cameras FROM cameras
                WHERE archived_at IS NULL AND unit_id IS NOT NULL GROUP BY 1
            ), maintaining AS (
                SELECT file ->> 'maintenance_unit' AS name, count(*) AS cameras FROM cameras
                WHERE archived_at IS NULL AND file ? 'maintenance_unit' GROUP BY 1
            )
            SELECT coalesce(u.name, m.name) AS name, u.id IS NOT NULL AS filed, coalesce(u.contact, '') AS contact,
                to_char(u.closed_at, 'YYYY-MM-DD') AS closed, coalesce(a.cameras, 0) + coalesce(m.cameras, 0) AS cameras
            FROM units AS u LEFT JOIN managing AS a ON a.unit_id = u.id FULL JOIN maintaining AS m ON m.name = u.name
            WHERE coalesce(u.name, m.name) <> ''
        """)
    )
    return {row.name: Unit(row.name, row.filed, row.contact, row.closed, row.cameras) for row in found}


# --- findings -------------------------------------------------------------------------------------------------------


async def merge(
    session: WriteSession, ids: Sequence[str] | None, rules: Sequence[str], found: pl.DataFrame, now: datetime
) -> None:
    """Let just `found` be what these rules find on these cameras (None: on all). What was known keeps its time."""
    await session.execute(_FOUND_IN)
    await copy(session, "findings_in (camera_id, rule, field, value, expected, twin)", found.iter_rows())
    scope = "" if ids is None else "f.camera_id = ANY(CAST(:ids AS uuid[])) AND "
    await session.execute(
        text(
            f"DELETE FROM record_findings AS f WHERE {scope}f.rule = ANY(:rules) AND NOT EXISTS ("  # noqa: S608
            "SELECT 1 FROM findings_in AS i WHERE i.camera_id = f.camera_id AND i.rule = f.rule AND i.field = f.field "
            "AND i.value = f.value AND i.expected = f.expected AND i.twin IS NOT DISTINCT FROM f.twin)"
        ),
        {"rules": list(rules)} | ({} if ids is None else {"ids": list(ids)}),
    )
    await session.execute(
        text(
            "INSERT INTO record_findings (camera_id, rule, field, value, expected, twin, at) "
            "SELECT camera_id, rule, field, value, expected, twin, :now FROM findings_in "
            "ON CONFLICT (camera_id, rule, field) DO NOTHING"
        ),
        {"now": now},
    )
    await session.execute(text("TRUNCATE findings_in"))


_FOUND_IN = text("""
    CREATE TEMPORARY TABLE IF NOT EXISTS findings_in (
        camera_id uuid, rule text COLLATE "C", field text COLLATE "C", value text, expected text, twin uuid
    ) ON COMMIT DELETE ROWS
""")


async def put_checks(session: WriteSession, due: pl.DataFrame, counting: Sequence[str], now: datetime) -> None:
    """Note what was checked. `due`: id, version, point class and how many fields are mandatory."""
    await session.execute(
        text(
            "CREATE TEMPORARY TABLE IF NOT EXISTS checks_in (camera_id uuid, version integer, point_class text, "
            "mandatory smallint) ON COMMIT DELETE ROWS"
        )
    )
    await copy(session, "checks_in (camera_id, version, point_class, mandatory)", due.iter_rows())
    await session.execute(
        text("""
            WITH counted AS (
                SELECT f.camera_id, count(*) FILTER (WHERE f.rule = 'mandatory') AS missing,
                    count(*) FILTER (WHERE f.rule = ANY(:counting)) AS wrong
                FROM record_findings AS f JOIN checks_in AS i USING (camera_id) GROUP BY 1
            )
            INSERT INTO record_checks AS k (camera_id, version, at, point_class, mandatory, missing, wrong)
            SELECT i.camera_id, i.version, :now, i.point_class, i.mandatory, coalesce(n.missing, 0),
                coalesce(n.wrong, 0)
            FROM checks_in AS i LEFT JOIN counted AS n USING (camera_id) ORDER BY i.camera_id
            ON CONFLICT (camera_id) DO UPDATE SET version = excluded.version, at = excluded.at,
                point_class = excluded.point_class, mandatory = excluded.mandatory, missing = excluded.missing,
                wrong = excluded.wrong
        """),
        {"now": now, "counting": list(counting)},
    )
    await session.execute(text("TRUNCATE checks_in"))


async def recount(session: WriteSession, counting: Sequence[str], pairing: Sequence[str], ids: Sequence[str]) -> None:
    """Count anew for cameras that rules over pairs find, or found before, something on."""
    await session.execute(
        text("""
            UPDATE record_checks AS k SET wrong = n.wrong FROM (
                SELECT c.camera_id, (SELECT count(*) FROM record_findings AS f
                    WHERE f.camera_id = c.camera_id AND f.rule = ANY(:counting)) AS wrong
                FROM (SELECT camera_id FROM record_findings WHERE rule = ANY(:pairing)
                    UNION SELECT unnest(CAST(:ids AS uuid[]))) AS c
            ) AS n WHERE n.camera_id = k.camera_id AND k.wrong <> n.wrong
        """),
        {"counting": list(counting), "pairing": list(pairing), "ids": list(ids)},
    )


async def found_by(session: ReadSession, rules: Sequence[str]) -> list[str]:
    """Cameras on which one of these rules finds something."""
    found = await session.execute(
        text("SELECT DISTINCT camera_id FROM record_findings WHERE rule = ANY(:rules)"), {"rules": list(rules)}
    )
    return [str(camera) for camera in found.scalars()]


async def forget_archived(session: WriteSession) -> None:
    """Cameras out of use are neither counted nor found anything on."""
    for table in ("record_findings", "record_proposals", "record_checks"):
        await session.execute(
            text(
                f"DELETE FROM {table} AS t USING cameras AS c "  # noqa: S608
                "WHERE c.id = t.camera_id AND c.archived_at IS NOT NULL"
            )
        )


async def stale(session: ReadSession, limit: int) -> list[UUID]:
    """Cameras in use that changed since they were checked, or never were."""
    found = await session.execute(
        text(
            "SELECT c.id FROM cameras AS c LEFT JOIN record_checks AS k ON k.camera_id = c.id "
            "WHERE c.archived_at IS NULL AND k.version IS DISTINCT FROM c.version LIMIT :limit"
        ),
        {"limit": limit},
    )
    return list(found.scalars())


async def affected(session: ReadSession, ids: Sequence[UUID]) -> list[UUID]:
    """These cameras, and those whose findings are about one of them."""
    found = await session.execute(
        text("SELECT unnest(CAST(:ids AS uuid[])) UNION SELECT camera_id FROM record_findings WHERE twin = ANY(:ids)"),
        {"ids": list(ids)},
    )
    return list(found.scalars())


async def mates(session: ReadSession, ids: Sequence[UUID]) -> list[UUID]:
    """These cameras, and those they might be confused with: address, MAC, pole, place or identifier alike."""
    found = await session.execute(_MATES, {"ids": list(ids)})
    return list(found.scalars())


_MATES = text("""
    WITH asked AS MATERIALIZED (SELECT * FROM cameras WHERE id = ANY(:ids) AND archived_at IS NULL)
    SELECT id FROM asked
    UNION SELECT m.id FROM asked AS a JOIN cameras AS m ON md5(m.url) = md5(a.url)
        WHERE m.archived_at IS NULL AND m.url IS NOT NULL
    UNION SELECT m.id FROM asked AS a JOIN cameras AS m ON m.file ->> 'mac' = a.file ->> 'mac'
        WHERE m.archived_at IS NULL AND m.file ? 'mac' AND a.file ->> 'mac' <> ''
    UNION SELECT m.id FROM asked AS a JOIN cameras AS m ON m.file ->> 'pole' = a.file ->> 'pole'
        WHERE m.archived_at IS NULL AND m.file ? 'pole' AND a.file ->> 'pole' <> ''
    UNION SELECT m.id FROM asked AS a JOIN cameras AS m
        ON m.location <@ box(a.location - point(0.00001, 0.00001), a.location + point(0.00001, 0.00001))
        WHERE m.archived_at IS NULL AND m.name = a.name
    UNION SELECT m.id FROM asked AS a CROSS JOIN unnest(ARRAY['121', '131', '132', '138']) AS t (kind)
        JOIN cameras AS m ON m.code = substr(a.code, 1, 10) || t.kind || substr(a.code, 14)
        WHERE m.archived_at IS NULL
""")


# --- runs -----------------------------------------------------------------------------------------------------------


async def open_run(session: WriteSession, run_id: UUID, asked_by: str, digest: str, now: datetime) -> UUID | None:
    """Note that all cameras are to be checked; None when such a run is open already."""
    made = await session.execute(
        text(
            "INSERT INTO record_runs (id, asked_by, rules, asked_at) SELECT :id, :by, :rules, :now "
            "WHERE NOT EXISTS (SELECT 1 FROM record_runs WHERE ended_at IS NULL) RETURNING id"
        ),
        {"id": run_id, "by": asked_by, "rules": digest, "now": now},
    )
    return made.scalar_one_or_none()


async def begin_run(session: WriteSession, run_id: UUID, now: datetime) -> bool:
    """Start, or start over after a process died; False when it is over."""
    begun = await session.execute(
        text(
            "UPDATE record_runs SET started_at = :now, done = 0, "
            "total = (SELECT count(*) FROM cameras WHERE archived_at IS NULL) "
            "WHERE id = :id AND ended_at IS NULL RETURNING id"
        ),
        {"id": run_id, "now": now},
    )
    return begun.first() is not None


async def progress(session: WriteSession, run_id: UUID, done: int) -> None:
    """How many cameras a run has been through."""
    await session.execute(text("UPDATE record_runs SET done = :done WHERE id = :id"), {"id": run_id, "done": done})


async def end_run(session: WriteSession, run_id: UUID, now: datetime) -> None:
    """Close a run."""
    await session.execute(
        text(
            "UPDATE record_runs SET ended_at = :now, findings = (SELECT count(*) FROM record_findings) WHERE id = :id"
        ),
        {"id": run_id, "now": now},
    )


async def latest_run(session: ReadSession) -> Row[Any] | None:
    """The run asked for last."""
    found = await session.execute(
        text(
            "SELECT id, asked_by, rules, asked_at, started_at, ended_at, total, done, findings FROM record_runs "
            "ORDER BY asked_at DESC LIMIT 1"
        )
    )
    return found.first()


async def forget_runs(session: WriteSession, before: datetime) -> None:
    """Let runs go that ended long ago."""
    await session.execute(text("DELETE FROM record_runs WHERE ended_at < :before"), {"before": before})
