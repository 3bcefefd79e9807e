"""An order with everything that is shown of it: one way for the desk and for the firm."""

from datetime import datetime
from typing import Final

from commonsight.places import store as places
from commonsight.records.database import ReadSession
from commonsight.respond import store as cases
from commonsight.respond.maintenance import contract_store, orders_store, round_store, things_store, work_store
from commonsight.respond.maintenance.orders_store import Order
from commonsight.respond.maintenance.views import Gathered, LookOut, OrderDetail
from commonsight.respond.model import Case

STEPS_SHOWN: Final = 200
"""Lines of history; an order that has more is read in Cases."""


async def detail(session: ReadSession, case: Case, order: Order, language: str, now: datetime) -> OrderDetail:
    """Everything about an order."""
    faults = await orders_store.members(session, case.id)
    looks = await round_store.looks(session, case.id)
    ids = [one.camera_id for one in faults] + [one.camera_id for one in looks]
    cameras = await things_store.cameras(session, ids)
    contract = None if order.contract_id is None else await contract_store.one(session, order.contract_id)
    plan = None if order.round_id is None else await round_store.one(session, order.round_id)
    said = Gathered(
        faults, cameras.values(), await work_store.photos(session, [case.id]),
        await cases.steps(session, case.id, None, STEPS_SHOWN), contract,
        "" if plan is None else plan.name, () if plan is None else plan.checklist,
        [
            LookOut(camera=one.camera_id, state=one.state, words=one.words, by_name=one.by_name, at=one.at)
            for one in looks
        ],
    )  # fmt: skip
    names = await places.names(session, {case.region, *(one.region for one in cameras.values())})
    return OrderDetail.detail(case, order, said, names, language, now)
