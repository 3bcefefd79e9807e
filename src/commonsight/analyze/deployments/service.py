"""Use cases of deployments: plan, start, end, take back; everything by the clock can also be done by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.analyze import store as analyses
from commonsight.analyze.deployments import model, store, watching
from commonsight.analyze.deployments.model import Action, Deployment, Shift, State
from commonsight.analyze.model import Analysis
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.scenes.service import put_scenes
from commonsight.analyze.switching import Wanted, check_wanted, fit
from commonsight.gate import grant_rules, selection
from commonsight.gate.grant_model import Selection
from commonsight.http import Caller, sees
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

STARTED: Final = "analyze.deployment_started"
ENDED: Final = "analyze.deployment_ended"
HANDED: Final = "analyze.deployment_handed"
"""Topics of the outbox; each names its deployment, and the people who are told."""

_DISTRICT: Final = 6
_REGIONS_MOST: Final = 200
_KINDS: Final = {
    Action.START: "started", Action.END: "ended", Action.GO_ON: "went_on", Action.CANCEL: "cancelled",
    Action.RESUME: "resumed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a person writes about a deployment."""

    name: str
    starts_at: datetime
    ends_at: datetime
    choice: Selection
    scenes: tuple[Wanted, ...]
    purpose: str = ""
    place: str = ""
    shifts: tuple[Shift, ...] = ()
    factor: float = 3.0
    capacity: int | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A deployment that is about to be written, with the cameras it comes to now."""

    deployment: Deployment
    cameras: tuple[UUID, ...] = field(default=())


def source_of(deployment_id: UUID) -> str:
    """The source of its setups."""
    return f"deployment:{deployment_id}"


async def draft(session: ReadSession, caller: Caller, said: Said, now: datetime, before: Deployment | None) -> Draft:
    """What is written becomes a deployment, checked, with its cameras.

    Raises:
        Refusal: `analyze.deployment_invalid`, `analyze.wanted_invalid`, `analyze.deployment_empty`,
            `analyze.deployment_large`, what `grant_rules.check_selection` refuses.
    """
    name = " ".join(said.name.split())
    if not 1 <= len(name) <= model.NAME_MOST:
        raise model.invalid("name", "length", f"1..{model.NAME_MOST}", len(name))
    if not 1 <= said.factor <= model.FACTOR_MOST:
        raise model.invalid("factor", "within the bounds", f"1..{model.FACTOR_MOST:g}", said.factor)
    if said.capacity is not None and not 1 <= said.capacity <= model.CAPACITY_MOST:
        raise model.invalid("capacity", "within the bounds", f"1..{model.CAPACITY_MOST}", said.capacity)
    running = before is not None and before.state is State.RUNNING
    model.check_period(said.starts_at, said.ends_at, now)
    shifts = model.check_shifts(said.shifts, said.starts_at, said.ends_at)
    known = await store.people(session, [shift.person for shift in shifts])
    for place, shift in enumerate(shifts):
        if shift.person not in known:
            raise model.invalid(f"shifts.{place}.person", "an account in use", None, str(shift.person))
    scope = caller.regions if before is None else before.scope
    grant_rules.check_selection(said.choice, scope)
    cameras = await selection.openable(session, scope, said.choice, model.CAMERAS_MOST + 1)
    if not cameras:
        raise Refusal("analyze.deployment_empty", status=422, rule="cameras", operand="choice", actual=0)
    if len(cameras) > model.CAMERAS_MOST:
        raise Refusal(
            "analyze.deployment_large", status=422, rule="cameras at once", operand="choice",
            expected=model.CAMERAS_MOST, actual=f"> {model.CAMERAS_MOST}",
        )  # fmt: skip
    regions = await store.regions_of(session, cameras, _DISTRICT)
    made = Deployment(
        id=uuid7() if before is None else before.id, name=name, purpose=said.purpose.strip(),
        place=said.place.strip(), starts_at=before.starts_at if before and running else said.starts_at,
        ends_at=said.ends_at, scope=tuple(scope), regions=tuple(regions[:_REGIONS_MOST]), choice=said.choice,
        scenes=check_wanted(said.scenes, installed().cards), shifts=shifts, factor=said.factor,
        capacity=said.capacity, notes=said.notes.strip(), state=State.PLANNED, by_id=caller.id,
        by_name=caller.display_name or caller.name, unit=caller.organisation, created_at=now, updated_at=now,
    )  # fmt: skip
    if before is not None:
        made = replace(
            made, state=before.state, by_id=before.by_id, by_name=before.by_name, unit=before.unit,
            created_at=before.created_at, started_at=before.started_at, looked_at=before.looked_at,
            version=before.version + 1,
        )  # fmt: skip
    return Draft(made, tuple(cameras))


async def as_draft(session: ReadSession, found: Deployment) -> Draft:
    """A deployment with the cameras it comes to now; none when they are all gone."""
    return Draft(found, tuple(await selection.openable(session, found.scope, found.choice, model.CAMERAS_MOST)))


async def add(session: WriteSession, caller: Caller, said: Said, now: datetime) -> Deployment:
    """Plan a deployment. It starts by itself when its time has come.

    Raises:
        Refusal: as `draft`.
    """
    made = (await draft(session, caller, said, now, None)).deployment
    await store.put(session, made)
    await _audit(session, caller, "planned", made, now)
    return made


async def change(session: WriteSession, caller: Caller, before: Deployment, said: Said, now: datetime) -> Deployment:
    """Change a deployment that is planned or runs. One that runs keeps its start; its cameras are put on anew.

    Raises:
        Refusal: as `draft`; `analyze.deployment_step` (409) when it is over or cancelled.
    """
    if before.state not in (State.PLANNED, State.RUNNING):
        raise Refusal(
            "analyze.deployment_step", status=409, rule="planned or running", operand="state",
            expected=[State.PLANNED.value, State.RUNNING.value], actual=before.state.value, state=before.state.value,
        )  # fmt: skip
    made = await draft(session, caller, said, now, before)
    await store.put(session, made.deployment)
    if before.state is State.RUNNING:
        await store.want(session, before.id, made.cameras, now)
        await store.note(session, before.id, "changed", now, by_id=caller.id, by_name=caller.display_name)
    await _audit(session, caller, "changed", made.deployment, now)
    return made.deployment


async def visible(
    session: ReadSession, caller: Caller, deployment_id: UUID, *, for_update: bool = False
) -> Deployment:  # fmt: skip
    """A deployment that has cameras where the caller may see.

    Raises:
        Refusal: `analyze.deployment_unknown` (404).
    """
    found = await store.one(session, deployment_id, for_update=for_update)
    if found is None or not meets(found.regions, caller.regions):
        raise Refusal("analyze.deployment_unknown", status=404, operand="deployment", actual=str(deployment_id))
    return found


async def writable(session: WriteSession, caller: Caller, deployment_id: UUID) -> Deployment:
    """The same, locked, for somebody whose regions hold all of it.

    Raises:
        Refusal: `analyze.deployment_unknown` (404), `analyze.deployment_wider` (403).
    """
    found = await visible(session, caller, deployment_id, for_update=True)
    beyond = [region for region in found.regions if not sees(caller, region)]
    if beyond:
        raise Refusal(
            "analyze.deployment_wider", status=403, rule="within the caller's regions", operand="deployment",
            expected=list(caller.regions), actual=beyond[:10],
        )  # fmt: skip
    return found


def meets(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether two lists of division-code prefixes have a place in common."""
    return any(one.startswith(other) or other.startswith(one) for one in ours for other in theirs)


