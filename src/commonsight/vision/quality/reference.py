"""A camera's own reference: what its picture looked like when all was well, and how far a look is from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonsight.vision.picture import Plane
from commonsight.vision.quality.model import Look, Scores

GRID = (36, 64)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What is remembered of a good picture: uint8 `GRID`, mean brightness by cell, 0..255."""

    cells: Plane

    @classmethod
    def of(cls, look: Look) -> Reference:
        """The reference that this look makes."""
        return cls(_cells(look))


def compare(look: Look, reference: Reference) -> Scores:
    """`occlusion` and `scene_change` of a look, 0 (as it was) to 1 (nothing of it is left)."""
    now, then = _cells(look).astype(np.float32), reference.cells.astype(np.float32)
    now, then = now - now.mean(), then - then.mean()
    weight = float(np.sqrt((now**2).sum() * (then**2).sum()))
    alike = float((now * then).sum()) / weight if weight > 0 else 0.0
    return {"scene_change": min(1.0, 1.0 - max(0.0, alike))}


def _cells(look: Look) -> Plane:
    rows = np.linspace(0, look.coarse.shape[0], GRID[0] + 1).astype(int)
    columns = np.linspace(0, look.coarse.shape[1], GRID[1] + 1).astype(int)
    summed = np.add.reduceat(np.add.reduceat(look.coarse, rows[:-1], 0), columns[:-1], 1)
    counts = np.maximum(np.diff(rows), 1)[:, None] * np.maximum(np.diff(columns), 1)[None, :]
    cells: Plane = np.clip(summed / counts, 0, 255).astype(np.uint8)
    return cells
