"""Use cases of feedback: say what an incident was, move a parameter, take that back."""

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter

from commonsight import outbox
from commonsight.analyze import model as documents
from commonsight.analyze import store as analyses
from commonsight.analyze.incidents import store as incidents
from commonsight.analyze.incidents.feedback import store
from commonsight.analyze.incidents.feedback.model import (
    LENT,
    MOVED,
    NO_SETUP,
    NOTHING_TUNED,
    STEPS_A_DAY,
    TOO_OFTEN,
    Move,
    reached,
    stricter,
)
from commonsight.analyze.incidents.feedback.store import Tuning
from commonsight.analyze.incidents.model import LABELLED, Incident
from commonsight.analyze.model import Stored
from commonsight.analyze.scenes import document
from commonsight.analyze.scenes.registry import installed
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond.store import PLATFORM

log = structlog.get_logger(__name__)

SAID = Counter("commonsight_incident_labels", "What people said of incidents", ["scene", "label"])


async def say(
    session: WriteSession, incident: Incident, real: bool | None, by: str, case_id: UUID | None, now: datetime
) -> Tuning | None:
    """Label an incident. "False" moves a parameter one step; another word afterwards takes the step back.

    The same word again changes nothing. Returns what became of a parameter.
    """
    if incident.label is real:
        return await store.of_incident(session, incident.id)
    await incidents.label(session, incident.id, real, by, now)
    await outbox.append(
        session, LABELLED,
        {
            "incident": str(incident.id), "camera": str(incident.camera_id), "place": incident.place,
            "scene": incident.scene, "kind": incident.incident, "label": real,
        },
    )  # fmt: skip
    SAID.labels(incident.scene, str(real)).inc()
    if incident.label is False:
        former = await store.of_incident(session, incident.id)
        if former is not None and former.reason == MOVED and former.undone_at is None:
            with contextlib.suppress(Refusal):  # somebody has set it by hand since: theirs stands
                await take_back(session, former, by, now)
    return await tune(session, incident, case_id, now) if real is False else None


async def tune(session: WriteSession, incident: Incident, case_id: UUID | None, now: datetime) -> Tuning:
    """One step stricter on the camera, written down with its reason; also where nothing moves."""
    await analyses.lock(session, incident.camera_id)
    stored = await analyses.read(session, incident.camera_id)
    move = await _move(session, incident, stored, now)
    if move.reason == MOVED and stored is not None:
        await _set(session, stored, incident.setup, move.parameter, move.after)
    made = await store.add(session, incident, move, case_id, now)
    log.info(
        "incident_tuned", camera=str(incident.camera_id), setup=incident.setup, parameter=move.parameter,
        before=move.before, after=move.after, reason=move.reason,
    )  # fmt: skip
    if case_id is not None:
        await _note(session, case_id, made, now)
    return made


async def _move(session: WriteSession, incident: Incident, stored: Stored | None, now: datetime) -> Move:
    setups = () if stored is None else stored.analysis.scenes
    setup = next((one for one in setups if one.id == incident.setup), None)
    card = installed().cards.get(incident.scene)
    if setup is None or card is None:
        return Move("", 0.0, 0.0, NO_SETUP)
    if setup.source is not None:
        # Lent for a time by a deployment: its thresholds go with it, and nothing would be learned.
        return Move("", 0.0, 0.0, LENT)
    tuned = [one for one in card.parameters if one.tuned]
    if not tuned:
        return Move("", 0.0, 0.0, NOTHING_TUNED)
    day = now - timedelta(days=1)
    if await store.moved_since(session, incident.camera_id, incident.setup, day) >= STEPS_A_DAY:
        return Move("", 0.0, 0.0, TOO_OFTEN)
    known = await incidents.known_true(session, incident)
    first: Move | None = None
    for parameter in tuned:
        present = float(setup.settings.get(parameter.code, parameter.default))
        move = stricter(parameter, present, [reached(one, parameter) for one in known])
        if move.reason == MOVED:
            return move
        first = first or move
    assert first is not None
    return first


async def _set(session: WriteSession, stored: Stored, setup_id: str, parameter: str, value: float) -> None:
    scenes = tuple(
        replace(setup, settings=dict(setup.settings) | {parameter: value}) if setup.id == setup_id else setup
        for setup in stored.analysis.scenes
    )
    changed = replace(stored.analysis, scenes=scenes)
    documents.check(changed)
    document.check(changed, installed().cards)
    await analyses.write(session, stored.camera_id, changed, stored.enabled_by)


async def take_back(session: WriteSession, tuning: Tuning, by: str, now: datetime) -> None:
    """Put a parameter back to what it was before a step, if nobody has moved it since.

    Raises:
        Refusal: `analyze.tuning_changed_since` (409) when it is another by now; `analyze.tuning_gone` (404).
    """
    if tuning.reason != MOVED or tuning.undone_at is not None:
        raise Refusal("analyze.tuning_gone", status=404, operand="tuning", actual=str(tuning.id))
    await analyses.lock(session, tuning.camera_id)
    stored = await analyses.read(session, tuning.camera_id)
    setup = None if stored is None else next((one for one in stored.analysis.scenes if one.id == tuning.setup), None)
    present = None if setup is None else setup.settings.get(tuning.parameter)
    if stored is None or present is None or abs(present - tuning.after) > 1e-9:
        raise Refusal(
            "analyze.tuning_changed_since", status=409, rule="unchanged since", operand=tuning.parameter,
            expected=tuning.after, actual=present,
        )  # fmt: skip
    await _set(session, stored, tuning.setup, tuning.parameter, tuning.before)
    await store.undone(session, tuning.id, by, now)
    if tuning.case_id is not None:
        await _note(session, tuning.case_id, replace(tuning, undone_at=now, undone_by=by), now)


async def _note(session: WriteSession, case_id: UUID, tuning: Tuning, now: datetime) -> None:
    case = await cases.one(session, case_id)
    if case is None:
        return
    code = "undone" if tuning.undone_at is not None else tuning.reason
    values = names(tuning) | {"before": f"{tuning.before:g}", "after": f"{tuning.after:g}", "by": tuning.undone_by}
    detail = {"say": f"analyze.tuning_{code}", "values": values}
    await cases.add_step(session, case.id, "tuned", case.state, case.state, PLATFORM, now, "", detail)


def names(tuning: Tuning) -> dict[str, Any]:
    """The parameter's name in both languages and its unit."""
    card = installed().cards.get(tuning.scene)
    found = next((one for one in card.parameters if one.code == tuning.parameter), None) if card else None
    if found is None:
        return {"parameter": {"zh": tuning.parameter, "en": tuning.parameter}, "unit": ""}
    return {"parameter": {"zh": found.zh, "en": found.en}, "unit": found.unit}
