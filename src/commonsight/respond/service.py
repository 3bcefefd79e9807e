"""Use cases of people with cases: look, take a step, comment, hand over in bulk and take that back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from commonsight.catalog import service as catalog
from commonsight.http import Caller, sees
from commonsight.places import service as places
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond import people, routing, store, told
from commonsight.respond.kinds import kind_of
from commonsight.respond.model import (
    ENDED,
    LIVE,
    Action,
    Assignee,
    Case,
    Opening,
    State,
    after,
    check_words,
    with_evidence,
)
from commonsight.respond.opening import next_escalation, open_or_add
from commonsight.respond.store import By

BULK_MOST: Final = 500
UNDO_HOURS: Final = 24

ORDERS: Final = frozenset({"fault", "round"})
"""Kinds that are merged among themselves only."""

Expected = Callable[[Case], None]
"""Asked with the present case before a change; raises a Refusal when the change was made from another one."""


def needed(kind: str) -> str:
    """The permission of whom a case of this kind may be given to: orders of maintenance go to firms, too."""
    return "maintenance.do" if kind in ORDERS else "cases.write"


def by_of(caller: Caller) -> By:
    """Who a caller is in a case's history."""
    return By(caller.id, caller.display_name or caller.name, caller.organisation)


async def case(session: ReadSession, case_id: UUID, caller: Caller) -> Case:
    """The case, if it lies within the caller's regions.

    Raises:
        Refusal: `respond.case_unknown` (404), also for one outside.
    """
    return _visible(await store.one(session, case_id), case_id, caller)


