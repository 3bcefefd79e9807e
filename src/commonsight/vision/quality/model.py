"""What the measures of picture quality take and give: a prepared look at a picture, its scores, its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.picture import Plane, Planes

__all__ = ["Block", "Fingerprint", "Look", "Plane", "Planes", "Scores"]

Scores = dict[str, float]
"""Item code -> score. An item that this picture cannot tell is left out: unknown is not well."""

Block = NDArray[np.float32]

BLOCKS = (18, 32)
"""Rows and columns of the grid that a picture is judged by."""
LINES = 144
"""Whole rows (and whole columns) that are read out of a picture."""
SMALL = 352
"""Width to which a picture is shrunk where its sharpness is judged: softness counts relative to the picture."""
PRINT = (36, 64)
"""Rows and columns of the points a fingerprint keeps."""

_FULL = np.arange(256, dtype=np.float32)
_VIDEO = np.clip((_FULL - 16) * (255 / 219), 0, 255).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """So much of a picture as it takes to tell, later, that nothing moved since: 2,304 points of its brightness.

    `points`: uint8 `PRINT`, as decoded, not averaged. `width`, `height`: of the picture they are from.
    """

    width: int
    height: int
    points: Plane

    def pack(self) -> bytes:
        """As bytes, 2,308 of them."""
        return np.array([self.width, self.height], ">u2").tobytes() + self.points.tobytes()

    @classmethod
    def unpack(cls, data: bytes) -> Fingerprint | None:
        """What `pack` made; None for anything else, such as what an older version wrote."""
        if len(data) != 4 + PRINT[0] * PRINT[1]:
            return None
        width, height = (int(side) for side in np.frombuffer(data, ">u2", 2))
        return cls(width, height, np.frombuffer(data, np.uint8, offset=4).reshape(PRINT))


@dataclass(frozen=True, eq=False)
class Look:
    """One picture, prepared once for all measures. Brightness is float32 of 0..255 whatever the range it came in.

    Everything is a sample: whole rows and whole columns keep the finest detail, and there are few of them.
    """

    planes: Planes

    @property
    def width(self) -> int:
        return self.planes.width

    @property
    def height(self) -> int:
        return self.planes.height

    @cached_property
    def table(self) -> Block:
        """From stored brightness to 0..255."""
        return _FULL if self.planes.full_range else _VIDEO

    @cached_property
    def rows(self) -> Block:
        """About `LINES` whole rows, evenly spread: (rows, width)."""
        return self.table[self.planes.luma[:: max(1, self.height // LINES)]]

    @cached_property
    def columns(self) -> Block:
        """About `LINES` whole columns, lying as rows: (columns, height)."""
        return self.table[np.ascontiguousarray(self.planes.luma[:, :: max(1, self.width // LINES)].T)]

    @cached_property
    def coarse(self) -> Block:
        """Every n-th point of every n-th row, at most about 200 x 360: (rows, columns)."""
        step = self.step
        return self.table[self.planes.luma[::step, ::step]]

    @cached_property
    def small(self) -> Block:
        """The whole picture shrunk by averaging to a width of about `SMALL`: what is seen, less what coders do."""
        by = max(1, round(self.width / SMALL))
        rows, columns = self.height // by, self.width // by
        # Of a large box every second point will do. Rows are added first: they lie together.
        skip = 1 if by < 4 else 2
        lines = self.planes.luma[: rows * by].reshape(rows, by, -1)[:, ::skip]
        summed = np.zeros((rows, self.width), np.uint16)
        for line in range(lines.shape[1]):
            summed += lines[:, line]
        boxes = summed[:, : columns * by].reshape(rows, columns, by)[:, :, ::skip]
        mean = boxes.sum(axis=2, dtype=np.float32) / np.float32(lines.shape[1] * boxes.shape[2])
        if not self.planes.full_range:
            mean = np.clip((mean - 16) * np.float32(255 / 219), 0, 255)
        return np.asarray(mean, np.float32)

    @property
    def step(self) -> int:
        """Points left out by `coarse`."""
        return max(1, min(self.height // 180, self.width // 240))

    @cached_property
    def colour(self) -> tuple[Block, Block]:
        """Colour differences at about the points of `coarse`, blue and red, 0 is no colour, in units of brightness."""
        step = max(1, self.step // 2)
        gain = np.float32(1.0 if self.planes.full_range else 255 / 224)
        blue, red = (
            (plane[::step, ::step].astype(np.float32) - 128) * gain for plane in (self.planes.blue, self.planes.red)
        )
        return blue, red

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """To be held against a later picture of the same camera."""
        rows = (np.arange(PRINT[0]) * 2 + 1) * self.height // (2 * PRINT[0])
        columns = (np.arange(PRINT[1]) * 2 + 1) * self.width // (2 * PRINT[1])
        return Fingerprint(self.width, self.height, self.planes.luma[np.ix_(rows, columns)].copy())


def tiles(plane: Block, rows: int = BLOCKS[0], columns: int = BLOCKS[1]) -> Block:
    """A plane cut into a grid: (rows, columns, height of one, width of one); what does not fit is cut off.

    A plane that is too small for the grid gets a coarser one.
    """
    rows, columns = min(rows, plane.shape[0]), min(columns, plane.shape[1])
    high, wide = plane.shape[0] // rows, plane.shape[1] // columns
    cut = plane[: rows * high, : columns * wide].reshape(rows, high, columns, wide)
    return np.ascontiguousarray(cut.swapaxes(1, 2))
