"""Jobs of indicators: count the day every few minutes, note each full hour, see what of yesterday was recorded."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from commonsight import jobs
from commonsight.inspect.indicators import counting
from commonsight.jobs import Blueprint, House

log = structlog.get_logger(__name__)

LOCK: Final = "inspect.count_day"

tasks = Blueprint()


@tasks.periodic(cron="*/10 * * * *")
@tasks.task(queueing_lock=LOCK, lock=LOCK)
async def count_day(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Count everything that is kept by day, for today."""
    house = jobs.house()
    seconds = await counting.count_day(house.database, house.clock, zone_of(house), house.settings.indicators.keep_days)
    log.info("indicators_counted", seconds=round(seconds, 2))


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
