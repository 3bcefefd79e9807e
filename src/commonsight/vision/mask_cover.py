"""Taking areas out of a picture for good: every pixel of a covered box becomes the same fixed grey.

Nothing of what lay under a box is kept, no average and no coarse pattern: a blur can be undone, and a mosaic of a plate
can be searched for. What is coded afterwards never saw the pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.picture import Bgr, Plane

Boxes = NDArray[np.float32]
"""Boxes (N, 4): left, top, right, bottom in pixels."""

GREY_LUMA, GREY_CHROMA = 110, 128
GREY = (109, 109, 109)
"""About the same grey in BGR."""


def whole(boxes: Boxes, width: int, height: int) -> NDArray[np.int64]:
    """The boxes rounded outwards to even pixels and cut to the picture: int64 (N, 4); empty ones are left out.

    Even, because a pixel of colour covers two by two of brightness in what cameras send.
    """
    if len(boxes) == 0:
        return np.zeros((0, 4), np.int64)
    finite = np.nan_to_num(boxes.astype(np.float64), nan=0.0, posinf=1e6, neginf=-1e6)
    limit = np.array([width, height, width, height], np.int64)
    out = np.empty((len(boxes), 4), np.int64)
    out[:, :2] = np.floor(finite[:, :2] / 2) * 2
    out[:, 2:] = np.ceil(finite[:, 2:] / 2) * 2
    out = np.clip(out, 0, limit)
    kept: NDArray[np.int64] = out[(out[:, 2] > out[:, 0]) & (out[:, 3] > out[:, 1])]
    return kept


def cover_bgr(picture: Bgr, boxes: Boxes) -> None:
    """Cover the boxes in place. `picture`: uint8 (height, width, 3)."""
    height, width = picture.shape[:2]
    for left, top, right, bottom in whole(boxes, width, height):
        picture[top:bottom, left:right] = GREY


def cover_yuv420(luma: Plane, blue: Plane, red: Plane, boxes: Boxes) -> None:
    """Cover the boxes in place, in planes as cameras send them.

    Args:
        luma: uint8 (height, width).
        blue, red: uint8 (ceil(height / 2), ceil(width / 2)).
        boxes: in pixels of `luma`.
    """
    height, width = luma.shape
    for left, top, right, bottom in whole(boxes, width, height):
        luma[top:bottom, left:right] = GREY_LUMA
        rows, columns = slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2)
        blue[rows, columns] = GREY_CHROMA
        red[rows, columns] = GREY_CHROMA
