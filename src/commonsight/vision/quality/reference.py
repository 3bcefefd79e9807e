"""A camera's own reference: what its picture is made of when all is well, and how far a look is from it.

A reference holds no picture: for each cell of a grid how much fine detail it has, in units of the picture's mean, so
that neither a cloud nor a new lamp changes it, and how much that varies, so that a busy lane counts less than a kerb.
It is built from several looks and follows slowly. Day and night have references of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.vision.picture import Plane
from commonsight.vision.quality.model import Look, Scores

GRID: Final = (45, 80)
"""Rows and columns of cells."""
UNIT: Final = 51.2
"""Stored steps to one mean of the picture: detail up to 5 times the mean is told apart."""
SLOWEST: Final = 8
"""A new look counts at least one part in this many: trees grow, and a wall is painted."""
STEP: Final = 24
"""Stored steps that a cell follows at most in one look, besides three times what it varies by anyway."""
FURTHEST: Final = 0.2
"""A shift beyond this share of the picture is not looked for: then it is another scene."""
TURNED: Final = 0.06
"""A shift by this share of the picture, which hides as much of the view, is as bad as another scene."""
DETAILED: Final = 0.55
"""A cell has detail when it has more than this part of the picture's mean."""
LOST: Final = 0.3
"""A cell lost its detail when less than this part is left, after the light's change is taken out."""
PLAIN: Final = 3.0
"""A reference with less detail than this, steps of brightness from sample to sample, cannot be compared: bare asphalt
seen from above, a night without lamps. Street scenes have 15 and more."""
DETAIL_LEAST: Final = 0.08
"""Share of the cells that must have detail before anything can be said to be covered."""
PATCH_LEAST: Final = 20
"""Cells of one lost patch; a parked car is no cover."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What is remembered of good pictures.

    `edges`, `spread`: uint8 `GRID`, detail by cell and how much it varies between looks, in steps of 1/`UNIT` of the
    mean. `level`: that mean, in steps of brightness from one sample to the next. `looks`: how many it is made of.
    """

    edges: Plane
    spread: Plane
    level: float
    looks: int

    @classmethod
    def of(cls, look: Look) -> Reference:
        """The reference that this look alone makes."""
        edges, level = detail(look)
        return cls(edges, np.full(GRID, 6, np.uint8), level, 1)

    def after(self, look: Look) -> Reference:
        """The reference after one more good look. One thing that stood in the way once does not stay in it."""
        edges, level = detail(look)
        part = max(1 / (self.looks + 1), 1 / SLOWEST)
        then, spread = self.edges.astype(np.float32), self.spread.astype(np.float32)
        away = edges.astype(np.float32) - then
        bound = 3 * spread + STEP
        moved = then + np.clip(away, -bound, bound) * part
        varied = spread + (np.minimum(np.abs(away), bound) - spread) * part
        return replace(
            self,
            edges=np.rint(np.clip(moved, 0, 255)).astype(np.uint8),
            spread=np.rint(np.clip(varied, 1, 255)).astype(np.uint8),
            level=self.level + (level - self.level) * part,
            looks=self.looks + 1,
        )


class Comparison(NamedTuple):
    """A look held against a reference.

    `alike`: -1..1, correlation of the details where they lie. `shift`: (right, down), shares of the picture by which
    the present one lies away, where that explains it better than standing still, else None. `moved_alike`: correlation
    after that shift. `lost`, `gained`: share of the cells with detail that lost it in large patches, and, by the same
    measure, of those that have detail now and had none. `cells`: bool `GRID`, the patches lost; None when there is too
    little detail to say. `plain`: the reference has too little detail to say anything.
    """

    alike: float
    shift: tuple[float, float] | None
    moved_alike: float
    lost: float
    gained: float
    cells: NDArray[np.bool_] | None
    plain: bool

    def scores(self) -> Scores:
        """`scene_change` and `occlusion`, 0 (as it was) to 1 (nothing of it is left).

        What went away in one place and came in another has moved: that is a change of the scene, not a cover. Nothing
        when the reference is too plain.
        """
        if self.plain:
            return {}
        away = 0.0 if self.shift is None else max(abs(self.shift[0]), abs(self.shift[1])) / TURNED
        scores = {"scene_change": float(min(1.0, max(1.0 - max(0.0, self.alike), away)))}
        if self.cells is not None:
            scores["occlusion"] = 0.0 if self.shift is not None else float(max(0.0, self.lost - self.gained))
        return scores


def compare(look: Look, reference: Reference) -> Scores:
    """The scores of a look against the camera's reference; see `held`."""
    return held(look, reference).scores()


