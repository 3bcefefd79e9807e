"""Figures of scenes folded by the minute, so that the same minute may be written again and go on elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from commonsight.analyze.scenes.model import Figure, Fold, Measured, Setup

Key = tuple[str, str, str]
"""Target, measure, class: with the camera and the minute the key of an observation."""
Given = tuple[Setup, Figure, Measured]

KEYS_MOST: Final = 2_000
"""Different figures one camera may have in a minute; a scene that names more says nothing more."""
LEAST_WEIGHT: Final = 1e-3
"""Seconds a value counts that nobody was watching before."""


@dataclass(slots=True)
class Folded:
    """One figure of the running minute."""

    scene: str
    fold: Fold
    value: float
    weight: float

    def add(self, value: float, seconds: float) -> None:
        """Take in one more value, which counts for `seconds`."""
        if self.fold is Fold.SUM:
            self.value += value
        elif self.fold is Fold.MAX:
            self.value = max(self.value, value)
        elif self.fold is Fold.LAST:
            self.value = value
        else:
            total = self.weight + seconds
            self.value += (value - self.value) * seconds / total
            self.weight = total


class Figures:
    """What the scenes of one camera gave in one minute.

    Args:
        written: (value, share of the minute watched) that another worker has already written of this minute.
    """

    def __init__(self, written: Mapping[Key, tuple[float, float]] | None = None, minute: float = 60.0) -> None:
        self.rows: dict[Key, Folded] = {}
        self.watched = 0.0
        self._written = dict(written or {})
        self._minute = minute
        self._resumed = False

    def add(self, figures: Iterable[Given], seconds: float) -> None:
        """Take in what one look gave; it stands for `seconds`."""
        weight = max(seconds, LEAST_WEIGHT)
        self.watched += seconds
        for setup, figure, measured in figures:
            key = (figure.target, figure.measure, figure.kind)
            folded = self.rows.get(key)
            if folded is not None:
                folded.add(figure.value, weight)
            elif len(self.rows) < KEYS_MOST:
                self.rows[key] = self._first(key, setup.scene, measured.fold, figure.value, weight)

    def _first(self, key: Key, scene: str, fold: Fold, value: float, weight: float) -> Folded:
        """The first value of the minute, or the first since this worker took over from another."""
        if key not in self._written:
            return Folded(scene, fold, value, weight)
        before, share = self._written.pop(key)
        if not self._resumed:
            # What the one before had watched counts in the coverage of every figure that goes on.
            self._resumed, self.watched = True, self.watched + share * self._minute
        folded = Folded(scene, fold, before, share * self._minute)
        folded.add(value, weight)
        return folded
