"""Constant-velocity Kalman filters, all tracks in one array.

Each coordinate (x of the middle, y of the bottom, width, height) is filtered by itself: the
state of a coordinate is position and rate, its covariance the three numbers Var(p), Cov(p, r),
Var(r). So a frame costs a handful of array operations however many tracks there are.
Everything is per second, so frames may come at any distance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Motion:
    """Filters of N tracks with four coordinates each: x middle, y bottom, width, height (pixels).

    Attributes:
        at: (N, 4) pixels.
        rate: (N, 4) pixels per second.
        spread: (N, 4, 3) Var(p), Cov(p, r), Var(r).
    """

    at: Floats
    rate: Floats
    spread: Floats

    @classmethod
    def empty(cls) -> "Motion":
        return cls(np.zeros((0, 4)), np.zeros((0, 4)), np.zeros((0, 4, 3)))

    def __len__(self) -> int:
        return len(self.at)

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Motion":
        """The filters of the chosen tracks."""
        return Motion(self.at[chosen], self.rate[chosen], self.spread[chosen])

    def join(self, other: "Motion") -> "Motion":
        """These filters, then those of `other`."""
        return Motion(
            np.concatenate([self.at, other.at]),
            np.concatenate([self.rate, other.rate]),
            np.concatenate([self.spread, other.spread]),
        )

    def predict(self, seconds: float, noise: Floats) -> None:
        """Move on by `seconds`; `noise` (N, 4) is the density of acceleration noise, pixels²/s³."""
        p, c, r = self.spread[:, :, 0], self.spread[:, :, 1], self.spread[:, :, 2]
        self.at += self.rate * seconds
        p += 2 * c * seconds + r * seconds**2 + noise * seconds**3 / 3
        c += r * seconds + noise * seconds**2 / 2
        r += noise * seconds

    def correct(self, rows: NDArray[np.int64], measured: Floats, error: Floats) -> None:
        """Take in `measured` (M, 4) with variances `error` (M, 4) for the tracks `rows` (M,)."""
        spread = self.spread[rows]
        p, c, r = spread[:, :, 0], spread[:, :, 1], spread[:, :, 2]
        total = p + error
        gain_p, gain_r = p / total, c / total
        off = measured - self.at[rows]
        self.at[rows] += gain_p * off
        self.rate[rows] += gain_r * off
        self.spread[rows] = np.stack([p * (1 - gain_p), c * (1 - gain_p), r - gain_r * c], axis=2)


def from_xyxy(xyxy: Floats) -> Floats:
    """(N, 4) corners -> (N, 4) x middle, y bottom, width, height."""
    return np.stack(
        [(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3], xyxy[:, 2] - xyxy[:, 0], xyxy[:, 3] - xyxy[:, 1]], axis=1
    )


def to_xyxy(at: Floats) -> Floats:
    """(N, 4) x middle, y bottom, width, height -> (N, 4) corners."""
    half = np.maximum(at[:, 2], 1.0) / 2
    return np.stack([at[:, 0] - half, at[:, 1] - np.maximum(at[:, 3], 1.0), at[:, 0] + half, at[:, 1]], axis=1)