def _visible(found: Case | None, case_id: UUID, caller: Caller) -> Case:
    if found is None or not sees(caller, found.region):
        raise Refusal("respond.case_unknown", status=404, operand="case", actual=str(case_id))
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody files by hand."""

    kind: str
    severity: int
    words: str
    camera_id: UUID | None = None
    region: str | None = None
    point: tuple[float, float] | None = None


async def file(session: WriteSession, caller: Caller, said: Said, now: datetime) -> Case:
    """Open a case by hand, at a camera or in a region.

    Raises:
        Refusal: `respond.kind_unknown`, `respond.kind_not_by_hand`, `respond.words_missing` (422),
            `catalog.camera_unknown` (404), `http.region_outside_scope` (403).
    """
    kind = kind_of(said.kind)
    if not kind.by_hand:
        raise Refusal(
            "respond.kind_not_by_hand", status=422, rule="by_hand", operand="kind", expected=True, actual=said.kind
        )
    words = check_words(Action.HANDLE, said.words)
    region, place, point = "", "", said.point
    if said.camera_id is not None:
        camera = (await catalog.camera(session, said.camera_id, caller.regions)).row
        region, place, point = camera.region, camera.name, point or camera.point
    elif said.region is not None:
        region = await places.existing(session, said.region)
        place = (await places.region(session, region)).name
        if not sees(caller, region):
            raise Refusal(
                "http.region_outside_scope", status=403, rule="scope", operand="region",
                expected=list(caller.regions), actual=region,
            )  # fmt: skip
    else:
        raise Refusal("respond.place_missing", status=422, rule="a camera or a region", operand="camera_id")
    own = str(uuid7())
    made, _ = await open_or_add(
        session,
        Opening(
            kind=kind.code, severity=said.severity, subject=f"respond.subject_{kind.code}", source="person", key=own,
            scope=f"person:{caller.id}:{own}", region=region, at=now, words=words, camera_id=said.camera_id,
            place=place, point=point,
        ),
        now, by_of(caller),
    )  # fmt: skip
    return made


@dataclass(frozen=True, slots=True)
class Step:
    """A step somebody takes. `assignee`: kind and id, for `assign`; `into`: the other case, for `merge`."""

    action: Action
    words: str = ""
    assignee: tuple[str, UUID] | None = None
    into: UUID | None = None


async def act(
    session: WriteSession, case_id: UUID, caller: Caller, step: Step, expected: Expected, now: datetime
) -> Case:
    """Take a step; the history keeps who, when and in which words.

    Raises:
        Refusal: `respond.case_unknown` (404), `respond.step_impossible` (409), `respond.words_missing`,
            `respond.assignee_unfit`, `respond.merge_impossible` (422), `respond.not_yours`, `respond.four_eyes` (403),
            and what `expected` refuses.
    """
    wanted = sorted({case_id, step.into or case_id})  # locked in one order, so that two merges never wait in a ring
    found = {each.id: each for each in await store.several(session, wanted)}
    present = _visible(found.get(case_id), case_id, caller)
    expected(present)
    state = after(present.state, step.action)
    words = check_words(step.action, step.words)
    fields: dict[str, Any] = {"state": state.value, "changed_at": now}
    detail: dict[str, Any] = {}
    match step.action:
        case Action.ASSIGN:
            assignee = await _fit(session, step, present)
            taken = routing.acknowledged(present, assignee, now)
            fields |= _given(assignee) | {"detail": taken.detail} | _escalation(taken, now, taken=True)
            detail = {"assignee": _named(assignee), "former": _named(present.assignee)}
        case Action.RELEASE:
            fields |= _given(None) | _escalation(present, now, taken=False)
            detail = {"former": _named(present.assignee)}
        case Action.HANDLE:
            await _refuse_others(session, present, caller)
            fields |= {"handler_id": caller.id}
        case Action.REJECT:
            fields |= {"handler_id": None}
        case Action.VERIFY:
            if kind_of(present.kind).four_eyes and present.handler_id == caller.id:
                raise Refusal("respond.four_eyes", status=403, rule="four_eyes", operand="caller")
            fields |= {"escalate_at": None}
        case Action.CLOSE | Action.FALSE_ALARM:
            fields |= {"closed_at": now, "escalate_at": None}
        case Action.REOPEN | Action.UNMERGE:
            fields |= _again(present, now) | routing.begun_anew(present)
            if step.action is Action.UNMERGE:
                await _take_out(session, present, now)
        case Action.MERGE:
            into = _visible(found.get(step.into or case_id), step.into or case_id, caller)
            fields |= {"merged_into": into.id, "escalate_at": None, "closed_at": now}
            detail = {"into": str(into.id), "number": into.number}
            await _put_in(session, present, into, by_of(caller), now)
    await store.update(session, present.id, fields)
    await store.add_step(
        session, present.id, step.action.value, present.state, state, by_of(caller), now, words, detail
    )
    changed = await store.one(session, present.id)
    assert changed is not None
    await told.happened(
        session, told.STEPPED, changed, action=step.action.value, before=present.state.value, by=str(caller.id)
    )
    return changed


async def _fit(session: WriteSession, step: Step, present: Case) -> Assignee:
    if step.assignee is None:
        raise Refusal("respond.assignee_missing", status=422, rule="a person or an organisation", operand="assignee")
    return await people.assignee(session, *step.assignee, present.region, needed(present.kind))


def _given(assignee: Assignee | None) -> dict[str, Any]:
    person = assignee is not None and assignee.kind == "person"
    return {
        "assignee_id": assignee.id if assignee is not None and person else None,
        "assignee_unit": assignee.id if assignee is not None and not person else None,
        "assignee_name": "" if assignee is None else assignee.name,
    }


def _named(assignee: Assignee | None) -> dict[str, str] | None:
    return None if assignee is None else {"kind": assignee.kind, "id": str(assignee.id), "name": assignee.name}


def _escalation(present: Case, now: datetime, *, taken: bool) -> dict[str, Any]:
    kind = kind_of(present.kind)
    at = next_escalation(present, kind, present.level, taken=taken)
    # What would have been due while nobody had it is not told of again in the same breath.
    return {"escalate_at": at if at is None or taken else max(at, now)}


def _again(present: Case, now: datetime) -> dict[str, Any]:
    """A case begins anew: its time runs from now."""
    kind = kind_of(present.kind)
    return _given(None) | {
        "closed_at": None, "merged_into": None, "handler_id": None, "level": 0, "reset": "",
        "reopened": present.reopened + 1, "deadline_at": kind.due(present.severity, now),
        "escalate_at": kind.escalates(present.severity, now, 0, taken=False),
    }  # fmt: skip


async def _refuse_others(session: WriteSession, present: Case, caller: Caller) -> None:
    """Who has a case says what was done: the person, or anybody of the organisation it was given to."""
    has = present.assignee
    if has is not None and has.kind == "person" and has.id == caller.id:
        return
    if has is not None and has.kind == "organisation" and await people.belongs(session, caller.id, has.id):
        return
    raise Refusal(
        "respond.not_yours", status=403, rule="who has the case", operand="assignee", expected=str(caller.id),
        actual=None if has is None else has.name,
    )  # fmt: skip


async def _put_in(session: WriteSession, present: Case, into: Case, by: By, now: datetime) -> None:
    # An order of maintenance has members; a case of another kind would lose them.
    mixed = into.kind != present.kind and bool(ORDERS & {into.kind, present.kind})
    if into.id == present.id or into.state not in LIVE or mixed:
        raise Refusal(
            "respond.merge_impossible", status=422, rule="another live case", operand="into",
            expected=sorted(state.value for state in LIVE), actual=into.state.value,
        )  # fmt: skip
    evidence = into.evidence
    for each in present.evidence:
        evidence = with_evidence(evidence, each)
    await store.update(
        session, into.id,
        {"occurrences": into.occurrences + present.occurrences, "evidence": evidence, "changed_at": now},
        edited=False,
    )  # fmt: skip
    detail = {"from": str(present.id), "number": present.number}
    await store.add_step(session, into.id, "merged_in", into.state, into.state, by, now, "", detail)


async def _take_out(session: WriteSession, present: Case, now: datetime) -> None:
    assert present.merged_into is not None
    into = await store.one(session, present.merged_into, for_update=True)
    assert into is not None
    left = max(1, into.occurrences - present.occurrences)
    await store.update(session, into.id, {"occurrences": left, "changed_at": now}, edited=False)


async def comment(session: WriteSession, case_id: UUID, caller: Caller, words: str, now: datetime) -> store.Step:
    """Add words to a case's history without taking a step.

    Raises:
        Refusal: `respond.case_unknown` (404), `respond.words_missing`, `respond.words_long` (422).
    """
    present = await case(session, case_id, caller)
    plain = check_words(Action.HANDLE, words)
    made = await store.add_step(
        session, case_id, "comment", present.state, present.state, by_of(caller), now, plain
    )  # fmt: skip
    await store.update(session, case_id, {"changed_at": now}, edited=False)
    return made


# --- many at once ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a bulk assignment did. `batch`: by which it is taken back; `left`: the cases it left alone, and why."""

    batch: UUID | None
    assigned: int
    left: list[tuple[UUID, str]]


