"""Use cases of calibration: propose, apply, take back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight.access import audit
from commonsight.access.audit import LOCAL
from commonsight.inspect.calibrate import store
from commonsight.inspect.calibrate.model import Held, Proposal, propose
from commonsight.inspect.diagnosis import said_store
from commonsight.inspect.diagnosis import store as diagnoses
from commonsight.inspect.diagnosis.model import Phase, State, items
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

NOBODY: Final = UUID(int=0)
"""In place of a person's id, for whoever has a shell on the machine."""


async def proposals(session: ReadSession, codes: Sequence[str], kind: str, rate: float) -> list[Proposal]:
    """One for each item in each light.

    Args:
        codes: of items.
        kind: of cameras; "" for all kinds without a threshold of their own.
        rate: wanted share of false alarms.
    """
    limits = await diagnoses.thresholds(session)
    found: list[Proposal] = []
    for code in codes:
        item = items()[code]
        for phase in Phase:
            held = [
                Held(
                    row.camera_id, row.score, State(row.state), row.said,
                    None if row.muted else row.own if row.own is not None else limits.of(item, row.kind, phase),
                )
                for row in await store.looks(session, code, phase, kind)
                # What a kind's own threshold decides, one for all kinds does not change.
                if kind or (code, row.kind, phase) not in limits.changed
            ]  # fmt: skip
            found.append(propose(item, kind, phase, limits.of(item, kind, phase), held, rate))
    return found


async def apply(session: WriteSession, made: Sequence[Proposal], note: str, now: datetime) -> list[UUID]:
    """Make the thresholds that were proposed apply; returns the changes, by which they are taken back."""
    changes: list[UUID] = []
    for one in made:
        if one.proposed is None:
            continue
        change = await said_store.set_threshold(
            session, item=one.item, kind=one.kind, phase=one.phase, value=one.proposed, person=(NOBODY, LOCAL.name),
            note=note, now=now,
        )  # fmt: skip
        await audit.record(
            session, LOCAL, "inspect.threshold_changed", now, kind="threshold", subject_id=change,
            subject_name=one.item, camera_kind=one.kind, phase=one.phase.value, value=one.proposed, note=note,
        )  # fmt: skip
        changes.append(change)
    return changes


async def undo(session: WriteSession, changes: Sequence[UUID], now: datetime) -> None:
    """Take changes back: what applied before them applies again.

    Raises:
        Refusal: `inspect.threshold_unknown` (404) for one that is not there or was taken back; then none is.
    """
    for change in changes:
        undone = await said_store.undo_threshold(session, change, LOCAL.name, now)
        if undone is None:
            raise Refusal("inspect.threshold_unknown", status=404, operand="change", actual=str(change))
        await audit.record(
            session, LOCAL, "inspect.threshold_undone", now, kind="threshold", subject_id=change,
            subject_name=undone.item, camera_kind=undone.kind, phase=undone.phase,
        )  # fmt: skip
