"""From kept looks and what people said to a threshold with a wanted false-alarm rate: pure rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from commonsight.inspect.diagnosis.model import Item, Phase, State

DOUBTS: Final = 3.0
"""So many looks for one expected false alarm: fewer could show none at all by chance (rule of three, 95 %)."""
SCALE: Final = 3
"""Decimals of a proposal."""


class Lacking(StrEnum):
    """Why nothing is proposed."""

    LOOKS = "looks"
    SAME = "same"
    RANGE = "range"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Held:
    """One kept look at one camera: its score, and what is held of the item there.

    `normal`: somebody said of this camera that what it shows is normal. `applies`: the threshold in force for it now,
    None where somebody muted the item.
    """

    camera_id: UUID
    score: float
    state: State
    normal: bool
    applies: float | None

    @property
    def clean(self) -> bool:
        """Nothing was wrong, as far as is known: it is well, or somebody said that it is normal."""
        return self.normal or self.state is not State.FAULT


@dataclass(frozen=True, slots=True)
class Proposal:
    """What calibration says of one item in one light.

    `looks`, `cameras`: clean ones it rests on; `said`: cameras somebody called normal; `needed`: looks it takes.
    `flagged_now`, `flagged_then`: cameras whose newest look lies beyond the threshold that applies to them, and beyond
    the proposed one. `lost`: cameras held to be faulty, by nobody called normal, that would not be flagged any more.
    `rate_now`, `rate_then`: share of the clean looks beyond.
    """

    item: str
    kind: str
    phase: Phase
    looks: int
    needed: int
    cameras: int
    said: int
    now: float
    proposed: float | None
    lacking: Lacking | None
    rate_now: float | None
    rate_then: float | None
    flagged_now: int
    flagged_then: int
    lost: int


def propose(item: Item, kind: str, phase: Phase, now: float, looks: Sequence[Held], rate: float) -> Proposal:
    """The threshold at which a share of `rate` of the clean looks would be flagged.

    Args:
        now: the threshold that applies to cameras of this kind without one of their own.
        looks: of one item in one light, each camera's newest first.
        rate: wanted share of false alarms, 0..1, both ends excluded.
    """
    clean = np.array([look.score for look in looks if look.clean], float)
    needed = ceil(DOUBTS / rate)
    newest = {look.camera_id: look for look in reversed(looks)}
    value, lacking = _value(item, now, clean, needed, rate)

    def beyond(threshold: float) -> float | None:
        return float(np.mean([item.faulty(score, threshold) for score in clean])) if len(clean) else None

    def flagged(threshold: Callable[[Held], float | None]) -> set[UUID]:
        found = set()
        for camera_id, look in newest.items():
            limit = threshold(look)
            if limit is not None and item.faulty(look.score, limit):
                found.add(camera_id)
        return found

    before = flagged(lambda look: look.applies)
    # A camera's own threshold, or silence, stays what somebody said.
    then = before if value is None else flagged(lambda look: value if look.applies == now else look.applies)
    sure = {camera_id for camera_id, look in newest.items() if look.state is State.FAULT and not look.normal}
    return Proposal(
        item=item.code,
        kind=kind,
        phase=phase,
        looks=len(clean),
        needed=needed,
        cameras=len({look.camera_id for look in looks if look.clean}),
        said=len({look.camera_id for look in looks if look.normal}),
        now=now,
        proposed=value,
        lacking=lacking,
        rate_now=beyond(now),
        rate_then=None if value is None else beyond(value),
        flagged_now=len(before),
        flagged_then=len(then),
        lost=len((sure & before) - then),
    )


def _value(
    item: Item, now: float, clean: NDArray[np.float64], needed: int, rate: float
) -> tuple[float | None, Lacking | None]:
    if not len(clean):
        return None, Lacking.NEVER
    if len(clean) < needed:
        return None, Lacking.LOOKS
    ordered = np.sort(clean) if item.worse == "above" else np.sort(-clean)
    # The score that at most `rate` of the clean looks lie beyond; rounded towards fewer alarms.
    found = float(ordered[len(ordered) - 1 - int(len(ordered) * rate)])
    value = ceil(found * 10**SCALE) / 10**SCALE
    value = value if item.worse == "above" else -value
    if not item.least <= value <= item.most:
        return None, Lacking.RANGE
    return (None, Lacking.SAME) if abs(value - now) < 10**-SCALE else (value, None)
