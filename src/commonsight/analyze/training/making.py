"""What jobs do for training: keep pictures, write datasets, train filters, measure detectors."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import structlog

from commonsight import outbox
from commonsight.analyze.incidents.evidence import files
from commonsight.analyze.incidents.evidence import store as evidence
from commonsight.analyze.incidents.evidence.model import Kind, State, covers
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.training import candidate_store, coco, pictures, store
from commonsight.analyze.training.candidate_store import Candidate
from commonsight.analyze.training.head import Head, evaluate, train
from commonsight.analyze.training.model import (
    DATASET_MADE,
    DATASET_MOST,
    Part,
    Sample,
    counts,
    refuse_few,
    split,
)
from commonsight.analyze.training.precision import Box, Found, average_precision, gain
from commonsight.jobs import House
from commonsight.problem import Refusal
from commonsight.vision.cards import card
from commonsight.vision.detect import Detector
from commonsight.vision.store import ModelStore

log = structlog.get_logger(__name__)

MASKED: Final = "faces_plates"
"""What must have been taken out of a picture before anybody learns from it."""
PICTURES_LEAST: Final = 5
"""Held-out pictures with something to find in them, before a detector is judged by them."""
SCORE_LEAST: Final = 0.05
"""Weakest finds that still count towards average precision."""
DRAWS: Final = 500
PICTURES_MOST: Final = 2_000
"""Held-out pictures a detector is measured on at most."""


class Workshop:
    """Does the work of training in a `work` process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._place = pictures.place_of(house.settings.data_dir)
        self._zone = house.settings.region.timezone

    async def keep_picture(self, incident_id: UUID) -> bool:
        """Copy an incident's picture for its sample, if it was masked. Returns whether the sample has one."""
        async with self._house.database.read() as session:
            sample = await store.sample_of(session, incident_id)
            piece = await evidence.one(session, incident_id, Kind.STILL)
        if sample is None or sample.picture:
            return sample is not None
        if piece is None or piece.state is not State.KEPT or not covers(piece.masked, MASKED):
            return False
        data = await asyncio.to_thread(files.read, files.place_of(self._house.settings.data_dir), piece.name)
        if data is None:
            return False
        digest, size = await asyncio.to_thread(pictures.keep, self._place, data)
        async with self._house.database.write() as session:
            await store.set_picture(session, sample.id, f"{digest}.jpg", digest, size)
        return True

    async def make_dataset(self, dataset_id: UUID) -> None:
        """Freeze which samples belong to a version, and write its file. Made again, it is the same."""
        async with self._house.database.read() as session:
            of = await store.dataset(session, dataset_id)
            chosen = [] if of is None else await store.samples(session, of.scene, DATASET_MOST)
        if of is None or of.state != "making":
            return
        for sample in chosen:
            if not sample.picture:
                await self.keep_picture(sample.incident_id)
        async with self._house.database.write() as session:
            chosen = sorted(await store.samples(session, of.scene, DATASET_MOST), key=lambda one: one.id)
            parts = split(chosen, self._zone)
            await store.freeze(session, dataset_id, chosen, parts)
        counted = counts(chosen, parts)
        # Nothing of when and by whom: the same labels give the same file, whatever version they are.
        about = {
            "scene": of.scene, "counts": counted, "split": "a day of a camera is whole in one part",
            "zone": self._zone, "masked": MASKED,
        }  # fmt: skip
        name = f"{of.scene}-{of.number}.zip"
        target = pictures.dataset_path(self._place, name)
        try:
            size, digest = await asyncio.to_thread(self._write, target, [(one, parts[one.id]) for one in chosen], about)
        except OSError as error:
            log.error("dataset_disk", dataset=of.number, error=str(error))
            fields: dict[str, Any] = {"state": "failed", "reason": "analyze.dataset_disk", "counts": counted}
        else:
            fields = {"state": "ready", "counts": counted, "name": name, "bytes": size, "sha256": digest}
        async with self._house.database.write() as session:
            await store.finish_dataset(session, dataset_id, fields)
            if fields["state"] == "ready":
                await outbox.append(
                    session, DATASET_MADE,
                    {"dataset": str(dataset_id), "number": of.number, "scene": of.scene, "sha256": fields["sha256"],
                     "counts": counted},
                )  # fmt: skip

    def _write(self, target: Path, chosen: Sequence[tuple[Sample, Part]], about: dict[str, Any]) -> tuple[int, str]:
        found: dict[str, Path] = {}
        for sample, _ in chosen:
            path = pictures.path_of(self._place, sample.sha256)
            if path is not None and path.is_file():
                found[sample.sha256] = path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_suffix(".part")
        made = coco.write(part, chosen, found, installed().cards.get(str(about["scene"])), about)
        part.replace(target)
        return made

    async def train_head(self, candidate_id: UUID) -> None:
        """Train a filter on the part to learn from, and say what it does on the part held out."""
        found, chosen = await self._candidate(candidate_id)
        if found is None:
            return
        learned = [one for one, part in chosen if part is Part.TRAIN]
        asked = [one for one, part in chosen if part is Part.HELD]
        try:
            refuse_few(counts([one for one, _ in chosen], {one.id: part for one, part in chosen}))
        except Refusal as refusal:
            await self._failed(found, refusal)
            return
        async with self._house.database.read() as session:
            present = await candidate_store.present(session, "head", found.scene)
        head = await asyncio.to_thread(
            train, [(one.first, one.at) for one in learned], [one.label for one in learned],
            [_group(one) for one in learned], self._zone,
        )  # fmt: skip
        before = None if present is None or present.weights is None else Head.of(present.weights)
        metrics = await asyncio.to_thread(_measured, head, before, asked)
        async with self._house.database.write() as session:
            await candidate_store.finish(
                session, candidate_id, "candidate", weights=head.as_json(), metrics=metrics
            )  # fmt: skip
        log.info("head_trained", scene=found.scene, candidate=str(candidate_id), metrics=metrics["ours"])

    async def measure_card(self, candidate_id: UUID) -> None:
        """Average precision of a detector on the held-out pictures, beside the present one's."""
        found, chosen = await self._candidate(candidate_id)
        if found is None:
            return
        asked = [one for one, part in chosen if part is Part.HELD and one.picture][:PICTURES_MOST]
        try:
            marked = sum(one.label and bool(one.boxes) for one in asked)
            if marked < PICTURES_LEAST:
                raise Refusal(
                    "analyze.training_pictures_few", status=409, rule="held-out pictures with boxes", operand="held",
                    expected=PICTURES_LEAST, actual=marked,
                )  # fmt: skip
            async with self._house.database.read() as session:
                present = await candidate_store.present(session, "card", found.scene)
            other = self._house.settings.vision.model if present is None else present.name
            metrics = await asyncio.to_thread(self._compared, found, other, asked)
        except Refusal as refusal:
            await self._failed(found, refusal)
            return
        async with self._house.database.write() as session:
            await candidate_store.finish(session, candidate_id, "candidate", metrics=metrics)
        log.info("card_measured", scene=found.scene, name=found.name, gain=metrics["gain"])

    def _compared(self, found: Candidate, other: str, asked: Sequence[Sample]) -> dict[str, Any]:
        truth: list[Sequence[Box]] = [one.boxes if one.label else () for one in asked]
        ours = self._finds(found.name, found.scene, asked)
        theirs = self._finds(other, found.scene, asked)
        return {
            "pictures": len(asked), "marked": sum(bool(boxes) for boxes in truth), "present": other,
            "ours": {"ap50": average_precision(truth, ours)}, "theirs": {"ap50": average_precision(truth, theirs)},
            "gain": gain(truth, ours, theirs),
        }  # fmt: skip

    def _finds(self, name: str, scene: str, asked: Sequence[Sample]) -> list[Found]:
        """What a detector finds in each picture, of the labels that mean this scene's incidents."""
        known, settings = card(name), self._house.settings
        detector = Detector(
            known, ModelStore(settings.models_dir).path(name), threads=settings.vision.threads,
            providers=settings.vision.providers, classes=None,
        )  # fmt: skip
        wanted = _labels(known.labels, scene)
        found = []
        for one in asked:
            path = pictures.path_of(self._place, one.sha256)
            picture = None if path is None else pictures.decoded(path)
            if picture is None:
                raise Refusal("analyze.training_picture_gone", status=409, operand="picture", actual=one.sha256)
            seen = detector.detect(picture, SCORE_LEAST)
            keep = np.array([seen.names[kind] in wanted for kind in seen.class_id], bool)
            height, width = picture.shape[:2]
            boxes = seen.xyxy[keep] / np.array([width, height, width, height], np.float32)
            found.append(
                Found(
                    tuple((float(b[0]), float(b[1]), float(b[2]), float(b[3])) for b in boxes),
                    tuple(float(c) for c in seen.confidence[keep]),
                )
            )
        return found

    async def _candidate(self, candidate_id: UUID) -> tuple[Candidate | None, list[tuple[Sample, Part]]]:
        async with self._house.database.read() as session:
            found = await candidate_store.one(session, candidate_id)
            if found is None or found.state != "making":
                return None, []
            return found, await store.frozen(session, found.dataset_id)

    async def _failed(self, found: Candidate, refusal: Refusal) -> None:
        facts = {key: value for key, value in refusal.facts().items() if isinstance(value, str | int | float)}
        async with self._house.database.write() as session:
            await candidate_store.finish(session, found.id, "failed", reason=refusal.code, metrics={"facts": facts})
        log.info("candidate_failed", candidate=str(found.id), code=refusal.code)


