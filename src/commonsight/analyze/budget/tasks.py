"""The job that shares out compute."""

from datetime import timedelta
from typing import Final

from commonsight import jobs
from commonsight.analyze.budget import rounds, service
from commonsight.jobs import Blueprint

LOCK: Final = "analyze.share_compute"
BEAT_SECONDS: Final = 10
"""It is asked this often whether a round is due."""

tasks = Blueprint()


@tasks.periodic(cron=f"* * * * * */{BEAT_SECONDS}")
@tasks.task(queueing_lock=LOCK, lock=LOCK, retry=False)
async def share_compute(timestamp: int) -> None:
    """Share out compute every `budget.every_seconds`; `timestamp` 0: at once."""
    house = jobs.house()
    if not house.settings.budget.enabled:
        await service.lift(house.database)
        return
    async with house.database.read() as session:
        last = await rounds.last_at(session)
    due = timedelta(seconds=house.settings.budget.every_seconds - BEAT_SECONDS / 2)
    if timestamp and last is not None and timedelta() <= house.clock.now() - last < due:
        return
    await service.round_(house.database, house.settings, house.clock)
