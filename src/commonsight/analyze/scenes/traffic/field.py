"""Which way traffic goes, learned by watching: a grid of the picture with the directions seen in each cell."""

from typing import Final

import numpy as np

from commonsight.analyze.kalman import Floats

COLUMNS, ROWS = 24, 14
"""Cells of the grid: about a lane's width in the near half of a usual picture."""
ENOUGH: Final = 8.0
"""Vehicles that must have gone through a cell and its neighbours before it has a direction."""
AGREED: Final = 0.8
"""Length of their mean unit vector from which they agree: 1 all the same way, 0 any way. Two-way cells stay below."""
MOST: Final = 200.0
"""Weight at which older vehicles begin to be forgotten: roadworks turn directions round."""


class Field:
    """The directions learned for one picture. 24 x 14 cells, whatever happens."""

    def __init__(self) -> None:
        self._sum = np.zeros((ROWS, COLUMNS, 2))
        self._weight = np.zeros((ROWS, COLUMNS))
        self._last: dict[int, tuple[int, int]] = {}

    def learn(self, track: int, at: tuple[float, float], heading: tuple[float, float]) -> None:
        """One vehicle drives through `at` (0..1 of the picture) in `heading` (unit vector in pixels).

        A vehicle counts once in each cell it enters, however long it stays and however often it is looked at.
        """
        cell = (min(max(int(at[1] * ROWS), 0), ROWS - 1), min(max(int(at[0] * COLUMNS), 0), COLUMNS - 1))
        if self._last.get(track) == cell:
            return
        self._last[track] = cell
        self._sum[cell] += heading
        self._weight[cell] += 1.0
        if self._weight[cell] > MOST:
            self._sum[cell] *= 0.5
            self._weight[cell] *= 0.5

    def forget(self, alive: set[int]) -> None:
        """Drop tracks that ended."""
        for gone in [track for track in self._last if track not in alive]:
            del self._last[gone]

    def clear(self) -> None:
        """Begin anew: the camera looks elsewhere."""
        self._sum[:], self._weight[:] = 0.0, 0.0

    def direction(self, at: tuple[float, float]) -> tuple[tuple[float, float], float] | None:
        """(unit vector, agreement 0..1) at a point in 0..1; None where too few went or they disagree."""
        row, column = min(max(int(at[1] * ROWS), 0), ROWS - 1), min(max(int(at[0] * COLUMNS), 0), COLUMNS - 1)
        # The cell itself when it has seen enough, else with its neighbours: far lanes are narrower than a cell.
        for reach in (0, 1):
            rows = slice(max(row - reach, 0), row + reach + 1)
            columns = slice(max(column - reach, 0), column + reach + 1)
            weight = float(self._weight[rows, columns].sum())
            if weight < ENOUGH:
                continue
            mean: Floats = self._sum[rows, columns].sum(axis=(0, 1)) / weight
            agreed = float(np.hypot(*mean))
            if agreed < AGREED:
                return None
            return (float(mean[0] / agreed), float(mean[1] / agreed)), agreed
        return None
