"""Whether anything moved since an earlier look, down to the grain of the sensor."""

import numpy as np

from commonsight.vision.quality.model import Fingerprint

EDGE_ROWS = 5
"""Rows of a fingerprint at the top and the bottom that are left out: there the clock runs on over a frozen picture."""
SAME = 1
"""Steps of stored brightness within which a point counts as unchanged: a coder does not repeat itself exactly."""
GRAINY = 0.5
"""Grain from which that may be allowed. A picture smoothed more than this hardly moves while it lives, so it must be
the same to the bit before it is called frozen."""
LEAST_POINTS = 150
"""Points that must lie on detail. Blown-out, black and smoothed-away areas do not change in a live picture either."""
DETAIL = 6


def frozen(now: Fingerprint, before: Fingerprint, grain: float) -> float | None:
    """Share of the points on detail that are unchanged; None when the picture has too little of it, or another size.

    Args:
        grain: of the present picture, as `texture.noise` measures it.
    """
    if (now.width, now.height) != (before.width, before.height):
        return None
    late, early = (one.points[EDGE_ROWS:-EDGE_ROWS].astype(np.int16) for one in (now, before))
    beside = np.abs(np.diff(early, axis=1, append=early[:, -1:]))
    below = np.abs(np.diff(early, axis=0, append=early[-1:]))
    detailed = (np.maximum(beside, below) >= DETAIL) & (early > 20) & (early < 232)
    if int(detailed.sum()) < LEAST_POINTS:
        return None
    same = SAME if grain >= GRAINY else 0
    return float((np.abs(late - early)[detailed] <= same).mean())
