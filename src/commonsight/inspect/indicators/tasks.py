"""Jobs of indicators: count the day again and again, note each full hour, see what of yesterday was recorded."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from commonsight import jobs
from commonsight.inspect.indicators import counting, day_store
from commonsight.inspect.indicators.day_store import Run
from commonsight.inspect.indicators.service import local_day
from commonsight.jobs import Blueprint, House

log = structlog.get_logger(__name__)

LOCK: Final = "inspect.count_day"
SPARED: Final = 200
LEAST, MOST = timedelta(seconds=50), timedelta(minutes=10)

tasks = Blueprint()


@tasks.periodic(cron="* * * * *")
@tasks.task(queueing_lock=LOCK, lock=LOCK)
async def count_day(timestamp: int) -> None:
    """Count everything that is kept by day, for today; `timestamp` 0: somebody asked, whenever that was done last."""
    house = jobs.house()
    zone = zone_of(house)
    async with house.database.read() as session:
        last = await day_store.run_of(session, local_day(house.clock.now(), zone))
    if timestamp and last is not None and house.clock.now() - last.as_of < rest_of(last):
        return
    seconds = await counting.count_day(house.database, house.clock, zone, house.settings.indicators.keep_days)
    log.info("indicators_counted", seconds=round(seconds, 2))


def rest_of(last: Run) -> timedelta:
    """How long what was counted may stand: counting takes no more than half a per cent of the time, a small
    installation is counted every minute, none less often than every ten."""
    return min(max(timedelta(milliseconds=last.milliseconds * SPARED), LEAST), MOST)


@tasks.periodic(cron="0 * * * *")
@tasks.task()
async def count_hour(timestamp: int) -> None:
    """Note how many are online at the full hour."""
    house = jobs.house()
    at = datetime.fromtimestamp(timestamp, tz=house.clock.now().tzinfo)
    # Late by more than this (the worker stood still): the hour stays unknown, it is not today's state of affairs.
    if house.clock.now() - at < timedelta(minutes=30):
        await counting.count_hour(house.database, house.clock.now(), zone_of(house))


@tasks.periodic(cron="20 * * * *")
@tasks.task(queueing_lock="inspect.count_recordings")
async def count_recordings(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """See what of yesterday's recording plans is on file; again each hour, as segments may come in late."""
    house = jobs.house()
    await counting.count_recordings(house.database, house.clock.now(), zone_of(house))


def zone_of(house: House) -> ZoneInfo:
    """The zone in which the region's days begin."""
    return ZoneInfo(house.settings.region.timezone)
