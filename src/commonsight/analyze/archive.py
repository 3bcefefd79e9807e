"""SQL of what lies in days and hours: partitions ahead, hours that are closed, days that may go."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession

AHEAD_DAYS: Final = 3
"""Partitions are made this many days ahead; until one is there, the default partition takes its rows."""
_LOCK: Final = 0x4F6273506172  # "ObsPar"

_EXISTING: Final = text("""
    SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'observations'::regclass""")


def _name(day: date) -> str:
    return f"observations_{day:%Y%m%d}"


async def _existing(session: ReadSession) -> set[str]:
    return set((await session.scalars(_EXISTING)).all())


async def make_partitions(session: WriteSession, today: date) -> list[date]:
    """Make the partitions of today and the days ahead, and those of rows that already lie in the default partition.

    Rows waiting in the default partition move into theirs. Returns the days made.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    strays = await session.scalars(
        text("SELECT DISTINCT CAST(start AT TIME ZONE 'UTC' AS date) FROM observations_default ORDER BY 1 LIMIT 400")
    )
    days = sorted({*(today + timedelta(days=ahead) for ahead in range(AHEAD_DAYS + 1)), *strays.all()})
    there = await _existing(session)
    made = [day for day in days if _name(day) not in there]
    for day in made:
        name, bounds = _name(day), _bounds(day)
        begin, end = (f"'{moment.isoformat()}'" for moment in bounds)
        await session.execute(text(f"CREATE TABLE {name} (LIKE observations INCLUDING ALL)"))
        await session.execute(
            text(f"""
                WITH moved AS (DELETE FROM observations_default WHERE start >= {begin} AND start < {end} RETURNING *)
                INSERT INTO {name} SELECT * FROM moved""")  # noqa: S608 - a date makes up all of it
        )
        await session.execute(
            text(f"ALTER TABLE observations ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({end})")
        )
    return made


def _bounds(day: date) -> tuple[datetime, datetime]:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return begin, begin + timedelta(days=1)


_UNEXPORTED: Final = text("""
    SELECT DISTINCT date_trunc('hour', o.start, 'UTC') AS hour FROM observations AS o
     WHERE o.start < :before
       AND NOT EXISTS (SELECT FROM observation_exports AS e WHERE e.hour = date_trunc('hour', o.start, 'UTC'))
     ORDER BY hour LIMIT :most""")

_HOUR: Final = text("""
    SELECT camera_id, target, measure, class, start, seconds, place, scene, value, coverage FROM observations
     WHERE start >= :begin AND start < :end ORDER BY camera_id, target, measure, class, start""")

_EXPORTED: Final = text("""
    INSERT INTO observation_exports (hour, observations) VALUES (:hour, :observations) ON CONFLICT (hour) DO NOTHING""")


_AMONG: Final = text("SELECT hour FROM observation_exports WHERE hour = ANY(:hours)")


async def exported(session: ReadSession, hours: Sequence[datetime]) -> set[datetime]:
    """Which of these hours (their starts) lie in the lake."""
    return set((await session.scalars(_AMONG, {"hours": list(hours)})).all())


async def hours_to_export(session: ReadSession, before: datetime, most: int) -> list[datetime]:
    """Hours (their starts) before `before` that hold observations and are not exported, oldest first."""
    return list((await session.scalars(_UNEXPORTED, {"before": before, "most": most})).all())


async def hour_rows(session: ReadSession, hour: datetime) -> Sequence[Any]:
    """All observations of an hour, in a fixed order."""
    return (await session.execute(_HOUR, {"begin": hour, "end": hour + timedelta(hours=1)})).all()


async def mark_exported(session: WriteSession, hour: datetime, observations: int) -> None:
    """Note that an hour lies in the lake, verified."""
    await session.execute(_EXPORTED, {"hour": hour, "observations": observations})


_OPEN_HOURS: Final = text("""
    SELECT count(*) FROM (
        SELECT date_trunc('hour', start, 'UTC') AS hour, count(*) AS rows FROM observations
         WHERE start >= :begin AND start < :end GROUP BY hour) AS h
      LEFT JOIN observation_exports AS e USING (hour)
     WHERE e.hour IS NULL OR e.observations <> h.rows""")


async def drop_exported_days(session: WriteSession, before: date) -> list[date]:
    """Drop the partitions of days before `before` whose every row is in the lake; returns the days dropped.

    A day with an hour not exported, or with more rows than were exported, stays: it is evidence of a fault.
    """
    dropped = []
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    for name in sorted(await _existing(session)):
        stamp = name.removeprefix("observations_")
        if not stamp.isdigit():
            continue
        day = datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC).date()
        if day >= before:
            continue
        begin, end = _bounds(day)
        if await session.scalar(_OPEN_HOURS, {"begin": begin, "end": end}):
            continue
        await session.execute(text(f"DROP TABLE {name}"))
        dropped.append(day)
    return dropped
