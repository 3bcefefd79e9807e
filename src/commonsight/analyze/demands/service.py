"""Use cases of needs: file, match, decide, put on, take back, review, publish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.analyze import foresee
from commonsight.analyze import store as analyses
from commonsight.analyze.demands import matching, model, store
from commonsight.analyze.demands.matching import Candidate, Found
from commonsight.analyze.demands.model import Action, Demand, Place, State
from commonsight.analyze.model import Analysis
from commonsight.analyze.model import Hours as SetupHours
from commonsight.analyze.scenes.model import SceneCard
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.scenes.service import put_scenes
from commonsight.analyze.switching import Wanted, check_wanted, fit
from commonsight.catalog.planning import service as planning
from commonsight.catalog.planning.model import Field
from commonsight.gate import grant_rules, selection
from commonsight.gate.grant_model import Hours, Selection
from commonsight.http import Caller, sees
from commonsight.places import service as places
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

FILED: Final = "analyze.demand_filed"
DECIDED: Final = "analyze.demand_decided"
STOPPED: Final = "analyze.demand_stopped"
OPERATES: Final = "analysis.write"
"""The permission of those who accept or refuse."""
SETTLE: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Said:
    """What a department files."""

    title: str
    scene: str
    region: str
    starts_at: datetime
    reason: str
    points: tuple[Place, ...] = ()
    choice: Selection = field(default_factory=Selection)
    ends_at: datetime | None = None
    hours: Hours | None = None
    error_most: float | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What a person does to a need. `cameras` and `settings`: what is accepted; `mark`: 1..5 of a review."""

    action: Action
    words: str = ""
    cameras: tuple[UUID, ...] | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    whole: bool = False
    mark: int | None = None


def source_of(demand_id: UUID) -> str:
    """The source of its setups."""
    return f"demand:{demand_id}"


def card_of(scene: str) -> SceneCard:
    """The card of a need's scene.

    Raises:
        Refusal: `analyze.demand_invalid` (422): it is not installed here.
    """
    cards = installed().cards
    if scene not in cards:
        raise model.invalid("scene", "a scene of this platform", sorted(cards), scene[:60])
    return cards[scene]


async def file(session: WriteSession, caller: Caller, said: Said, now: datetime) -> Demand:
    """File a need and match it at once.

    Raises:
        Refusal: `analyze.demand_invalid` (422), `places.region_unknown`, `http.region_outside_scope` (403), what
            `grant_rules.check_selection` refuses.
    """
    title, reason = " ".join(said.title.split()), said.reason.strip()
    if not 1 <= len(title) <= model.TITLE_MOST:
        raise model.invalid("title", "length", f"1..{model.TITLE_MOST}", len(title))
    if not reason:
        raise model.invalid("reason", "a sentence", "1..", 0)
    if not said.points and said.choice.empty:
        raise model.invalid("points", "points, or a choice of cameras", "1..", 0)
    if said.ends_at is not None and not said.starts_at < said.ends_at <= said.starts_at + LONGEST:
        raise model.invalid("ends_at", "after the start", f"> {said.starts_at.isoformat()}", said.ends_at.isoformat())
    if said.ends_at is not None and said.ends_at <= now:
        raise model.invalid("ends_at", "in the future", f"> {now.isoformat()}", said.ends_at.isoformat())
    if said.error_most is not None and not 0 < said.error_most <= 1:
        raise model.invalid("error_most", "within", "0..1", said.error_most)
    region = await places.existing(session, said.region)
    if not sees(caller, region):
        raise Refusal(
            "http.region_outside_scope", status=403, rule="scope", operand="region", expected=list(caller.regions),
            actual=region,
        )  # fmt: skip
    if not said.choice.empty:
        grant_rules.check_selection(said.choice, caller.regions)
    made = Demand(
        id=uuid7(), number=0, title=title, scene=card_of(said.scene).code, region=region,
        points=model.check_points(said.points), choice=said.choice, starts_at=said.starts_at, ends_at=said.ends_at,
        hours=said.hours, error_most=said.error_most, reason=reason, contact=said.contact.strip(), state=State.FILED,
        by_id=caller.id, by_name=caller.display_name or caller.name, unit=caller.organisation, created_at=now,
        updated_at=now,
    )  # fmt: skip
    made = await store.put(session, made)
    await _audit(session, caller, "filed", made, now)
    await _tell(session, FILED, made, caller)
    return await match(session, caller, made, now)