def held(look: Look, reference: Reference) -> Comparison:
    """Hold a look against the camera's reference."""
    edges, level = detail(look)
    now, then = edges.astype(np.float32), reference.edges.astype(np.float32)
    weight = 1.0 / (reference.spread.astype(np.float32) + 8.0)
    # Wind moves a camera by a fraction of a cell, and nobody wants to be told.
    now, then = (ndimage.uniform_filter(plane, 3) for plane in (now, then))
    alike = _alike(now, then, weight)
    shift, moved = None, alike
    down, right = _shift(now, then)
    if (down, right) != (0, 0):
        found = _overlap(now, then, weight, down, right)
        if found > 0.45 and found - alike > 0.15:
            shift, moved = (right / GRID[1], down / GRID[0]), found
    lost, gained, cells = _lost(now, then, level, reference)
    return Comparison(alike, shift, moved, lost, gained, cells, reference.level < PLAIN)


def detail(look: Look) -> tuple[Plane, float]:
    """Fine detail of a picture by cell in steps of 1/`UNIT` of its mean (uint8 `GRID`), and that mean."""
    plane = look.coarse
    fine = np.abs(np.diff(plane, axis=1))[:-1] + np.abs(np.diff(plane, axis=0))[:, :-1]
    rows = np.linspace(0, fine.shape[0], GRID[0] + 1).astype(int)
    columns = np.linspace(0, fine.shape[1], GRID[1] + 1).astype(int)
    summed = np.add.reduceat(np.add.reduceat(fine, rows[:-1], 0), columns[:-1], 1)
    cells = summed / (np.maximum(np.diff(rows), 1)[:, None] * np.maximum(np.diff(columns), 1)[None, :])
    level = float(cells.mean())
    if level <= 0:
        return np.zeros(GRID, np.uint8), 0.0
    stored: Plane = np.clip(cells * (UNIT / level), 0, 255).astype(np.uint8)
    return stored, level


def _alike(now: NDArray[np.float32], then: NDArray[np.float32], weight: NDArray[np.float32]) -> float:
    """Weighted correlation."""
    total = float(weight.sum())
    if total <= 0:
        return 0.0
    a = now - float((now * weight).sum()) / total
    b = then - float((then * weight).sum()) / total
    norm = float(np.sqrt((weight * a * a).sum() * (weight * b * b).sum()))
    return float((weight * a * b).sum()) / norm if norm > 0 else 0.0


def _shift(now: NDArray[np.float32], then: NDArray[np.float32]) -> tuple[int, int]:
    """Phase correlation: by how many cells (down, right) the present picture lies away from the old one."""
    window = np.outer(np.hanning(GRID[0] + 2)[1:-1], np.hanning(GRID[1] + 2)[1:-1])
    a = np.fft.rfft2((now - now.mean()) * window)
    b = np.fft.rfft2((then - then.mean()) * window)
    cross = a * np.conj(b)
    peaks = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-6), GRID)
    # What lies further than `FURTHEST` is not a shift of one scene any more.
    rows, columns = (round(side * FURTHEST) for side in GRID)
    near = np.roll(peaks, (rows, columns), (0, 1))[: 2 * rows + 1, : 2 * columns + 1]
    down, right = np.unravel_index(int(near.argmax()), near.shape)
    return int(down) - rows, int(right) - columns


def _overlap(
    now: NDArray[np.float32], then: NDArray[np.float32], weight: NDArray[np.float32], down: int, right: int
) -> float:
    """Correlation where the shifted pictures overlap."""
    height, width = GRID
    here = np.s_[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
    there = np.s_[max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)]
    return _alike(now[here], then[there], weight[there])


def _lost(
    now: NDArray[np.float32], then: NDArray[np.float32], level: float, reference: Reference
) -> tuple[float, float, NDArray[np.bool_] | None]:
    """Shares of detail lost and gained in large patches, and the cells lost."""
    bar = DETAILED * UNIT
    steady = reference.spread.astype(np.float32) < np.maximum(then * 0.6, 12)
    had = (then > bar) & steady
    if had.sum() < DETAIL_LEAST * had.size:
        return 0.0, 0.0, None
    real_now, real_then = now * level, then * reference.level
    # Less light or contrast lowers all detail alike: what the best kept tenth still has is what is to be expected.
    kept = float(np.quantile(real_now[had] / np.maximum(real_then[had], 1e-6), 0.9))
    expected = real_then * float(np.clip(kept, 0.35, 1.2))
    gone = _patches(had & (real_now < LOST * expected))
    had_none = (then < bar * 0.5) & steady
    came = _patches(had_none & (real_now > bar * 1.2 * reference.level))
    count = float(had.sum())
    return float((gone & had).sum()) / count, float(came.sum()) / count, gone


def _patches(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only the patches of at least `PATCH_LEAST` cells; gaps of one cell are closed."""
    labelled, count = ndimage.label(ndimage.binary_closing(cells, np.ones((3, 3), bool)))
    sizes = np.bincount(labelled.ravel(), minlength=count + 1)
    sizes[0] = 0
    large: NDArray[np.bool_] = (sizes >= PATCH_LEAST)[labelled]
    return large
