"""SQL of feedback lists: the lists, their files, rows and problems."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog.imports.model import Problem
from commonsight.inspect.assessment.model import State
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = (
    "id, version, name, format, upper_id, upper_name, indicator, region, default_at, assessed, state, state_at, "
    "headings, mapping, bytes, parts, rows, done, wrong, matched, reported, bridge, problem, by_id, by_name, scope, "
    "created_at, applied_at"
)
# Who brought it, and whoever may see all regions that it may speak of.
_VISIBLE: Final = (
    "(by_id = :me OR NOT EXISTS (SELECT 1 FROM unnest(scope) AS r WHERE NOT EXISTS "
    "(SELECT 1 FROM unnest(CAST(:mine AS text[])) AS m WHERE starts_with(r, m))))"
)
_JSON: Final = {"headings", "mapping", "bridge", "problem"}


@dataclass(frozen=True, slots=True)
class Feedback:
    """A feedback list.

    `assessed`: cameras they assessed in all, when the list names only some. `wrong`: rows that could not be read;
    `matched`: rows with a camera; `reported`: faults handed to maintenance.
    """

    id: UUID
    version: int
    name: str
    format: str
    upper_id: UUID | None
    upper_name: str
    indicator: str
    region: str
    default_at: datetime | None
    assessed: int | None
    state: State
    state_at: datetime
    headings: list[str]
    mapping: dict[str, str]
    bytes: int
    parts: int
    rows: int | None
    done: int
    wrong: int
    matched: int
    reported: int
    bridge: list[dict[str, Any]] | None
    problem: dict[str, Any] | None
    by_id: UUID
    by_name: str
    scope: list[str]
    created_at: datetime
    applied_at: datetime | None


def _of(row: Row[Any]) -> Feedback:
    return Feedback(**(dict(row._mapping) | {"state": State(row.state)}))


async def file(session: WriteSession, made: Mapping[str, Any]) -> Feedback:
    """File a new list that waits for its file."""
    names = ", ".join(made)
    marks = ", ".join(f":{name}" for name in made)
    found = await session.execute(
        text(f"INSERT INTO feedbacks ({names}) VALUES ({marks}) RETURNING {_COLUMNS}"),  # noqa: S608 - this room's names
        dict(made),
    )
    return _of(found.one())


async def one(session: ReadSession, feedback_id: UUID, *, lock: bool = False) -> Feedback | None:
    """A list; `lock`: held until the transaction ends."""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM feedbacks WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": feedback_id},
    )
    row = found.first()
    return None if row is None else _of(row)


async def visible(session: ReadSession, feedback_id: UUID, me: UUID, mine: Sequence[str]) -> Feedback | None:
    """A list, if somebody with these regions may see it."""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM feedbacks WHERE id = :id AND {_VISIBLE}"),  # noqa: S608
        {"id": feedback_id, "me": me, "mine": list(mine)},
    )
    row = found.first()
    return None if row is None else _of(row)


async def page(
    session: ReadSession, me: UUID, mine: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[Feedback]:
    """Lists somebody may see, newest first."""
    at, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM feedbacks WHERE state NOT IN ('receiving', 'discarded') AND {_VISIBLE}
              AND (CAST(:at AS timestamptz) IS NULL OR (created_at, id) < (:at, CAST(:key AS uuid)))
            ORDER BY created_at DESC, id DESC LIMIT :limit
        """),  # noqa: S608
        {"me": me, "mine": list(mine), "at": at, "key": key, "limit": limit},
    )
    return [_of(row) for row in found]


async def change(session: WriteSession, feedback_id: UUID, **values: Any) -> None:
    """Set columns (names come from this package only)."""
    said = ", ".join(f"{name} = CAST(:{name} AS jsonb)" if name in _JSON else f"{name} = :{name}" for name in values)
    plain = {
        name: json.dumps(value, ensure_ascii=False) if name in _JSON and value is not None else value
        for name, value in values.items()
    }
    await session.execute(
        text(f"UPDATE feedbacks SET version = version + 1, {said} WHERE id = :id"),  # noqa: S608
        plain | {"id": feedback_id},
    )


async def stale(session: ReadSession, before: datetime, states: Sequence[State]) -> list[Feedback]:
    """Lists that have been in one of these states since before then."""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM feedbacks WHERE state = ANY(:states) AND state_at < :before LIMIT 100"),  # noqa: S608
        {"states": [state.value for state in states], "before": before},
    )
    return [_of(row) for row in found]


# --- the file -------------------------------------------------------------------------------------------------------


async def add_part(session: WriteSession, feedback_id: UUID, number: int, body: bytes) -> None:
    """Keep one more piece of the file."""
    await session.execute(
        text("INSERT INTO feedback_parts VALUES (:id, :number, :body)"),
        {"id": feedback_id, "number": number, "body": body},
    )
    await session.execute(
        text("UPDATE feedbacks SET parts = parts + 1, bytes = bytes + :size WHERE id = :id"),
        {"id": feedback_id, "size": len(body)},
    )


async def part(session: ReadSession, feedback_id: UUID, number: int) -> bytes | None:
    """A piece of the file."""
    body = await session.scalar(
        text("SELECT body FROM feedback_parts WHERE feedback_id = :id AND number = :number"),
        {"id": feedback_id, "number": number},
    )
    return None if body is None else bytes(body)


