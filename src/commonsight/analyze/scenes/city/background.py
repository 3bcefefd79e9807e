"""What a place looks like when nothing is going on, and what in it is new and stays.

For every cell of the picture two looks are remembered: the ground, which follows slowly and only where nothing hides
it, and a candidate: what stands before it now. A candidate that is seen again and again grows old; what merely passes
never does, and what passes before an old one only makes it wait. Keyframes seconds apart are enough. Nothing grows: the
memory of one camera is some hundred kilobytes however long it lives.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from commonsight.analyze.scenes.city.compare import CELL, Bools, Floats, Held, View, hold, pixels, size_of, slope
from commonsight.analyze.scenes.model import Look

LEARN_LOOKS: Final = 9
"""Pictures whose middle value is the first ground: people pass through fewer than half of them at any one spot."""
LEARN_SECONDS: Final = 16.0
LEARN_EVERY: Final = LEARN_SECONDS / (LEARN_LOOKS - 1)
FOLLOW_SECONDS: Final = 120.0
"""The ground follows light and season this slowly."""
USUAL_SECONDS: Final = 300.0
PATIENCE: Final = 24.0
"""s for which something may stand before a candidate until it is forgotten; an old one is waited for longer, by as
much time as it was seen, at most `PATIENCE_MOST`."""
PATIENCE_MOST: Final = 300.0
BACK: Final = 2
"""Looks at the bare ground until a candidate has gone: one may be an error of the comparison."""
TURNED: Final = 0.6
"""Share of the cells that differ from which it is the camera that moved, not things in the picture."""
TURNED_LOOKS: Final = 4
FORGET_SECONDS: Final = 24 * 3600.0
"""What has stayed for a day is ground: it was reported long ago, and is a new kiosk."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What of a picture is not the ground. Arrays are (rows, columns) of cells.

    Attributes:
        age: s for which the same thing was seen in the cell; 0 where there is nothing.
        since: on the look's clock, when that thing was first seen.
        moving: cells where something passes: neither ground nor candidate.
        now, ground: the picture and what lies under it.
        held: the picture against the ground.
    """

    age: Floats
    since: Floats
    moving: Bools
    now: View
    ground: View
    held: Held

    @property
    def shape(self) -> tuple[int, int]:
        return self.age.shape[0], self.age.shape[1]


class Background:
    """The memory of one camera's place."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._learning: list[View] = []
        self._ground: View | None = None

    def see(self, look: Look) -> Change | None:
        """Take in the next picture; None while the place is still being learned."""
        size = size_of(look.size)
        wide, high = size
        now = View.of(look.luma(wide, high), look.bgr(wide // CELL, high // CELL))
        if size != self._size:
            self._size = size
            self._restart()
        if self._ground is None:
            self._learn(now, look.time)
            return None
        return self._compare(now, look.time, look.elapsed)

    def absorb(self, mask: Bools) -> None:
        """What is in these cells is ground from now on: something that was part of the ground has gone."""
        if self._ground is not None:
            _take(self._ground, self._candidate, mask)
            self._clear(mask)

    def _restart(self) -> None:
        self._learning = []
        self._ground = None
        self._last = -np.inf
        self._turned = 0

    def _learn(self, now: View, time: float) -> None:
        if time - self._last < LEARN_EVERY - 0.01:
            return
        self._last = time
        self._learning.append(now)
        if len(self._learning) < LEARN_LOOKS:
            return
        luma, tint = (np.median([getattr(view, name) for view in self._learning], axis=0) for name in ("luma", "tint"))
        self._ground = View.made(luma.astype(np.float32), tint.astype(np.float32))
        self._candidate = View.made(self._ground.luma.copy(), self._ground.tint.copy())
        self._steep = slope(self._ground.luma)
        self._learning = []
        shape = now.mean.shape
        self._age = np.zeros(shape, np.float32)
        self._since = np.zeros(shape, np.float64)
        self._hidden = np.zeros(shape, np.float32)
        self._bare = np.zeros(shape, np.int8)
        self._there = np.zeros(shape, bool)
        self._usual = np.zeros(shape, np.float32)

    def _compare(self, now: View, time: float, elapsed: float) -> Change | None:
        ground = self._ground
        assert ground is not None
        held = hold(now, ground, self._steep)
        other = held.differs(self._usual)
        if other.mean() > TURNED:
            self._turned += 1
            if self._turned >= TURNED_LOOKS:
                self._restart()
            return None
        self._turned = 0
        again = other & self._there & ~hold(now, self._candidate).differs(self._usual)
        self._step_candidates(now, other, again, time, elapsed)
        self._follow(now, held, other, elapsed)
        moving = other & ~again
        age = np.where(self._there, self._age, 0).astype(np.float32)
        return Change(age, self._since.astype(np.float64), moving, now, ground, held)

    def _step_candidates(self, now: View, other: Bools, again: Bools, time: float, elapsed: float) -> None:
        self._age[again] += elapsed
        self._hidden[again] = 0
        self._bare[again] = 0
        follow = min(1.0, elapsed / FOLLOW_SECONDS)
        _blend(self._candidate, now, again, follow)
        # The ground is seen again: gone, unless only this once.
        bare = ~other & self._there
        self._bare[bare] += 1
        self._clear(bare & (self._bare >= BACK))
        # Something else before it: it waits, and is given up when that lasts.
        behind = other & self._there & ~again
        self._bare[behind] = 0
        self._hidden[behind] += max(elapsed, 1e-3)
        given_up = behind & ((self._hidden > PATIENCE + np.minimum(self._age, PATIENCE_MOST)) | (self._age <= 0))
        fresh = (other & ~self._there) | given_up
        _take(self._candidate, now, fresh)
        self._age[fresh] = 0
        self._hidden[fresh] = 0
        self._bare[fresh] = 0
        self._since[fresh] = time
        self._there |= fresh
        old = self._there & (self._age > FORGET_SECONDS)
        if old.any():
            self.absorb(old)

    def _follow(self, now: View, held: Held, other: Bools, elapsed: float) -> None:
        ground = self._ground
        assert ground is not None
        free = ~other & ~self._there
        # A lamp that is switched on changes the whole picture at once: the ground follows quicker then.
        step = abs(np.log(held.gain))
        part = min(0.5, elapsed / FOLLOW_SECONDS * (1 + 20 * step))
        if part > 0:
            # The ground that is hidden has the light of the rest: it must not fall behind what it is held against.
            hidden = ~free
            there = View.made(ground.luma * np.float32(held.gain), ground.tint + held.cast)
            _blend(ground, now, free, part)
            _blend(ground, there, hidden, part)
            self._steep = slope(ground.luma)
            near = min(1.0, elapsed / USUAL_SECONDS)
            seen = np.minimum(held.structure, 20)
            self._usual[free] += (seen[free] - self._usual[free]) * near

    def _clear(self, mask: Bools) -> None:
        self._there &= ~mask
        self._age[mask] = 0
        self._hidden[mask] = 0
        self._bare[mask] = 0


def _blend(into: View, view: View, mask: Bools, part: float) -> None:
    """Let these cells follow by this part of the difference."""
    if part > 0 and mask.any():
        weight = np.where(mask, np.float32(part), np.float32(0))
        into.luma[...] += (view.luma - into.luma) * pixels(weight)
        into.tint[...] += (view.tint - into.tint) * weight[..., None]
        into.settle()


def _take(into: View, view: View, mask: Bools) -> None:
    """Put what these cells show now in the place of what was remembered."""
    if mask.any():
        fine = pixels(mask)
        into.luma[fine] = view.luma[fine]
        into.tint[mask] = view.tint[mask]
        into.settle()