async def assign_many(
    session: WriteSession, ids: Sequence[UUID], caller: Caller, to: tuple[str, UUID], now: datetime
) -> Bulk:
    """Give many cases to one person or organisation. What cannot be given is left alone and named.

    Raises:
        Refusal: `respond.bulk_most` (422).
    """
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > BULK_MOST:
        raise Refusal(
            "respond.bulk_most", status=422, rule="cases at once", operand="cases", expected=BULK_MOST,
            actual=len(wanted),
        )  # fmt: skip
    changes: list[dict[str, Any]] = []
    left: list[tuple[UUID, str]] = []
    found = {each.id: each for each in await store.several(session, wanted)}
    for case_id in wanted:
        try:
            before = _visible(found.get(case_id), case_id, caller)
            changed = await act(session, case_id, caller, Step(Action.ASSIGN, assignee=to), lambda _: None, now)
        except Refusal as refusal:
            left.append((case_id, refusal.code))
            continue
        changes.append(
            {"case": str(case_id), "version": changed.version, "state": before.state.value,
             "assignee": _named(before.assignee)}
        )  # fmt: skip
    batch = await store.keep_batch(session, caller.id, changes, now) if changes else None
    await store.forget_batches(session, now - timedelta(hours=UNDO_HOURS))
    return Bulk(batch, len(changes), left)


async def undo_assign(session: WriteSession, batch: UUID, caller: Caller, now: datetime) -> Bulk:
    """Take a bulk assignment back, once. Cases that were changed since are left alone and named.

    Raises:
        Refusal: `respond.undo_gone` (404).
    """
    changes = await store.take_batch(session, batch, caller.id, now)
    if changes is None:
        raise Refusal("respond.undo_gone", status=404, operand="batch", actual=str(batch))
    done, left = 0, list[tuple[UUID, str]]()
    found = {each.id: each for each in await store.several(session, [UUID(one["case"]) for one in changes])}
    for one in changes:
        case_id = UUID(one["case"])
        present = found.get(case_id)
        if present is None or present.version != one["version"] or present.state in ENDED:
            left.append((case_id, "http.precondition_failed"))
            continue
        former = one["assignee"]
        assignee = None if former is None else Assignee(former["kind"], UUID(former["id"]), former["name"])
        state = State(one["state"])
        fields = {"state": state.value, "changed_at": now} | _given(assignee)
        await store.update(session, case_id, fields | _escalation(present, now, taken=assignee is not None))
        await store.add_step(session, case_id, "undone", present.state, state, by_of(caller), now)
        changed = replace(present, state=state, assignee=assignee)
        await told.happened(
            session, told.STEPPED, changed, action="undone", before=present.state.value, by=str(caller.id)
        )
        done += 1
    return Bulk(None, done, left)
