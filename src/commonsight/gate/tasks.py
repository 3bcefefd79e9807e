"""Jobs and subscriptions of gate/: permits follow their holders, the register follows its media nodes."""

from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.access import store as people
from commonsight.access.model import permissions_of
from commonsight.gate import service, store
from commonsight.jobs import Blueprint
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession

log = structlog.get_logger(__name__)

GRACE_SECONDS: Final = 120.0
"""A media node has this long after a permit's end to say what was seen."""

tasks = Blueprint()


@tasks.periodic(cron="*/5 * * * *")
@tasks.task(queueing_lock="gate.close_abandoned")
async def close_abandoned(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Close lines of the register whose media node died before it could."""
    house = jobs.house()
    async with house.database.write() as session:
        closed = await store.close_abandoned(session, GRACE_SECONDS)
    if closed:
        log.warning("retrievals_abandoned", closed=closed)


async def follow_person(session: WriteSession, entry: Entry) -> None:
    """Revoke a person's permits when they may not look at pictures any more, or somebody else had their password."""
    person_id = UUID(entry.payload["person"])
    known = await people.person_by_id(session, person_id)
    allowed = known is not None and known.person.active and "pictures.view" in permissions_of(known.person.roles)
    if allowed and entry.topic != "access.password_reset":
        return
    revoked = await service.revoke_all_of(session, person_id, entry.topic)
    if revoked:
        log.info("permits_revoked", person=str(person_id), permits=revoked, because=entry.topic)


subscriptions: tuple[Subscription, ...] = (
    Subscription("gate.people", ("access.person_changed", "access.password_reset"), follow_person),
)
"""Dispatched by the `work` process."""
