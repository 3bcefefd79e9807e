"""A case goes to the organisation that is competent for it, with times of its own to say "ours" and to be done.

Who is competent is decided by the room that opened the case; here it is only given. "Ours" is said by giving the case
to a person: oneself or a colleague.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from commonsight.problem import Refusal
from commonsight.records.database import WriteSession
from commonsight.respond import people, store, told
from commonsight.respond.kinds import kind_of
from commonsight.respond.model import Action, Assignee, Case, after
from commonsight.respond.opening import next_escalation
from commonsight.respond.store import PLATFORM

ROUTED: Final = "incident"
"""The kind of case that is given this way; orders of maintenance follow their contracts."""


@dataclass(frozen=True, slots=True)
class Competent:
    """Who a case goes to. Times None: what its kind says. `why`: the rule in words, in both languages."""

    organisation: UUID | None
    acknowledge: timedelta | None
    close: timedelta | None
    why: dict[str, str]


async def give(session: WriteSession, case: Case, to: Competent, now: datetime) -> Case:
    """Give an open case away and set its times. Where nobody of the organisation may handle it, it stays open and its
    history says so."""
    kind = kind_of(case.kind)
    respond_at = now + (to.acknowledge or kind.respond[case.severity])
    deadline_at = now + (to.close or kind.deadline[case.severity])
    agreed = {"respond_at": min(respond_at, deadline_at).isoformat(), "deadline_at": deadline_at.isoformat()}
    case = replace(case, detail=case.detail | {"agreed": agreed}, deadline_at=deadline_at)
    fields: dict[str, Any] = {"detail": case.detail, "deadline_at": deadline_at, "changed_at": now}
    fields |= {"escalate_at": next_escalation(case, kind, case.level, taken=False)}
    assignee, say = None, "respond.case_timed"
    if to.organisation is not None:
        try:
            assignee = await people.assignee(session, "organisation", to.organisation, case.region)
            say = "respond.case_routed"
        except Refusal:
            say = "respond.case_unroutable"
    state = case.state
    if assignee is not None:
        state = after(case.state, Action.ASSIGN)
        fields |= {"state": state.value, "assignee_unit": assignee.id, "assignee_name": assignee.name}
    await store.update(session, case.id, fields, edited=False)
    values = {"unit": "" if assignee is None else assignee.name, "rule": to.why}
    action = Action.ASSIGN.value if assignee is not None else "routed"
    await store.add_step(session, case.id, action, case.state, state, PLATFORM, now, "", {"say": say, "values": values})
    changed = await store.one(session, case.id)
    assert changed is not None
    if assignee is not None:
        await told.happened(session, told.STEPPED, changed, action=action, before=case.state.value, by=None)
    return changed


def acknowledged(case: Case, assignee: Assignee, now: datetime) -> Case:
    """The case once it is given to somebody: to a person means that it is taken."""
    if case.kind != ROUTED or "agreed" not in case.detail or assignee.kind != "person":
        return case
    return replace(case, detail=case.detail | {"taken": case.detail.get("taken") or now.isoformat()})


def begun_anew(case: Case) -> dict[str, Any]:
    """What is left of a reopened case's detail: the times it was given do not hold any more."""
    if case.kind != ROUTED:
        return {}
    return {"detail": {name: value for name, value in case.detail.items() if name not in ("agreed", "taken")}}
