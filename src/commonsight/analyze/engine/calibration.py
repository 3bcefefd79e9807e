"""How finely a camera's pictures have to be looked at: found out on its own pictures, without anybody's truth.

The same picture is looked at in several sizes. What two of them find is taken to be there, what one alone finds is
taken to be nothing; so each size has its own hits and its own inventions, and the cheapest size that is nearly as good
as the best is taken. A distant square needs a large picture and gets it; a near gate is served as well by a small one,
and a large one only invents people among its bollards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.road_users import RoadUsers, overlaps

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SCALES: Final = (0.75, 1.0, 1.5, 2.0)
"""Sizes tried, as shares of what the network was trained for."""
PICTURES: Final = 12
"""Looked at before deciding."""
EVERY_SECONDS: Final = 20.0
"""Between two of them: a car that waits at the light must not decide alone."""
THINGS: Final = 24
"""Road users that must have been there in all of them together: an empty street tells nothing."""
MOST_PICTURES: Final = 240
"""After so many pictures without enough road users the trained size stays."""
SAME: Final = 0.4
"""Boxes of two sizes that overlap by this are one road user."""
NEARLY: Final = 0.04
"""A cheaper size may be this much worse than the best and is taken."""
WORTH: Final = 0.12
"""A size beyond the trained one costs twice the work or more: it must be this much better than that."""
TRAINED: Final = 1.0


@dataclass(slots=True)
class Tally:
    """What one size has found: of what is there, and besides it."""

    found: int = 0
    invented: int = 0


class Calibration:
    """Decides for one camera. Feed it what each size found in the same picture, picture by picture.

    Args:
        scales: sizes tried, cheapest first.
        every: s between two pictures that are looked at in all of them.
    """

    def __init__(self, scales: Sequence[float] = SCALES, every: float = EVERY_SECONDS) -> None:
        self.scales, self._every = tuple(scales), every
        self.pictures = 0
        self._there = 0
        self._tallies = {scale: Tally() for scale in self.scales}
        self._last: float | None = None

    @property
    def done(self) -> bool:
        """Whether it has decided."""
        enough = self.pictures >= PICTURES and self._there >= THINGS
        return enough or self.pictures >= MOST_PICTURES

    def due(self, now: float) -> bool:
        """Whether the picture at `now` (s) is one to look at in every size."""
        if self.done or (self._last is not None and 0 <= now - self._last < self._every):
            return False
        self._last = now
        return True

    def add(self, found: Mapping[float, RoadUsers]) -> None:
        """What each size found in one picture, in the same pixels."""
        self.pictures += 1
        users = [found[scale] for scale in self.scales]
        boxes = np.concatenate([each.xyxy for each in users])
        size = np.repeat(np.arange(len(users)), [len(each) for each in users])
        if not len(boxes):
            return
        iou, _ = overlaps(boxes, boxes)
        near = iou > SAME
        # Confirmed: another size found it, too.
        confirmed = (near & (size[:, None] != size[None, :])).any(axis=1)
        things = _things(near, confirmed)
        self._there += len(things)
        for place, scale in enumerate(self.scales):
            tally = self._tallies[scale]
            tally.found += sum(bool((size[thing] == place).any()) for thing in things)
            tally.invented += int((~confirmed & (size == place)).sum())

    def quality(self, scale: float) -> float:
        """0..1: harmonic mean of the share found of what is there, and the share that is there of what was found."""
        tally = self._tallies[scale]
        total = self._there + tally.found + tally.invented
        return 2 * tally.found / total if total else 0.0

    def scale(self) -> float:
        """The size to look at; the trained one until it is known better."""
        if not self.done or self._there < THINGS:
            return TRAINED
        trained = self.quality(TRAINED)
        best = max(self.quality(scale) for scale in self.scales)
        if best < trained + WORTH:
            best = trained
        return next(scale for scale in self.scales if self.quality(scale) >= best - NEARLY)


def _things(near: Bools, confirmed: Bools) -> list[Ints]:
    """Confirmed boxes put together: each list is one road user, as several sizes saw it."""
    left = confirmed.copy()
    things = []
    for first in np.flatnonzero(confirmed):
        if left[first]:
            thing = np.flatnonzero(near[first] & left)
            left[thing] = False
            things.append(thing)
    return things
