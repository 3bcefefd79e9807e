"""How many are inside an area, with its error, and when that is too many: pure rules.

In minus out drifts: each crossing may be missed, and a day adds them up. What pulls it back: the hour at which nobody
is inside, counts people make, and what both teach about the gates (more go in than are seen going out, or fewer).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

MINUTE: Final = timedelta(minutes=1)
SURE: Final = 1.96
"""Standard deviations to each side of an interval of 95 %."""
MISSED: Final = 0.08
"""Share of crossings a gate misses or counts twice, by chance: measured on hand-counted clips it is near this."""
INFERRED: Final = 0.3
"""The same for crossings concluded from motion rather than seen."""
KNOWN_ERROR: Final = 0.02
"""How far a count made by people is off, as a share of it (95 %)."""
UNKNOWN_START: Final = 0.1
"""An area nobody has counted yet may hold this share of its capacity already, more or less."""
BALANCE: Final = (0.8, 1.25)
"""Bounds of what one person counted going out stands for."""
DRIFT: Final = (0.005, 0.1)
"""Bounds of the systematic error, as a share of everybody who went in or out."""
DRIFT_FIRST: Final = 0.02
"""Until it was measured."""
LEARNING: Final = 0.3
"""Share by which one day moves what was learned."""
LEARN_LEAST: Final = 200.0
"""Crossings below which a day teaches nothing: chance is larger than any drift."""
RELEASE: Final = 0.05
"""A warning ends this share of the capacity below where it began."""
ALARM: Final = 1.0


class Level(StrEnum):
    """How full an area is."""

    CALM = "calm"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Gate:
    """One line of one camera. `inward`: which of the line's directions leads into the area, "in" or "out"."""

    camera: UUID
    line: str
    inward: str = "in"


@dataclass(frozen=True, slots=True)
class Area:
    """What is set of an area, and what it has learned.

    Attributes:
        region: division code; who may see it, may see the area.
        capacity: people it may hold at one moment.
        warn: share of the capacity from which there is a warning.
        zero: minutes after midnight (local) at which nobody is inside; None: it never is empty.
        balance: people that one person counted going out stands for.
        drift: systematic error, as a share of all crossings since the last count.
    """

    id: UUID
    name: str
    region: str
    capacity: int
    gates: tuple[Gate, ...]
    created_at: datetime
    warn: float = 0.8
    zero: int | None = 240
    timezone: str = "Asia/Shanghai"
    balance: float = 1.0
    drift: float = DRIFT_FIRST
    level: Level = Level.CALM
    version: int = 1


