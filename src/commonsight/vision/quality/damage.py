"""Marks that broken coding leaves in a picture: plain slabs, smears, torn macroblocks."""

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.quality.model import Look

SIDE = 16
"""Pixels of a macroblock."""
ROWS = 34
"""Rows of macroblocks that are looked at, about."""
PLAIN = 0.35
"""Mean step between neighbouring points below which a macroblock holds nothing along that direction."""
FULL = 2.5
"""And above which it holds something: together they tell a smear."""
HANGING = 0.5
"""Share of a row's macroblocks with detail that must be pulled down from above, for the row to hang."""
TEAR = 6.0
"""Mean step across a macroblock's side that is no scene any more, if there is none beside it."""


def corruption(look: Look) -> float:
    """Share of the macroblocks that are plain slabs torn from their surroundings, or smears of one row or column."""
    high, wide = look.height // SIDE, look.width // SIDE
    if high < 3 or wide < 3:
        return 0.0
    step = max(1, round(high / ROWS))
    chosen = np.arange(1, high - 1, step)
    # Each row of macroblocks with two lines above and two below.
    lines = (chosen[:, None] * SIDE + np.arange(-2, SIDE + 2)[None, :]).ravel()
    bands = look.planes.luma[lines, : wide * SIDE].reshape(chosen.size, SIDE + 4, wide * SIDE)
    blocks = bands[:, 2:-2].reshape(chosen.size, SIDE, wide, SIDE)
    down = _apart(blocks[:, 1::2], blocks[:, :-1:2]).mean(axis=(1, 3))
    along = _apart(blocks[:, ::2, :, 1::2], blocks[:, ::2, :, :-1:2]).mean(axis=(1, 3))
    hollow_down, hollow_along = down < PLAIN, along < PLAIN
    pulled = hollow_down & (along > FULL)
    spoiled = (hollow_down & hollow_along) | pulled | (hollow_along & (down > FULL))
    if not spoiled.any():
        return 0.0
    # A picture that hangs is pulled down across its width; a post or a shutter is not.
    detailed = ~(hollow_down & hollow_along)
    hanging = (pulled.sum(axis=1) > HANGING * detailed.sum(axis=1)) & (detailed.sum(axis=1) * 6 >= wide)
    return float(((spoiled & _torn(bands, wide)) | (pulled & hanging[:, None])).mean())


def _apart(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.maximum(one, two) - np.minimum(one, two)


def _torn(bands: NDArray[np.uint8], wide: int) -> NDArray[np.bool_]:
    """Macroblocks with a step at one of their sides that lies exactly on the grid and nowhere beside it."""
    count = bands.shape[0]
    steps = _apart(bands[:, 1:], bands[:, :-1]).reshape(count, SIDE + 3, wide, SIDE).mean(axis=3)
    torn = _tear(steps[:, 1], steps[:, 0], steps[:, 2]) | _tear(steps[:, -2], steps[:, -3], steps[:, -1])
    inner = bands[:, 2:-2]
    sides = np.arange(1, wide) * SIDE
    at, before, after = (
        _apart(inner[:, :, sides + shift], inner[:, :, sides + shift - 1]).mean(axis=1) for shift in (0, -1, 1)
    )
    found = _tear(at, before, after)
    torn[:, 1:] |= found
    torn[:, :-1] |= found
    return torn


def _tear(at: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (at > TEAR) & (at > 3 * (before + after))
