"""What operators do with orders beside the steps of a case: give anew, check anew, split."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from commonsight import outbox
from commonsight.http import Caller
from commonsight.jobs import House
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond.maintenance import giving, grouping, orders, orders_store, repairs, service
from commonsight.respond.maintenance.steps import check_state, note
from commonsight.respond.model import Case, State
from commonsight.respond.service import by_of


async def give(session: WriteSession, house: House, case_id: UUID, now: datetime) -> None:
    """Look for the contract anew.

    Raises:
        Refusal: `respond.order_not_now` (409): somebody is at it, or it is over.
    """
    case = await _case(session, case_id, State.OPEN, State.ASSIGNED)
    order = await orders_store.order(session, case_id, for_update=True)
    assert order is not None
    if order.taken_at is not None:
        raise Refusal(
            "respond.order_not_now", status=409, rule="nobody has taken it", operand="order", actual=order.taken_name
        )
    await giving.give(session, house, case, now)


async def recheck(session: WriteSession, house: House, case_id: UUID, now: datetime) -> None:
    """Ask once more whether a repair holds.

    Raises:
        Refusal: `respond.order_not_now` (409): nobody said that it is repaired.
    """
    case = await _case(session, case_id, State.HANDLED)
    cameras = await repairs.ask(session, house, case_id, now)
    said = {"case": str(case_id), "number": case.number, "cameras": [str(one) for one in cameras]}
    await outbox.append(session, service.HANDLED, said)


async def split(
    session: WriteSession, house: House, case_id: UUID, caller: Caller, cameras: Sequence[UUID], now: datetime
) -> UUID:
    """Make cameras an order of their own; returns it.

    Raises:
        Refusal: `respond.order_not_now` (409); `respond.split_invalid` (422): none of them is of this order, or all.
    """
    case = await _case(session, case_id, State.OPEN, State.ASSIGNED)
    order = await orders_store.order(session, case_id, for_update=True)
    assert order is not None
    members = [one for one in await orders_store.members(session, case_id) if one.state == "ordered"]
    wanted = set(cameras)
    taken = [one for one in members if one.camera_id in wanted]
    if not taken or len(taken) == len(members) or wanted - {one.camera_id for one in members}:
        raise Refusal(
            "respond.split_invalid", status=422, rule="some of its faulty cameras, not all", operand="cameras",
            expected=f"1..{len({one.camera_id for one in members}) - 1}", actual=len(wanted),
        )  # fmt: skip
    rules = grouping.rules(house.settings.maintenance.settle_seconds)
    made = await orders.begin(session, taken, now, order.code)
    await orders_store.move(session, [one.id for one in taken], made, for_good=True)
    opened = await orders.weigh_up(session, house, made, None, {}, rules)
    await note(session, opened, "split_from", now, "respond.order_split_from", number=case.number)
    await giving.give(session, house, opened, now)
    left = await orders.weigh_up(session, house, case_id, None, {}, rules)
    await cases.add_step(
        session, case_id, "split", left.state, left.state, by_of(caller), now, "",
        {"say": "respond.order_split_by_hand", "values": {"count": len(taken), "number": opened.number}},
    )  # fmt: skip
    return made


async def _case(session: WriteSession, case_id: UUID, *states: State) -> Case:
    return check_state(await cases.one(session, case_id, for_update=True), *states)
