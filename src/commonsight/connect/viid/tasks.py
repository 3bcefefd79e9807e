"""Jobs of viid/: subscriptions are asked for again before they end."""

from commonsight import jobs
from commonsight.connect.viid.renewal import renew_due
from commonsight.jobs import Blueprint

tasks = Blueprint()


@tasks.periodic(cron="*/5 * * * *")
@tasks.task(queueing_lock="viid.renew", lock="viid.renew", retry=False)
async def renew(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Renew what is about to end."""
    await renew_due(jobs.house())
