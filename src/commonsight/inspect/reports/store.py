"""SQL of monthly reports: the figures of a month from what this floor and those below keep, and the reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.exemptions.store import EXEMPT_AT
from commonsight.places.model import after_prefix
from commonsight.records.database import ReadSession, WriteSession

# --- the figures of a month -----------------------------------------------------------------------------------------


async def sums(
    session: ReadSession, scopes: Sequence[str], keys: Sequence[str], first: date, last: date
) -> list[Row[Any]]:
    """Indicators of regions over days, summed; `days`: how many of them were counted."""
    found = await session.execute(
        text("""
            SELECT scope, indicator, sum(numerator) AS numerator, sum(denominator) AS denominator,
                sum(unknown) AS unknown, sum(exempt) AS exempt, count(DISTINCT day) AS days
            FROM indicator_days WHERE scope_kind = 'region' AND scope = ANY(:scopes) AND indicator = ANY(:keys)
              AND day BETWEEN :first AND :last GROUP BY scope, indicator ORDER BY scope, indicator
        """),
        {"scopes": list(scopes), "keys": list(keys), "first": first, "last": last},
    )
    return list(found)


async def by_day(session: ReadSession, scope: str, keys: Sequence[str], first: date, last: date) -> list[Row[Any]]:
    """Indicators of a region by day."""
    found = await session.execute(
        text("""
            SELECT day, indicator, sum(numerator) AS numerator, sum(denominator) AS denominator FROM indicator_days
            WHERE scope_kind = 'region' AND scope = :scope AND indicator = ANY(:keys) AND day BETWEEN :first AND :last
            GROUP BY day, indicator ORDER BY day, indicator
        """),
        {"scope": scope, "keys": list(keys), "first": first, "last": last},
    )
    return list(found)


async def regions_below(session: ReadSession, region: str, digits: int) -> list[Row[Any]]:
    """Regions of a level within a region, with their cameras in use."""
    found = await session.execute(
        text("""
            SELECT r.code, r.name, coalesce(sum(k.total), 0) AS cameras FROM regions AS r
            LEFT JOIN camera_counts AS k ON k.region ^@ r.code
            WHERE length(r.code) = :digits AND r.code ^@ :region GROUP BY r.code, r.name ORDER BY r.code LIMIT 500
        """),
        {"region": region, "digits": digits},
    )
    return list(found)


async def cameras_in_use(session: ReadSession, region: str) -> int:
    """Cameras in use in a region now."""
    found = await session.scalar(
        text("SELECT coalesce(sum(total), 0) FROM camera_counts WHERE region ^@ :region"), {"region": region}
    )
    return int(found or 0)


async def faults(session: ReadSession, region: str, begin: datetime, end: datetime) -> list[Row[Any]]:
    """Faults by code: that began in a span, that ended in it, and that lasted at its end."""
    found = await session.execute(
        text("""
            SELECT f.code, count(*) FILTER (WHERE f.at >= :begin) AS began,
                count(*) FILTER (WHERE f.ended_at >= :begin AND f.ended_at < :end) AS ended,
                count(*) FILTER (WHERE f.ended_at IS NULL OR f.ended_at >= :end) AS lasting
            FROM maintenance_faults AS f JOIN cameras AS c ON c.id = f.camera_id
            WHERE c.region >= :low AND c.region < :high AND f.at < :end
              AND (f.ended_at IS NULL OR f.ended_at >= :begin)
            GROUP BY f.code ORDER BY began DESC, f.code LIMIT 100
        """),
        _within(region) | {"begin": begin, "end": end},
    )
    return list(found)


async def repairs(session: ReadSession, region: str, begin: datetime, end: datetime) -> list[Row[Any]]:
    """Work orders by maintenance unit: opened in a span, closed in it, of those in time, median hours to close."""
    found = await session.execute(
        text("""
            SELECT coalesce(o.name, '') AS unit, count(*) FILTER (WHERE c.opened_at >= :begin) AS opened,
                count(*) FILTER (WHERE c.closed_at < :end AND c.closed_at >= :begin) AS closed,
                count(*) FILTER (WHERE c.closed_at < :end AND c.closed_at >= :begin AND c.deadline_at IS NOT NULL
                    ) AS dated,
                count(*) FILTER (WHERE c.closed_at < :end AND c.closed_at >= :begin AND c.closed_at <= c.deadline_at
                    ) AS in_time,
                count(*) FILTER (WHERE (c.closed_at IS NULL OR c.closed_at >= :end) AND c.deadline_at < :end) AS late,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM c.closed_at - c.opened_at) / 3600)
                    FILTER (WHERE c.closed_at < :end AND c.closed_at >= :begin) AS hours
            FROM maintenance_orders AS m JOIN cases AS c ON c.id = m.case_id
            LEFT JOIN organisations AS o ON o.id = m.unit_id
            WHERE c.region >= :low AND c.region < :high AND c.opened_at < :end
              AND (c.closed_at IS NULL OR c.closed_at >= :begin)
            GROUP BY 1 ORDER BY opened DESC, unit LIMIT 100
        """),
        _within(region) | {"begin": begin, "end": end},
    )
    return list(found)


async def exemptions(session: ReadSession, region: str, begin: datetime, end: datetime) -> list[Row[Any]]:
    """Approved exemptions that were in force within a span, with their cameras in a region."""
    found = await session.execute(
        text("""
            SELECT e.number, e.kind, e.words, e.starts_at, e.ends_at, e.asked_by_name, e.decided_by_name,
                count(c.id) AS cameras
            FROM exemptions AS e JOIN exemption_members AS m ON m.exemption_id = e.id
            JOIN cameras AS c ON c.id = m.camera_id AND c.region >= :low AND c.region < :high
            WHERE e.state = 'approved' AND e.starts_at < :end AND e.ends_at > :begin
            GROUP BY e.id ORDER BY e.starts_at, e.number LIMIT 500
        """),
        _within(region) | {"begin": begin, "end": end},
    )
    return list(found)


async def feedbacks(session: ReadSession, region: str, begin: datetime, end: datetime) -> list[Row[Any]]:
    """Feedback lists brought within a span that speak of nothing beyond a region."""
    found = await session.execute(
        text("""
            SELECT f.name, f.upper_name, f.indicator, f.rows, f.matched, f.wrong, f.reported, f.bridge, f.created_at,
                (SELECT jsonb_object_agg(t.explanation, t.rows) FROM (SELECT r.explanation, count(*) AS rows
                    FROM feedback_rows AS r WHERE r.feedback_id = f.id GROUP BY r.explanation) AS t) AS explained
            FROM feedbacks AS f
            WHERE f.state IN ('read', 'applied') AND f.created_at >= :begin AND f.created_at < :end
              AND NOT EXISTS (SELECT 1 FROM unnest(f.scope) AS s WHERE NOT starts_with(s, :region))
            ORDER BY f.created_at LIMIT 50
        """),
        {"region": region, "begin": begin, "end": end},
    )
    return list(found)


async def longest_offline(session: ReadSession, region: str, at: datetime, limit: int) -> list[Row[Any]]:
    """Cameras that have been offline longest, exempt ones left out."""
    found = await session.execute(
        text(f"""
            SELECT c.code, c.name, c.health_at, coalesce(u.name, '') AS unit FROM cameras AS c
            LEFT JOIN units AS u ON u.id = c.unit_id
            WHERE c.archived_at IS NULL AND c.health = 3 AND c.region >= :low AND c.region < :high
              AND c.id NOT IN ({EXEMPT_AT})
            ORDER BY c.health_at, c.code LIMIT :limit
        """),  # noqa: S608 - this floor's own SQL
        _within(region) | {"exempt_at": at, "limit": limit},
    )
    return list(found)


def _within(region: str) -> dict[str, str]:
    return {"low": region, "high": after_prefix(region)}


# --- reports --------------------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    "id, month, region, language, version, unit, state, progress, step, problem, as_of, digest, "
    "octet_length(pdf) AS pdf_bytes, octet_length(xlsx) AS xlsx_bytes, note, asked_by, asked_by_name, asked_at, "
    "ended_at"
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report and how far it is. `digest`: SHA-256 of the figures it was drawn from."""

    id: UUID
    month: str
    region: str
    language: str
    version: int
    unit: str
    state: str
    progress: float
    step: str
    problem: dict[str, Any] | None
    as_of: datetime
    digest: bytes | None
    pdf_bytes: int | None
    xlsx_bytes: int | None
    note: str
    asked_by: UUID | None
    asked_by_name: str
    asked_at: datetime
    ended_at: datetime | None


