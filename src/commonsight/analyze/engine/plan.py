"""How closely a camera is looked at just now: what its document asks, what the budget gives, and bursts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from commonsight.analyze.engine.region import Share, watched_of
from commonsight.analyze.model import Analysis
from commonsight.analyze.scenes.model import Decoding, Needs
from commonsight.analyze.scenes.registry import installed

BURST_SECONDS: Final = 10.0
"""A burst goes on for so long after a scene last said that something is afoot."""
BURST_SHARE: Final = 0.2
"""Of the time, in the long run, a camera may be looked at more closely than the budget gave it."""
BURST_SAVED: Final = 60.0
"""Most seconds of bursts a camera can save up."""
NO_BURSTS: Final = frozenset({"off", "glance"})
"""Tiers whose cameras are looked at no more closely, whatever is afoot."""
PAID: Final = "follow"
"""The tier in whose price bursts are: for as long as something is afoot."""
SCARCE: Final = frozenset({"glance", "patrol", "watch"})
"""Tiers whose cameras are looked at around their lines and zones only."""
_CHEAPEST: Final = (Decoding.KEYFRAMES, Decoding.REFERENCE, Decoding.FULL)


@dataclass(frozen=True, slots=True)
class Closeness:
    """every: seconds between two looks, above 0. decoding: how much is decoded for them."""

    every: float
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Order:
    """What the budget gives a camera: its tier, and what that means."""

    tier: str
    closeness: Closeness


class Plan:
    """Decides how closely one camera is looked at.

    Args:
        wanted: what the document asks for.
        burst: what its scenes ask for while something is afoot; never less than `wanted`.
        now: monotonic s.
    """

    def __init__(self, wanted: Closeness, burst: Closeness, now: float) -> None:
        self.want(wanted, burst)
        self._order: Order | None = None
        self._saved, self._spent = BURST_SAVED, False
        self._counted = now
        self._until = now

    def want(self, wanted: Closeness, burst: Closeness) -> None:
        """What the document asks for from now on."""
        self._wanted = wanted
        self._burst = Closeness(min(burst.every, wanted.every), _closer(burst.decoding, wanted.decoding))

    def order(self, order: Order | None) -> None:
        """What the budget gives from now on; None: nobody has decided, so the document rules."""
        self._order = order

    @property
    def tier(self) -> str | None:
        """The tier given; None without a budget."""
        return None if self._order is None else self._order.tier

    @property
    def scarce(self) -> bool:
        """Whether compute is short: then only what the document is about is looked at, not the whole picture."""
        return self.tier in SCARCE

    @property
    def off(self) -> bool:
        """Whether the camera is not to be looked at at all."""
        return self.tier == "off"

    def afoot(self, now: float) -> None:
        """A scene has said that something may be about to happen."""
        self._until = now + BURST_SECONDS

    def bursting(self, now: float) -> bool:
        """Whether it is looked at more closely than the budget gave."""
        passed, self._counted = max(now - self._counted, 0.0), now
        wanted = now < self._until and self.tier not in NO_BURSTS
        if self._order is None or self.tier == PAID:
            return wanted
        if wanted and not self._spent:
            self._saved -= passed
            self._spent = self._saved <= 0
            return True
        self._saved = min(self._saved + passed * BURST_SHARE, BURST_SAVED)
        # Not at once again: a second of close looks every few seconds shows nothing.
        self._spent = self._spent and self._saved < BURST_SECONDS
        return False

    def told(self, now: float) -> dict[str, Any]:
        """As it stands in the lease's state."""
        closeness = self.closeness(now)
        return {"tier": self.tier, "every": round(closeness.every, 3), "decoding": closeness.decoding.value}

    def closeness(self, now: float) -> Closeness:
        """What holds at `now`. A document that asks for less than the budget gives gets what it asks."""
        base = self._wanted
        if self._order is not None:
            given = self._order.closeness
            base = Closeness(max(given.every, base.every), _cheaper(given.decoding, base.decoding))
        if not self.bursting(now):
            return base
        return Closeness(min(self._burst.every, base.every), _closer(self._burst.decoding, base.decoding))


def detects(scene: str) -> bool:
    """Whether a scene of this installation needs the detector; one that is not known here may."""
    made = installed().scenes.get(scene)
    return made is None or bool(made.card.needs.classes)


def counted(analysis: Analysis, needs_detector: Callable[[str], bool] = detects) -> Analysis:
    """The document with those lines and zones only that are counted: not those of scenes that need no detector.

    A zone drawn for rubbish would otherwise make the detector run for nobody.
    """
    of_scenes: dict[str, bool] = {}
    for setup in analysis.scenes:
        needs = needs_detector(setup.scene)
        for target in (*setup.zones, *setup.lines):
            of_scenes[target] = of_scenes.get(target, False) or needs
    return replace(
        analysis,
        lines=tuple(line for line in analysis.lines if of_scenes.get(line.id, True)),
        zones=tuple(zone for zone in analysis.zones if of_scenes.get(zone.id, True)),
    )


def watched(analysis: Analysis, needs_detector: Callable[[str], bool] = detects) -> tuple[Share, ...]:
    """What of the picture the detector has to see for this document; empty: all of it."""
    for setup in analysis.scenes:
        if setup.enabled and not setup.zones and not setup.lines and needs_detector(setup.scene):
            return ()
    return watched_of(counted(analysis, needs_detector))


def wanted(needs: Needs | None, counting_every: float | None) -> tuple[Closeness, Closeness]:
    """What a document asks for, and what it asks for in bursts.

    Args:
        needs: of all its scenes together; None: it has none.
        counting_every: seconds between two looks that counting at lines and in zones needs; None: nothing is counted.

    Raises:
        ValueError: nothing is asked for at all.
    """
    asked = [] if counting_every is None else [(Closeness(counting_every, Decoding.REFERENCE),) * 2]
    if needs is not None:
        base = Closeness(needs.slowest_seconds, needs.decoding)
        # A look more often than keyframes come needs what lies between them.
        burst = Closeness(needs.burst_seconds, Decoding.REFERENCE if needs.burst_seconds < 1 else needs.decoding)
        asked.append((base, Closeness(burst.every, _closer(burst.decoding, base.decoding))))
    if not asked:
        raise ValueError("neither scenes nor counting: there is nothing to look for")
    bases, bursts = [pair[0] for pair in asked], [pair[1] for pair in asked]
    return _closest(bases), _closest(bursts)


def _closest(of: list[Closeness]) -> Closeness:
    return Closeness(min(c.every for c in of), max((c.decoding for c in of), key=_CHEAPEST.index))


def _closer(one: Decoding, other: Decoding) -> Decoding:
    return max(one, other, key=_CHEAPEST.index)


def _cheaper(one: Decoding, other: Decoding) -> Decoding:
    return min(one, other, key=_CHEAPEST.index)