@dataclass(frozen=True, slots=True)
class Minute:
    """One gate's minute, turned inwards. coverage: share of it that was watched, 0..1."""

    into: float
    out: float
    inferred: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How many are inside at the end of the minute `at`, and what its error is made of.

    Attributes:
        inside: people, not below 0.
        variance: of chance, people².
        gross: everybody who went in or out since the last count.
        unseen: people who may have passed while nobody watched.
        out: of `gross`, those who went out.
        coverage: mean share of the gates watched in this minute.
        into_now, out_now: people this minute.
        settled: whether it goes back to a count or an empty hour.
    """

    at: datetime
    inside: float
    variance: float = 0.0
    gross: float = 0.0
    unseen: float = 0.0
    out: float = 0.0
    coverage: float = 0.0
    into_now: float = 0.0
    out_now: float = 0.0
    settled: bool = False

    def error(self, drift: float) -> float:
        """Half the width of the interval of 95 %, people."""
        return SURE * math.sqrt(self.variance) + drift * self.gross + self.unseen / 2


def counted(at: datetime, count: int, *, exact: bool) -> Standing:
    """Where it starts anew: an empty area (`exact`), or a count by people."""
    deviation = 0.0 if exact else KNOWN_ERROR * count / SURE
    return Standing(at, float(count), deviation**2, settled=True)


def unknown(area: Area, at: datetime) -> Standing:
    """Where an area starts that nobody has counted."""
    return Standing(at, 0.0, (UNKNOWN_START * area.capacity / SURE) ** 2)


def advance(
    before: Standing, at: datetime, gates: Sequence[Minute | None], usual: Sequence[float], area: Area
) -> Standing:
    """One minute further.

    Args:
        gates: what each gate counted; None: nothing is known of it.
        usual: people a minute through each gate, lately; what passes while it is not watched.
    """
    into = sum(gate.into for gate in gates if gate is not None)
    out = sum(gate.out for gate in gates if gate is not None) * area.balance
    chance = sum(MISSED * (g.into + g.out - g.inferred) + INFERRED * g.inferred for g in gates if g is not None)
    watched = [0.0 if gate is None else min(gate.coverage, 1.0) for gate in gates]
    unseen = sum(rate * (1 - share) for rate, share in zip(usual, watched, strict=True))
    return replace(
        before,
        at=at,
        # Nobody is inside an empty area: what would be below zero is drift, and goes.
        inside=max(before.inside + into - out, 0.0),
        variance=before.variance + max(chance, 0.0),
        gross=before.gross + into + out,
        unseen=before.unseen + unseen,
        out=before.out + out,
        coverage=sum(watched) / len(watched) if watched else 0.0,
        into_now=into,
        out_now=out,
    )


def usual(minutes: Iterable[Minute | None]) -> float:
    """People a minute through one gate, over the minutes it was watched; 0 when it never was."""
    known = [minute for minute in minutes if minute is not None and minute.coverage > 0]
    watched = sum(min(minute.coverage, 1.0) for minute in known)
    return sum(minute.into + minute.out for minute in known) / watched if watched else 0.0


def learned(area: Area, before: Standing, truth: float) -> Area:
    """What a known number teaches: `before` is what was thought at that moment.

    The difference is put down to those going out (people leave in crowds, side by side, and are missed more), within
    bounds and little by little; what is left of it is drift.
    """
    if not before.settled or before.gross < LEARN_LEAST or before.out <= 0:
        return area
    off = before.inside - truth
    balance = area.balance * (1 + LEARNING * off / before.out)
    drift = area.drift + LEARNING * (abs(off) / before.gross - area.drift)
    return replace(
        area, balance=min(max(balance, BALANCE[0]), BALANCE[1]), drift=min(max(drift, DRIFT[0]), DRIFT[1])
    )  # fmt: skip


def level(area: Area, inside: float) -> Level:
    """How full it is, with hysteresis: what has begun ends only `RELEASE` below where it began."""
    share = inside / area.capacity
    if share >= (ALARM - RELEASE if area.level is Level.ALARM else ALARM):
        return Level.ALARM
    if share >= (area.warn if area.level is Level.CALM else area.warn - RELEASE):
        return Level.WARNING
    return Level.CALM


def last_zero(area: Area, now: datetime) -> datetime | None:
    """The last moment at which nobody is inside, UTC, to the minute; None when there is none."""
    if area.zero is None:
        return None
    zone = ZoneInfo(area.timezone)
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight.replace(hour=area.zero // 60, minute=area.zero % 60)
    if today > local:
        today = (midnight - timedelta(days=1)).replace(hour=area.zero // 60, minute=area.zero % 60)
    return today.astimezone(now.tzinfo)


def turned(gate: Gate, figures: Mapping[str, tuple[float, float]]) -> Minute | None:
    """One gate's minute from its figures {measure: (value, coverage)}; None when there are none."""
    into, out = figures.get("visitors_in"), figures.get("visitors_out")
    if into is None or out is None:
        return None
    inferred = figures.get("visitors_inferred", (0.0, 0.0))[0]
    if gate.inward == "out":
        into, out = out, into
    return Minute(into[0], out[0], inferred, min(into[1], out[1]))
