"""From presentation times to the decode times and durations that MP4 needs, at once and without waiting.

A Media Source drops everything up to the next keyframe when decode times step by more than twice the last duration,
so decode times here are a chain (each is the last one plus its duration) that follows the presentation times gently;
what is left between the two goes into the composition offset. Nothing waits for the next unit.
"""

from dataclasses import dataclass

from commonsight.connect.model import TICKS_PER_SECOND

START = TICKS_PER_SECOND
"""Presentation time of the camera's first unit. Not 0, so that decode times, which run ahead, are never negative."""

_INTERVAL_FIRST = TICKS_PER_SECOND // 25
_INTERVAL_LEAST = TICKS_PER_SECOND // 240
_INTERVAL_MOST = 5 * TICKS_PER_SECOND
_MEMORY = 16
"""Units over which the interval is averaged: quick after a change of frame rate, calm over reordered pictures."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a unit lies: presentation time, decode time and duration, 90 kHz ticks."""

    pts: int
    dts: int
    duration: int


class Timeline:
    """Places the units of one camera, whose own times go on across reconnects (see `connect.service.Reopening`)."""

    def __init__(self) -> None:
        self._shift: int | None = None
        self._last = 0
        self._steps = 0
        self._interval = float(_INTERVAL_FIRST)
        self._dts = START - 2 * _INTERVAL_FIRST

    def shown(self, pts: int) -> int | None:
        """Where on this timeline the camera's own time `pts` lies; None before its first unit."""
        return None if self._shift is None else pts + self._shift

    def place(self, pts: int, *, keyframe: bool) -> Slot:
        """The slot of the unit that the camera shows at `pts` (90 kHz ticks)."""
        if self._shift is None:
            self._shift = START - pts
        shown = pts + self._shift
        if self._last:
            self._learn(shown - self._last)
        self._last = shown
        interval = int(self._interval)
        behind = shown - 2 * interval - self._dts
        if keyframe and behind > 2 * interval:  # a decoder starts anew here, so the chain may
            self._dts += behind
            behind = 0
        duration = min(max(interval + behind // 8, interval // 2), 2 * interval)
        slot = Slot(shown, self._dts, duration)
        self._dts += duration
        return slot

    def _learn(self, step: float) -> None:
        """Average the steps, those back to reordered pictures included: their sum is what really passes."""
        limit = 4 * self._interval  # lost units do not make a slow camera
        self._steps += 1
        learnt = self._interval + (max(min(step, limit), -limit) - self._interval) / min(self._steps + 4, _MEMORY)
        self._interval = min(max(learnt, _INTERVAL_LEAST), _INTERVAL_MOST)
