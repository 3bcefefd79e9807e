"""Groups of people in one picture, and whether they stand: pure rules over points in metres.

Standing is told without following anybody, so that a picture every few seconds is enough: somebody stands where
somebody stood some seconds ago. In a dense stream there is always somebody, by chance; how often that is shows when
the places of before are shifted a step aside. What is found beyond chance is standing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from commonsight.analyze.scenes.model import Floats

SAME_PLACE: Final = 0.6
"""Feet within this many metres of where feet were before stand there: boxes tremble by about a third of it."""
ASIDE: Final = 1.3
"""The places of before are shifted by this many metres to learn how often a match is chance."""
DIRECTIONS: Final = 8
ROW: Final = 0.22
"""A group this slim (spread across over spread along) stands in a row: a queue."""
ROW_WIDE: Final = 0.7
"""Spread across of a row at most, m."""
PEOPLE_MOST: Final = 400
"""People looked at in one picture; further ones are left out. Bounds the work, which grows with the square."""

_ANGLES = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
SHIFTS: Final = ASIDE * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


@dataclass(frozen=True, slots=True)
class Group:
    """People near each other.

    Attributes:
        rows: of the points given.
        middle: of them, m.
        standing: share that stands, 0..1; None when there is no picture to compare with.
        row: whether they stand in a row.
    """

    rows: NDArray[np.int64]
    middle: Floats
    standing: float | None
    row: bool

    def __len__(self) -> int:
        return len(self.rows)


def groups(points: Floats, near: float, before: Floats | None, least: int = 3) -> list[Group]:
    """Groups of at least `least`, the largest first: everybody is within `near` metres of somebody of the group.

    Args:
        points: (N, 2) m, finite.
        before: where people stood some seconds ago, (M, 2) m; None: unknown.
    """
    points = points[:PEOPLE_MOST]
    if len(points) < least:
        return []
    together = _distances(points, points) <= near
    _, label = connected_components(csr_matrix(together), directed=False)
    found = []
    for each in np.unique(label):
        rows = np.flatnonzero(label == each)
        if len(rows) >= least:
            members = points[rows]
            found.append(Group(rows, members.mean(axis=0), standing(members, before), in_a_row(members)))
    return sorted(found, key=lambda group: (-len(group), float(group.middle[0]), float(group.middle[1])))


def standing(points: Floats, before: Floats | None) -> float | None:
    """Share of `points` that stand where somebody stood before, beyond what chance would give."""
    if before is None or not len(points):
        return None
    if not len(before):
        return 0.0
    hits = float(_matched(points, before))
    chance = float(np.mean([_matched(points, before + shift) for shift in SHIFTS]))
    return float(np.clip((hits - chance) / max(1 - chance, 0.05), 0, 1))


def in_a_row(points: Floats) -> bool:
    """Do they stand one behind the other?"""
    if len(points) < 4:
        return False
    across, along = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(points.T)), 0))
    return bool(across <= ROW * along and across <= ROW_WIDE)


def _matched(points: Floats, before: Floats) -> float:
    return float((_distances(points, before).min(axis=1) <= SAME_PLACE).mean())


def _distances(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]))
