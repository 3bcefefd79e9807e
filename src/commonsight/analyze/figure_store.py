"""SQL of what was counted: totals, what is in the pictures now, series, observations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze.model import Observation
from commonsight.records.database import ReadSession

_TOTALS: Final = text("""
    SELECT class, sum(crossings_in)::bigint AS into, sum(crossings_out)::bigint AS outof, min(since) AS since
      FROM observation_days WHERE place LIKE ANY (:places) GROUP BY class""")

_STATES: Final = text("""
    SELECT count(*) AS cameras, coalesce(avg((l.state->>'coverage')::real), 0) AS coverage,
           coalesce(jsonb_agg(l.state->'now') FILTER (WHERE l.state ? 'now'), '[]') AS present
      FROM analysis_leases AS l JOIN cameras AS c ON c.id = l.camera_id
     WHERE l.until > now() AND (l.state->>'running')::boolean AND c.region LIKE ANY (:places)""")


async def totals(session: ReadSession, places: Sequence[str]) -> tuple[dict[str, tuple[int, int]], datetime | None]:
    """Crossings (in, out) by class since the first observation under these region prefixes, and when that was."""
    rows = (await session.execute(_TOTALS, {"places": _under(places)})).all()
    since = min((r.since for r in rows), default=None)
    return {r._mapping["class"]: (r.into, r.outof) for r in rows}, since


async def present(session: ReadSession, places: Sequence[str]) -> tuple[int, float, dict[str, int]]:
    """Cameras watched now, their mean coverage of the last minute, and road users in their pictures now by class."""
    row = (await session.execute(_STATES, {"places": _under(places)})).one()
    now: dict[str, int] = {}
    for seen in row.present:
        for kind, count in (seen or {}).items():
            now[kind] = now.get(kind, 0) + int(count)
    return int(row.cameras), float(row.coverage), now


_SERIES: Final = text("""
    SELECT to_timestamp(floor(extract(epoch FROM start) / :step) * :step) AS slot, class,
           sum(value) FILTER (WHERE measure = 'crossings_in') AS into,
           sum(value) FILTER (WHERE measure = 'crossings_out') AS outof,
           avg(value) FILTER (WHERE measure = 'occupancy_mean') AS occupancy,
           avg(coverage) AS coverage
      FROM observations
     WHERE start >= :begin AND start < :end AND place LIKE ANY (:places) AND measure <> 'recognised'
       AND (CAST(:camera AS uuid) IS NULL OR camera_id = :camera)
     GROUP BY slot, class ORDER BY slot, class LIMIT :most""")


async def series(
    session: ReadSession,
    places: Sequence[str],
    camera_id: UUID | None,
    begin: datetime,
    end: datetime,
    step: int,
    most: int,
) -> Sequence[Any]:
    """Rows (slot, class, into, outof, occupancy, coverage) of `step` seconds each."""
    values = {"places": _under(places), "camera": camera_id, "begin": begin, "end": end, "step": step, "most": most}
    return (await session.execute(_SERIES, values)).all()


_LIST: Final = text("""
    SELECT camera_id, target, measure, class, start, seconds, place, scene, value, coverage
      FROM observations
     WHERE camera_id = :camera AND start >= :begin AND start < :end AND place LIKE ANY (:places)
       AND (CAST(:measure AS text) IS NULL OR measure = :measure)
       AND (CAST(:after_start AS timestamptz) IS NULL
            OR (start, target, measure, class) > (:after_start, :after_target, :after_measure, :after_class))
     ORDER BY start, target, measure, class LIMIT :limit""")


async def listed(
    session: ReadSession,
    places: Sequence[str],
    camera_id: UUID,
    measure: str | None,
    begin: datetime,
    end: datetime,
    after: tuple[datetime, str, str, str] | None,
    limit: int,
) -> list[Observation]:
    """Observations of one camera in order of time, after a row."""
    start, target, what, kind = after or (None, None, None, None)
    rows = await session.execute(
        _LIST,
        {
            "camera": camera_id, "begin": begin, "end": end, "places": _under(places), "measure": measure,
            "after_start": start, "after_target": target, "after_measure": what, "after_class": kind, "limit": limit,
        },
    )  # fmt: skip
    return [
        Observation(
            r.camera_id, r.place, r.scene, r.target, r.start, r.seconds, r.measure, r._mapping["class"],
            r.value, r.coverage,
        )
        for r in rows
    ]  # fmt: skip


def _under(places: Sequence[str]) -> list[str]:
    """Patterns for region prefixes; codes are digits, so nothing needs escaping."""
    return [place + "%" for place in places]
