"""Jobs of access/: clear away what has run out."""

import structlog

from commonsight import jobs
from commonsight.access import store
from commonsight.access.sessions import WINDOW
from commonsight.http import IDEMPOTENCY_KEPT
from commonsight.jobs import Blueprint

log = structlog.get_logger(__name__)

tasks = Blueprint()


@tasks.periodic(cron="17 * * * *")
@tasks.task(queueing_lock="access.purge")
async def purge(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Hourly: sessions, counts of failed logins and idempotency keys that have run out."""
    house = jobs.house()
    async with house.database.write() as session:
        gone = await store.purge(session, house.clock.now(), WINDOW, IDEMPOTENCY_KEPT)
    log.info("access_purged", **gone)
