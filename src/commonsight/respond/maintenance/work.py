"""What the firm does with its orders: take them, come, say what was done. Nobody sees another firm's orders."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from commonsight.http import Caller
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond import store as cases
from commonsight.respond.kinds import kind_of
from commonsight.respond.maintenance import orders_store, work_store
from commonsight.respond.maintenance.causes import check_cause
from commonsight.respond.maintenance.orders_store import Order
from commonsight.respond.maintenance.steps import check_state, step, take_step
from commonsight.respond.model import Action, Case, State, check_words
from commonsight.respond.opening import next_escalation
from commonsight.respond.service import by_of

PARTS_MOST = 500

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Done:
    """What a firm says of a repair. `cause`: of `causes.toml`; `parts`: what was replaced."""

    words: str
    cause: str
    parts: str = ""


async def own(
    session: ReadSession, case_id: UUID, caller: Caller, *, for_update: bool = False
) -> tuple[Case, Order]:  # fmt: skip
    """An order of the caller's own unit.

    Raises:
        Refusal: `respond.order_unknown` (404), also for another unit's: who may not see it does not learn that it is.
    """
    unit = await work_store.unit_of(session, caller.id)
    case = await cases.one(session, case_id, for_update=for_update)
    order = await orders_store.order(session, case_id, for_update=for_update)
    if case is None or order is None or unit is None or order.unit_id != unit:
        raise Refusal("respond.order_unknown", status=404, operand="order", actual=str(case_id))
    return case, order


async def take(session: WriteSession, case_id: UUID, caller: Caller, now: datetime) -> None:
    """Somebody of the firm says that they are on it. Saying so again changes who.

    Raises:
        Refusal: `respond.order_unknown` (404), `respond.order_over` (409).
    """
    case, order = await own(session, case_id, caller, for_update=True)
    check_state(case, State.ASSIGNED)
    await orders_store.update(
        session, case_id,
        {"taken_at": order.taken_at or now, "taken_by": caller.id, "taken_name": caller.display_name or caller.name},
    )  # fmt: skip
    if order.taken_by == caller.id:
        return
    case = replace(case, detail=case.detail | {"taken": now.isoformat()})
    fields = {
        "detail": case.detail, "escalate_at": next_escalation(case, kind_of(case.kind), case.level, taken=True),
    }  # fmt: skip
    await step(session, case, "taken", case.state, now, fields, by=by_of(caller))


async def arrive(session: WriteSession, case_id: UUID, caller: Caller, at: Point | None, now: datetime) -> None:
    """Somebody of the firm is there; where, only if they say it.

    Raises:
        Refusal: as `take`.
    """
    case, order = await own(session, case_id, caller, for_update=True)
    check_state(case, State.ASSIGNED)
    if order.taken_at is None:
        await take(session, case_id, caller, now)
        case, order = await own(session, case_id, caller, for_update=True)
    first = order.arrived_at is None
    await orders_store.update(session, case_id, {"arrived_at": order.arrived_at or now, "arrived": at or order.arrived})
    if first:
        await step(session, case, "arrived", case.state, now, {}, by=by_of(caller))


async def handled(session: WriteSession, case_id: UUID, caller: Caller, done: Done, now: datetime) -> None:
    """The firm says it is repaired; a check is asked for by who listens to that step.

    Raises:
        Refusal: as `take`; `respond.words_missing`, `respond.words_long`, `respond.cause_unknown` (422).
    """
    case, order = await own(session, case_id, caller, for_update=True)
    check_state(case, State.ASSIGNED)
    words, cause = check_words(Action.HANDLE, done.words), check_cause(done.cause)
    by = by_of(caller)
    await orders_store.update(
        session, case_id,
        {"taken_at": order.taken_at or now, "taken_by": order.taken_by or caller.id,
         "taken_name": order.taken_name or by.name, "handled_at": now, "handled_name": by.name, "cause": cause,
         "recheck": "", "parts": done.parts.strip()[:PARTS_MOST]},
    )  # fmt: skip
    await take_step(
        session, case, Action.HANDLE, now, {"handler_id": caller.id}, by=by, words=words, cause=cause,
        parts=done.parts.strip()[:PARTS_MOST],
    )  # fmt: skip
