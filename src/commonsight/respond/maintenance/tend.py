"""What the job does with what was reported: orders are made, looked at, taken apart, and given up waiting for."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from commonsight.jobs import House
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond.maintenance import (
    grouping,
    orders,
    orders_store,
    repairs,
    rounds,
    things_store,
    window_store,
)
from commonsight.respond.maintenance.grouping import Rules, Waiting
from commonsight.respond.maintenance.model import sort_of

LOCK: Final = 0x4D61696E74  # "Maint"
LOOKED_MOST: Final = 500
"""Reports on members of orders weighed in one transaction."""

JOINABLE: Final = timedelta(days=1)
"""An order nothing was added to for so long is joined no more; no rule of `grouping.toml` reaches further."""


async def tend(session: WriteSession, house: House, now: datetime) -> bool:
    """One turn, in the caller's transaction; True when there is more to do at once. One process at a time does it."""
    if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK}):
        return False
    rules = grouping.rules(house.settings.maintenance.settle_seconds)
    await orders_store.after_windows(session, now)
    await window_store.hold(session, now)
    await rounds.begin_due(session, house, now)
    moved = await orders_store.moved_orders(session, LOOKED_MOST)
    for case_id in moved:
        await repairs.look(session, house, case_id, rules, now)
    await repairs.give_up(session, now)
    await split(session, house, rules, now)
    gathered = await gather(session, house, rules, now)
    return len(moved) >= LOOKED_MOST or gathered >= orders_store.GATHERED_MOST


async def gather(session: WriteSession, house: House, rules: Rules, now: datetime) -> int:
    """Put waiting faults into orders; how many were looked at."""
    faults = {one.id: one for one in await orders_store.waiting(session)}
    if not faults:
        return 0
    things = await things_store.things(session, [one.camera_id for one in faults.values()])
    waiting = [
        Waiting(one.id, sort_of(one.code).like, one.at, things.get(one.camera_id, {})) for one in faults.values()
    ]
    standing = await orders_store.standing(session, now - JOINABLE)
    behind = await things_store.behind(session, grouping.questions(waiting, standing, rules))
    for group in grouping.plan(now, waiting, standing, behind, rules).groups:
        await orders.put_together(session, house, group, faults, behind, rules, now)
    return len(faults)


async def split(session: WriteSession, house: House, rules: Rules, now: datetime) -> int:
    """Take groups apart that turned out to be several things; how many."""
    found = await orders_store.half_recovered(session, rules.recovered, now - rules.settle)
    for case_id in found:
        case = await cases.one(session, case_id, for_update=True)
        if case is not None:
            await orders.take_apart(session, house, case, {}, rules, now)
    return len(found)