def _of(row: Row[Any]) -> Report:
    return Report(**row._mapping)


async def file(session: WriteSession, made: dict[str, Any]) -> Report:
    """File a report that waits to be made, under the next version of its month, region and language."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 32))"),
        {"key": f"report {made['month']} {made['region']} {made['language']}"},
    )
    found = await session.execute(
        text(f"""
            INSERT INTO reports (id, month, region, language, version, unit, state, as_of, note, asked_by,
                asked_by_name, asked_at)
            SELECT :id, :month, :region, :language, coalesce(max(r.version), 0) + 1, :unit, 'queued', :asked_at, :note,
                :asked_by, :asked_by_name, :asked_at
            FROM reports AS r WHERE r.month = :month AND r.region = :region AND r.language = :language
            RETURNING {_COLUMNS}
        """),  # noqa: S608
        made,
    )
    return _of(found.one())


async def one(session: ReadSession, report_id: UUID) -> Report | None:
    """A report."""
    found = await session.execute(text(f"SELECT {_COLUMNS} FROM reports WHERE id = :id"), {"id": report_id})  # noqa: S608
    row = found.first()
    return None if row is None else _of(row)


async def page(
    session: ReadSession,
    regions: Sequence[str],
    month: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Report]:
    """Reports of regions within these, newest first."""
    at, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM reports WHERE region ^@ ANY(CAST(:regions AS text[]))
              AND (CAST(:month AS text) IS NULL OR month = :month)
              AND (CAST(:at AS timestamptz) IS NULL OR (asked_at, id) < (:at, CAST(:key AS uuid)))
            ORDER BY asked_at DESC, id DESC LIMIT :limit
        """),  # noqa: S608
        {"regions": list(regions), "month": month, "at": at, "key": key, "limit": limit},
    )
    return [_of(row) for row in found]


