"""Regular rounds: a plan makes an order with a list of cameras; what is found faulty becomes an order of its own."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from commonsight.http import Caller
from commonsight.jobs import House
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond import told
from commonsight.respond.maintenance import (
    chosen,
    contract_store,
    orders_store,
    round_store,
    service,
    things_store,
    work,
    work_store,
)
from commonsight.respond.maintenance.model import Fault
from commonsight.respond.maintenance.round_store import Round
from commonsight.respond.maintenance.steps import note, step, take_step
from commonsight.respond.model import LIVE, Action, Opening, State
from commonsight.respond.opening import open_or_add
from commonsight.respond.service import by_of

log = structlog.get_logger(__name__)

KIND: Final = "round"
CODE: Final = "round"
SEVERITY: Final = 4
DUE_MOST: Final = 20
"""Rounds begun in one turn; the next turn is seconds away."""


async def begin_due(session: WriteSession, house: House, now: datetime) -> int:
    """Make the orders of the rounds whose day has come; how many."""
    today = now.astimezone(ZoneInfo(house.settings.region.timezone)).date()
    plans = await round_store.due(session, today, DUE_MOST)
    for plan in plans:
        following = max(plan.next_on + timedelta(days=plan.every_days), today + timedelta(days=1))
        await round_store.set_next(session, plan.id, following)
        try:
            cameras = await chosen.chosen(session, plan.regions, plan.choice, house.settings.maintenance.round_most)
        except Refusal as refusal:
            log.warning("round_not_begun", round=str(plan.id), name=plan.name, code=refusal.code)
            continue
        await _begin(session, plan, cameras, now)
    return len(plans)


async def _begin(session: WriteSession, plan: Round, cameras: list[UUID], now: datetime) -> None:
    own = str(uuid7())
    shown = await things_store.cameras(session, cameras)
    # Along the division and the name: neighbours are done together.
    ordered = sorted(shown.values(), key=lambda one: (one.region, one.name, one.id))
    case, _ = await open_or_add(
        session,
        Opening(
            kind=KIND, severity=SEVERITY, subject="respond.subject_round", source="plan", key=own, scope=f"round:{own}",
            region=ordered[0].region, at=now, place=f"{plan.name} ({len(ordered)})", point=ordered[0].point,
        ),
        now,
    )  # fmt: skip
    await orders_store.add(session, case.id, CODE, KIND, len(ordered), now, now, plan.id)
    await round_store.add_looks(session, case.id, [one.id for one in ordered])
    deadline = now + timedelta(days=plan.within_days)
    agreed = {"respond_at": deadline.isoformat(), "deadline_at": deadline.isoformat(), "contract": ""}
    contract = None if plan.contract_id is None else await contract_store.one(session, plan.contract_id)
    unit = contract.unit_id if contract is not None else plan.unit_id
    if contract is not None:
        agreed["contract"] = contract.name
    await orders_store.update(session, case.id, {
        "unit_id": unit, "contract_id": None if contract is None else contract.id, "agreed": agreed,
    })  # fmt: skip
    fields = {"deadline_at": deadline, "escalate_at": deadline, "detail": {"agreed": agreed}}
    name = await work_store.unit_name(session, unit) if unit is not None else None
    if unit is None or name is None:
        await cases.update(session, case.id, fields, edited=False)
        await note(session, case, "unplaced", now, "respond.round_without_unit")
        return
    await take_step(
        session, case, Action.ASSIGN, now, fields | {"assignee_unit": unit, "assignee_name": name},
        "respond.round_given", unit=name, cameras=len(ordered), days=plan.within_days,
    )  # fmt: skip


async def look(
    session: WriteSession, case_id: UUID, camera: UUID, caller: Caller, state: str, words: str,
    now: datetime,
) -> None:  # fmt: skip
    """What somebody found at a camera; the last one ends the round.

    Raises:
        Refusal: `respond.order_unknown` (404), `respond.order_over` (409), `respond.words_missing` (422).
    """
    case, order = await work.own(session, case_id, caller, for_update=True)
    if case.state not in LIVE:
        raise Refusal("respond.order_over", status=409, rule="state of an order", operand="order", actual=case.state)
    words = words.strip()
    if state != "well" and not words:
        raise Refusal(
            "respond.words_missing", status=422, rule="a sentence", operand="words", expected="1..", actual=0,
            action=state,
        )  # fmt: skip
    by = by_of(caller)
    if not await round_store.set_look(session, case_id, camera, state, words, by.name, now):
        raise Refusal("respond.order_unknown", status=404, operand="camera", actual=str(camera))
    if order.taken_at is None:
        await work.take(session, case_id, caller, now)
        case, order = await work.own(session, case_id, caller, for_update=True)
    if state == "well":
        await service.report_well(session, camera, "seen", now)
    else:
        detail = {"words": words, "round": case.number, "found": state}
        await service.report_fault(session, Fault(camera, "seen", now, detail))
    looks = await round_store.looks(session, case_id)
    if any(one.state == "open" for one in looks):
        await told.shown(session, told.STEPPED, case)
        return
    found = sum(one.state != "well" for one in looks)
    await orders_store.update(session, case_id, {"handled_at": now, "handled_name": by.name})
    fields = {"closed_at": now, "escalate_at": None, "handler_id": caller.id}
    await step(
        session, case, "round_done", State.CLOSED, now, fields, "respond.round_done", by=by, cameras=len(looks),
        found=found,
    )  # fmt: skip
