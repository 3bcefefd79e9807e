"""Jobs of analyze/: partitions ahead of time, closed hours into the lake, days that are there out of PostgreSQL."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import polars
import structlog
from prometheus_client import Counter

from commonsight import jobs
from commonsight.analyze import archive, viid_tasks
from commonsight.clock import Clock
from commonsight.jobs import Blueprint
from commonsight.lake.table import Lake
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

TABLE: Final = "observations"
SETTLE: Final = timedelta(minutes=10)
"""An hour is exported this long after its end: until then a worker that was cut off may still bring its minutes."""
HOURS_A_RUN: Final = 48
"""Hours one run exports at most; the next run goes on. Bounds a run after a long outage."""

EXPORTED = Counter("commonsight_observations_exported", "Observations written to the lake")

SCHEMA: Final[dict[str, polars.DataType | type[polars.DataType]]] = {
    "camera": polars.String,
    "place": polars.String,
    "scene": polars.String,
    "target": polars.String,
    "start": polars.Datetime("us", "UTC"),
    "seconds": polars.Int16,
    "measure": polars.String,
    "class": polars.String,
    "value": polars.Float64,
    "coverage": polars.Float32,
}

tasks = Blueprint()
subscriptions = viid_tasks.subscriptions


class NotVerified(Exception):
    """The lake does not hold what was written to it; the hour stays in PostgreSQL and is tried again."""


@tasks.periodic(cron="7 * * * *")
@tasks.task(queueing_lock="analyze.partitions")
async def partitions(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Make partitions for the days ahead."""
    house = jobs.house()
    await make_partitions(house.database, house.clock)


async def make_partitions(database: Database, clock: Clock) -> None:
    """Make partitions for today and the days ahead."""
    async with database.write() as session:
        made = await archive.make_partitions(session, clock.now().date())
    if made:
        log.info("partitions_made", days=[day.isoformat() for day in made])


@tasks.periodic(cron="12 * * * *")
@tasks.task(lock="analyze.export", queueing_lock="analyze.export")
async def export(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Bring closed hours to the lake, then drop days that lie there and are older than `lake.hot_days`."""
    house = jobs.house()
    lake = Lake(house.settings.lake_url)
    now = house.clock.now()
    await export_hours(house.database, lake, now)
    await drop_days(house.database, now, house.settings.lake.hot_days)


@tasks.periodic(cron="40 19 * * *")
@tasks.task(lock="analyze.export", queueing_lock="analyze.tidy")
async def tidy(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Once a night (03:40 in Guangxi): put the day's hourly files together and delete what that replaced a week ago.

    Not in z-order: that would write the whole table anew each night.
    """
    await asyncio.to_thread(tidy_lake, Lake(jobs.house().settings.lake_url))


def tidy_lake(lake: Lake) -> None:
    """Compact the table of observations, if there is one yet, and delete files nothing refers to any more."""
    if lake.exists(TABLE):
        lake.compact(TABLE)
        lake.retain(TABLE)


async def export_hours(database: Database, lake: Lake, now: datetime) -> list[datetime]:
    """Export every closed hour that is not in the lake yet; returns them.

    An hour is one application transaction of the lake: a run that died between the lake and our own note finds the hour
    there and only notes it.

    Raises:
        NotVerified: what was read back is not what was written.
    """
    before = (now - SETTLE).replace(minute=0, second=0, microsecond=0)
    async with database.read() as session:
        hours = await archive.hours_to_export(session, before, HOURS_A_RUN)
    for hour in hours:
        async with database.read() as session:
            rows = await archive.hour_rows(session, hour)
        count = await asyncio.to_thread(_to_lake, lake, hour, rows)
        async with database.write() as session:
            await archive.mark_exported(session, hour, count)
        EXPORTED.inc(count)
        log.info("hour_exported", hour=hour.isoformat(), observations=count)
    return hours


async def drop_days(database: Database, now: datetime, hot_days: int) -> None:
    """Drop partitions of days older than `hot_days` whose every row lies in the lake."""
    async with database.write() as session:
        dropped = await archive.drop_exported_days(session, (now - timedelta(days=hot_days)).date())
    if dropped:
        log.info("partitions_dropped", days=[day.isoformat() for day in dropped])


def _to_lake(lake: Lake, hour: datetime, rows: Sequence[Any]) -> int:
    frame = polars.DataFrame(
        {
            "camera": [str(row.camera_id) for row in rows],
            **{
                name: [row._mapping[name] for row in rows]
                for name in ("place", "scene", "target", "start", "seconds", "measure", "class", "value", "coverage")
            },
        },
        schema=SCHEMA,
    )
    # An application of its own for each hour: hours may be exported in any order, also late ones.
    lake.append(TABLE, frame, app=f"analyze.export.{hour:%Y%m%d%H}", version=1)
    found = (
        lake.scan(TABLE)
        .filter((polars.col("start") >= hour) & (polars.col("start") < hour + timedelta(hours=1)))
        .collect()
    )
    keys = ["camera", "target", "measure", "class", "start"]
    if not frame.sort(keys).equals(found.select(frame.columns).sort(keys)):
        raise NotVerified(f"{hour.isoformat()}: {len(frame)} rows were written, {len(found)} read back")
    return len(frame)
