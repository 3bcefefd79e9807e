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
    """A picture that went bad, or is well again."""

    finding: Finding
    state: State


async def record(
    session: WriteSession,
    looks: Sequence[Measured],
    zone: ZoneInfo,
    *,
    keep: int,
    evidence: Keep | None = None,
    decisive: bool = False,
) -> list[Change]:
    """Hold what was measured against the thresholds, write verdicts and history, and tell who has to know.

    A camera whose picture goes bad plays badly from now on, one whose picture is well again works; both only in the
    same transaction as the fault or its end is reported. Cameras that are gone are left out; of several looks at one
    camera all but the last are history.

    Args:
        zone: the region's, for cameras whose place is not on file.
        keep: looks kept of each camera.
        decisive: somebody waits for it, after a repair: one look is enough to believe that a picture is well again, and
            maintenance hears what was found even where nothing changed. A new fault takes as many looks as ever.
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
            verdict = judge(before, finding, _looks(finding, decisive))
            stood = State.UNKNOWN if before is None else before.state
            if verdict.state is State.FAULT and stood is not State.FAULT:
                if evidence is not None:
                    finding = replace(finding, evidence=evidence(finding.camera_id, finding.at))
                changes.append(Change(finding, State.FAULT))
            elif verdict.state is State.WELL and stood is State.FAULT:
                changes.append(Change(finding, State.WELL))
            held[key] = verdict
            judged[key] = (finding, verdict)
    await store.write_looks(session, written, keep)
    await store.write_verdicts(session, list(judged.values()))
    lasting = [Change(found, held.state) for found, held in judged.values() if held.state is State.FAULT or decisive]
    await _tell(session, changes, lasting, {look.camera_id: look.at for look in written})
    return changes


def _looks(finding: Finding, decisive: bool) -> int:
    return 1 if decisive and not finding.faulty else items()[finding.item].looks


async def _tell(
    session: WriteSession, changes: Sequence[Change], standing: Sequence[Change], at: Mapping[UUID, datetime]
) -> None:
    """Health, outbox and faults after verdicts were written.

    Args:
        standing: verdicts that did not change and are told to maintenance all the same: it carries on a fault that is
            known, and learns after a repair that it is still there.
    """
    intact = await store.renew(session, list(at), [code for code, item in items().items() if item.spoils])
    await record_health(
        session,
        [
            (camera_id, Health.WORKS if whole else Health.BAD, at[camera_id])
            for camera_id, whole in intact.items()
            if whole is not None
        ],
    )
    for change in changes:
        found = change.finding
        await outbox.append(
            session,
            FAULT if change.state is State.FAULT else WELL,
            {
                "camera": str(found.camera_id),
                "item": found.item,
                "score": round(found.score, 4),
                "threshold": found.threshold,
                "at": found.at.isoformat(),
            },
        )
    told = {(one.finding.camera_id, one.finding.item): one for one in (*standing, *changes)}
    faults = [one.finding for one in told.values() if one.state is State.FAULT]
    wells = [one.finding for one in told.values() if one.state is State.WELL]
    if faults:
        latest = max(found.at for found in faults)
        excused = await exemptions.exempt_among(session, [found.camera_id for found in faults], latest)
        await maintenance.report_faults(session, [_fault(found) for found in faults if found.camera_id not in excused])
    if wells:
        await maintenance.report_wells(
            session, [(found.camera_id, items()[found.item].fault, found.at) for found in wells]
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


async def settle(session: WriteSession, camera_id: UUID, item: str, now: datetime) -> State | None:
    """Hold the last score of an item against what applies now, at once: a person decided, no other look is needed.

    Returns:
        What is held of it from now on; None when it was never judged.
    """
    await store.lock(session, [camera_id])
    before = (await store.verdicts(session, [camera_id])).get((camera_id, item))
    subject = (await store.subjects(session, [camera_id])).get(camera_id)
    if before is None or subject is None:
        return None
    own = (await store.own(session, [camera_id])).get(camera_id, {}).get(item)
    own = own if own is not None and own.holds(now) else None
    muted = own is not None and own.value is None
    light = await store.last_phase(session, camera_id)
    limit = (await store.thresholds(session)).of(items()[item], subject.kind, light, own)
    faulty = not muted and items()[item].faulty(before.score, limit)
    state = State.FAULT if faulty else State.WELL
    finding = Finding(camera_id, item, before.score, limit, faulty, now)
    verdict = replace(
        before, state=state, threshold=limit, streak=0, since=before.since if state is before.state else now
    )
    await store.write_verdicts(session, [(finding, verdict)])
    await _tell(session, [Change(finding, state)] if state is not before.state else [], [], {camera_id: now})
    return state
