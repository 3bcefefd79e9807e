"""A case begins, or the same trouble is added to the one that is open: bounded, however many alarms come."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import structlog
from prometheus_client import Counter

from commonsight.records.database import WriteSession
from commonsight.respond import store, told
from commonsight.respond.kinds import Kind, kind_of
from commonsight.respond.model import Case, Opening, with_evidence
from commonsight.respond.store import PLATFORM, By, Times

log = structlog.get_logger(__name__)

STORM_SUBJECT: Final = "respond.subject_storm"
OPENED = Counter("commonsight_cases_opened", "Cases opened", ["kind", "severity"])
ADDED = Counter("commonsight_cases_added", "Alarms added to a case that was open already", ["kind"])


async def open_or_add(session: WriteSession, given: Opening, now: datetime, by: By = PLATFORM) -> tuple[Case, bool]:
    """The case this is, and whether it is new.

    The same trouble (`given.key`) within the kind's window is added to its live case. A camera, or everything behind
    one device, that opened as many cases as the kind allows within its time opens no further one: the rest is counted
    on one case of its own, "and 412 more".
    """
    kind = kind_of(given.kind)
    present = await store.live_by_key(session, given.key, now - kind.merge) if kind.merge else None
    if present is None and (stormy := await _stormy(session, given, kind, now)) is not None:
        given = stormy
        present = await store.live_by_key(session, given.key, now - max(kind.merge, kind.storm.within))
    if present is not None:
        if any(each["id"] == given.evidence.get("id") for each in present.evidence):
            return present, False  # handed on twice
        return await _add(session, present, given, kind, now), False
    return await _open(session, given, kind, by, now), True


async def _stormy(session: WriteSession, given: Opening, kind: Kind, now: datetime) -> Opening | None:
    """What is opened instead in a storm; None while there is none."""
    since = now - kind.storm.within
    if await store.opened_since(session, given.scope, since) >= kind.storm.camera:
        return replace(given, key=f"storm:{given.scope}", subject=STORM_SUBJECT, words="", detail={})
    if given.device is None or await store.devices_opened_since(session, given.device, since) < kind.storm.device:
        return None
    scope = f"device:{given.device}"
    return replace(
        given, key=f"storm:{scope}", scope=scope, subject=STORM_SUBJECT, words="", detail={}, camera_id=None,
        channel=None, place=given.device, point=None,
    )  # fmt: skip


async def _open(session: WriteSession, given: Opening, kind: Kind, by: By, now: datetime) -> Case:
    times = Times(kind.due(given.severity, now), kind.escalates(given.severity, now, 0, taken=False))
    case = await store.insert(session, given, times, now)
    await store.add_step(session, case.id, "opened", case.state, case.state, by, now, given.words)
    await told.happened(session, told.OPENED, case, by=None if by.id is None else str(by.id))
    OPENED.labels(case.kind, str(case.severity)).inc()
    if given.subject == STORM_SUBJECT:
        log.warning("case_storm", scope=given.scope, case=case.number)
    return case


async def _add(session: WriteSession, present: Case, given: Opening, kind: Kind, now: datetime) -> Case:
    occurrences = present.occurrences + 1
    fields: dict[str, Any] = {
        "occurrences": occurrences,
        "last_at": max(present.last_at, given.at),
        "evidence": with_evidence(present.evidence, given.evidence),
        "changed_at": now,
    }
    graver = given.severity < present.severity
    if graver:
        fields |= {"severity": given.severity} | graver_times(present, kind, given.severity)
    await store.update(session, present.id, fields, edited=False)
    grown = replace(
        present, occurrences=occurrences, last_at=fields["last_at"], severity=fields.get("severity", present.severity)
    )
    ADDED.labels(kind.code).inc()
    if graver:
        detail = {"severity": [present.severity, given.severity]}
        await store.add_step(session, present.id, "graver", present.state, present.state, PLATFORM, now, "", detail)
    if graver or worth_telling(occurrences):
        await told.happened(session, told.GROWN, grown, occurrences=occurrences, graver=graver)
    elif occurrences < 100 or occurrences % 50 == 0:
        await told.shown(session, told.GROWN, grown)
    return grown


def worth_telling(occurrences: int) -> bool:
    """10, 100, 1,000 …: a case that grows by an order of magnitude is news, each further alarm is not."""
    return occurrences >= 10 and set(str(occurrences)[1:]) == {"0"} and str(occurrences)[0] == "1"


def began(case: Case, kind: Kind) -> datetime:
    """From when a case's time runs: its opening, or its latest reopening."""
    return case.opened_at if case.deadline_at is None else case.deadline_at - kind.deadline[case.severity]


def next_escalation(case: Case, kind: Kind, level: int, *, taken: bool) -> datetime | None:
    """When the next escalation after `level` of them falls due; None when there is none left.

    What a contract agreed on (`detail.agreed`: respond_at, deadline_at) goes before what the kind says. Then somebody
    has it once they said so (`detail.taken`), not as soon as it is theirs.
    """
    agreed = case.detail.get("agreed")
    if agreed is None:
        return kind.escalates(case.severity, began(case, kind), level, taken=taken)
    if level >= len(kind.escalate):
        return None
    respond, deadline = (datetime.fromisoformat(agreed[name]) for name in ("respond_at", "deadline_at"))
    late = deadline if case.detail.get("taken") else min(respond, deadline)
    return late + kind.escalate[level].after


def graver_times(case: Case, kind: Kind, severity: int) -> dict[str, datetime | None]:
    """The times of a case that turns out graver: counted from when they began, never later than before."""
    start = began(case, kind)
    times = {"deadline_at": kind.due(severity, start)}
    next_one = kind.escalates(severity, start, case.level, taken=case.assignee is not None)
    return times | {"escalate_at": next_one}
