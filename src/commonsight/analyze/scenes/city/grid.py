"""Between shapes in 0..1 of the picture and the cells of a grid (rows, columns) laid over it."""

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.count import inside

Bools = NDArray[np.bool_]
Box = tuple[float, float, float, float]


def cells_of(polygon: NDArray[np.float64], shape: tuple[int, int]) -> Bools:
    """Cells whose middle lies in a polygon of 0..1; at least the one nearest to its middle."""
    rows, columns = shape
    y, x = np.mgrid[0:rows, 0:columns]
    points = np.column_stack([(x.ravel() + 0.5) / columns, (y.ravel() + 0.5) / rows])
    made: Bools = inside(polygon, points).reshape(shape)
    if not made.any():
        middle = polygon.mean(axis=0)
        made[min(int(middle[1] * rows), rows - 1), min(int(middle[0] * columns), columns - 1)] = True
    return made


def cells_under(boxes: NDArray[np.float64], shape: tuple[int, int]) -> Bools:
    """Cells whose middle lies under one of the boxes (N, 4) of 0..1."""
    rows, columns = shape
    made = np.zeros(shape, bool)
    for x0, y0, x1, y1 in boxes:
        left, right = round(x0 * columns), round(x1 * columns)
        top, low = round(y0 * rows), round(y1 * rows)
        made[max(top, 0) : max(low, 0), max(left, 0) : max(right, 0)] = True
    return made


def box_of(mask: Bools) -> Box:
    """The box around cells, 0..1 of the picture."""
    rows, columns = np.nonzero(mask)
    high, wide = mask.shape
    return (
        float(columns.min() / wide),
        float(rows.min() / high),
        float((columns.max() + 1) / wide),
        float((rows.max() + 1) / high),
    )
