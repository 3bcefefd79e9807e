"""Jobs of catalog/. The work itself stands in the files that are called."""

from datetime import timedelta

from commonsight import jobs
from commonsight.catalog import intake, intake_vanished
from commonsight.jobs import Blueprint

tasks = Blueprint()


# At most one at a time and one waiting; it takes turns through the sources, and another one would only wait for it.
@tasks.task(lock="catalog.file_reports", queueing_lock="catalog.file_reports")
async def file_reports() -> None:
    """File what lower platforms reported."""
    house = jobs.house()
    await intake.file_all(house.database, house.clock, gather=intake.GATHER_SECONDS)


# Whoever collects asks for the job above with every delivery; this finds what a lost job left behind.
@tasks.periodic(cron="* * * * *")
@tasks.task(queueing_lock="catalog.file_left", retry=False)
async def file_left(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """See to it that nothing that came stays unfiled."""
    house = jobs.house()
    async with house.database.write() as session:
        await intake.ask_if_waiting(session)


@tasks.periodic(cron="23 3 * * *")
@tasks.task(queueing_lock="catalog.archive_vanished")
async def archive_vanished(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Take cameras out of use that vanished long ago, where that is the rule (`sync.archive_days`)."""
    house = jobs.house()
    days = house.settings.sync.archive_days
    if days:
        await intake_vanished.archive_by_rule(house.database, house.clock, timedelta(days=days))
