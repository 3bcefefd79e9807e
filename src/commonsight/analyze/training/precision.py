"""Average precision of a detector on held-out pictures, by pycocotools, and how much one gains on another. Pure."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

DRAWS: Final = 200
"""Draws with replacement for the interval of a gain."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector found in one picture: boxes x0, y0, x1, y1 in 0..1 with their confidence."""

    boxes: tuple[Box, ...]
    confidence: tuple[float, ...]


def average_precision(truth: Sequence[Sequence[Box]], found: Sequence[Found]) -> float:
    """AP at an overlap of one half, all classes as one, over pictures whose `truth` boxes are known.

    Pictures without a box count: what is found there is wrong. 0 where there is nothing to find.
    """
    if not any(truth):
        return 0.0
    side = 1_000.0  # pycocotools reckons in pixels; which does not matter for shares
    images = [{"id": place + 1, "width": side, "height": side} for place in range(len(truth))]
    marks = [(place + 1, box) for place, boxes in enumerate(truth) for box in boxes]
    known: dict[str, Any] = {
        "info": {}, "images": images, "categories": [{"id": 1, "name": "object"}],
        "annotations": [
            {"id": number, "image_id": image, "category_id": 1, "iscrowd": 0} | _box(box, side)
            for number, (image, box) in enumerate(marks, start=1)
        ],
    }  # fmt: skip
    said = [
        {"image_id": place + 1, "category_id": 1, "score": score} | _box(box, side)
        for place, one in enumerate(found)
        for box, score in zip(one.boxes, one.confidence, strict=True)
    ]
    if not said:
        return 0.0
    with contextlib.redirect_stdout(io.StringIO()):  # it talks while it works
        reference = COCO()
        reference.dataset = known
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(said), "bbox")
        evaluation.params.iouThrs = np.array([0.5])
        evaluation.evaluate()
        evaluation.accumulate()
    precision: NDArray[np.float64] = evaluation.eval["precision"][0, :, 0, 0, -1]
    reached = precision[precision > -1]
    return round(float(reached.mean()), 4) if reached.size else 0.0


def _box(box: Box, side: float) -> dict[str, Any]:
    width, height = (box[2] - box[0]) * side, (box[3] - box[1]) * side
    return {"bbox": [box[0] * side, box[1] * side, width, height], "area": width * height}


def gain(
    truth: Sequence[Sequence[Box]], ours: Sequence[Found], theirs: Sequence[Found], seed: int = 0, draws: int = DRAWS
) -> dict[str, float]:
    """How much AP `ours` has beyond `theirs`, with a 95 % interval from drawing pictures anew. Seeded."""
    random = np.random.default_rng(seed)
    value = average_precision(truth, ours) - average_precision(truth, theirs)
    drawn = []
    for _ in range(draws):
        places = random.integers(0, len(truth), len(truth))
        some = [truth[place] for place in places]
        drawn.append(
            average_precision(some, [ours[place] for place in places])
            - average_precision(some, [theirs[place] for place in places])
        )
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}
