"""Jobs of traits: forgetting in time."""

from datetime import timedelta
from typing import Final

import structlog

from commonsight import jobs
from commonsight.analyze.traits import store
from commonsight.jobs import Blueprint

log = structlog.get_logger(__name__)

BATCH: Final = 5_000
BATCHES_MOST: Final = 200
"""A run deletes a million rows at most; the next goes on."""
SEARCHES_KEPT: Final = timedelta(days=1)

tasks = Blueprint()


@tasks.periodic(cron="*/10 * * * *")
@tasks.task(queueing_lock="analyze.traits_forget")
async def forget(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Delete what may not be kept any longer."""
    house = jobs.house()
    now = house.clock.now()
    total = 0
    for _ in range(BATCHES_MOST):
        async with house.database.write() as session:
            gone = await store.forget(session, now, BATCH)
        total += gone
        if gone < BATCH:
            break
    async with house.database.write() as session:
        await store.forget_searches(session, now - SEARCHES_KEPT)
    if total:
        log.info("traits_forgotten", rows=total)