async def forget(session: WriteSession, feedback_id: UUID, *, parts: bool = False, rows: bool = False) -> None:
    """Let the file go, or what was found in it."""
    tables = (["feedback_parts"] if parts else []) + (["feedback_rows", "feedback_problems"] if rows else [])
    for table in tables:
        await session.execute(text(f"DELETE FROM {table} WHERE feedback_id = :id"), {"id": feedback_id})  # noqa: S608


# --- rows -----------------------------------------------------------------------------------------------------------


async def keep_rows(session: WriteSession, feedback_id: UUID, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as they were read, matched and explained."""
    values = [
        dict(row) | {"id": feedback_id, "evidence": json.dumps(row["evidence"], ensure_ascii=False)} for row in rows
    ]
    if values:
        await session.execute(
            text("""
                INSERT INTO feedback_rows (feedback_id, row, code, name, region, said, verdict, at, reason, camera_id,
                    match, confidence, ours, explanation, evidence)
                VALUES (:id, :row, :code, :name, :region, :said, :verdict, :at, :reason, :camera_id, :match,
                    :confidence, :ours, :explanation, CAST(:evidence AS jsonb))
            """),
            values,
        )


async def keep_problems(session: WriteSession, feedback_id: UUID, first: int, problems: Sequence[Problem]) -> None:
    """Write what is wrong with rows, numbered from `first`."""
    if problems:
        await session.execute(
            text("INSERT INTO feedback_problems VALUES (:id, :number, :row, :field, :code, CAST(:facts AS jsonb))"),
            [
                {"id": feedback_id, "number": first + number, "row": one.row, "field": one.field, "code": one.code,
                 "facts": json.dumps(one.facts, ensure_ascii=False)}
                for number, one in enumerate(problems)
            ],
        )  # fmt: skip


async def problems(session: ReadSession, feedback_id: UUID, after: int | None, limit: int) -> list[Row[Any]]:
    """What is wrong with rows, in order."""
    found = await session.execute(
        text("""
            SELECT number, row, field, code, facts FROM feedback_problems
            WHERE feedback_id = :id AND number > coalesce(CAST(:after AS integer), -1) ORDER BY number LIMIT :limit
        """),
        {"id": feedback_id, "after": after, "limit": limit},
    )
    return list(found)


async def rows_page(
    session: ReadSession, feedback_id: UUID, explanations: Sequence[str] | None, after: int | None, limit: int
) -> list[Row[Any]]:
    """Rows with these explanations (None: all), in the order of the list."""
    found = await session.execute(
        text("""
            SELECT row, code, name, region, said, verdict, at, reason, camera_id, match, confidence, ours, explanation,
                evidence, fault
            FROM feedback_rows WHERE feedback_id = :id AND row > coalesce(CAST(:after AS integer), -1)
              AND (CAST(:wanted AS text[]) IS NULL OR explanation = ANY(CAST(:wanted AS text[])))
            ORDER BY row LIMIT :limit
        """),
        {"id": feedback_id, "wanted": None if explanations is None else list(explanations), "after": after,
         "limit": limit},
    )  # fmt: skip
    return list(found)


async def counted(session: ReadSession, feedback_id: UUID) -> list[Row[Any]]:
    """How many rows by explanation, verdict and our word; `faults`: handed to maintenance."""
    found = await session.execute(
        text("""
            SELECT explanation, verdict, ours, match, count(*) AS rows, count(fault) AS faults FROM feedback_rows
            WHERE feedback_id = :id GROUP BY explanation, verdict, ours, match
            ORDER BY explanation, verdict, ours, match
        """),
        {"id": feedback_id},
    )
    return list(found)


async def faulty(
    session: ReadSession, feedback_id: UUID, verdicts: Sequence[str], explained: Sequence[str], after: int, limit: int
) -> list[Row[Any]]:
    """Rows they found bad and we do not disprove, with a camera and not handed on yet, by row."""
    found = await session.execute(
        text("""
            SELECT row, camera_id, verdict, said, at, reason, ours FROM feedback_rows
            WHERE feedback_id = :id AND fault IS NULL AND camera_id IS NOT NULL AND verdict = ANY(:verdicts)
              AND explanation = ANY(:explained) AND row > :after ORDER BY row LIMIT :limit
        """),
        {"id": feedback_id, "verdicts": list(verdicts), "explained": list(explained), "after": after, "limit": limit},
    )
    return list(found)


async def mark(session: WriteSession, feedback_id: UUID, faults: Mapping[int, str | None]) -> None:
    """Note which fault a row became; None takes it back."""
    await session.execute(
        text("UPDATE feedback_rows SET fault = :fault WHERE feedback_id = :id AND row = :row"),
        [{"id": feedback_id, "row": row, "fault": fault} for row, fault in faults.items()],
    )


async def handed(session: ReadSession, feedback_id: UUID, after: int, limit: int) -> list[Row[Any]]:
    """Rows handed to maintenance, by row."""
    found = await session.execute(
        text("""
            SELECT row, camera_id, fault, ours FROM feedback_rows
            WHERE feedback_id = :id AND fault IS NOT NULL AND row > :after ORDER BY row LIMIT :limit
        """),
        {"id": feedback_id, "after": after, "limit": limit},
    )
    return list(found)
