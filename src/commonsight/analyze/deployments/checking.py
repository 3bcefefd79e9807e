"""What a draft lacks before it starts: cameras, drawings, people, compute. It may start all the same: it says so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight.analyze import foresee
from commonsight.analyze import store as analyses
from commonsight.analyze.deployments import model, store
from commonsight.analyze.deployments.model import Deployment, Finding
from commonsight.analyze.deployments.service import Draft, source_of
from commonsight.analyze.model import Analysis
from commonsight.analyze.scenes.model import SceneCard
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.switching import fit
from commonsight.catalog.model import Health
from commonsight.records.database import ReadSession

NAMED_MOST: Final = 20
GAPS_MOST: Final = 20


async def check(session: ReadSession, made: Draft, now: datetime) -> list[Finding]:
    """What is missing, the gravest first. Nothing: it can start."""
    cards = installed().cards
    overlapping = await store.overlapping(session, made.deployment.starts_at, made.deployment.ends_at)
    present = {
        camera_id: _meanwhile(document, overlapping)
        for camera_id, document in (await analyses.documents(session, made.cameras)).items()
    }
    found = await _cameras(session, made)
    found += _drawings(made, present, cards)
    found += _duty(made.deployment)
    found += await _compute(session, made, present, cards, now)
    return sorted(found, key=lambda one: not one.grave)


def _meanwhile(document: Analysis, overlapping: set[UUID]) -> Analysis:
    """A camera's document as it will be: what deployments put on it that are over by then is gone."""
    kept = {source_of(one) for one in overlapping}
    scenes = tuple(
        one
        for one in document.scenes
        if one.source is None or not one.source.startswith("deployment:") or one.source in kept
    )
    return replace(document, scenes=scenes)


async def _cameras(session: ReadSession, made: Draft) -> list[Finding]:
    by_health: dict[Health, list[UUID]] = {}
    for camera_id, health in (await store.health_of(session, made.cameras)).items():
        by_health.setdefault(health, []).append(camera_id)
    found = []
    for health, grave in ((Health.OFFLINE, True), (Health.BAD, True), (Health.UNKNOWN, False)):
        cameras = by_health.get(health, [])
        if cameras:
            found.append(
                _finding(f"analyze.deployment_check_{health.word}", cameras, grave=grave, of=len(made.cameras))
            )
    return found


def _drawings(made: Draft, present: Mapping[UUID, Analysis], cards: Mapping[str, SceneCard]) -> list[Finding]:
    lacking: dict[tuple[str, str], list[UUID]] = {}
    nothing: list[UUID] = []
    source, owner = source_of(made.deployment.id), made.deployment.id
    for camera_id in made.cameras:
        fitted = fit(made.deployment.scenes, present.get(camera_id, Analysis()), cards, source, owner, over="demand:")
        for one in fitted.missing:
            lacking.setdefault((one.scene, one.what), []).append(camera_id)
        if not fitted.setups:
            nothing.append(camera_id)
    found = [
        _finding(
            f"analyze.deployment_check_{what}", cameras, grave=len(cameras) == len(made.cameras), of=len(made.cameras),
            scene={"zh": cards[scene].zh, "en": cards[scene].en} if scene in cards else scene,
        )
        for (scene, what), cameras in sorted(lacking.items())
    ]  # fmt: skip
    if len(nothing) == len(made.cameras):
        found.append(_finding("analyze.deployment_check_nothing", nothing, grave=True, of=len(made.cameras)))
    return found


def _duty(one: Deployment) -> list[Finding]:
    if not one.shifts:
        return [Finding("analyze.deployment_check_nobody", True)]
    gaps = model.duty_gaps(one.shifts, one.starts_at, one.ends_at)[:GAPS_MOST]
    return [
        Finding("analyze.deployment_check_gap", True, {"from": begin.isoformat(), "to": end.isoformat()})
        for begin, end in gaps
    ]


async def _compute(
    session: ReadSession, made: Draft, present: Mapping[UUID, Analysis], cards: Mapping[str, SceneCard], now: datetime
) -> list[Finding]:
    wanted = [cards[one.scene] for one in made.deployment.scenes if one.scene in cards]
    running = [_running(present.get(camera_id), cards) for camera_id in made.cameras]
    before = foresee.cores(running)
    after = foresee.cores([list({card.code: card for card in (*had, *wanted)}.values()) for had in running])
    more = sum(after) - sum(before)
    room = await foresee.room(session, now)
    values: dict[str, Any] = {"cores": round(more, 2)}
    if room is None:
        return [Finding("analyze.deployment_check_compute_unknown", False, values)]
    values |= {"free": round(room.free, 2), "available": round(room.available, 2)}
    if more > room.free:
        return [Finding("analyze.deployment_check_compute", more > room.available, values)]
    return []


def _running(present: Analysis | None, cards: Mapping[str, SceneCard]) -> list[SceneCard]:
    if present is None or not present.enabled:
        return []
    return [cards[setup.scene] for setup in present.scenes if setup.enabled and setup.scene in cards]


def _finding(code: str, cameras: list[UUID], *, grave: bool, **values: Any) -> Finding:
    return Finding(code, grave, {"cameras": len(cameras), **values}, tuple(cameras[:NAMED_MOST]))
