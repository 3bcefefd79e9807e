"""What moves by itself for a moment: small blobs that are in one picture and neither before nor after at that place.

Three pictures are compared: the middle one with one a seventh of a second earlier and one as much later. Something that
flies differs from both where it is in the middle one, and only there: no background has to be learned, so light may
change and people may stand where they like. What moves slowly overlaps itself and mostly cancels out.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.vision.picture import Plane

LAG_SECONDS: Final = 0.14
"""The pictures before and after are this far from the middle one, or the next further."""
LAG_MOST: Final = 0.26
"""Pictures further apart than this cannot show a flight."""
LEAST_STEP: Final = 14.0
"""Least difference in brightness, levels of 256."""
NOISE: Final = 5.0
"""Least difference, in standard deviations of the picture's own noise."""
SHAKEN: Final = 0.25
"""With a larger share of the picture changed, the camera shook or the light did: nothing is told from it."""
KEPT: Final = 24
MOST: Final = 48
"""Blobs of one picture; the largest are kept."""
SMALLEST: Final = 6
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Middle in pixels of the plane, area in pixels, mean brightness."""

    x: float
    y: float
    area: int
    level: float

    @property
    def across(self) -> float:
        """Side of a square of its area, pixels."""
        return float(np.sqrt(self.area))


@dataclass(slots=True)
class Differences:
    """Pictures of one camera one after the other; gives the blobs of the middle one, `LAG_SECONDS` late."""

    _kept: deque[tuple[float, Plane]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _done: float = -np.inf

    def clear(self) -> None:
        """The next picture does not follow the last."""
        self._kept.clear()

    def take(self, luma: Plane, time: float) -> list[tuple[float, list[Blob]]]:
        """The next picture, s: (time, blobs) of the pictures that now have one before and one after."""
        if self._kept and (time <= self._kept[-1][0] or luma.shape != self._kept[-1][1].shape):
            self.clear()
        self._kept.append((time, luma))
        found = []
        for index in range(1, len(self._kept) - 1):
            middle = self._kept[index][0]
            if middle <= self._done or middle + LAG_SECONDS > time:
                continue
            before = next((p for t, p in reversed(self._kept) if LAG_SECONDS <= middle - t <= LAG_MOST), None)
            after = next((p for t, p in self._kept if LAG_SECONDS <= t - middle <= LAG_MOST), None)
            self._done = middle
            if before is not None and after is not None:
                found.append((middle, blobs(before, self._kept[index][1], after)))
        return found


def blobs(before: Plane, middle: Plane, after: Plane) -> list[Blob]:
    """What is in the middle picture only; planes of one size, uint8."""
    here = middle.astype(np.int16)
    off = np.minimum(np.abs(here - before), np.abs(here - after))
    # Most of a picture stands still: its median difference is noise, and 0.6745 of a standard deviation.
    step = max(LEAST_STEP, NOISE * float(np.median(np.abs(here - before))) / 0.6745 / np.sqrt(2))
    mask: NDArray[np.bool_] = off >= step
    if mask.mean() > SHAKEN:
        return []
    label, count = ndimage.label(_wider(mask))
    if not count:
        return []
    label *= mask
    area = np.bincount(label.ravel(), minlength=count + 1)
    chosen = [int(n) for n in np.argsort(-area[1:], kind="stable") + 1 if area[n] >= SMALLEST][:MOST]
    if not chosen:
        return []
    places = ndimage.find_objects(label)
    found = []
    for number in chosen:
        rows, columns = places[number - 1]
        ys, xs = np.nonzero(label[rows, columns] == number)
        bright = float(middle[rows, columns][ys, xs].mean())
        found.append(
            Blob(float(columns.start + xs.mean()), float(rows.start + ys.mean()), int(area[number]), bright)
        )  # fmt: skip
    return found


def _wider(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One pixel more all around, so that a parcel with a strap across is one blob, not two."""
    wide = mask.copy()
    wide[:, 1:] |= mask[:, :-1]
    wide[:, :-1] |= mask[:, 1:]
    high = wide.copy()
    high[1:] |= wide[:-1]
    high[:-1] |= wide[1:]
    return high
