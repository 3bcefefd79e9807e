"""A road as it is when dry: the fine detail by which it is known again, wet or dry, in sun or shade."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.analyze.scenes.city.compare import CELL, cells, size_of
from commonsight.analyze.scenes.model import Look

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

LEARN_LOOKS: Final = 9
LEARN_SECONDS: Final = 16.0
FINE, COARSE = 1.0, 6.0
"""Detail is what lies between these two blurs, pixels: finer is the chip's grain, coarser is light."""
BLOCK: Final = 3
"""Cells of the side of the block over which detail is held against the reference."""
KNOWN: Final = 0.5
"""A cell counts when dry looks agree at least so well with each other: smooth road in a poor picture never does."""
LOST: Final = 0.3
"""Correlation below which the road's detail is gone. Wet road and hard shade keep 0.5 and more."""
FOLLOW_SECONDS: Final = 600.0
TURNED: Final = 0.4
"""Share of the cells outside of the zones that must still be known; otherwise it is the camera that moved."""
TURNED_LOOKS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One look at the road. Arrays are (rows, columns) of cells.

    Attributes:
        known: cells whose detail can be judged.
        lost: of them, those whose detail is gone.
        moved: steps of brightness by which the pixels differ from those of the look before, light taken out.
        rough: steps of brightness within a cell.
        gain: light over that of the reference, where it is known again.
    """

    known: Bools
    lost: Bools
    moved: Floats
    rough: Floats
    gain: float

    @property
    def shape(self) -> tuple[int, int]:
        return self.lost.shape[0], self.lost.shape[1]


class Dry:
    """The reference of one camera. What was lost never changes it; what is known lets it follow the seasons."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._restart()

    def _restart(self) -> None:
        self._first: list[Floats] = []
        self._detail: Floats | None = None
        self._before: Floats | None = None
        self._last = -np.inf
        self._turned = 0
        self.apart: Bools | None = None

    def see(self, look: Look, apart: Bools | None) -> Seen | None:
        """Take in the next picture; None while the road is being learned, and after the camera was moved.

        apart: cells outside of the zones, by which it is known whether the camera still looks where it did.
        """
        size = size_of(look.size)
        if size != self._size:
            self._size = size
            self._restart()
        luma = look.luma(*size).astype(np.float32)
        if self._detail is None:
            self._learn(luma, look.time)
            return None
        detail = _detail(luma)
        alike = _alike(detail, self._detail)
        known = self._trust >= KNOWN
        lost = known & (alike < LOST)
        if apart is not None and (known & apart).any() and (lost & apart).sum() > (1 - TURNED) * (known & apart).sum():
            self._turned += 1
            if self._turned >= TURNED_LOOKS:
                self._restart()
            return None
        self._turned = 0
        mean, there = cells(luma), ~lost
        gain = float(np.median((mean[there] + 8) / (self._mean[there] + 8))) if there.any() else 1.0
        moved = self._moved(luma)
        self._follow(luma, detail, alike, look.elapsed)
        rough = np.sqrt(np.maximum(cells(luma * luma) - mean * mean, 0)).astype(np.float32)
        return Seen(known, lost, moved, rough, gain)

    @property
    def learning(self) -> bool:
        """Whether the road is being learned, from the start or anew."""
        return self._detail is None

    def _learn(self, luma: Floats, time: float) -> None:
        if time - self._last < LEARN_SECONDS / (LEARN_LOOKS - 1) - 0.01:
            return
        self._last = time
        self._first.append(luma)
        if len(self._first) < LEARN_LOOKS:
            return
        middle = np.median(self._first, axis=0).astype(np.float32)
        self._detail = _detail(middle)
        self._mean = cells(middle)
        # How well a dry look is known again: the middle of the very looks it was made of, a little too good.
        self._trust = np.median([_alike(_detail(one), self._detail) for one in self._first], axis=0).astype(np.float32)
        self._first = []

    def _moved(self, luma: Floats) -> Floats:
        before, self._before = self._before, luma
        if before is None:
            return np.zeros((luma.shape[0] // CELL, luma.shape[1] // CELL), np.float32)
        off = luma - before
        even = cells(off)
        made: Floats = np.sqrt(np.maximum(cells(off * off) - even * even, 0)).astype(np.float32)
        return made

    def _follow(self, luma: Floats, detail: Floats, alike: Floats, elapsed: float) -> None:
        assert self._detail is not None
        part = min(1.0, elapsed / FOLLOW_SECONDS)
        sure = alike > (1 + KNOWN) / 2
        weight = np.where(sure, np.float32(part), np.float32(0))
        self._detail += (detail - self._detail) * weight.repeat(CELL, axis=0).repeat(CELL, axis=1)
        self._mean += (cells(luma) - self._mean) * weight
        self._trust[sure] += (alike[sure] - self._trust[sure]) * part


def _detail(luma: Floats) -> Floats:
    made: Floats = ndimage.gaussian_filter(luma, FINE) - ndimage.gaussian_filter(luma, COARSE)
    return made


def _alike(one: Floats, other: Floats) -> Floats:
    """Correlation of details around each cell, -1..1; 0 where there is none."""
    both, first, second = (
        ndimage.uniform_filter(cells(product), BLOCK) for product in (one * other, one * one, other * other)
    )
    made: Floats = both / np.sqrt(np.maximum(first * second, 1e-3))
    return made
