"""An order is given to the unit under contract, due by its service level."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from commonsight.jobs import House
from commonsight.records.database import WriteSession
from commonsight.respond.kinds import kind_of
from commonsight.respond.maintenance import contract_store, orders_store, things_store, work_store
from commonsight.respond.maintenance.contracts import Agreed, agreed
from commonsight.respond.maintenance.steps import note, take_step
from commonsight.respond.model import Action, Case
from commonsight.respond.opening import next_escalation


async def give(session: WriteSession, house: House, case: Case, now: datetime) -> Case:
    """Give an open order to the unit under contract, due by its service level; without one it waits for an operator."""
    order = await orders_store.order(session, case.id)
    assert order is not None
    zone = house.settings.region.timezone
    cameras = sorted({one.camera_id for one in await orders_store.members(session, case.id)})
    running = await contract_store.running(session, _day(now, zone))
    found = agreed(running, await things_store.contract_members(session, cameras), order.code, case.severity, now, zone)
    if found is None:
        await orders_store.update(session, case.id, {"contract_id": None, "unit_id": None, "agreed": None})
        await note(session, case, "unplaced", now, "respond.order_without_contract")
        return case
    terms = _terms(found, case, now)
    await orders_store.update(
        session, case.id,
        {"contract_id": found.contract.id, "unit_id": found.contract.unit_id, "agreed": terms, "taken_at": None,
         "taken_by": None, "taken_name": "", "arrived_at": None, "arrived": None},
    )  # fmt: skip
    case = replace(case, detail=(case.detail | {"agreed": terms}) | {"taken": None})
    fields = {
        "assignee_id": None, "assignee_unit": found.contract.unit_id, "assignee_name": found.contract.unit_name,
        "deadline_at": datetime.fromisoformat(terms["deadline_at"]), "detail": case.detail,
        "escalate_at": next_escalation(case, kind_of(case.kind), case.level, taken=False),
    }  # fmt: skip
    code = "respond.order_given" if found.level is not None else "respond.order_given_no_level"
    return await take_step(
        session, case, Action.ASSIGN, now, fields, code, unit=found.contract.unit_name, contract=found.contract.name,
        covered=found.covered, cameras=len(cameras),
        respond="" if found.level is None else f"{found.level.respond:g}",
        repair="" if found.level is None else f"{found.level.repair:g}",
    )  # fmt: skip


async def given_by_hand(session: WriteSession, case: Case) -> None:
    """An operator gave the order to somebody: it is their unit's from now on, and nobody has taken it yet."""
    if case.assignee is None:
        return
    person = case.assignee.kind == "person"
    unit = await work_store.unit_of(session, case.assignee.id) if person else case.assignee.id
    order = await orders_store.order(session, case.id)
    if order is None or order.unit_id == unit:
        return
    await orders_store.update(
        session, case.id,
        {"unit_id": unit, "taken_at": None, "taken_by": None, "taken_name": "", "arrived_at": None, "arrived": None},
    )  # fmt: skip


def _day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _terms(found: Agreed, case: Case, now: datetime) -> dict[str, Any]:
    kind = kind_of(case.kind)
    respond = found.respond_at or now + kind.respond[case.severity]
    deadline = found.deadline_at or now + kind.deadline[case.severity]
    return {
        "contract": found.contract.name, "number": found.contract.number, "why": found.why,
        "respond_at": respond.isoformat(), "deadline_at": deadline.isoformat(),
        "respond": found.level and found.level.respond, "repair": found.level and found.level.repair,
        "calendar": contract_store.calendar_json(found.contract.calendar),
    }  # fmt: skip
