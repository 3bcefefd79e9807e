"""Where in the picture a detector is to look: around what is watched, and where something has changed."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.model import Analysis
from commonsight.analyze.road_users import RoadUsers, overlaps
from commonsight.vision.picture import Plane

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1, pixels."""
Share = tuple[float, float, float, float]
"""The same in 0..1 of the picture."""
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

COLUMNS: Final = 176
"""About so many columns of brightness are compared."""
BLOCK: Final = 4
"""Side of a block of them: one pixel is noise, a block is something."""
WHOLE: Final = 0.75
"""A part that takes this share of the region is not worth the trouble: then all of it is looked at."""
NEAR: Final = 0.08
"""Share of the picture within which a road user stands at a target."""
SAME: Final = 0.3
"""An old box that overlaps a new one by this much is the same road user."""


class Brightness(Protocol):
    """What is asked of a picture here."""

    def luma(self, step: int = 1) -> Plane: ...


class Grid:
    """The watched region of one camera's pictures.

    Args:
        size: (width, height) of the pictures, pixels.
        watched: what is watched; empty: everything.
        margin: looked at around that, in shares of the picture's longer side.
        headroom: the same above, times `margin`: what stands on a line reaches up.
    """

    def __init__(self, size: tuple[int, int], watched: Sequence[Share], margin: float, headroom: float) -> None:
        self._size, self._watched = size, np.array(watched, np.float64).reshape(-1, 4)
        self._step = max(1, round(size[0] / COLUMNS))
        self.region = _around(size, watched, margin, headroom)
        x0, y0, x1, y1 = (side * length / self._step for side, length in zip(self.region, (*size, *size), strict=True))
        self._rows, self._columns = slice(int(y0), int(np.ceil(y1))), slice(int(x0), int(np.ceil(x1)))

    def brightness(self, frame: Brightness) -> Plane:
        """The region, strided, uint8."""
        return frame.luma(self._step)[self._rows, self._columns]

    def moved(self, before: Plane, now: Plane, change: float) -> Bools:
        """Blocks whose mean difference is `change` or more, apart from what changed everywhere (clouds, exposure)."""
        off = now.astype(np.int16) - before
        off -= np.int16(np.median(off[::2, ::2]))
        np.abs(off, out=off)
        rows, columns = (side // BLOCK * BLOCK for side in off.shape)
        if not rows or not columns:
            return np.asarray(off >= change)
        blocks = off[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
        return np.asarray(blocks.sum(axis=(1, 3), dtype=np.int32) >= change * BLOCK * BLOCK)

    def replace(self, before: Plane, now: Plane, part: Box, size: tuple[int, int]) -> Plane:
        """`before` with what is `now` in a part of the picture of this size."""
        x0, y0, x1, y1 = self._cells(part, size)
        after = before.copy()
        after[y0:y1, x0:x1] = now[y0:y1, x0:x1]
        return after

    def area(self, size: tuple[int, int], multiple: int) -> Box:
        """The region in a picture scaled to `size`, each side a multiple."""
        x0, y0, x1, y1 = self.region
        return _aligned((x0 * size[0], y0 * size[1], x1 * size[0], y1 * size[1]), (0, 0, *size), multiple)

    def part(self, moved: Bools, users: Floats, size: tuple[int, int], multiple: int, context: float) -> Box:
        """The smallest part of the region that holds every block that moved, and every road user it touches.

        Args:
            users: boxes (N, 4) known so far, pixels of the picture.
            context: kept around what moved, pixels of the scaled picture.
        """
        rows, columns = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
        unit = BLOCK * self._step
        scale = np.array([size[0] / self._size[0], size[1] / self._size[1]] * 2)
        corner = np.array([self._columns.start, self._rows.start]) * self._step
        found = np.array(
            [columns[0] * unit, rows[0] * unit, (columns[-1] + 1) * unit, (rows[-1] + 1) * unit], np.float64
        ) + np.tile(corner, 2)
        box = found * scale + np.array([-context, -context, context, context])
        boxes = users * scale
        for _ in range(2):
            touched = (boxes[:, 0] < box[2]) & (boxes[:, 2] > box[0]) & (boxes[:, 1] < box[3]) & (boxes[:, 3] > box[1])
            if touched.any():
                near = boxes[touched]
                box = np.array([*np.minimum(box[:2], near[:, :2].min(0)), *np.maximum(box[2:], near[:, 2:].max(0))])
        area = self.area(size, multiple)
        part = _aligned((box[0], box[1], box[2], box[3]), area, multiple)
        return area if area_of(part) > WHOLE * area_of(area) else part

    def at_targets(self, users: RoadUsers) -> RoadUsers:
        """Those that stand at a line or in a zone: only they have to be found, whoever passes in the distance."""
        if not len(self._watched) or not len(users):
            return users
        x = (users.xyxy[:, 0] + users.xyxy[:, 2]) / 2 / self._size[0]
        y = users.xyxy[:, 3] / self._size[1]
        boxes = self._watched + np.array([-NEAR, -NEAR, NEAR, NEAR])
        near = (x[:, None] > boxes[:, 0]) & (x[:, None] < boxes[:, 2])
        near &= (y[:, None] > boxes[:, 1]) & (y[:, None] < boxes[:, 3])
        chosen = near.any(axis=1)
        return RoadUsers(users.xyxy[chosen], users.score[chosen], users.votes[chosen])

    def _cells(self, part: Box, size: tuple[int, int]) -> Box:
        across, down = self._size[0] / size[0] / self._step, self._size[1] / size[1] / self._step
        x0, x1 = (max(round(x * across) - self._columns.start, 0) for x in (part[0], part[2]))
        y0, y1 = (max(round(y * down) - self._rows.start, 0) for y in (part[1], part[3]))
        return x0, y0, x1, y1


def watched_of(analysis: Analysis) -> tuple[Share, ...]:
    """The boxes around each line and zone of a document."""
    found = []
    for line in analysis.lines:
        (ax, ay), (bx, by) = line.a, line.b
        found.append((min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)))
    for zone in analysis.zones:
        xs, ys = [x for x, _ in zone.polygon], [y for _, y in zone.polygon]
        found.append((min(xs), min(ys), max(xs), max(ys)))
    return tuple(found)


def area_of(box: Box) -> int:
    """Pixels of a box."""
    return (box[2] - box[0]) * (box[3] - box[1])


def joined(new: RoadUsers, part: Box, scaled: tuple[int, int], old: RoadUsers, size: tuple[int, int]) -> RoadUsers:
    """Road users of the whole picture: the new ones in the part looked at, the old ones elsewhere.

    Args:
        new: pixels of the part. part: pixels of the picture scaled to `scaled`.
        old: pixels of the picture of `size`; so is what is returned, best first.
    """
    scale = np.array([size[0] / scaled[0], size[1] / scaled[1]] * 2)
    found = (new.xyxy + np.array([part[0], part[1], part[0], part[1]])) * scale
    box = np.array(part) * scale
    middle = (old.xyxy[:, :2] + old.xyxy[:, 2:]) / 2
    kept = ~((middle > box[:2]) & (middle < box[2:])).all(axis=1)
    if len(found) and kept.any():
        iou, _ = overlaps(old.xyxy, found)
        kept &= iou.max(axis=1) < SAME
    xyxy, score = np.concatenate([found, old.xyxy[kept]]), np.concatenate([new.score, old.score[kept]])
    votes = np.concatenate([new.votes, old.votes[kept]])
    order = np.lexsort((xyxy[:, 1], xyxy[:, 0], -score))
    return RoadUsers(xyxy[order], score[order], votes[order])


def _around(size: tuple[int, int], watched: Sequence[Share], margin: float, headroom: float) -> Share:
    if not watched:
        return (0.0, 0.0, 1.0, 1.0)
    across, down = margin * max(size) / size[0], margin * max(size) / size[1]
    boxes = np.array(watched)
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = boxes[:, 2:].max(axis=0)
    return (
        max(float(x0) - across, 0.0),
        max(float(y0) - down * headroom, 0.0),
        min(float(x1) + across, 1.0),
        min(float(y1) + down, 1.0),
    )


def _aligned(box: tuple[float, float, float, float], within: Box, multiple: int) -> Box:
    """The smallest box around this one whose sides are multiples, moved to lie within; at most as large as that."""
    x0, x1 = _side(box[0], box[2], within[0], within[2], max(multiple, 1))
    y0, y1 = _side(box[1], box[3], within[1], within[3], max(multiple, 1))
    return x0, y0, x1, y1


def _side(low: float, high: float, least: int, most: int, multiple: int) -> tuple[int, int]:
    low, high = max(low, least), min(high, most)
    length = max(int(np.ceil((high - low) / multiple)), 1) * multiple
    if length >= most - least:
        return least, most
    start = int(min(max(round((low + high - length) / 2), least), most - length))
    return start, start + length
