"""Jobs and subscriptions of maintenance: faults become orders, a step of a person has its consequences."""

from uuid import UUID

import structlog

from commonsight import jobs, outbox
from commonsight.jobs import Blueprint
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond import told
from commonsight.respond.maintenance import giving, orders_store, repairs, service
from commonsight.respond.maintenance.orders import KIND
from commonsight.respond.maintenance.tend import tend as tend_once
from commonsight.respond.model import Action, State

log = structlog.get_logger(__name__)

TURNS = 20
"""Transactions of one run; the next run is seconds away."""

tasks = Blueprint()


@tasks.periodic(cron="* * * * * */5")
@tasks.task(queueing_lock=service.TEND, retry=False)
async def tend(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Make, look at, take apart and give up on orders, as reports ask for."""
    house = jobs.house()
    if not house.settings.maintenance.enabled:
        return
    for _ in range(TURNS):
        async with house.database.write() as session:
            if not await tend_once(session, house, house.clock.now()):
                break


async def after_step(session: WriteSession, entry: Entry) -> None:
    """What follows from a step that was taken with an order, whether on the desk, by the firm or by the platform."""
    told_of = entry.payload
    if told_of["kind"] != KIND:
        return
    house, case_id = jobs.house(), UUID(told_of["case"])
    case = await cases.one(session, case_id, for_update=True)
    if case is None or await orders_store.order(session, case_id) is None:
        return
    now = house.clock.now()
    match told_of["action"]:
        case Action.HANDLE if case.state is State.HANDLED:
            cameras = await repairs.ask(session, house, case_id, now)
            if not cameras:  # all of them were well before anybody said so
                await repairs.close(session, case, case.occurrences, now)
                return
            said = {"case": str(case_id), "number": case.number, "cameras": [str(one) for one in cameras]}
            await outbox.append(session, service.HANDLED, said)
        case Action.REOPEN | Action.UNMERGE if case.state is State.OPEN:
            if told_of["action"] == Action.REOPEN:
                await orders_store.revive_members(session, case_id)
            else:
                await orders_store.move_back(session, case_id)
            await giving.give(session, house, case, now)
        case Action.ASSIGN if told_of["by"] is not None:
            await giving.given_by_hand(session, case)
            return
        case Action.MERGE if case.merged_into is not None:
            await orders_store.move_all(session, [case_id], case.merged_into)
        case Action.FALSE_ALARM:
            await orders_store.end_members(session, case_id, "dismissed", now)
        case Action.CLOSE:
            await orders_store.end_members(session, case_id, "by_hand", now)
        case _:
            return
    await jobs.enqueue(session, tend, {"timestamp": 0}, queueing_lock=service.TEND)


subscriptions: tuple[Subscription, ...] = (
    Subscription("respond.maintenance", (told.STEPPED,), after_step, from_now=True),
)