# --- steps ----------------------------------------------------------------------------------------------------------


async def step(session: WriteSession, caller: Caller, found: Deployment, action: Action, now: datetime) -> Deployment:
    """What a person does to a deployment.

    Raises:
        Refusal: as `model.after`; starting: as `draft`, for cameras that are gone by now.
    """
    made = await _step(session, found, action, now, caller)
    await _audit(session, caller, _KINDS[action], made, now)
    return made


async def by_clock(session: WriteSession, found: Deployment, now: datetime) -> Deployment:
    """What its time has come for: its start, or its end."""
    return await _step(session, found, Action.START if found.state is State.PLANNED else Action.END, now, None)


async def _step(
    session: WriteSession, found: Deployment, action: Action, now: datetime, caller: Caller | None
) -> Deployment:
    # Nobody ran jobs while its whole period passed: it never ran, and says so.
    missed = caller is None and found.state is State.PLANNED and found.ends_at <= now
    state = State.CANCELLED if missed else model.after(found.state, action, found.ends_at, now)
    made = replace(found, state=state, updated_at=now, version=found.version + 1)
    who: dict[str, Any] = {"by_id": caller.id, "by_name": caller.display_name or caller.name} if caller else {}
    if state is State.RUNNING:
        cameras = await selection.openable(session, found.scope, found.choice, model.CAMERAS_MOST)
        began = found.started_at if action is Action.GO_ON else now
        made = replace(made, started_at=began, ended_at=None, looked_at=now)
        await store.put(session, made)
        await store.want(session, found.id, cameras, now)
        await _tell(session, STARTED, made, model.on_duty(made.shifts, now) or made.shifts[:1])
    else:
        if state is State.OVER:
            made = replace(made, ended_at=now)
            await watching.close_spans(session, found.id, now)
            await _tell(session, ENDED, made, made.shifts)
        await store.put(session, made)
        await store.leave(session, found.id, now)
    await store.note(session, found.id, "missed" if missed else _KINDS[action], now, **who)
    return made


