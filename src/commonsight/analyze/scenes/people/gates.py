"""People over lines: the line counter's crossings, of persons, gate by gate."""

from collections.abc import Sequence
from typing import Final

from commonsight.analyze.count import Crossing, LineCounter
from commonsight.analyze.model import Line
from commonsight.analyze.scenes.model import Look
from commonsight.analyze.scenes.people.persons import PERSON

JUMP_SECONDS: Final = 10.0
"""A gap longer than this, or time that runs backwards, begins anew: tracks do not survive it."""


class Gates:
    """Counts the people who cross lines. Each crossing is given once, some moments after it happened."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self._counter: LineCounter | None = None
        self._size = (0, 0)
        self._time = 0.0

    def take(self, look: Look) -> list[Crossing]:
        """Crossings that became certain with this picture; `line` is the place in the setup's lines."""
        found: list[Crossing] = []
        if self._counter is None or look.size != self._size or not 0 <= look.time - self._time <= JUMP_SECONDS:
            if self._counter is not None:
                found += self._counter.finish(self._time)
            self._counter = LineCounter([(line.a, line.b) for line in self._lines], look.size)
            self._size = look.size
        self._time = look.time
        found += self._counter.update(look.tracks, look.time)
        return [each for each in found if each.kind == PERSON]
