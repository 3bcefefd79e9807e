"""Jobs and subscriptions of incidents: cases, evidence, a second opinion, what people said, and what may go."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.access import store as people
from commonsight.analyze.incidents import cases, store
from commonsight.analyze.incidents.evidence import service as evidence
from commonsight.analyze.incidents.feedback import service as feedback
from commonsight.analyze.incidents.model import BEGAN, ENDED
from commonsight.analyze.incidents.opinion import service as opinion
from commonsight.jobs import Blueprint
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession
from commonsight.respond import told
from commonsight.respond.model import State

log = structlog.get_logger(__name__)

FORGET_BATCH: Final = 2_000
OPINION_WAIT: Final = timedelta(seconds=45)
"""The picture it is asked about has to be there first."""

tasks = Blueprint()


@tasks.periodic(cron="* * * * *")
@tasks.task(queueing_lock="analyze.stale_incidents", retry=False)
async def stale_incidents(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """End incidents nobody tells of any more."""
    house = jobs.house()
    async with house.database.write() as session:
        ended = await store.close_stale(session, house.clock.now())
    if ended:
        log.info("incidents_stale", incidents=ended)


@tasks.periodic(cron="23 * * * *")
@tasks.task(queueing_lock="analyze.tidy_incidents")
async def tidy_incidents(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Let evidence and old incidents go."""
    house = jobs.house()
    await evidence.Maker(house).tidy()
    before = house.clock.now() - timedelta(days=house.settings.incidents.keep_days)
    async with house.database.write() as session:
        forgotten = await store.forget(session, before, FORGET_BATCH)
    if forgotten:
        log.info("incidents_forgotten", incidents=forgotten)


@tasks.task()
async def take_evidence(incident_id: str) -> None:
    """A picture and a clip of an incident from the live stream."""
    await evidence.Maker(jobs.house()).take(UUID(incident_id))


@tasks.task()
async def cut_evidence(incident_id: str) -> None:
    """The picture and the clip out of what was recorded."""
    await evidence.Maker(jobs.house()).cut(UUID(incident_id))


@tasks.task(retry=False, lock="analyze.opinion")
async def ask_opinion(incident_id: str) -> None:
    """Ask for a second opinion, one at a time."""
    await opinion.ask(jobs.house(), UUID(incident_id))


async def changed(session: WriteSession, entry: Entry) -> None:
    """An incident began or ended."""
    incident = await store.one(session, UUID(entry.payload["incident"]), for_update=True)
    if incident is None:
        return
    if entry.topic == ENDED:
        await cases.end(session, incident, entry.at)
        return
    if incident.case_id is not None or incident.held:
        return
    house = jobs.house()
    settings, now = house.settings, house.clock.now()
    judged = await cases.begin(session, incident, settings.region.timezone, now)
    if judged.held in (cases.QUIET, cases.COOL_DOWN, cases.STORM):
        return
    await evidence.ask(session, incident, settings, now)
    if opinion.wanted(settings, incident) and settings.incidents.evidence:
        at = now + timedelta(seconds=settings.incidents.after_seconds) + OPINION_WAIT
        await jobs.enqueue(session, ask_opinion, {"incident_id": str(incident.id)}, at=at)


async def said(session: WriteSession, entry: Entry) -> None:
    """People took a step with the case of an incident: that says what the incident was."""
    if entry.payload["kind"] != cases.KIND or entry.payload["source"] != cases.SOURCE:
        return
    real = {State.FALSE_ALARM: False, State.VERIFIED: True, State.CLOSED: True}.get(State(entry.payload["state"]))
    if real is None and entry.payload["action"] != "reopen":
        return
    case_id, by = UUID(entry.payload["case"]), entry.payload.get("by")
    now = jobs.house().clock.now()
    person = None if by is None else await people.person_by_id(session, UUID(by))
    name = "" if person is None else person[0].display_name or person[0].name
    for incident in await store.of_case(session, case_id):
        if incident.held != cases.STORM:  # of a storm each one has to be looked at
            await feedback.say(session, incident, real, name, case_id, now)


subscriptions: tuple[Subscription, ...] = (
    Subscription("analyze.incidents.cases", (BEGAN, ENDED), changed, from_now=True),
    Subscription("analyze.incidents.said", (told.STEPPED,), said, from_now=True),
)
