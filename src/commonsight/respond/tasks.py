"""Jobs and subscriptions of respond/: alarms become cases, late ones are escalated, devices hear that it is over."""

from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.jobs import Blueprint
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession
from commonsight.respond import alarms, deadlines, reset, store, told
from commonsight.respond.model import State

log = structlog.get_logger(__name__)

ROUNDS: Final = 50
"""Batches of late cases one run works through; the next run is a minute away."""

tasks = Blueprint()


@tasks.periodic(cron="* * * * *")
@tasks.task(queueing_lock="respond.escalate", retry=False)
async def escalate(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Escalate what is late, and say which devices could not be told that their alarm is over."""
    house = jobs.house()
    for _ in range(ROUNDS):
        async with house.database.write() as session:
            done = await deadlines.escalate(session, house.clock.now())
        if done:
            log.info("cases_escalated", cases=done)
        if done < deadlines.BATCH:
            break
    await reset.give_up(house)


@tasks.task()
async def reset_alarm(case_id: str) -> None:
    """Tell the device of a closed case that its alarm is over."""
    await reset.ask(jobs.house(), UUID(case_id))


async def from_alarm(session: WriteSession, entry: Entry) -> None:
    """An alarm of any door becomes a case, or is added to one."""
    if entry.topic == "viid.alarm_raised":
        await alarms.from_library(session, entry)
    else:
        await alarms.from_device(session, entry)


async def after_end(session: WriteSession, entry: Entry) -> None:
    """A case that people ended: the device that raised the alarm is told, if there is one."""
    if entry.payload["state"] not in (State.CLOSED, State.FALSE_ALARM):
        return
    case = await store.one(session, UUID(entry.payload["case"]), for_update=True)
    if case is None or not reset.wanted(case):
        return
    queued = await jobs.enqueue(
        session, reset_alarm, {"case_id": str(case.id)}, queueing_lock=f"respond.reset.{case.id}",
        lock=f"respond.reset.{case.device}",
    )  # fmt: skip
    if queued is not None:
        await store.update(session, case.id, {"reset": reset.ASKED}, edited=False)


subscriptions: tuple[Subscription, ...] = (
    # From now on: alarms of the years before this edition are no work for anybody.
    Subscription("respond.alarms", ("connect.alarm", "viid.alarm_raised"), from_alarm, from_now=True),
    Subscription("respond.reset", (told.STEPPED,), after_end),
)