def _labels(labels: Sequence[str], scene: str) -> set[str]:
    """Which of a detector's labels mean the scene's incidents: those named like them, else the classes it needs."""
    known = installed().cards.get(scene)
    if known is None:
        return set(labels)
    named = {kind.code for kind in known.incidents} & set(labels)
    return named or (set(known.needs.classes) & set(labels)) or set(labels)


def _group(sample: Sample) -> str:
    return f"{sample.camera_id}/{sample.at.date().isoformat()}"


def _measured(head: Head, present: Head | None, asked: Sequence[Sample]) -> dict[str, Any]:
    """What a head does on the part held out, beside the present one or none, and the gain with its interval."""
    examples, labels = [(one.first, one.at) for one in asked], [one.label for one in asked]
    ours = np.array([head.passes(head.probability(*example)) for example in examples])
    theirs = np.array([present is None or present.passes(present.probability(*example)) for example in examples])
    truth = np.array(labels)
    random = np.random.default_rng(0)
    groups = sorted({_group(one) for one in asked})
    member = {group: [place for place, one in enumerate(asked) if _group(one) == group] for group in groups}
    drawn: dict[str, list[float]] = {"false_removed": [], "true_kept": []}
    for _ in range(DRAWS):
        # Whole days of a camera are drawn: what lies within one is alike.
        places = [place for number in random.integers(0, len(groups), len(groups)) for place in member[groups[number]]]
        for name, value in _differences(ours[places], theirs[places], truth[places]).items():
            drawn[name].append(value)
    gains = {}
    for name, value in _differences(ours, theirs, truth).items():
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        gains[name] = {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}
    return {
        "held": len(asked), "ours": evaluate(head, examples, labels),
        "theirs": None if present is None else evaluate(present, examples, labels), "gain": gains,
    }  # fmt: skip


def _differences(ours: Any, theirs: Any, truth: Any) -> dict[str, float]:
    """How much more of the false alarms is taken away, and how much more of the true ones kept."""
    wrong, real = ~truth, truth

    def share(passed: Any, of: Any) -> float:
        return float(passed[of].mean()) if of.any() else 0.0

    return {
        "false_removed": share(theirs, wrong) - share(ours, wrong), "true_kept": share(ours, real) - share(theirs, real)
    }  # fmt: skip
