"""Boxes as a real detector would have given them: trembling, now and then missing, sometimes of a neighbouring class.

The errors were chosen near what NanoDet does on the counted clips: edges out by some hundredths of the box, one box in
ten missing, scores between a half and nine tenths.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.road_users import CLASSES, RoadUsers

Box = tuple[float, float, float, float]

TREMBLE = 0.04
"""Standard deviation of each edge, in shares of the box's side."""
MISSING = 0.1
"""Share of the boxes that are not there."""
CONFUSED = {"car": "truck", "truck": "car", "bus": "truck", "bicycle": "motorcycle", "motorcycle": "bicycle"}
CONFUSING = 0.05


def noisy(
    truth: Sequence[tuple[str, Box]],
    random: np.random.Generator,
    size: tuple[int, int],
    *,
    tremble: float = TREMBLE,
    missing: float = MISSING,
    confusing: float = CONFUSING,
) -> RoadUsers:
    """Boxes with errors from true ones.

    Args:
        truth: class of `CLASSES` and box in pixels; what lies outside of the picture is cut off, what is left with less
            than a third of its area in the picture is not seen.
        size: width and height of the picture, pixels.
    """
    rows: list[list[float]] = []
    kinds: list[int] = []
    for kind, (x0, y0, x1, y1) in truth:
        # The same number of draws whatever happens, so that one box more or less changes no other.
        edges = random.normal(0, tremble, 4)
        lost, other = random.random(), random.random()
        if lost < missing or (x1 - x0) * (y1 - y0) <= 0:
            continue
        wide, high = x1 - x0, y1 - y0
        box = np.array([x0, y0, x1, y1]) + edges * np.array([wide, high, wide, high])
        cut = np.clip(box, 0, [size[0], size[1], size[0], size[1]])
        if (cut[2] - cut[0]) * (cut[3] - cut[1]) < wide * high / 3:
            continue
        rows.append([float(value) for value in cut])
        kinds.append(CLASSES.index(CONFUSED.get(kind, kind) if other < confusing else kind))
    count = len(rows)
    score = random.uniform(0.5, 0.9, max(count, 1))[:count]
    votes = np.zeros((count, len(CLASSES)))
    votes[np.arange(count), np.array(kinds, dtype=np.int64)] = score
    return RoadUsers(np.array(rows, dtype=np.float64).reshape(count, 4), score, votes)


def none() -> RoadUsers:
    """Nobody there."""
    empty: NDArray[np.float64] = np.zeros(0)
    return RoadUsers(np.zeros((0, 4)), empty, np.zeros((0, len(CLASSES))))
