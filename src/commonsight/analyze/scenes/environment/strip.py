"""Reading brightness along a drawn line, as a strip of some width that lies straight."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.analyze.model import Line
from commonsight.vision.picture import Plane

Floats = NDArray[np.float64]

LONGEST: Final = 1280
"""Widest plane that is asked for; a gauge far away needs its pixels."""


def plane_size(picture: tuple[int, int]) -> tuple[int, int]:
    """Width and height at which lines are read; both even, never enlarged."""
    wide = min(picture[0], LONGEST) // 2 * 2
    return max(2, wide), max(2, round(wide * picture[1] / picture[0]) // 2 * 2)


def read(plane: Plane, line: Line, along: Floats, across: Floats) -> Floats:
    """Brightness at points given by their place along the line and aside of it.

    Args:
        along: (N,) 0 at the line's `a`, 1 at `b`; beyond them is allowed.
        across: (M,) pixels of the plane, to the right of the way from `a` to `b`.

    Returns:
        (N, M); not finite where a point lies outside of the picture.
    """
    high, wide = plane.shape
    a, b = np.array(line.a) * (wide, high), np.array(line.b) * (wide, high)
    way = b - a
    aside = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-9)
    points = a + along[:, None, None] * way + across[None, :, None] * aside
    x, y = points[..., 0] - 0.5, points[..., 1] - 0.5
    values: Floats = ndimage.map_coordinates(plane.astype(np.float64), [y, x], order=1, mode="nearest")
    values[(x < -0.5) | (x > wide - 0.5) | (y < -0.5) | (y > high - 0.5)] = np.nan
    return values


def length(line: Line, size: tuple[int, int]) -> float:
    """Pixels from end to end at a size (width, height)."""
    return float(np.hypot((line.b[0] - line.a[0]) * size[0], (line.b[1] - line.a[1]) * size[1]))
