"""Which pictures are looked at, and how much has to be decoded to have them."""

import math
from collections import deque
from typing import Final

from commonsight.analyze.scenes.model import Decoding

REFERENCE_LOOKS: Final = 12
"""Intervals between pictures that are judged before everything is decoded."""
SLACK: Final = 1.2
"""Pictures that come this much more slowly than asked are good enough."""


class Pace:
    """Picks pictures at a steady rate. On a fixed grid of time: 12 asked of 25 gives 12, not every third."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._slot: int | None = None

    @property
    def every(self) -> float:
        """Seconds between two pictures that are picked."""
        return self._every

    @every.setter
    def every(self, every: float) -> None:
        if every != self._every:
            self._every, self._slot = every, None

    def wants(self, time: float) -> bool:
        """Is the picture at `time` (s) to be looked at? The first of each slot is."""
        slot = math.floor(time / self._every + 1e-3)
        wanted = slot != self._slot
        self._slot = slot
        return wanted


class Depth:
    """Whether the frames that others refer to come often enough, or everything has to be decoded.

    A stream does not say how many of its frames nothing refers to; they are left out until it shows that what is left
    comes too slowly.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._steps: deque[float] = deque(maxlen=REFERENCE_LOOKS)
        self._slowest: float | None = None

    def decoding(self, asked: Decoding, every: float) -> Decoding:
        """What to decode so that a picture comes every `every` s, where `asked` allows no more than that."""
        if asked is Decoding.REFERENCE and self._slowest is not None and self._slowest > every * SLACK:
            return Decoding.FULL
        return asked

    def came(self, time: float, decoding: Decoding) -> None:
        """A frame at `time` (s) was decoded while this much was."""
        last, self._last = self._last, time
        if decoding is not Decoding.REFERENCE or last is None or not 0 < time - last < 10:
            self._steps.clear()
            return
        self._steps.append(time - last)
        if len(self._steps) == REFERENCE_LOOKS:
            self._slowest = sorted(self._steps)[REFERENCE_LOOKS // 2]
