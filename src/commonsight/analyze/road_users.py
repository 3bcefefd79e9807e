"""From what a detector says to the road users in a frame: one box each, with a vote for every class.

Detectors trained on COCO say "car" and "truck" of the same van, and "person" and "bicycle" of
one cyclist. Tracking both would count one road user twice, so they become one before tracking.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.model import Detections

CLASSES: tuple[str, ...] = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
"""Classes counted; a class's place here is its index in every column of votes."""

PEOPLE, TWO_WHEELERS, VEHICLES = 0, 1, 2
GROUPS: NDArray[np.int64] = np.array([PEOPLE, TWO_WHEELERS, TWO_WHEELERS, VEHICLES, VEHICLES, VEHICLES])
"""Group of each class: classes of one group are taken for each other by detectors, groups rarely."""

SAME_USER_IOU = 0.45
"""Two vehicle boxes overlapping more than this are one vehicle (non-maximum suppression keeps below 0.6 per class)."""
PART_INSIDE = 0.65
"""A weaker box with this share of its area inside a stronger one of its group is a part of it ..."""
PART_AREA = 0.05
"""... unless it is smaller than this share (a car before a coach), ..."""
RIDER_INSIDE = 0.35
"""A person with this share of the box over a two-wheeler, and astride it, is its rider."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoadUsers:
    """Columns over the N road users of one frame.

    Attributes:
        xyxy: float64 (N, 4), pixels.
        score: float64 (N,), the best score among the boxes that became this one.
        votes: float64 (N, 6), score given to each of `CLASSES`.
    """

    xyxy: Floats
    score: Floats
    votes: Floats

    def __len__(self) -> int:
        return len(self.score)


def overlaps(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Intersection over union (N, M), and intersection over the area of each of `a` (N, M)."""
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    area_a = ((a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1]))[:, None]
    area_b = ((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]))[None, :]
    return shared / np.maximum(area_a + area_b - shared, 1e-9), shared / np.maximum(area_a, 1e-9)


def road_users(detections: Detections, *, least: float = 0.0) -> RoadUsers:
    """One box for each road user among `detections` (any label set that uses COCO's names).

    Boxes of other classes, below `least`, without area or not finite are left out. The order is by
    falling score, ties by position, so that equal input gives equal output.
    """
    known = np.array([CLASSES.index(n) if n in CLASSES else -1 for n in detections.names], dtype=np.int64)
    xyxy = detections.xyxy.astype(np.float64)
    score = detections.confidence.astype(np.float64)
    kind = known[detections.class_id] if len(known) else np.zeros(0, np.int64)
    sound = np.isfinite(xyxy).all(axis=1) & np.isfinite(score)
    sound &= (xyxy[:, 2] > xyxy[:, 0]) & (xyxy[:, 3] > xyxy[:, 1])
    chosen = np.flatnonzero((kind >= 0) & (score >= least) & sound)
    chosen = chosen[np.lexsort((xyxy[chosen, 1], xyxy[chosen, 0], -score[chosen]))]
    xyxy, score, kind = xyxy[chosen], score[chosen], kind[chosen]
    return _merge(xyxy, score, kind)


def _merge(xyxy: Floats, score: Floats, kind: NDArray[np.int64]) -> RoadUsers:
    count = len(score)
    votes = np.zeros((count, len(CLASSES)))
    votes[np.arange(count), kind] = score
    if count < 2:
        return RoadUsers(xyxy, score, votes)
    group = GROUPS[kind]
    iou, inside = overlaps(xyxy, xyxy)
    keep = np.ones(count, dtype=bool)
    area = (xyxy[:, 2] - xyxy[:, 0]) * (xyxy[:, 3] - xyxy[:, 1])
    part = (inside.T > PART_INSIDE) & (area[None, :] > PART_AREA * area[:, None])
    part |= inside > PART_INSIDE
    same = (group[:, None] == group[None, :]) & ((iou > SAME_USER_IOU) | part)
    for i in range(count):
        if not keep[i]:
            continue
        for j in np.flatnonzero(same[i, i + 1 :] & keep[i + 1 :]) + i + 1:
            keep[j] = False
            votes[i] += votes[j]
    middle = (xyxy[:, 0] + xyxy[:, 2]) / 2
    for wheels in np.flatnonzero(keep & (group == TWO_WHEELERS)):
        astride = keep & (group == PEOPLE) & (inside[:, wheels] > RIDER_INSIDE)
        astride &= (middle > xyxy[wheels, 0]) & (middle < xyxy[wheels, 2])
        keep &= ~astride
    return RoadUsers(xyxy[keep], score[keep], votes[keep])
