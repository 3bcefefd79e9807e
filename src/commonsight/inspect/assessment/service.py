"""Use cases of feedback lists: bring one, map its columns, hand faults to maintenance, take that back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.catalog.imports.model import Format, is_new
from commonsight.catalog.imports.reading import format_of
from commonsight.catalog.imports.sheet import refused
from commonsight.connect.gb28181.above import service as above
from commonsight.http import Caller, narrow
from commonsight.inspect.assessment import reading, store
from commonsight.inspect.assessment.model import BAD, BYTES_MOST, GOOD, State, columns, explanations
from commonsight.inspect.assessment.store import Feedback
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.maintenance import service as maintenance
from commonsight.respond.maintenance.model import Fault

BATCH: Final = 500
"""Rows handed on in one transaction."""

FAULTS: Final = {"offline": "offline", "unplayable": "no_video"}
"""What they say, as a fault that maintenance knows."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A list to be brought. `upper_name`: whose it is, when that platform is none we share to."""

    name: str
    indicator: str
    upper_id: UUID | None = None
    upper_name: str = ""
    region: str | None = None
    default_at: datetime | None = None
    assessed: int | None = None


def _invalid(operand: str, rule: str, actual: object, expected: object = None) -> Refusal:
    return Refusal(
        "inspect.upper_list_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual
    )


async def announce(session: WriteSession, caller: Caller, said: Announced, now: datetime) -> Feedback:
    """File a list that waits for its file.

    Raises:
        Refusal: `inspect.upper_list_invalid`, `catalog.file_unreadable` for a format that is not read,
            `connect.cascade_upper_unknown`, `http.region_outside_scope`.
    """
    if said.indicator not in GOOD:
        raise _invalid("indicator", "known indicator", said.indicator[:40], sorted(GOOD))
    kind = format_of(said.name)
    if kind not in (Format.CSV, Format.XLSX):
        raise refused("format", expected=".xlsx, .csv", actual=kind.value)
    if said.assessed is not None and said.assessed < 0:
        raise _invalid("assessed", "cameras", said.assessed, ">= 0")
    name = said.upper_name.strip()
    if said.upper_id is not None:
        name = (await above.upper(session, said.upper_id)).upper.name
    return await store.file(
        session,
        {
            "id": uuid7(),
            "name": said.name[:200],
            "format": kind.value,
            "upper_id": said.upper_id,
            "upper_name": name[:100],
            "indicator": said.indicator,
            "region": said.region or "",
            "default_at": said.default_at,
            "assessed": said.assessed,
            "state": State.RECEIVING.value,
            "state_at": now,
            "by_id": caller.id,
            "by_name": caller.display_name or caller.name,
            "scope": list(narrow(caller, said.region)),
            "created_at": now,
        },
    )


async def receive(session: WriteSession, held: Feedback, offset: int, piece: bytes) -> int:
    """Take the next piece of the file; returns how many bytes there are then. One that came before is taken once.

    Raises:
        Refusal: `inspect.upper_list_state` (409), `catalog.import_offset` (409), `catalog.file_too_large` (413).
    """
    in_state(held, State.RECEIVING)
    if is_new(held.bytes, offset, len(piece), BYTES_MOST):
        await store.add_part(session, held.id, held.parts, piece)
        return held.bytes + len(piece)
    return held.bytes


async def begin_reading(
    session: WriteSession, held: Feedback, mapping: dict[str, str] | None, now: datetime
) -> Feedback:
    """Put a list up for reading; again with another mapping (column -> heading) until it has been applied.

    Raises:
        Refusal: `inspect.upper_list_state` (409), `inspect.upper_list_invalid` for a mapping that does not fit,
            `catalog.file_unreadable` for an empty file.
    """
    in_state(held, State.RECEIVING, State.READ, State.FAILED, State.UNDONE)
    if held.bytes == 0:
        raise refused("bytes", expected="> 0", actual=0)
    if mapping is not None:
        unknown = sorted(set(mapping) - set(columns()))
        if unknown:
            raise _invalid("mapping", "known columns", unknown, sorted(columns()))
        if lacking := reading.missing(mapping):
            raise _invalid("mapping", "needed columns", sorted(mapping), lacking)
        strange = sorted(set(mapping.values()) - set(held.headings)) if held.headings else []
        if strange:
            raise _invalid("mapping", "headings of the list", strange, held.headings)
    await store.change(
        session,
        held.id,
        state=State.READING.value,
        state_at=now,
        mapping=mapping or {},
        problem=None,
        done=0,
        wrong=0,
        matched=0,
    )
    return await again(session, held.id)


