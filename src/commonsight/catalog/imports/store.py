"""SQL of imports: files, their rows and their problems; `apply.py` writes rows into the camera file."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import Row as Found
from sqlalchemy import text

from commonsight.catalog.imports.model import Existing, Format, Import, Problem, Rights, State
from commonsight.places.coordinates import System
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = (
    "id, name, format, state, existing, system, rows_gone, by_id, by_name, regions, may_convert, loopback, bytes, "
    "parts, rows, done, added, changed, restored, same, refused, unknown_columns, problem, created_at, state_at, "
    "committed_at"
)
# Whoever may see all regions that an import may write to, and whoever brought it.
_VISIBLE: Final = (
    "(by_id = :me OR NOT EXISTS (SELECT 1 FROM unnest(regions) AS r WHERE NOT EXISTS "
    "(SELECT 1 FROM unnest(CAST(:mine AS text[])) AS m WHERE starts_with(r, m))))"
)


def _import(row: Found[Any]) -> Import:
    return Import(
        id=row.id,
        name=row.name,
        format=Format(row.format),
        state=State(row.state),
        existing=Existing(row.existing),
        system=None if row.system is None else System(row.system),
        by_id=row.by_id,
        by_name=row.by_name,
        rights=Rights(tuple(row.regions), row.may_convert, row.loopback),
        bytes=row.bytes,
        parts=row.parts,
        rows=row.rows,
        done=row.done,
        added=row.added,
        changed=row.changed,
        restored=row.restored,
        same=row.same,
        refused=row.refused,
        unknown_columns=tuple(row.unknown_columns),
        problem=row.problem,
        created_at=row.created_at,
        state_at=row.state_at,
        committed_at=row.committed_at,
        rows_gone=row.rows_gone,
    )


async def open_(session: WriteSession, made: Import) -> None:
    """Write a new import."""
    await session.execute(
        text(
            "INSERT INTO imports (id, name, format, existing, system, by_id, by_name, regions, may_convert, loopback, "
            "created_at, state_at) VALUES (:id, :name, :format, :existing, :system, :by_id, :by_name, :regions, "
            ":may_convert, :loopback, :now, :now)"
        ),
        {
            "id": made.id,
            "name": made.name,
            "format": made.format.value,
            "existing": made.existing.value,
            "system": made.system and made.system.value,
            "by_id": made.by_id,
            "by_name": made.by_name,
            "regions": list(made.rights.regions),
            "may_convert": made.rights.convert,
            "loopback": made.rights.loopback,
            "now": made.created_at,
        },
    )


async def one(session: ReadSession, import_id: UUID, *, for_update: bool = False) -> Import | None:
    """The import, held until the transaction ends with `for_update`."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM imports WHERE id = :id{lock}"),  # noqa: S608
        {"id": import_id},
    )
    row = found.first()
    return None if row is None else _import(row)


async def visible(session: ReadSession, import_id: UUID, me: UUID, mine: Sequence[str]) -> bool:
    """Whether somebody with these regions may see the import."""
    query = text(f"SELECT 1 FROM imports WHERE id = :id AND {_VISIBLE}")  # noqa: S608
    return (await session.execute(query, {"id": import_id, "me": me, "mine": list(mine)})).first() is not None


