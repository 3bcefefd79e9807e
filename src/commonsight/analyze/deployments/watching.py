"""What a running deployment is looked at for every minute: SQL of coverage, of faulty cameras, and of days' figures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession

WATCHED_LEAST: Final = 0.5
"""A camera of which less than this share of the last half minute was looked at counts as not watched."""
SPANS_MOST: Final = 5_000
"""Spans of one deployment that a report reads."""

_MEMBERS: Final = """
    SELECT m.camera_id, c.health,
           CASE WHEN l.until > :now AND (l.state->>'running')::boolean
                THEN least(greatest(coalesce((l.state->>'coverage')::real, 0), 0), 1) ELSE 0 END AS coverage
      FROM deployment_cameras AS m JOIN cameras AS c ON c.id = m.camera_id
      LEFT JOIN analysis_leases AS l ON l.camera_id = m.camera_id
     WHERE m.deployment_id = :id AND m.state IN ('waiting', 'on', 'failed')"""

_SAMPLE: Final = text(f"""
    UPDATE deployment_cameras AS m
       SET sampled = m.sampled + :seconds, watched = m.watched + :seconds * s.coverage
      FROM ({_MEMBERS}) AS s WHERE m.deployment_id = :id AND m.camera_id = s.camera_id""")  # noqa: S608

_CONDITION: Final = {"faulty": "s.health IN (2, 3)", "unwatched": f"s.coverage < {WATCHED_LEAST}"}


def _begin(kind: str) -> str:
    return f"""
        INSERT INTO deployment_spans (deployment_id, camera_id, kind, began_at)
        SELECT :id, s.camera_id, '{kind}', :now FROM ({_MEMBERS}) AS s WHERE {_CONDITION[kind]}
        ON CONFLICT DO NOTHING RETURNING camera_id"""  # noqa: S608 - names of this file only


def _end(kind: str) -> str:
    return f"""
        UPDATE deployment_spans AS p SET ended_at = :now
         WHERE p.deployment_id = :id AND p.kind = '{kind}' AND p.ended_at IS NULL
           AND NOT EXISTS (SELECT FROM ({_MEMBERS}) AS s WHERE s.camera_id = p.camera_id AND {_CONDITION[kind]})
        RETURNING camera_id"""  # noqa: S608 - as above


async def sample(
    session: WriteSession, deployment_id: UUID, seconds: float, now: datetime
) -> tuple[list[UUID], list[UUID]]:
    """Note which cameras are watched and which do not work; returns who fell out and who came back since the last time.

    Args:
        seconds: since the last look; they are counted as this one finds them.
    """
    values = {"id": deployment_id, "now": now}
    await session.execute(_SAMPLE, values | {"seconds": seconds})
    await session.execute(text(_end("unwatched")), values)
    await session.execute(text(_begin("unwatched")), values)
    back = list(await session.scalars(text(_end("faulty")), values))
    fallen = list(await session.scalars(text(_begin("faulty")), values))
    return fallen, back


async def close_spans(session: WriteSession, deployment_id: UUID, now: datetime) -> None:
    """A deployment is over: nothing of it lasts any more."""
    await session.execute(
        text("UPDATE deployment_spans SET ended_at = :now WHERE deployment_id = :id AND ended_at IS NULL"),
        {"id": deployment_id, "now": now},
    )


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when a camera was `faulty` or `unwatched`; `end` None: it lasts."""

    camera_id: UUID
    kind: str
    begin: datetime
    end: datetime | None


async def spans(session: ReadSession, deployment_id: UUID) -> list[Span]:
    """The spans of a deployment in order of time, at most `SPANS_MOST`."""
    rows = await session.execute(
        text("""
            SELECT camera_id, kind, began_at, ended_at FROM deployment_spans
             WHERE deployment_id = :id ORDER BY began_at, camera_id, kind LIMIT :most"""),
        {"id": deployment_id, "most": SPANS_MOST},
    )
    return [Span(*row) for row in rows]


async def coverage(session: ReadSession, deployment_id: UUID) -> dict[UUID, tuple[float, float]]:
    """Of each camera the seconds it was looked after whether it is watched, and those of them that it was."""
    rows = await session.execute(
        text("SELECT camera_id, sampled, watched FROM deployment_cameras WHERE deployment_id = :id"),
        {"id": deployment_id},
    )
    return {row.camera_id: (float(row.sampled), float(row.watched)) for row in rows}


# --- figures --------------------------------------------------------------------------------------------------------

_FIGURES: Final = text("""
    SELECT camera_id, scene, measure, class, sum(value) AS total, max(value) AS most,
           sum(value * coverage * seconds) / nullif(sum(coverage * seconds), 0) AS mean,
           (array_agg(value ORDER BY start DESC))[1] AS last, sum(coverage * seconds) AS watched,
           sum(seconds) AS seconds
      FROM observations
     WHERE camera_id = ANY(:cameras) AND scene = ANY(:scenes) AND start >= :begin AND start < :end
     GROUP BY camera_id, scene, measure, class ORDER BY camera_id, scene, measure, class""")


async def figures(
    session: ReadSession, cameras: Sequence[UUID], scenes: Sequence[str], begin: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Of each camera, scene, measure and class: sum, largest, mean over the time watched, last; JSON values."""
    rows = await session.execute(
        _FIGURES, {"cameras": list(cameras), "scenes": list(scenes), "begin": begin, "end": end}
    )
    return [
        {
            "camera": str(row.camera_id), "scene": row.scene, "measure": row.measure, "class": row._mapping["class"],
            "total": float(row.total), "most": float(row.most), "mean": None if row.mean is None else float(row.mean),
            "last": float(row.last), "watched": float(row.watched), "seconds": float(row.seconds),
        }
        for row in rows
    ]  # fmt: skip


async def keep_day(session: WriteSession, deployment_id: UUID, day: date, found: Sequence[Mapping[str, Any]]) -> None:
    """Keep the figures of a closed day; the same again changes nothing."""
    await session.execute(
        text("""
            INSERT INTO deployment_days (deployment_id, day, figures) VALUES (:id, :day, CAST(:figures AS jsonb))
            ON CONFLICT (deployment_id, day) DO UPDATE SET figures = excluded.figures"""),
        {"id": deployment_id, "day": day, "figures": json.dumps(list(found))},
    )


async def days(session: ReadSession, deployment_id: UUID) -> dict[date, list[dict[str, Any]]]:
    """The days that are kept."""
    rows = await session.execute(
        text("SELECT day, figures FROM deployment_days WHERE deployment_id = :id ORDER BY day"), {"id": deployment_id}
    )
    return {row.day: row.figures for row in rows}
