"""Jobs and subscriptions of gate/: permits follow their holders, the register follows its media nodes."""

from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.access import store as people
from commonsight.access.model import permissions_of
from commonsight.gate import emergency, service, store
from commonsight.gate.grant_model import Holder
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


@tasks.periodic(cron="*/10 * * * *")
@tasks.task(queueing_lock="gate.escalate_emergencies")
async def escalate_emergencies(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Say of emergency accesses that nobody reviewed in time that they are overdue."""
    house = jobs.house()
    async with house.database.write() as session:
        late = await emergency.escalate(session, await store.moment(session))
    if late:
        log.warning("emergencies_overdue", count=late)


async def follow_person(session: WriteSession, entry: Entry) -> None:
    """Revoke a person's permits when they may not look at pictures any more, or somebody else had their password.

    Who may still look keeps the permits that they would be given today: under a grant that is still theirs (it may have
    been their role's or organisation's), for cameras that still lie within their regions.
    """
    person_id = UUID(entry.payload["person"])
    known = await people.person_by_id(session, person_id)
    allowed = known is not None and known.person.active and "pictures.view" in permissions_of(known.person.roles)
    if known is None or not allowed or entry.topic == "access.password_reset":
        revoked = await service.revoke_all_of(session, person_id, entry.topic)
    else:
        holder = Holder(person_id, known.organisation, tuple(known.person.roles))
        revoked = await service.revoke_lost(session, holder, known.person.regions, entry.topic)
    if revoked:
        log.info("permits_revoked", person=str(person_id), permits=revoked, because=entry.topic)


async def follow_sessions(session: WriteSession, entry: Entry) -> None:
    """Revoke what was taken out in sessions that have ended, or by tokens that were revoked: signing somebody out
    stops their pictures, too."""
    person_id = UUID(entry.payload["person"])
    ended: list[UUID | None] = [UUID(each) for each in entry.payload.get("sessions", ())]
    revoked = await service.revoke_of_sessions(session, person_id, ended or [None], entry.topic)
    if revoked:
        log.info("permits_revoked", person=str(person_id), permits=revoked, because=entry.topic)


subscriptions: tuple[Subscription, ...] = (
    Subscription("gate.people", ("access.person_changed", "access.password_reset"), follow_person),
    Subscription("gate.sessions", ("access.sessions_ended", "access.tokens_revoked"), follow_sessions),
)
"""Dispatched by the `work` process."""
