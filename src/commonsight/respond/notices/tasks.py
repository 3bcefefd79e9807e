"""Jobs and the subscription of notices: telling, delivering, tidying up."""

from datetime import timedelta
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.jobs import Blueprint
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession
from commonsight.respond import told
from commonsight.respond.notices import deliver as delivering
from commonsight.respond.notices import store, telling_grants
from commonsight.respond.notices.telling import tell, wake

log = structlog.get_logger(__name__)

tasks = Blueprint()


@tasks.task(retry=False)
async def deliver(channel_id: str) -> None:
    """Send what waits on one channel. Its own rules say when it is tried again."""
    await delivering.run(jobs.house(), UUID(channel_id))


@tasks.periodic(cron="* * * * *")
@tasks.task(queueing_lock="respond.due", retry=False)
async def due(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """See to it that whatever is due has a job, whatever became of the one it had."""
    house = jobs.house()
    async with house.database.write() as session:
        for channel_id in await store.due_channels(session, house.clock.now()):
            await wake(session, channel_id)


@tasks.periodic(cron="17 * * * *")
@tasks.task(queueing_lock="respond.tidy", retry=False)
async def tidy(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Put aside what waited too long, forget what is old."""
    house = jobs.house()
    now, given = house.clock.now(), house.settings.notices
    async with house.database.write() as session:
        put_aside = await store.give_up(session, now - timedelta(hours=given.give_up_hours), now)
        await store.forget(session, now - timedelta(days=given.keep_days))
    if put_aside:
        log.warning("notices_given_up", count=put_aside)


async def told_of(session: WriteSession, entry: Entry) -> None:
    """Something happened to a case."""
    await tell(session, entry, jobs.house().settings)


async def told_of_grants(session: WriteSession, entry: Entry) -> None:
    """Something happened to a request for a grant, or to an emergency access."""
    await telling_grants.tell(session, entry, jobs.house().settings.region.code)


subscriptions: tuple[Subscription, ...] = (
    Subscription("respond.notices", (told.OPENED, told.STEPPED, told.GROWN, told.ESCALATED), told_of, from_now=True),
    Subscription("respond.grants", telling_grants.TOPICS, told_of_grants, from_now=True),
)
"""Handed on by the `work` process, whose house they use."""
