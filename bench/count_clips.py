"""The hand-counted clips: their truth, their detections, and how far a count is from the truth."""

import hashlib
import itertools
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from commonsight.analyze.road_users import CLASSES
from commonsight.vision.detect import Detector
from commonsight.vision.model import Detections

NAMES = ("jamcam-1", "jamcam-2", "jamcam-3", "jamcam-4", "car-detection", "vtest")
FLOOR = 0.15
"""Detections below this score are not kept; both sides choose their own thresholds above it."""

Count = Counter[tuple[str, str]]
"""(direction, class) -> crossings."""


@dataclass(frozen=True)
class Clip:
    """A clip with its counted line."""

    name: str
    path: Path
    width: int
    height: int
    fps: float
    frames: int
    a: tuple[float, float]
    b: tuple[float, float]
    crossings: tuple[dict[str, Any], ...]

    @property
    def truth(self) -> int:
        """Crossings counted by hand."""
        return len(self.crossings)


def load(folder: Path, vtest: Path | None) -> list[Clip]:
    """The clips that are there and whose bytes are those that were counted. A clip of other bytes is an error."""
    found = []
    for name in NAMES:
        document = folder / f"{name}.truth.json"
        if not document.is_file():
            continue
        truth = json.loads(document.read_text("utf-8"))
        path = vtest if name == "vtest" else folder / truth["clip"]
        if path is None or not path.is_file():
            continue
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
        if actual != truth["sha256"]:
            raise SystemExit(f"{path}: sha256 is {actual}, the counted clip has {truth['sha256']}")
        [line] = truth["lines"]
        found.append(
            Clip(
                name, path, truth["width"], truth["height"], truth["fps"], truth["frames"], tuple(line["a"]),
                tuple(line["b"]), tuple(line["crossings"]),
            )
        )  # fmt: skip
    return found


def detections(clip: Clip, detector: Detector, cache: Path) -> list[Detections]:
    """The detector's boxes of every frame from `FLOOR` on, kept in `cache` by clip and weights."""
    known = cache / f"{clip.name}-{detector.card.name}-{detector.card.weights.sha256[:12]}.npy"
    if not known.is_file():
        rows = [np.zeros((0, 7), np.float32)]
        with av.open(str(clip.path)) as container:
            container.streams.video[0].thread_type = "NONE"
            for index, frame in enumerate(container.decode(video=0)):
                found = detector.detect(frame.to_ndarray(format="bgr24"), FLOOR)
                kind = np.array([CLASSES.index(label) for label in found.labels()], np.float32)
                rows.append(
                    np.column_stack([np.full(len(found), index), found.xyxy, found.confidence, kind]).astype(np.float32)
                )
        np.save(known, np.concatenate(rows))
    table = np.load(known)
    cuts = np.searchsorted(table[:, 0], np.arange(clip.frames + 1))
    return [
        Detections(part[:, 1:5].copy(), part[:, 5].copy(), part[:, 6].astype(np.int32), CLASSES)
        for part in (table[cuts[i] : cuts[i + 1]] for i in range(clip.frames))
    ]


def stride(clip: Clip, fps: float) -> int:
    """Every how many-th frame to look at for `fps` frames a second."""
    return max(1, round(clip.fps / fps))


def error(clip: Clip, count: Count) -> int:
    """Sum over direction and class of |count - truth|.

    Crossings that a detector may fairly give another class (`accept`) take the class that fits the count best; the same
    for everybody.
    """
    total = 0
    for direction in ("in", "out"):
        there = [c for c in clip.crossings if c["direction"] == direction]
        fixed = Counter(c["class"] for c in there if "accept" not in c)
        free = [c["accept"] for c in there if "accept" in c]
        total += min(
            sum(abs(count[direction, kind] - (fixed + Counter(chosen))[kind]) for kind in CLASSES)
            for chosen in itertools.product(*free)
        )
    return total


def error_without_classes(clip: Clip, count: Count) -> int:
    """Sum over direction of |count - truth|, whatever the class."""
    total = 0
    for direction in ("in", "out"):
        counted = sum(count[direction, kind] for kind in CLASSES)
        total += abs(counted - sum(c["direction"] == direction for c in clip.crossings))
    return total


def interval(errors: Sequence[int], truths: Sequence[int], seed: int = 45, rounds: int = 10_000) -> list[float]:
    """95 % interval of sum(errors) / sum(truths), by bootstrap over clips."""
    chance = random.Random(seed)
    figures = []
    for _ in range(rounds):
        chosen = chance.choices(range(len(errors)), k=len(errors))
        figures.append(sum(errors[i] for i in chosen) / sum(truths[i] for i in chosen))
    figures.sort()
    return [round(figures[int(rounds * part)], 4) for part in (0.025, 0.975)]
