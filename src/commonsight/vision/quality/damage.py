"""Marks that broken coding leaves in a picture: plain slabs, smears, torn macroblocks."""

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.quality.model import Look

SIDE = 16
"""Pixels of a macroblock."""


def corruption(look: Look) -> float:
    """Share of the macroblocks that are plain slabs torn from their surroundings, or smears of one row or column."""
    luma = look.planes.luma
    high, wide = luma.shape[0] // SIDE, luma.shape[1] // SIDE
    if high < 3 or wide < 3:
        return 0.0
    step = 1 if high * wide <= 2_000 else 2
    cut = luma[: high * SIDE, : wide * SIDE]
    # Of each macroblock every second point: enough to tell plain from smeared from real.
    blocks = cut.reshape(high, SIDE, wide, SIDE).swapaxes(1, 2)[:, :, ::2, ::2].astype(np.int16)
    del step
    down = np.abs(np.diff(blocks, axis=2)).mean(axis=(2, 3))
    along = np.abs(np.diff(blocks, axis=3)).mean(axis=(2, 3))
    plain = (down < 0.35) & (along < 0.35)
    smeared = ((down < 0.5) & (along > 2.5)) | ((along < 0.5) & (down > 2.5))
    torn = _torn(cut, high, wide)
    return float(((plain | smeared) & torn).mean())


def _torn(cut: NDArray[np.uint8], high: int, wide: int) -> NDArray[np.bool_]:
    """Macroblocks with a step at one of their sides that lies exactly on the grid and nowhere beside it."""
    wider = cut.astype(np.int16)
    below = np.zeros((high, wide), bool)
    across = np.zeros((high, wide), bool)
    rows = np.arange(1, high) * SIDE
    step = np.abs(wider[rows] - wider[rows - 1]).reshape(high - 1, wide, SIDE).mean(axis=2)
    near = np.abs(wider[rows - 1] - wider[rows - 2]).reshape(high - 1, wide, SIDE).mean(axis=2)
    near = near + np.abs(wider[rows + 1] - wider[rows]).reshape(high - 1, wide, SIDE).mean(axis=2)
    torn = (step > 6) & (step > 3 * near)
    below[1:] |= torn
    below[:-1] |= torn
    columns = np.arange(1, wide) * SIDE
    step = np.abs(wider[:, columns] - wider[:, columns - 1]).reshape(high, SIDE, wide - 1).mean(axis=1)
    near = np.abs(wider[:, columns - 1] - wider[:, columns - 2]).reshape(high, SIDE, wide - 1).mean(axis=1)
    near = near + np.abs(wider[:, columns + 1] - wider[:, columns]).reshape(high, SIDE, wide - 1).mean(axis=1)
    torn = (step > 6) & (step > 3 * near)
    across[:, 1:] |= torn
    across[:, :-1] |= torn
    return below | across