async def change(session: WriteSession, report_id: UUID, **values: Any) -> None:
    """Set columns (names come from this package only)."""
    json_columns = {"figures", "problem"}
    said = ", ".join(
        f"{name} = CAST(:{name} AS jsonb)" if name in json_columns else f"{name} = :{name}" for name in values
    )
    plain = {
        name: json.dumps(value, ensure_ascii=False, sort_keys=True) if name in json_columns and value is not None
        else value
        for name, value in values.items()
    }  # fmt: skip
    await session.execute(text(f"UPDATE reports SET {said} WHERE id = :id"), plain | {"id": report_id})  # noqa: S608


async def file_of(session: ReadSession, report_id: UUID, kind: str) -> bytes | None:
    """The PDF or the workbook (`pdf`, `xlsx`)."""
    column = {"pdf": "pdf", "xlsx": "xlsx"}[kind]
    body = await session.scalar(text(f"SELECT {column} FROM reports WHERE id = :id"), {"id": report_id})  # noqa: S608
    return None if body is None else bytes(body)


async def stale(session: ReadSession, before: datetime) -> list[UUID]:
    """Reports asked for before then that were never made."""
    found = await session.scalars(
        text("SELECT id FROM reports WHERE state IN ('queued', 'running') AND asked_at < :before LIMIT 100"),
        {"before": before},
    )
    return list(found)


async def forget(session: WriteSession, keep: int) -> int:
    """Let the oldest reports go; how many."""
    done = await session.execute(
        text("DELETE FROM reports WHERE id IN (SELECT id FROM reports ORDER BY asked_at DESC, id DESC OFFSET :keep)"),
        {"keep": keep},
    )
    return int(getattr(done, "rowcount", 0))
