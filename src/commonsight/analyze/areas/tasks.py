"""Jobs of areas: the figure of every minute, and what may go."""

from datetime import timedelta
from typing import Final

import structlog

from commonsight import jobs
from commonsight.analyze.areas import service, store
from commonsight.jobs import Blueprint, House

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(days=400)
"""Minutes are kept so long: the same holiday a year ago is what people compare with."""

tasks = Blueprint()


@tasks.periodic(cron="* * * * * 20")
@tasks.task(queueing_lock="analyze.count_areas", lock="analyze.count_areas", retry=False)
async def count_areas(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Every minute, twenty seconds into it: by then cameras have written the minute before."""
    await count_all(jobs.house())


async def count_all(house: House) -> int:
    """Bring every area up to date, each in a transaction of its own; returns how many."""
    async with house.database.read() as session:
        areas = await store.every(session)
    for area in areas:
        async with house.database.write() as session:
            await service.tick(session, area, house.clock.now())
    return len(areas)


@tasks.periodic(cron="50 19 * * *")
@tasks.task(queueing_lock="analyze.tidy_areas", retry=False)
async def tidy_areas(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Once a night: delete minutes nobody compares with any more."""
    house = jobs.house()
    async with house.database.write() as session:
        gone = await store.forget(session, house.clock.now() - KEPT)
    if gone:
        log.info("area_minutes_deleted", minutes=gone)
