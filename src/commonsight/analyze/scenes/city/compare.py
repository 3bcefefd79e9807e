"""Holding two pictures of one place against each other, cell by cell, so that a change of light is no difference.

Three things make a cell differ: its pixels are no longer those of the other picture times a brightness plus another
(structure), its colour is another one after the picture's whole tint is taken out, or it is so much darker or brighter
than a shadow or the sun would make it.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.vision.picture import Bgr, Plane

CELL: Final = 8
"""Pixels of a cell's side."""
WIDTH: Final = 480
"""Widest plane that is looked at; objects from about 3 % of the picture's width are two cells wide."""
SHAKE: Final = 0.4
"""Pixels that a picture may be off because of wind and coding, in the small plane."""
STRUCTURE: Final = 6.0
"""Unexplained steps of brightness from which a cell differs; noise raises it."""
TINT: Final = 0.03
"""Difference of a colour's share from which a cell differs; white to light yellow is about that much."""
NOISE_MOST: Final = 6.0
"""No chip's noise: beyond it most of the picture is another place, and must not pass for noise."""
DARKEST: Final = 0.3
BRIGHTEST: Final = 2.6
"""Shadows and sun stay between these parts of the light that was there."""
EVEN: Final = 0.11
"""Spread of the logarithm of the ratio below which a change is even, as light is."""
KEPT: Final = 0.45
"""Correlation of the fine detail from which it is the same ground under another light."""
BEYOND: Final = 0.3
"""Share of the pixels around a change that changed alike, from which it is the edge of a shadow or of the sun."""
ROUND: Final = 8.0
"""Added to brightness before a ratio is taken, so that black is not infinitely far from nearly black."""

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