async def page(
    session: ReadSession, me: UUID, mine: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[Import]:
    """Imports that somebody may see, newest first; one more than `limit` when there are more."""
    beyond = "" if after is None else " AND (created_at, id) < (:at, :after)"
    query = (
        f"SELECT {_COLUMNS} FROM imports WHERE state NOT IN ('receiving', 'discarded') AND {_VISIBLE}{beyond} "  # noqa: S608
        "ORDER BY created_at DESC, id DESC LIMIT :limit"
    )
    found = await session.execute(
        text(query),
        {"me": me, "mine": list(mine), "limit": limit + 1}
        | ({} if after is None else {"at": after[0], "after": after[1]}),
    )
    return [_import(row) for row in found]


async def move(session: WriteSession, import_id: UUID, state: State, now: datetime, **columns: Any) -> None:
    """Put an import into another state; `done` starts over. `columns` are names from this room's own code."""
    values = {"problem": None, "done": 0} | columns
    values["problem"] = None if values["problem"] is None else json.dumps(values["problem"], ensure_ascii=False)
    sets = "".join(
        f", {name} = :{name}" if name != "problem" else ", problem = CAST(:problem AS jsonb)" for name in values
    )
    await session.execute(
        text(f"UPDATE imports SET state = :state, state_at = :now, touched_at = now(){sets} WHERE id = :id"),  # noqa: S608
        {"id": import_id, "state": state.value, "now": now} | values,
    )


async def count(session: WriteSession, import_id: UUID, **columns: int) -> None:
    """Set counters."""
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    await session.execute(
        text(f"UPDATE imports SET {sets}, touched_at = now() WHERE id = :id"),  # noqa: S608
        {"id": import_id} | columns,
    )


async def add_part(session: WriteSession, import_id: UUID, number: int, sealed: bytes, size: int) -> None:
    """Keep one more piece of the file."""
    await session.execute(
        text("INSERT INTO import_parts (import_id, number, sealed) VALUES (:id, :number, :sealed)"),
        {"id": import_id, "number": number, "sealed": sealed},
    )
    await session.execute(
        text("UPDATE imports SET bytes = bytes + :size, parts = parts + 1 WHERE id = :id"),
        {"id": import_id, "size": size},
    )


async def part(session: ReadSession, import_id: UUID, number: int) -> bytes | None:
    """One piece of the file, still encrypted."""
    found = await session.execute(
        text("SELECT sealed FROM import_parts WHERE import_id = :id AND number = :number"),
        {"id": import_id, "number": number},
    )
    return found.scalar_one_or_none()


async def forget_file(session: WriteSession, import_id: UUID) -> None:
    """Let the file go; its rows are read or nobody wants them."""
    await session.execute(text("DELETE FROM import_parts WHERE import_id = :id"), {"id": import_id})


async def forget_rows(session: WriteSession, import_id: UUID) -> None:
    """Let rows and problems go: a check starts over, or the import was given up."""
    await session.execute(text("DELETE FROM import_rows WHERE import_id = :id"), {"id": import_id})
    await session.execute(text("DELETE FROM import_problems WHERE import_id = :id"), {"id": import_id})


async def forget_undo(session: WriteSession, import_id: UUID) -> None:
    """Let the rows go of an import that was written long ago; it cannot be undone from then on."""
    await forget_rows(session, import_id)
    await session.execute(text("UPDATE imports SET rows_gone = true WHERE id = :id"), {"id": import_id})


async def keep_rows(session: WriteSession, import_id: UUID, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write checked rows: (row, action, camera id, base version, fields)."""
    connection = await _driver(session)
    copying = "COPY import_rows (import_id, row, action, camera_id, base_version, fields) FROM STDIN"
    async with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for row, action, camera_id, base_version, fields in rows:
            await copy.write_row(
                (import_id, row, action, camera_id, base_version, json.dumps(fields, ensure_ascii=False))
            )


async def keep_problems(session: WriteSession, import_id: UUID, problems: Iterable[Problem]) -> None:
    """Write problems; their order inside a row is the order given."""
    connection = await _driver(session)
    numbers: dict[int, int] = {}
    copying = "COPY import_problems (import_id, row, number, field, code, facts) FROM STDIN"
    async with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for problem in problems:
            number = numbers[problem.row] = numbers.get(problem.row, -1) + 1
            facts = json.dumps(problem.facts, ensure_ascii=False, default=str)
            await copy.write_row((import_id, problem.row, number, problem.field, problem.code, facts))


async def _driver(session: WriteSession) -> AsyncConnection[Any]:
    raw = await (await session.connection()).get_raw_connection()
    assert isinstance(raw.driver_connection, AsyncConnection)
    return raw.driver_connection


async def problems(
    session: ReadSession, import_id: UUID, after: tuple[int, int] | None, limit: int
) -> list[tuple[int, Problem]]:
    """(number, problem) in the order of the file; one more than `limit` when there are more."""
    found = await session.execute(
        text(
            "SELECT row, number, field, code, facts FROM import_problems WHERE import_id = :id "
            "AND (row, number) > (:row, :number) ORDER BY row, number LIMIT :limit"
        ),
        {"id": import_id, "row": after[0] if after else -1, "number": after[1] if after else -1, "limit": limit + 1},
    )
    return [(row.number, Problem(row.row, row.field, row.code, row.facts)) for row in found]


async def rows(
    session: ReadSession, import_id: UUID, action: str | None, after: int | None, limit: int
) -> Sequence[Found[Any]]:
    """Rows with what they write, in the order of the file; one more than `limit` when there are more."""
    chosen = " AND action = :action" if action else ""
    found = await session.execute(
        text(
            "SELECT i.row, i.action, i.camera_id, i.fields, i.outcome, c.code, c.name FROM import_rows AS i "  # noqa: S608
            f"LEFT JOIN cameras AS c ON c.id = i.camera_id WHERE import_id = :id AND row > :after{chosen} "
            "ORDER BY row LIMIT :limit"
        ),
        {"id": import_id, "after": -1 if after is None else after, "limit": limit + 1}
        | ({"action": action} if action else {}),
    )
    return found.all()


async def present_by_code(session: ReadSession, codes: Sequence[str]) -> Sequence[Found[Any]]:
    """Cameras, archived or not, with these identifiers: id, code, version, archived or not, unit's name, image."""
    return (await session.execute(_PRESENT_BY_CODE, {"codes": list(codes)})).all()


async def present_by_name(session: ReadSession, names: Sequence[str]) -> Sequence[Found[Any]]:
    """Cameras in use with these names; see `present_by_code`."""
    return (await session.execute(_PRESENT_BY_NAME, {"names": list(names)})).all()


_PRESENT = (
    "SELECT c.id, c.code, c.version, c.archived_at IS NOT NULL AS archived, u.name AS organisation, "
    "camera_image(c) - 'grams' AS image FROM cameras AS c LEFT JOIN units AS u ON u.id = c.unit_id "
)
_PRESENT_BY_CODE = text(f"{_PRESENT} WHERE c.code = ANY(:codes)")
_PRESENT_BY_NAME = text(f"{_PRESENT} WHERE c.name = ANY(:names) AND c.archived_at IS NULL LIMIT 20000")


async def known_regions(session: ReadSession, codes: Sequence[str]) -> set[str]:
    """Those of `codes` that name a region."""
    found = await session.execute(text("SELECT code FROM regions WHERE code = ANY(:codes)"), {"codes": list(codes)})
    return set(found.scalars())


async def stale(session: ReadSession, before: datetime, states: Sequence[State]) -> list[UUID]:
    """Imports that have been in one of `states` since before a moment, a hundred at most."""
    found = await session.execute(
        text("SELECT id FROM imports WHERE state = ANY(:states) AND state_at < :before ORDER BY state_at LIMIT 100"),
        {"states": [state.value for state in states], "before": before},
    )
    return list(found.scalars())


async def forget_late(session: WriteSession, import_id: UUID, late: Sequence[Problem]) -> None:
    """Make room for what is told of these rows now instead of what was told before."""
    await session.execute(
        text("DELETE FROM import_problems WHERE import_id = :id AND row = ANY(:rows)"),
        {"id": import_id, "rows": [problem.row for problem in late]},
    )


async def settle(session: WriteSession, import_id: UUID) -> None:
    """Count what was written in truth: rows that were refused while writing are not among it."""
    await session.execute(
        text("""
            UPDATE imports SET added = said.added, changed = said.changed, restored = said.restored FROM (
                SELECT count(*) FILTER (WHERE action = 'add') AS added,
                    count(*) FILTER (WHERE action = 'change') AS changed,
                    count(*) FILTER (WHERE action = 'restore') AS restored
                FROM import_rows WHERE import_id = :id AND outcome = 1
            ) AS said WHERE imports.id = :id
        """),
        {"id": import_id},
    )


async def still(session: ReadSession, states: Sequence[State], minutes: float) -> list[UUID]:
    """Imports in one of `states` of which nothing was heard for so long, a hundred at most."""
    found = await session.execute(
        text(
            "SELECT id FROM imports WHERE state = ANY(:states) "
            "AND touched_at < now() - make_interval(mins => :minutes) ORDER BY state_at LIMIT 100"
        ),
        {"states": [state.value for state in states], "minutes": minutes},
    )
    return list(found.scalars())


async def past_undo(session: ReadSession, before: datetime) -> list[UUID]:
    """Imports written before a moment that still keep their rows, ten at most."""
    found = await session.execute(
        text(
            "SELECT id FROM imports WHERE state IN ('committed', 'undone') AND state_at < :before "
            "AND NOT rows_gone ORDER BY state_at LIMIT 10"
        ),
        {"before": before},
    )
    return list(found.scalars())