async def match(session: WriteSession, caller: Caller, found: Demand, now: datetime) -> Demand:
    """Look anew which cameras answer a need that nobody has decided on.

    Raises:
        Refusal: `analyze.demand_step` (409), `catalog.area_crowded` (422).
    """
    if found.state not in (State.FILED, State.MATCHED):
        raise Refusal(
            "analyze.demand_step", status=409, rule="not decided", operand="state",
            expected=[State.FILED.value, State.MATCHED.value], actual="match", state=found.state.value,
        )  # fmt: skip
    matched = await gather(session, caller.regions, found, now)
    return await store.put(
        session,
        replace(found, state=State.MATCHED, found=matched.as_json(), matched_at=now, updated_at=now),
    )


async def gather(session: ReadSession, regions: Sequence[str], demand: Demand, now: datetime) -> Found:
    """Which cameras within these regions answer a need, what they lack, and what it will cost."""
    card = card_of(demand.scene)
    overlaps = []
    for place in demand.points:
        around = Field(place.at, 0.0, 360.0, model.POINT_METRES)
        coverage = await planning.coverage(session, tuple(regions), around)
        overlaps.append((place, matching.offers(coverage), coverage.unknown))
    known = {one.watcher.id: one.watcher.known for _, offered, _ in overlaps for one in offered}
    chosen = []
    if not demand.choice.empty:
        chosen = await selection.openable(session, regions, demand.choice, model.CAMERAS_MOST)
    ids = list(dict.fromkeys([*known, *chosen]))[: model.CAMERAS_MOST]
    present = await analyses.documents(session, ids)
    candidates = {
        str(one.id): matching.candidate(one, present.get(one.id), card, known=known.get(one.id, True))
        for one in await store.seen(session, ids)
    }
    candidates = _priced(candidates, present, card)
    points = tuple(matching.answered(place, offered, candidates, unknown) for place, offered, unknown in overlaps)
    taken = matching.suggested(candidates, points, by_choice=bool(chosen))
    room = await foresee.room(session, now)
    return Found(
        tuple(sorted(candidates.values(), key=matching.rank)), points, taken,
        sum(bool(point.offers) for point in points),
        sum(candidates[one].scene == "running" for one in taken),
        round(sum(candidates[one].cores for one in taken), 3), None if room is None else round(room.free, 2),
    )  # fmt: skip


def _priced(
    candidates: Mapping[str, Candidate], present: Mapping[UUID, Analysis], card: SceneCard
) -> dict[str, Candidate]:
    """Each with what the scene adds to what its camera costs already."""
    cards = installed().cards
    keys = [key for key, one in candidates.items() if one.scene != "running"]
    had = [_running(present.get(UUID(key)), cards) for key in keys]
    before = foresee.cores(had)
    after = foresee.cores([[*each, card] for each in had])
    more = {key: max(0.0, round(new - old, 4)) for key, old, new in zip(keys, before, after, strict=True)}
    return {key: replace(one, cores=more.get(key, 0.0)) for key, one in candidates.items()}


def _running(present: Analysis | None, cards: Mapping[str, SceneCard]) -> list[SceneCard]:
    if present is None or not present.enabled:
        return []
    return list({one.scene: cards[one.scene] for one in present.scenes if one.enabled and one.scene in cards}.values())


async def visible(session: ReadSession, caller: Caller, demand_id: UUID, *, for_update: bool = False) -> Demand:
    """A need of the caller's regions, or their own.

    Raises:
        Refusal: `analyze.demand_unknown` (404).
    """
    found = await store.one(session, demand_id, for_update=for_update)
    if found is None or not (sees(caller, found.region) or found.by_id == caller.id):
        raise Refusal("analyze.demand_unknown", status=404, operand="demand", actual=str(demand_id))
    return found


def own(found: Demand, caller: Caller) -> bool:
    """Whether somebody speaks for the department that filed a need."""
    return found.by_id == caller.id or bool(found.unit and found.unit == caller.organisation)


# --- steps ----------------------------------------------------------------------------------------------------------


