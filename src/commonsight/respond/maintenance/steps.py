"""Steps the platform takes with an order by itself: a line of history in both languages, and everybody is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prometheus_client import Counter

from commonsight.problem import Refusal
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond import told
from commonsight.respond.maintenance.model import sort_of
from commonsight.respond.model import LIVE, Action, Case, State, after
from commonsight.respond.store import PLATFORM, By

ORDERS = Counter("commonsight_orders", "What the platform did with work orders", ["did"])


def both(code: str) -> dict[str, str]:
    """What a fault is, in both languages."""
    sort = sort_of(code)
    return {"zh": sort.zh, "en": sort.en}


def check_state(case: Case | None, *states: State) -> Case:
    """The case, if it is in one of these states.

    Raises:
        Refusal: `respond.order_over`, `respond.order_not_now` (409).
    """
    if case is None or case.state not in states:
        code = "respond.order_over" if case is None or case.state not in LIVE else "respond.order_not_now"
        raise Refusal(
            code, status=409, rule="state of an order", operand="order", expected=[str(one) for one in states],
            actual=None if case is None else str(case.state),
        )  # fmt: skip
    return case


async def step(
    session: WriteSession, case: Case, action: str, state: State, now: datetime, fields: Mapping[str, Any],
    say: str = "", by: By = PLATFORM, words: str = "", **values: Any,
) -> Case:  # fmt: skip
    """A step of the platform, or of a firm: a line of history, and everybody who wants to know is told."""
    await cases.update(session, case.id, {"state": state.value, "changed_at": now} | dict(fields))
    detail = {"say": say, "values": values} if say else {}
    await cases.add_step(session, case.id, action, case.state, state, by, now, words, detail)
    changed = await cases.one(session, case.id)
    assert changed is not None
    await told.happened(
        session, told.STEPPED, changed, action=action, before=case.state.value, by=None if by.id is None else str(by.id)
    )
    ORDERS.labels(action).inc()
    return changed


async def take_step(
    session: WriteSession, case: Case, action: Action, now: datetime, fields: Mapping[str, Any], say: str = "",
    **values: Any,
) -> Case:  # fmt: skip
    """The same for a step of the table of steps."""
    return await step(session, case, action.value, after(case.state, action), now, fields, say, **values)


async def note(session: WriteSession, case: Case, action: str, now: datetime, say: str, **values: Any) -> None:
    """A line of history that changes nothing."""
    detail = {"say": say, "values": values}
    await cases.add_step(session, case.id, action, case.state, case.state, PLATFORM, now, "", detail)
