"""Jobs of monthly reports."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from commonsight import jobs
from commonsight.inspect.reports import service, store
from commonsight.inspect.reports.store import Report
from commonsight.jobs import Blueprint
from commonsight.records.database import WriteSession

LOST_AFTER: Final = timedelta(hours=1)
"""A report not made for so long has lost its job."""

tasks = Blueprint()


async def enqueue(session: WriteSession, asked: Report) -> None:
    """Queue the making of a report. One at a time: drawing takes a whole processor."""
    await queue(session, asked.id)


async def queue(session: WriteSession, report_id: UUID) -> None:
    """The same by id."""
    await jobs.enqueue(
        session,
        "inspect:make_report",
        {"report_id": str(report_id)},
        lock="inspect.reports",
        queueing_lock=f"inspect.report.{report_id}",
    )


@tasks.task()
async def make_report(report_id: str) -> None:
    """Make a report that was asked for."""
    await service.make(jobs.house(), UUID(report_id))


@tasks.periodic(cron="*/15 * * * *")
@tasks.task(queueing_lock="inspect.keep_reports")
async def keep_reports(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Make reports whose job was lost."""
    house = jobs.house()
    async with house.database.write() as session:
        for report_id in await store.stale(session, house.clock.now() - LOST_AFTER):
            await queue(session, report_id)