async def step(session: WriteSession, caller: Caller, found: Demand, given: Step, now: datetime) -> Demand:
    """What a person does to a need.

    Raises:
        Refusal: `analyze.demand_step` (409), `analyze.demand_not_yours` (403), `analyze.demand_invalid`,
            `analyze.wanted_invalid` (422).
    """
    state = model.after(found.state, given.action)
    operator = OPERATES in caller.permissions and sees(caller, found.region)
    if given.action not in model.actions_of(found.state, operator=operator, own=own(found, caller)):
        raise Refusal(
            "analyze.demand_not_yours", status=403, rule="whose step it is", operand="action",
            expected=OPERATES if given.action in model.OF_OPERATORS else found.unit or found.by_name,
            actual=given.action.value,
        )  # fmt: skip
    words = model.check_words(given.action, given.words)
    who = caller.display_name or caller.name
    made = replace(found, state=state, updated_at=now)
    match given.action:
        case Action.ACCEPT:
            made = await _accept(session, caller, made, given, words, now)
        case Action.REFUSE | Action.WITHDRAW:
            made = replace(made, decided_at=now, decided_by=who, decided_words=words)
        case Action.REOPEN:
            made = replace(made, decided_at=None, decided_by="", decided_words="", running_at=None, stopped_at=None)
            await store.leave(session, found.id, now)
        case Action.STOP:
            made = replace(made, stopped_at=now, benefit=(await benefit(session, found, now, kept=True)))
            await store.leave(session, found.id, now)
        case Action.REVIEW:
            if given.mark is None or not 1 <= given.mark <= 5:
                raise model.invalid("mark", "within", "1..5", given.mark)
            made = replace(made, mark=given.mark, review=words, reviewed_by=who, reviewed_at=now)
    made = await store.put(session, made)
    await _audit(session, caller, given.action.value, made, now)
    if given.action in (Action.ACCEPT, Action.REFUSE):
        await _tell(session, DECIDED, made, caller)
    if given.action is Action.STOP:
        await _tell(session, STOPPED, made, caller)
    return made


async def _accept(
    session: WriteSession, caller: Caller, made: Demand, given: Step, words: str, now: datetime
) -> Demand:
    check_wanted([Wanted(made.scene, given.settings)], installed().cards)
    offered = {UUID(one["id"]): one for one in (made.found or {}).get("cameras", ())}
    cameras = given.cameras
    if cameras is None:
        cameras = tuple(UUID(one) for one in (made.found or {}).get("chosen", ()))
    if not cameras:
        raise model.invalid("cameras", "at least one", "1..", 0)
    for camera_id in cameras:
        if camera_id not in offered or not sees(caller, offered[camera_id]["region"]):
            raise model.invalid("cameras", "cameras that were matched", None, str(camera_id))
    reused = {one: offered[one]["scene"] == "running" and not given.settings for one in cameras}
    await store.want(session, made.id, reused, now)
    return replace(
        made, settings=dict(given.settings), whole=given.whole, decided_at=now,
        decided_by=caller.display_name or caller.name, decided_words=words,
    )  # fmt: skip


async def by_clock(session: WriteSession, found: Demand, now: datetime) -> Demand:
    """What a need's time has come for: its scenes are put on, or taken back."""
    if found.state is State.ACCEPTED:
        return await store.put(session, replace(found, state=State.RUNNING, running_at=now, updated_at=now))
    made = replace(found, stopped_at=now, updated_at=now, benefit=await benefit(session, found, now, kept=True))
    await store.leave(session, found.id, now)
    made = await store.put(session, made)
    await _tell(session, STOPPED, made, None)
    return made


async def move(session: WriteSession, found: Demand, camera_id: UUID, state: str, now: datetime) -> None:
    """Put a need's scene onto a camera, or take exactly it back. Done again it changes nothing."""
    source = source_of(found.id)
    stored = await analyses.read(session, camera_id)
    present = Analysis() if stored is None else stored.analysis
    wanted = Wanted(found.scene, found.settings, found.whole)
    fitted = fit([wanted], present, installed().cards, source, found.id, _hours(found.hours), reuse=True)
    setups = () if state == "leaving" else fitted.setups
    try:
        async with session.begin_nested():
            await put_scenes(session, None, camera_id, setups, source=source)
    except Refusal as refusal:
        after = "back" if state == "leaving" else "failed"
        await store.moved(session, found.id, camera_id, after, [{"scene": found.scene, "what": refusal.code}], now)
        return
    if state == "leaving":
        await store.moved(session, found.id, camera_id, "back", (), now)
        return
    missing = [one.as_json() for one in fitted.missing]
    await store.moved(session, found.id, camera_id, "failed" if missing else "on", missing, now)


