"""How a reference comes about and follows: pure rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from commonsight.inspect.diagnosis.model import Phase
from commonsight.vision.quality.model import Look
from commonsight.vision.quality.reference import PLAIN, Comparison, Reference, held

TURNING: Final = frozenset({"dome", "remote", "remote_half_dome"})
"""Kinds of camera that are turned on purpose. Without knowing the preset a picture was taken at, another view says
nothing."""
SAME: Final = 0.5
"""Looks that a reference is made of must be less unlike than this."""
FOLLOW: Final = 0.35
FOLLOW_COVERED: Final = 0.1
"""A reference follows a look that is less unlike, and less covered, than this."""
UNSTEADY: Final = 6
"""After so many looks that had nothing in common with the one before, the view is held to change all the time."""
HEAT: Final = (9, 16)
"""Rows and columns of the map that shows where detail was lost."""


class State(StrEnum):
    """What there is to hold a picture against."""

    NONE = "none"
    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    PLAIN = "plain"
    UNSTEADY = "unsteady"
    TURNING = "turning"


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The version in force of one camera and phase. `reference`: None until its first look."""

    camera_id: UUID
    phase: Phase
    version: int
    reference: Reference | None
    restarts: int
    vouched: bool

    def state(self, needed: int) -> State:
        """Whether it can be judged by.

        Args:
            needed: looks it is made of before it is used; one is enough when a person vouched for it.
        """
        if self.reference is None:
            return State.WAITING
        if self.vouched or self.reference.looks >= needed:
            return State.PLAIN if self.reference.level < PLAIN else State.READY
        return State.UNSTEADY if self.restarts >= UNSTEADY else State.BUILDING


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a look was, held against a reference: what is kept of it, and whether the reference changed."""

    kept: Kept
    at: datetime
    comparison: Comparison | None
    changed: bool

    def as_json(self) -> dict[str, Any] | None:
        """For the database and the page."""
        found = self.comparison
        if found is None:
            return None
        return {
            "alike": round(max(0.0, found.alike), 3),
            "shift": None if found.shift is None else [round(side, 3) for side in found.shift],
            "lost": None if found.cells is None else round(found.lost, 3),
            "gained": None if found.cells is None else round(found.gained, 3),
            "heat": None if found.cells is None else heat(found.cells),
        }


def after(kept: Kept, look: Look, at: datetime, *, needed: int, trusted: bool) -> Seen:
    """What one more look makes of a reference.

    Args:
        needed: looks a reference is made of before it is used.
        trusted: nothing is held to be wrong with this camera's picture; otherwise the reference stays as it is.
    """
    if kept.reference is None:
        if not trusted and not kept.vouched:
            return Seen(kept, at, None, False)
        return Seen(replace(kept, reference=Reference.of(look)), at, None, True)
    found = held(look, kept.reference)
    state = kept.state(needed)
    unlike = 1.0 - max(0.0, found.alike)
    if state in (State.READY, State.PLAIN):
        covered = 0.0 if found.cells is None else found.lost - found.gained
        good = trusted and unlike < FOLLOW and covered < FOLLOW_COVERED and found.shift is None
        changed = replace(kept, reference=kept.reference.after(look)) if good else kept
        return Seen(changed, at, found, good)
    if not trusted:
        return Seen(kept, at, None, False)
    if unlike < SAME:
        return Seen(replace(kept, reference=kept.reference.after(look)), at, None, True)
    return Seen(replace(kept, reference=Reference.of(look), restarts=kept.restarts + 1), at, None, True)


def heat(cells: NDArray[np.bool_]) -> list[int]:
    """Where detail was lost: `HEAT` values 0..9 in row order, each the share of its part of the picture."""
    rows, columns = HEAT
    high, wide = cells.shape[0] // rows, cells.shape[1] // columns
    parts = cells[: rows * high, : columns * wide].reshape(rows, high, columns, wide).mean(axis=(1, 3))
    return [int(value) for value in np.rint(parts * 9).ravel()]
