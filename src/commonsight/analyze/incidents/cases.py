"""An incident becomes a case, unless it is quiet, lately said to be none, or filtered; it goes to who is competent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from commonsight.analyze import store as analyses
from commonsight.analyze.incidents import store, wording
from commonsight.analyze.incidents.model import Incident, merging_of
from commonsight.analyze.incidents.routing import service as routing
from commonsight.analyze.incidents.routing.model import Asked, Rule
from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.model import SceneCard
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.training import filtering
from commonsight.catalog import store as catalog
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond import routing as respond
from commonsight.respond import store as cases
from commonsight.respond.model import LIVE, Opening
from commonsight.respond.opening import open_or_add
from commonsight.respond.store import PLATFORM
from commonsight.respond.titles import both

log = structlog.get_logger(__name__)

SOURCE: Final = "scene"
KIND: Final = "incident"

QUIET: Final = "quiet"
COOL_DOWN: Final = "cool_down"
FILTERED: Final = "filtered"
STORM: Final = "storm"

HELD = Counter("commonsight_incidents_held", "Incidents that opened no case of their own", ["why"])


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of an incident. `held`: why no case is opened; "" when one is."""

    held: str
    rule: Rule | None
    filtered: float | None


async def judge(session: ReadSession, incident: Incident, zone: str) -> Judged:
    """Whether a case is opened, and by which rule it is given away."""
    asked = Asked(incident.scene, incident.incident, incident.place, incident.began_at)
    rules = await routing.who(session, asked, zone)
    rule = rules[0] if rules else None
    if rule is not None and rule.said.quiet:
        return Judged(QUIET, rule, None)
    if await store.lately_false(session, incident, merging_of(incident.incident).cool_down):
        return Judged(COOL_DOWN, rule, None)
    verdict = await filtering.verdict(session, incident)
    if verdict is not None and not verdict.real:
        return Judged(FILTERED, rule, verdict.probability)
    return Judged("", rule, None if verdict is None else verdict.probability)


async def begin(session: WriteSession, incident: Incident, zone: str, now: datetime) -> Judged:
    """Open the case of an incident that has just begun, or write down why there is none."""
    judged = await judge(session, incident, zone)
    if judged.held:
        await store.settle(session, incident.id, None, judged.held, judged.filtered)
        HELD.labels(judged.held).inc()
        return judged
    opening = await opening_of(session, incident, now)
    case, new = await open_or_add(session, opening, now)
    stormy = case.key != opening.key
    await store.settle(session, incident.id, case.id, STORM if stormy else "", judged.filtered)
    if stormy:
        HELD.labels(STORM).inc()
    if new and judged.rule is not None:
        said = judged.rule.said
        await respond.give(
            session, case,
            respond.Competent(said.organisation, _minutes(said.acknowledge), _minutes(said.close), why(judged.rule)),
            now,
        )  # fmt: skip
    return Judged(STORM if stormy else "", judged.rule, judged.filtered)


async def opening_of(session: ReadSession, incident: Incident, now: datetime) -> Opening:
    """What the case begins with."""
    card = card_of(incident)
    camera = await catalog.one(session, incident.camera_id)
    stored = await analyses.read(session, incident.camera_id)
    drawn: list[Zone | Line] = [] if stored is None else [*stored.analysis.zones, *stored.analysis.lines]
    return Opening(
        kind=KIND, severity=incident.severity, subject=both(*wording.title(incident, card)), source=SOURCE,
        key=f"incident:{incident.id}", scope=f"scene:{incident.camera_id}",
        region=incident.place if camera is None else camera.row.region, at=incident.began_at,
        words=both(*wording.words(incident, card, {one.id: one.name for one in drawn})), camera_id=incident.camera_id,
        place="" if camera is None else camera.row.name, point=None if camera is None else camera.row.point,
        evidence={
            "kind": "incident", "id": str(incident.id), "at": incident.began_at.isoformat(), "got": now.isoformat(),
        },
        detail={"incident": str(incident.id), "scene": incident.scene, "what": incident.incident},
    )  # fmt: skip


async def end(session: WriteSession, incident: Incident, now: datetime) -> None:
    """Say in the history of a live case that the scene sees the incident no more. It stays: somebody has to look."""
    if incident.case_id is None or incident.ended_at is None or incident.held == STORM:
        return
    case = await cases.one(session, incident.case_id, for_update=True)
    if case is None or case.state not in LIVE:
        return
    minutes = round((incident.ended_at - incident.began_at).total_seconds() / 60, 1)
    detail = {"say": "analyze.incident_over", "values": {"minutes": minutes, "times": incident.times}}
    await cases.add_step(session, case.id, "seen_no_more", case.state, case.state, PLATFORM, now, "", detail)


def card_of(incident: Incident) -> SceneCard | None:
    """The card of an incident's scene, if it is installed here."""
    return installed().cards.get(incident.scene)


def why(rule: Rule) -> dict[str, str]:
    """A rule as a person names it: its note, or what it speaks of."""
    if rule.said.note:
        return {"zh": rule.said.note, "en": rule.said.note}
    card = installed().cards.get(rule.said.scene)
    kinds = [kind for each in installed().cards.values() for kind in each.incidents if kind.code == rule.said.incident]
    zh = [kinds[0].zh if kinds else rule.said.incident or (card.zh if card else "") or "全部事件", rule.said.region]
    en = [
        kinds[0].en if kinds else rule.said.incident or (card.en if card else "") or "all incidents",
        rule.said.region,
    ]
    return {"zh": " · ".join(filter(None, zh)), "en": " · ".join(filter(None, en))}


def _minutes(given: int | None) -> timedelta | None:
    return None if given is None else timedelta(minutes=given)
