"""Jobs of feedback lists: read, hand on, take back; go on where a worker died."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.inspect.assessment import service, store
from commonsight.inspect.assessment.examine import Examination
from commonsight.inspect.assessment.model import State
from commonsight.inspect.assessment.store import Feedback
from commonsight.jobs import Blueprint, House
from commonsight.records.database import WriteSession

log = structlog.get_logger(__name__)

LOST_AFTER: Final = timedelta(hours=1)
"""A list that has been worked on for so long has lost its job."""
ABANDONED_AFTER: Final = timedelta(days=7)

Some = Callable[[WriteSession, Feedback, int, datetime], Awaitable[int | None]]

tasks = Blueprint()

_STEPS: Final = {
    State.READING: "inspect:read_feedback",
    State.APPLYING: "inspect:apply_feedback",
    State.UNDOING: "inspect:undo_feedback",
}


async def enqueue(session: WriteSession, held: Feedback) -> None:
    """Queue what a list's state asks for."""
    await jobs.enqueue(
        session,
        _STEPS[held.state],
        {"feedback_id": str(held.id)},
        lock=f"inspect.feedback.{held.id}",
        queueing_lock=f"inspect.feedback.{held.state.value}.{held.id}",
    )


@tasks.task()
async def read_feedback(feedback_id: str) -> None:
    """Read a list: rows, cameras, explanations, bridge."""
    house = jobs.house()
    async with house.database.read() as session:
        held = await store.one(session, UUID(feedback_id))
    if held is not None and held.state is State.READING:
        await Examination(house, held).run()


@tasks.task()
async def apply_feedback(feedback_id: str) -> None:
    """Hand a list's faults to maintenance."""
    await work_through(jobs.house(), UUID(feedback_id), State.APPLYING, service.apply_some)


@tasks.task()
async def undo_feedback(feedback_id: str) -> None:
    """Take a list's faults back."""
    await work_through(jobs.house(), UUID(feedback_id), State.UNDOING, service.undo_some)


async def work_through(house: House, feedback_id: UUID, state: State, some: Some) -> None:
    """Some rows a transaction, until there are no more or the list is in another state."""
    after: int | None = -1
    while after is not None:
        async with house.database.write() as session:
            held = await service.again(session, feedback_id)
            if held.state is not state:
                return
            after = await some(session, held, after, house.clock.now())


@tasks.periodic(cron="*/15 * * * *")
@tasks.task(queueing_lock="inspect.keep_feedbacks")
async def keep_feedbacks(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Go on with lists whose job was lost; give files up that were never sent whole."""
    house = jobs.house()
    now = house.clock.now()
    async with house.database.write() as session:
        for held in await store.stale(session, now - LOST_AFTER, tuple(_STEPS)):
            await enqueue(session, held)
        for held in await store.stale(session, now - ABANDONED_AFTER, (State.RECEIVING, State.FAILED)):
            await service.discard(session, held, now)
            log.info("feedback_abandoned", id=str(held.id))
