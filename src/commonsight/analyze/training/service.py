"""Use cases of training: freeze a dataset, ask for a candidate, promote it, roll back. People decide; jobs work."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight import jobs, outbox
from commonsight.access.audit import Actor, record
from commonsight.access.model import Identity
from commonsight.analyze import store as analyses
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.training import candidate_store, store
from commonsight.analyze.training.candidate_store import Candidate, Promotion
from commonsight.analyze.training.model import PROMOTED, ROLLED_BACK
from commonsight.analyze.training.store import Dataset
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.vision.cards import card

KINDS: Final = ("head", "card")
CAMERAS_MOST: Final = 2_000
"""Cameras a detector's card is put on in one step."""


async def freeze(session: WriteSession, caller: Identity, scene: str, note: str, now: datetime) -> UUID:
    """Begin a version of a scene's dataset out of the labels there are; a job writes it.

    Raises:
        Refusal: `analyze.scene_unknown` (404), `analyze.training_empty` (409).
    """
    if scene not in installed().cards and not await store.samples(session, scene, 1):
        raise Refusal("analyze.scene_unknown", status=404, operand="scene", actual=scene)
    if not await store.samples(session, scene, 1):
        raise Refusal("analyze.training_empty", status=409, rule="labels", operand="scene", actual=scene)
    made = await store.add_dataset(session, scene, note, caller.display_name or caller.name, now)
    await jobs.enqueue(session, "analyze:make_dataset", {"dataset_id": str(made)}, lock="analyze.training")
    await record(
        session, Actor.of(caller), "analyze.dataset_asked", now, kind="dataset", subject_id=made, subject_name=scene
    )
    return made


async def dataset(session: ReadSession, dataset_id: UUID) -> Dataset:
    """A version. Raises Refusal `analyze.dataset_unknown` (404)."""
    found = await store.dataset(session, dataset_id)
    if found is None:
        raise Refusal("analyze.dataset_unknown", status=404, operand="dataset", actual=str(dataset_id))
    return found


async def ask(session: WriteSession, caller: Identity, kind: str, dataset_id: UUID, name: str, now: datetime) -> UUID:
    """Have a filter trained, or a detector's card measured, on a version of a dataset.

    Args:
        name: of the card; empty for a filter.

    Raises:
        Refusal: `analyze.dataset_unknown` (404), `analyze.dataset_not_ready` (409), `vision.card_unknown` (404).
    """
    of = await dataset(session, dataset_id)
    if of.state != "ready":
        raise Refusal("analyze.dataset_not_ready", status=409, operand="dataset", expected="ready", actual=of.state)
    if kind == "card":
        card(name)
    made = await candidate_store.add(session, kind, of, name if kind == "card" else "", _name(caller), now)
    task = "analyze:train_head" if kind == "head" else "analyze:measure_card"
    await jobs.enqueue(session, task, {"candidate_id": str(made)}, lock="analyze.training")
    return made


async def promote(session: WriteSession, caller: Identity, candidate_id: UUID, reason: str, now: datetime) -> Candidate:
    """Let a measured candidate run from now on. What ran before can be brought back by `roll_back`.

    Raises:
        Refusal: `analyze.candidate_unknown` (404), `analyze.candidate_not_measured` (409).
    """
    found = await candidate_store.one(session, candidate_id, for_update=True)
    if found is None:
        raise Refusal("analyze.candidate_unknown", status=404, operand="candidate", actual=str(candidate_id))
    if found.metrics is None or found.state not in ("candidate", "former"):
        raise Refusal(
            "analyze.candidate_not_measured", status=409, rule="measured on held-out samples", operand="candidate",
            expected=["candidate", "former"], actual=found.state,
        )  # fmt: skip
    former = await candidate_store.present(session, found.kind, found.scene)
    if former is not None:
        await candidate_store.set_state(session, former.id, "former")
    await candidate_store.set_state(session, found.id, "present")
    cameras = await _put_on(session, found) if found.kind == "card" else {}
    await _tell(
        session, caller, found, found.id, None if former is None else former.id, "promoted", reason, cameras, now
    )
    return replace(found, state="present")


async def roll_back(session: WriteSession, caller: Identity, kind: str, scene: str, reason: str, now: datetime) -> None:
    """Take back what was promoted last: what ran before runs again, or nothing where nothing did.

    Raises:
        Refusal: `analyze.nothing_promoted` (409).
    """
    present = await candidate_store.present(session, kind, scene)
    if present is None:
        raise Refusal("analyze.nothing_promoted", status=409, operand="scene", actual=scene)
    history = await candidate_store.promotions(session, kind, scene, 100)
    last = next(one for one in history if one.candidate_id == present.id and one.action == "promoted")
    await candidate_store.set_state(session, present.id, "former")
    if last.former_id is not None:
        await candidate_store.set_state(session, last.former_id, "present")
    if kind == "card":
        await _take_off(session, present.name, last)
    await _tell(session, caller, present, last.former_id, present.id, "rolled_back", reason, {}, now)


async def _put_on(session: WriteSession, found: Candidate) -> dict[str, str | None]:
    """Put a detector on every camera that has the scene for good; returns what each had."""
    had: dict[str, str | None] = {}
    for camera_id in await candidate_store.cameras_with(session, found.scene, CAMERAS_MOST):
        await analyses.lock(session, camera_id)
        stored = await analyses.read(session, camera_id)
        if stored is None or stored.analysis.model == found.name:
            continue
        had[str(camera_id)] = stored.analysis.model
        await analyses.write(session, camera_id, replace(stored.analysis, model=found.name), stored.enabled_by)
    return had


async def _take_off(session: WriteSession, name: str, last: Promotion) -> None:
    """Give each camera back what it had, unless somebody has chosen something else since."""
    for camera, before in last.cameras.items():
        camera_id = UUID(camera)
        await analyses.lock(session, camera_id)
        stored = await analyses.read(session, camera_id)
        if stored is not None and stored.analysis.model == name:
            await analyses.write(session, camera_id, replace(stored.analysis, model=before), stored.enabled_by)


async def _tell(
    session: WriteSession, caller: Identity, found: Candidate, now_runs: UUID | None, former: UUID | None, action: str,
    reason: str, cameras: dict[str, str | None], now: datetime,
) -> None:  # fmt: skip
    line = Promotion(
        uuid7(), found.kind, found.scene, now_runs, former, action, reason, cameras, _name(caller), now
    )  # fmt: skip
    await candidate_store.add_promotion(session, line)
    topic = PROMOTED if action == "promoted" else ROLLED_BACK
    await outbox.append(
        session, topic,
        {
            "promotion": str(line.id), "kind": found.kind, "scene": found.scene, "dataset": str(found.dataset_id),
            "candidate": None if now_runs is None else str(now_runs), "former": None if former is None else str(former),
            "name": found.name, "metrics": dict(found.metrics or {}), "reason": reason, "by": str(caller.id),
            "cameras": len(cameras),
        },
    )  # fmt: skip
    await record(
        session, Actor.of(caller), topic, now, kind="candidate", subject_id=found.id, subject_name=found.scene,
        reason=reason,
    )  # fmt: skip


def _name(caller: Identity) -> str:
    return caller.display_name or caller.name
