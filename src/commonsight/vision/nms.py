"""Suppression of boxes that mark the same object twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_CANDIDATES = 600
"""Boxes that enter suppression, best first: bounds the quadratic work on a picture full of noise."""


def overlap(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of boxes (N, 4) with boxes (M, 4): float32 (N, M); 0 where both are empty."""
    top_left = np.maximum(left[:, None, :2], right[None, :, :2])
    bottom_right = np.minimum(left[:, None, 2:], right[None, :, 2:])
    shared = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    areas = [np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1) for boxes in (left, right)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    result: NDArray[np.float32] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return result


def suppress(
    xyxy: NDArray[np.float32], confidence: NDArray[np.float32], kind: NDArray[np.int32], iou: float
) -> NDArray[np.intp]:
    """Greedy suppression: rows to keep, best first.

    A row falls when a better one of the same `kind` covers it with an intersection over union above `iou`. Give the
    class ids as `kind` for suppression within a class, zeros for suppression across all. Equal scores keep their order,
    so the same picture always gives the same rows. At most `MAX_CANDIDATES` of the best rows are looked at.
    """
    order = np.argsort(-confidence, kind="stable")[:MAX_CANDIDATES]
    boxes, kinds = xyxy[order], kind[order]
    clash = (overlap(boxes, boxes) > iou) & (kinds[:, None] == kinds[None, :])
    alive = np.ones(len(order), dtype=np.bool_)
    for row in range(len(order)):
        if alive[row]:
            alive[row + 1 :] &= ~clash[row, row + 1 :]
    return order[alive]