async def _tell(session: WriteSession, topic: str, made: Deployment, shifts: Sequence[Shift]) -> None:
    people = sorted({str(shift.person) for shift in shifts})
    await outbox.append(session, topic, {"deployment": str(made.id), "name": made.name, "people": people})


async def hand_over(session: WriteSession, made: Deployment, at: datetime, now: datetime) -> None:
    """Tell whose shift ends and whose begins at a moment, in the log and to who comes on."""
    gone = [shift.person for shift in made.shifts if shift.end == at]
    come = [shift for shift in made.shifts if shift.begin == at]
    names = {person: name for person, (name, _) in (await store.people(session, [
        *gone, *(shift.person for shift in come)])).items()}  # fmt: skip
    await store.note(
        session, made.id, "handover", now,
        gone=[names.get(one, "") for one in gone], come=[names.get(one.person, "") for one in come],
    )  # fmt: skip
    if come:
        await _tell(session, HANDED, made, come)


async def write_line(
    session: WriteSession, caller: Caller, found: Deployment, words: str, now: datetime
) -> store.Entry:
    """A person writes into the log.

    Raises:
        Refusal: `analyze.deployment_invalid` (422): nothing but blanks.
    """
    words = words.strip().replace("\x00", "")
    if not words:
        raise model.invalid("words", "a sentence", "1..", 0)
    name = caller.display_name or caller.name
    return await store.note(session, found.id, "words", now, by_id=caller.id, by_name=name, words=words)


# --- cameras --------------------------------------------------------------------------------------------------------


async def move(session: WriteSession, found: Deployment, camera_id: UUID, state: str, now: datetime) -> None:
    """Put a deployment's scenes onto a camera, or take exactly them back. Done again it changes nothing."""
    source = source_of(found.id)
    if state == "leaving":
        try:
            async with session.begin_nested():
                await put_scenes(session, None, camera_id, (), source=source)
        except Refusal as refusal:  # the camera is gone, and what was on it with it
            await store.moved(session, found.id, camera_id, "back", 0, [{"scene": "", "what": refusal.code}], now)
            return
        await store.moved(session, found.id, camera_id, "back", 0, (), now)
        await store.wake_others(session, found.id, camera_id, now)
        return
    stored = await analyses.read(session, camera_id)
    present = Analysis() if stored is None else stored.analysis
    fitted = fit(found.scenes, present, installed().cards, source, found.id, over="demand:")
    missing: list[Mapping[str, Any]] = [one.as_json() for one in fitted.missing]
    try:
        async with session.begin_nested():
            await put_scenes(session, None, camera_id, fitted.setups, source=source)
    except Refusal as refusal:
        missing.append({"scene": "", "what": refusal.code, "rule": refusal.rule, "operand": refusal.operand})
        await store.moved(session, found.id, camera_id, "failed", 0, missing, now)
        return
    state = "on" if fitted.setups else "failed"
    await store.moved(session, found.id, camera_id, state, len(fitted.setups), missing, now)


async def _audit(session: WriteSession, caller: Caller, verb: str, made: Deployment, now: datetime) -> None:
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    await record(
        session, actor, f"analyze.deployment_{verb}", now, kind="deployment", subject_id=made.id,
        subject_name=made.name,
    )  # fmt: skip
