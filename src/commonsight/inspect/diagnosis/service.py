"""Use cases of diagnosis: what a look means for a camera, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight import outbox
from commonsight.catalog.health import record_health
from commonsight.catalog.model import Health
from commonsight.inspect.diagnosis import store
from commonsight.inspect.diagnosis.light import phase
from commonsight.inspect.diagnosis.model import Finding, State, Verdict, find, items, judge
from commonsight.inspect.exemptions import store as exemptions
from commonsight.records.database import WriteSession
from commonsight.respond.maintenance import service as maintenance
from commonsight.respond.maintenance.model import Fault
from commonsight.vision.quality.model import Fingerprint

FAULT: Final = "inspect.picture_fault"
"""Outbox: `{"camera", "item", "score", "threshold", "at"}`: a picture is held to be faulty from now on."""
WELL: Final = "inspect.picture_well"
"""Outbox: `{"camera", "item", "score", "threshold", "at"}`: it is not any more."""

Keep = Callable[[UUID, datetime], str | None]
"""Keeps the picture of this look of this camera as evidence and tells its name; None when there is no picture."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one look at one camera measured.

    `scores`: by item; items that it could not tell are missing. `details`: by item, what people are shown beside the
    score. `colourless`: the picture has no colour. `fingerprint`: to be held against the next picture.
    """

    camera_id: UUID
    at: datetime
    scores: Mapping[str, float]
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    colourless: bool = False
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that changed."""

    finding: Finding
    state: State


async def record(
    session: WriteSession, looks: Sequence[Measured], zone: ZoneInfo, *, keep: int, evidence: Keep | None = None
) -> list[Change]:
    """Hold what was measured against the thresholds, write verdicts and history, and tell who has to know.

    A camera whose picture goes bad plays badly from now on, one whose picture is well again works; both only in the
    same transaction as the fault or its end is reported. Cameras that are gone are left out; of several looks at one
    camera all but the last are history.

    Args:
        zone: the region's, for cameras whose place is not on file.
        keep: looks kept of each camera.
    """
    asked = sorted({look.camera_id for look in looks}, key=str)
    await store.lock(session, asked)
    subjects = await store.subjects(session, asked)
    held = await store.verdicts(session, asked)
    limits, own = await store.thresholds(session), await store.own(session, asked)
    changes: list[Change] = []
    judged: dict[tuple[UUID, str], tuple[Finding, Verdict]] = {}
    written: list[store.Looked] = []
    for look in sorted(looks, key=lambda one: one.at):
        subject = subjects.get(look.camera_id)
        if subject is None:
            continue
        light = phase(look.at, subject.point, zone, colourless=look.colourless)
        written.append(store.Looked(look.camera_id, look.at, light, look.scores, look.fingerprint))
        found = find(
            look.camera_id,
            look.scores,
            kind=subject.kind,
            phase=light,
            at=look.at,
            thresholds=limits,
            own=own.get(look.camera_id),
            details=look.details,
        )
        for finding in found:
            key = (finding.camera_id, finding.item)
            before = held.get(key)
            verdict = judge(before, finding, items()[finding.item].looks)
            if verdict.state is not (State.UNKNOWN if before is None else before.state):
                if verdict.state is State.FAULT and evidence is not None:
                    finding = replace(finding, evidence=evidence(finding.camera_id, finding.at))
                changes.append(Change(finding, verdict.state))
            held[key] = verdict
            judged[key] = (finding, verdict)
    await store.write_looks(session, written, keep)
    await store.write_verdicts(session, list(judged.values()))
    await _tell(session, changes, {look.camera_id: look.at for look in written})
    return changes


async def _tell(session: WriteSession, changes: Sequence[Change], at: Mapping[UUID, datetime]) -> None:
    """Health, outbox and faults after verdicts were written."""
    intact = await store.renew(session, list(at), [code for code, item in items().items() if item.spoils])
    await record_health(
        session,
        [
            (camera_id, Health.WORKS if whole else Health.BAD, at[camera_id])
            for camera_id, whole in intact.items()
            if whole is not None
        ],
    )
    if not changes:
        return
    faults = [change for change in changes if change.state is State.FAULT]
    wells = [change for change in changes if change.state is State.WELL]
    for topic, some in ((FAULT, faults), (WELL, wells)):
        for change in some:
            found = change.finding
            await outbox.append(
                session,
                topic,
                {
                    "camera": str(found.camera_id),
                    "item": found.item,
                    "score": round(found.score, 4),
                    "threshold": found.threshold,
                    "at": found.at.isoformat(),
                },
            )
    if faults:
        latest = max(change.finding.at for change in faults)
        excused = await exemptions.exempt_among(session, [change.finding.camera_id for change in faults], latest)
        await maintenance.report_faults(
            session, [_fault(change.finding) for change in faults if change.finding.camera_id not in excused]
        )
    if wells:
        await maintenance.report_wells(
            session,
            [(one.finding.camera_id, items()[one.finding.item].fault, one.finding.at) for one in wells],
        )


def _fault(finding: Finding) -> Fault:
    item = items()[finding.item]
    detail = {"item": finding.item, "score": round(finding.score, 4), "threshold": finding.threshold, "unit": item.unit}
    return Fault(
        finding.camera_id,
        item.fault,
        finding.at,
        detail | dict(finding.detail or {}),
        None if finding.evidence is None else {"diagnosis": finding.item},
    )