async def begin_applying(session: WriteSession, held: Feedback, now: datetime) -> Feedback:
    """Put a list that was read up for applying. Raises Refusal `inspect.upper_list_state` (409)."""
    in_state(held, State.READ)
    await store.change(session, held.id, state=State.APPLYING.value, state_at=now, done=0, applied_at=now)
    return await again(session, held.id)


async def begin_undoing(session: WriteSession, held: Feedback, now: datetime) -> Feedback:
    """Put an applied list up for being taken back. Raises Refusal `inspect.upper_list_state` (409)."""
    in_state(held, State.APPLIED)
    await store.change(session, held.id, state=State.UNDOING.value, state_at=now, done=0)
    return await again(session, held.id)


async def discard(session: WriteSession, held: Feedback, now: datetime) -> None:
    """Give up a list that is not applied: its file and findings go. Raises Refusal `inspect.upper_list_state` (409)."""
    in_state(held, State.RECEIVING, State.READING, State.READ, State.FAILED, State.UNDONE)
    await store.forget(session, held.id, parts=True, rows=True)
    await store.change(session, held.id, state=State.DISCARDED.value, state_at=now, bridge=None)


async def apply_some(session: WriteSession, held: Feedback, after: int, now: datetime) -> int | None:
    """Hand the next faults to maintenance; returns the last row, None when there are no more.

    Not handed on: what we disproved, what is exempt, out of use, unknown or not shared.
    """
    believed = [one.code for one in explanations().values() if one.fault]
    rows = await store.faulty(session, held.id, sorted(BAD[held.indicator]), believed, after, BATCH)
    if not rows:
        await store.change(session, held.id, state=State.APPLIED.value, state_at=now)
        await _told(session, held, "inspect.feedback_applied")
        return None
    await maintenance.report_faults(
        session,
        [
            Fault(
                row.camera_id,
                FAULTS[row.verdict],
                min(row.at, now),
                detail={"source": "assessment", "upper": held.upper_name, "said": row.said, "reason": row.reason},
            )
            for row in rows
        ],
    )
    await store.mark(session, held.id, {row.row: FAULTS[row.verdict] for row in rows})
    await store.change(session, held.id, reported=held.reported + len(rows), done=rows[-1].row)
    return int(rows[-1].row)


async def undo_some(session: WriteSession, held: Feedback, after: int, now: datetime) -> int | None:
    """Take back the next faults; returns the last row, None when there are no more.

    A fault that our own checks found, too, stays: it is true whoever said it.
    """
    rows = await store.handed(session, held.id, after, BATCH)
    if not rows:
        await store.change(session, held.id, state=State.UNDONE.value, state_at=now, reported=0)
        await _told(session, held, "inspect.feedback_undone")
        return None
    own = [(row.camera_id, row.fault, now) for row in rows if row.ours != "bad"]
    if own:
        await maintenance.report_wells(session, own)
    await store.mark(session, held.id, {row.row: None for row in rows})
    await store.change(session, held.id, done=rows[-1].row)
    return int(rows[-1].row)


async def seen(session: ReadSession, caller: Caller, feedback_id: UUID) -> Feedback:
    """The list, for somebody who may see it. Raises Refusal `inspect.upper_list_unknown` (404)."""
    found = await store.visible(session, feedback_id, caller.id, caller.regions)
    if found is None:
        raise unknown(feedback_id)
    return found


async def held_by(session: WriteSession, caller: Caller, feedback_id: UUID) -> Feedback:
    """The same, held until the transaction ends."""
    await seen(session, caller, feedback_id)
    return await again(session, feedback_id)


async def again(session: WriteSession, feedback_id: UUID) -> Feedback:
    """The list as it is now, held until the transaction ends. Raises Refusal `inspect.upper_list_unknown` (404)."""
    found = await store.one(session, feedback_id, lock=True)
    if found is None:
        raise unknown(feedback_id)
    return found


def in_state(held: Feedback, *states: State) -> None:
    """Raises Refusal `inspect.upper_list_state` (409) in another state."""
    if held.state not in states:
        raise Refusal(
            "inspect.upper_list_state",
            status=409,
            rule="state of the list",
            operand="state",
            expected=[state.value for state in states],
            actual=held.state.value,
        )


def unknown(feedback_id: UUID) -> Refusal:
    """No such list, as far as the caller is told."""
    return Refusal("inspect.upper_list_unknown", status=404, operand="feedback", actual=str(feedback_id))


async def _told(session: WriteSession, held: Feedback, topic: str) -> None:
    payload: dict[str, Any] = {"feedback": str(held.id), "upper": held.upper_name, "faults": held.reported}
    await outbox.append(session, topic, payload)