def _hours(given: Hours | None) -> tuple[SetupHours, ...]:
    if given is None:
        return ()
    begin, end = (at.hour * 60 + at.minute for at in (given.begin, given.end))
    return (SetupHours(begin, end, tuple(sorted(given.days))),)


# --- benefit --------------------------------------------------------------------------------------------------------


async def benefit(session: ReadSession, found: Demand, now: datetime, *, kept: bool = False) -> dict[str, Any]:
    """What a need was good for so far. Figures are added up piece by piece, because observations leave the database.

    Args:
        kept: the answer is going to be kept: count only what no worker may change any more.
    """
    until = found.stopped_at or now - (SETTLE if kept else timedelta())
    before = dict(found.benefit or {})
    since = datetime.fromisoformat(before["until"]) if "until" in before else found.running_at
    figures, seconds, watched = before.get("figures", 0), before.get("seconds", 0.0), before.get("watched", 0.0)
    if since is not None and since < until and found.stopped_at is None:
        more = await store.delivered(session, found.id, found.scene, since, until)
        figures, seconds, watched = figures + more[0], seconds + more[1], watched + more[2]
    else:
        until = since or now
    incidents = closed = wrong = 0
    if found.running_at is not None:
        span = (found.running_at, found.stopped_at or now)
        incidents, closed, wrong = await store.handled(session, found.id, found.scene, *span)
    return {
        "until": until.isoformat(), "figures": figures, "seconds": seconds, "watched": watched,
        "incidents": incidents, "closed": closed, "wrong": wrong,
        "saved": (found.found or {}).get("saved", 0), "reused": (found.found or {}).get("reused", 0),
    }  # fmt: skip


async def tally(session: WriteSession, demand_id: UUID, now: datetime) -> None:
    """Keep what a running need has delivered since the last time."""
    found = await store.one(session, demand_id, for_update=True)
    if found is not None and found.stopped_at is None:
        await store.keep_benefit(session, demand_id, await benefit(session, found, now, kept=True))


# --- the library ----------------------------------------------------------------------------------------------------


async def publish(session: WriteSession, caller: Caller, found: Demand, words: str, now: datetime) -> None:
    """Put a reviewed need into the library, with its figures as they stand, in the words of who publishes it.

    Raises:
        Refusal: `analyze.demand_not_reviewed` (409), `analyze.demand_invalid` (422).
    """
    if found.state is not State.REVIEWED:
        raise Refusal(
            "analyze.demand_not_reviewed", status=409, rule="reviewed", operand="state",
            expected=State.REVIEWED.value, actual=found.state.value,
        )  # fmt: skip
    words = model.check_words(Action.REFUSE, words)
    good = await benefit(session, found, now)
    cameras = sum(member.state in ("on", "leaving", "back") for member in await store.members(session, found.id))
    body = {
        "title": found.title, "words": words, "unit": found.unit, "mark": found.mark, "review": found.review,
        "cameras": cameras, "settings": dict(found.settings),
        "benefit": good,
    }  # fmt: skip
    await store.publish(session, found.id, found.scene, body, caller.display_name or caller.name, now)
    await _audit(session, caller, "published", found, now)


async def withdraw_case(session: WriteSession, caller: Caller, found: Demand, now: datetime) -> None:
    """Take a need out of the library; published again it is back."""
    await store.withdraw_case(session, found.id, now)
    await _audit(session, caller, "unpublished", found, now)


async def _tell(session: WriteSession, topic: str, made: Demand, caller: Caller | None) -> None:
    await outbox.append(
        session, topic,
        {
            "demand": str(made.id), "number": made.number, "title": made.title, "state": made.state.value,
            "region": made.region, "filed_by": str(made.by_id), "by": None if caller is None else str(caller.id),
        },
    )  # fmt: skip


async def _audit(session: WriteSession, caller: Caller, verb: str, made: Demand, now: datetime) -> None:
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    await record(
        session, actor, f"analyze.demand_{verb}", now, kind="demand", subject_id=made.id, subject_name=made.title
    )
