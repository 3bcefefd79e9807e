"""A repair is believed when a check confirms it: verified and closed, or given back with the reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from commonsight.jobs import House
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond import told
from commonsight.respond.maintenance import orders_store, things_store
from commonsight.respond.maintenance.grouping import Rules
from commonsight.respond.maintenance.orders import NAMED, weigh_up
from commonsight.respond.maintenance.orders_store import Order
from commonsight.respond.maintenance.steps import both, note, step, take_step
from commonsight.respond.maintenance.store import Kept
from commonsight.respond.model import LIVE, Action, Case, State

STILL_MOST: Final = 20
"""Cameras named in what a recheck said."""


async def look(session: WriteSession, house: House, case_id: UUID, rules: Rules, now: datetime) -> None:
    """Members were reported on: close what is well, give back what is not, leave alone what is still open."""
    case = await cases.one(session, case_id, for_update=True)
    order = await orders_store.order(session, case_id, for_update=True)
    if case is None or order is None or case.state not in LIVE:
        return
    members = await orders_store.members(session, case_id)
    live = [one for one in members if one.state == "ordered"]
    if not members:
        return
    if not live:
        await _all_well(session, case, order, members, now)
    elif case.state is State.HANDLED:
        if order.recheck_from is not None and all(one.seen_at >= order.recheck_from for one in live):
            await _give_back(session, house, case, order, members, live, rules, now)
    else:
        await weigh_up(session, house, case_id, None, {}, rules)


async def _all_well(session: WriteSession, case: Case, order: Order, members: Sequence[Kept], now: datetime) -> None:
    count = len({one.camera_id for one in members})
    if case.state is State.HANDLED:
        await close(session, case, count, now)
        return
    await _say_well(session, case, count)
    if order.taken_at is not None:
        # Somebody is there: what they did is asked for before the order ends.
        await note(session, case, "recovered", now, "respond.order_well_say_what", count=count)
        await told.shown(session, told.STEPPED, case)
    else:
        fields = {"closed_at": now, "escalate_at": None}
        await step(session, case, "recovered", State.CLOSED, now, fields, "respond.order_recovered", count=count)


async def close(session: WriteSession, case: Case, count: int, now: datetime) -> None:
    """The check confirmed a repair: the platform verifies and closes."""
    await _say_well(session, case, count)
    verified = await take_step(
        session, case, Action.VERIFY, now, {"escalate_at": None}, "respond.order_well", count=count
    )
    await take_step(session, verified, Action.CLOSE, now, {"closed_at": now, "escalate_at": None})


async def _say_well(session: WriteSession, case: Case, count: int) -> None:
    said = {"well": count, "of": count, "still": []}
    await orders_store.update(session, case.id, {"recheck": "well", "said": said, "recheck_until": None})


async def _give_back(
    session: WriteSession, house: House, case: Case, order: Order, members: Sequence[Kept], live: Sequence[Kept],
    rules: Rules, now: datetime,
) -> None:  # fmt: skip
    total = len({one.camera_id for one in members})
    still = {one.camera_id: one for one in live}
    shown = await things_store.cameras(session, list(still)[:STILL_MOST])
    said: dict[str, Any] = {
        "well": total - len(still), "of": total,
        "still": [{"camera": str(one), "name": shown[one].name, "fault": both(still[one].code)} for one in shown],
    }  # fmt: skip
    await orders_store.update(
        session, case.id,
        {"recheck": "faulty", "said": said, "recheck_until": None, "rejected": order.rejected + 1},
    )  # fmt: skip
    named = await things_store.names(session, list(still), NAMED)
    await take_step(
        session, case, Action.REJECT, now, {"handler_id": None}, "respond.order_refused", well=said["well"], of=total,
        names=named, fault=both(live[0].code),
    )  # fmt: skip
    await weigh_up(session, house, case.id, None, {}, rules)


async def ask(session: WriteSession, house: House, case_id: UUID, now: datetime) -> list[UUID]:
    """A firm says it is repaired: the cameras whose check is wanted now."""
    until = now + timedelta(minutes=house.settings.maintenance.recheck_minutes)
    await orders_store.update(
        session, case_id, {"recheck": "asked", "recheck_from": now, "recheck_until": until, "said": None}
    )
    members = await orders_store.members(session, case_id)
    return sorted({one.camera_id for one in members if one.state == "ordered"})


async def give_up(session: WriteSession, now: datetime) -> int:
    """Repairs nobody could check in time: an operator decides, or the next check does. How many."""
    late = await orders_store.unchecked(session, now)
    for case_id in late:
        case = await cases.one(session, case_id, for_update=True)
        await orders_store.update(session, case_id, {"recheck": "late", "recheck_until": None})
        if case is not None and case.state is State.HANDLED:
            await note(session, case, "recheck_late", now, "respond.order_recheck_late")
            await told.shown(session, told.STEPPED, case)
    return len(late)
