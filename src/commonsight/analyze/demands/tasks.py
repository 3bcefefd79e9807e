"""Jobs and subscriptions of needs: what their time has come for, what they delivered, and who is told."""

from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.analyze.demands import service, store
from commonsight.analyze.demands.model import Demand
from commonsight.jobs import Blueprint, House
from commonsight.outbox import Entry, Subscription
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession
from commonsight.respond import people
from commonsight.respond.notices.store import put_elsewhere
from commonsight.text import LANGUAGES, say

log = structlog.get_logger(__name__)

STEPS_MOST = 20
MOVES_A_TURN = 50
TURNS = 10

tasks = Blueprint()


@tasks.periodic(cron="* * * * * */15")
@tasks.task(queueing_lock="analyze.tend_demands", lock="analyze.tend_demands", retry=False)
async def tend_demands(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Put the scenes of accepted needs on, and take back those whose time is over."""
    await tend(jobs.house())


async def tend(house: House) -> None:
    """One turn. What a turn that was cut off has left undone is in the rows, and done by the next one."""
    now = house.clock.now()
    for _ in range(STEPS_MOST):
        async with house.database.write() as session:
            found = await store.due(session, now)
            if found is None:
                break
            await service.by_clock(session, found, now)
    for _ in range(TURNS):
        async with house.database.write() as session:
            moves = await store.next_moves(session, MOVES_A_TURN)
            known: dict[UUID, Demand | None] = {}
            for demand_id, camera_id, state in moves:
                if demand_id not in known:
                    known[demand_id] = await store.one(session, demand_id)
                need = known[demand_id]
                if need is not None:
                    await service.move(session, need, camera_id, state, now)
        if len(moves) < MOVES_A_TURN:
            break


@tasks.periodic(cron="*/10 * * * *")
@tasks.task(queueing_lock="analyze.tally_demands")
async def tally_demands(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Add up what running needs have delivered, before the observations leave; try cameras others had."""
    house = jobs.house()
    async with house.database.write() as session:
        await store.wake(session, house.clock.now())
    async with house.database.read() as session:
        running = await store.running(session)
    for demand_id in running:
        try:
            async with house.database.write() as session:
                await service.tally(session, demand_id, house.clock.now())
        except Refusal as refusal:
            log.warning("demand_not_tallied", demand=str(demand_id), code=refusal.code)


async def tell(session: WriteSession, entry: Entry) -> None:
    """A need was filed: those who may decide are told; it was decided, or is over: who filed it. Twice changes
    nothing."""
    told_of = entry.payload
    what = entry.topic.rpartition("_")[2]
    if what == "filed":
        filed_by = UUID(told_of["filed_by"])
        found = await people.deciders(session, [told_of["region"]], filed_by, service.OPERATES)
        to = [person for person, _ in found]
    else:
        to = [UUID(told_of["filed_by"])] if told_of["by"] != told_of["filed_by"] else []
    code = f"analyze.demand_told_{told_of['state'] if what == 'decided' else what}"
    said = {
        "event": {language: say(f"{code}_event", language) for language in LANGUAGES},
        "title": {
            language: say(code, language, number=told_of["number"], title=told_of["title"]) for language in LANGUAGES
        },
        "words": "",
        "place": told_of["title"],
        "path": f"/scenes/demands/{told_of['demand']}",
    }
    await put_elsewhere(session, to, entry.sequence, f"demand_{what}", said, entry.at)


subscriptions: tuple[Subscription, ...] = (
    Subscription("analyze.demands", (service.FILED, service.DECIDED, service.STOPPED), tell, from_now=True),
)
"""Dispatched by the `work` process."""