def size_of(picture: tuple[int, int]) -> tuple[int, int]:
    """Width and height at which a picture (width, height) is looked at: whole cells, never enlarged."""
    wide = max(CELL, min(WIDTH, picture[0]) // CELL * CELL)
    high = max(CELL, round(wide * picture[1] / picture[0] / CELL) * CELL)
    return wide, high


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One picture made ready to be compared.

    Attributes:
        luma: float32 (height, width).
        mean, spread: float32 (rows, columns), brightness of each cell and its variance.
        tint: float32 (rows, columns, 2), shares of blue and red.
    """

    luma: Floats
    mean: Floats
    spread: Floats
    tint: Floats

    @classmethod
    def of(cls, luma: Plane, colour: Bgr) -> "View":
        """From brightness (height, width) and one coloured pixel a cell (rows, columns, 3)."""
        part = colour.astype(np.float32)
        whole = part.sum(axis=2, keepdims=True) + 3 * ROUND / 2
        return cls.made(luma.astype(np.float32), part[..., ::2] / whole)

    @classmethod
    def made(cls, luma: Floats, tint: Floats) -> "View":
        """From what else follows from. The arrays are kept, not copied."""
        mean = cells(luma)
        return cls(luma, mean, cells(luma * luma) - mean * mean, tint)

    def settle(self) -> None:
        """Work out anew what follows from `luma`, which was changed in place."""
        self.mean[...] = cells(self.luma)
        self.spread[...] = cells(self.luma * self.luma) - self.mean * self.mean

    @property
    def rough(self) -> Floats:
        """Standard deviation of brightness within each cell."""
        made: Floats = np.sqrt(np.maximum(self.spread, 0))
        return made


def cells(plane: Floats) -> Floats:
    """Mean of each cell, float32 (rows, columns)."""
    high, wide = plane.shape
    made: Floats = plane.reshape(high // CELL, CELL, wide // CELL, CELL).mean(axis=(1, 3), dtype=np.float32)
    return made


def slope(luma: Floats) -> Floats:
    """Mean square of the step from one pixel to the next, right and down together, by cell."""
    right = np.zeros_like(luma)
    right[:, 1:] = luma[:, 1:] - luma[:, :-1]
    down = np.zeros_like(luma)
    down[1:] = luma[1:] - luma[:-1]
    return cells(right * right + down * down)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """How far a picture is from another, by cell (rows, columns).

    Attributes:
        structure: steps of brightness that no change of light explains.
        tint: how far the colour is off.
        ratio: brightness over the other's, the picture's own change of light taken out.
        noise: what the picture's noise alone makes of `structure`.
        gain: light of the whole picture over that of the other.
        cast: how far its tint as a whole is off, float32 (2,).
    """

    structure: Floats
    tint: Floats
    ratio: Floats
    noise: float
    gain: float
    cast: Floats

    def differs(self, usual: Floats | float = 0.0) -> Bools:
        """Cells that are another thing. usual: `structure` this cell shows anyway (leaves, water)."""
        least = np.maximum(np.maximum(STRUCTURE, 3 * self.noise), 2.5 * np.asarray(usual, np.float32))
        other = (self.structure > least) | (self.tint > TINT)
        made: Bools = other | (self.ratio < DARKEST) | (self.ratio > BRIGHTEST)
        return made


def hold(now: View, then: View, steep: Floats | None = None) -> Held:
    """Hold a picture against another of the same size. steep: `slope` of the other, when it is known already."""
    together = cells(now.luma * then.luma) - now.mean * then.mean
    ratio = (now.mean + ROUND) / (then.mean + ROUND)
    gain = float(np.clip(np.median(ratio), 0.2, 5.0))
    # Most of the picture is the same place: what is left there of the difference is noise.
    left = np.maximum(now.spread + gain * gain * then.spread - 2 * gain * together, 0)
    noise = min(float(np.sqrt(np.median(left))), NOISE_MOST)
    floor = max(1.0, noise * noise)
    alike = np.clip(
        together / np.sqrt((np.maximum(now.spread, 0) + floor) * (np.maximum(then.spread, 0) + floor)), 0, 1
    )
    most = np.maximum(now.spread, gain * gain * then.spread)
    shaken = SHAKE * SHAKE * gain * gain * (slope(then.luma) if steep is None else steep)
    structure = np.sqrt(np.maximum(most * (1 - alike * alike) - shaken, 0)).astype(np.float32)
    off = now.tint - then.tint
    cast = np.median(off.reshape(-1, 2), axis=0).astype(np.float32)
    off -= cast
    # Dark cells have no colour to speak of.
    sure = np.clip(np.minimum(now.mean, then.mean) / 60, 0, 1)
    tint = (np.abs(off).max(axis=2) * sure).astype(np.float32)
    return Held(structure, tint, (ratio / gain).astype(np.float32), noise, gain, cast)


def only_light(now: View, then: View, mask: Bools, held: Held) -> bool:
    """Whether what changed in these cells is light.

    Light keeps the colour and the ground's own detail. Where it creeps over a place, or makes a large patch, only its
    edge differs in structure, and the change goes on beyond the cells that do. On ground without any detail a small
    even patch that is darker is taken for a shadow or something wet, a brighter one for a thing.
    """
    if float(np.median(held.tint[mask])) > TINT:
        return False
    wide = np.pad(mask, 2)
    ring = (ndimage.binary_dilation(wide, np.ones((3, 3), bool), iterations=2) & ~wide)[2:-2, 2:-2]
    rows, columns = np.nonzero(mask | ring)
    y0, y1 = int(rows.min()), int(rows.max()) + 1
    x0, x1 = int(columns.min()), int(columns.max()) + 1
    crop = np.s_[y0 * CELL : y1 * CELL, x0 * CELL : x1 * CELL]
    # Of the pixels' own grain nothing can be learned; a blur leaves what a thing or a shadow makes.
    fine, before = (ndimage.uniform_filter(view.luma[crop], 3) for view in (now, then))
    ratio = np.log((fine + ROUND) / (before + ROUND) / held.gain)
    within = pixels(mask[y0:y1, x0:x1]) & (np.abs(ratio) > 0.1)
    core = ndimage.binary_erosion(within, iterations=2)
    core = core if core.sum() >= CELL * CELL // 2 else within
    if core.sum() < CELL:
        return True
    middle = float(np.median(ratio[core]))
    if not np.log(DARKEST) < middle < np.log(BRIGHTEST):
        return False
    around = ratio[pixels(ring[y0:y1, x0:x1])]
    if len(around) and (around * np.sign(middle) > max(0.1, abs(middle) / 2)).mean() > BEYOND:
        return True
    detail, before_detail = (plane - ndimage.uniform_filter(plane, 9) for plane in (fine, before))
    # Where the change ends is a step that was not there before, whatever it is.
    deep = ndimage.binary_erosion(within, iterations=5)
    if deep.sum() >= CELL * CELL // 2 and before_detail[deep].std() > max(2.5, 2 * held.noise):
        return float(np.corrcoef(detail[deep], before_detail[deep])[0, 1]) > KEPT
    if held.differs()[mask].mean() < 0.5:
        return True
    even = float(np.subtract(*np.percentile(ratio[core], [84, 16]))) / 2
    return middle < 0 and even < EVEN


def pixels(plane: NDArray[Any]) -> NDArray[Any]:
    """Cells (rows, columns) as pixels (height, width)."""
    return plane.repeat(CELL, axis=0).repeat(CELL, axis=1)
