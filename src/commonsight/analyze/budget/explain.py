"""Why a camera is watched as closely as it is, and what it would take to have it watched more closely."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from commonsight.analyze.budget.allocate import MICRO, Ints, steps
from commonsight.analyze.budget.decide import Known, judged
from commonsight.analyze.budget.inputs import Watched
from commonsight.analyze.budget.model import OFF
from commonsight.analyze.budget.rounds import Round
from commonsight.analyze.budget.worth import DEPTHS, Table


class Why(StrEnum):
    """The first of these that holds."""

    UNDECIDED = "undecided"
    """No round has seen it yet: it is watched as its document says."""
    ENOUGH = "enough"
    """All its scenes have the cadence they need."""
    NO_SCENES = "no_scenes"
    """No scene is at work now: it is looked at, so that it is not forgotten."""
    NO_ROOM = "no_room"
    """Its pool has no cores at all."""
    OUTBID = "outbid"
    """The pool is full, and its cores are worth more elsewhere."""
    NEXT_ROUND = "next_round"
    """It is worth enough now; it changes with the next round, or when what is held elsewhere is let go."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One tier for this camera: what it would cost and be worth. `served`: scenes with the cadence they need."""

    code: str
    every_seconds: float
    decoding: str
    cost: float
    value: float
    served: int


@dataclass(frozen=True, slots=True)
class NextTier:
    """What it takes to get the next tier.

    Attributes:
        rate, price: worth per core of the step, and of the best step its pool refused.
        factor: times its worth must rise (a deployment, a higher priority of its scenes) to outbid what others hold; at
            most 1: nothing stands in its way.
        cores: or so many more in its pool, 0: it has them; None: there was no round yet.
    """

    code: str
    rate: float
    price: float
    factor: float
    cores: float | None


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer. `scene_needs`: (seconds between pictures a scene needs, whether it has them)."""

    why: Why
    tier: str | None
    every_seconds: float | None
    need: str
    pool: str
    until: datetime | None
    deployment: str | None
    activity: float
    uncertainty: float
    eagerness: float
    stale: float
    factor: float
    afoot: bool
    looked_at: datetime | None
    scene_needs: Sequence[tuple[float, bool]]
    rungs: Sequence[Rung]
    next: NextTier | None
    at: datetime | None


def explain(camera: Watched, known: Known, last: Round | None) -> Explained:
    """Why a camera has what it was given.

    Args:
        last: the newest round of the camera's pool.
    """
    seen, made = judged([camera], known)
    tiers = known.terms.tiers
    at = known.terms.place(camera.tier or OFF)
    boost = known.boosts.get(camera.camera_id)
    served = made.served.sum(axis=0) if len(made.served) else np.zeros(len(tiers), np.int64)
    following = _next(at, made, served, known, last)
    return Explained(
        why=_why(camera, at, int(made.need[0]), len(seen.scenes.owner), following, last),
        tier=camera.tier,
        every_seconds=camera.every_seconds,
        need=tiers[int(made.need[0])].code,
        pool=camera.pool or "",
        until=camera.until,
        deployment=boost[2] if boost else None,
        activity=float(seen.activity[0]),
        uncertainty=float(seen.uncertainty[0]),
        eagerness=float(made.eagerness[0]),
        stale=float(made.stale[0]),
        factor=float(seen.factor[0]),
        afoot=bool(seen.afoot[0]),
        looked_at=known.now if seen.age[0] == 0 else camera.looked_at,
        scene_needs=[
            (float(seconds), bool(made.served[row, at])) for row, seconds in enumerate(seen.scenes.slowest)
        ],
        rungs=[
            Rung(
                tier.code, float(made.every[0, place]), DEPTHS[made.depth[0, place]].value,
                float(made.costs[0, place]), float(made.values[0, place]), int(served[place]),
            )
            for place, tier in enumerate(tiers)
        ],
        next=following,
        at=None if last is None else last.at,
    )  # fmt: skip


def _why(camera: Watched, at: int, need: int, scenes: int, following: NextTier | None, last: Round | None) -> Why:
    if camera.tier is None:
        return Why.UNDECIDED
    if scenes and at >= need:
        return Why.ENOUGH
    if not scenes and at:
        return Why.NO_SCENES
    if last is not None and last.available <= 0:
        return Why.NO_ROOM
    return Why.NEXT_ROUND if following is not None and following.factor <= 1 else Why.OUTBID


def _next(at: int, made: Table, served: Ints, known: Known, last: Round | None) -> NextTier | None:
    """The first step of the camera's way up that serves more scenes, or where none does just leads higher; None at the
    top."""
    costs, values = made.costs, made.values
    way = steps(costs, values)
    above = [(step, int(way.to[step, 0])) for step in range(len(way.to)) if way.to[step, 0] > at]
    for step, to in [found for found in above if served[found[1]] > served[at]] or above:
        # From a tier off the way the step is what really would be paid and won.
        paid, won = float(costs[0, to] - costs[0, at]), float(values[0, to] - values[0, at])
        rate = min(won / max(paid, 1 / MICRO), float(way.rate[step, 0])) if won > 0 else 0.0
        price = last.price if last is not None else 0.0
        # What others hold counts more than its worth, or tiers would flap: that, too, must be outbid.
        bar = price * (1 + known.terms.steady.hysteresis)
        factor = bar / rate if rate > 0 else float("inf")
        return NextTier(known.terms.tiers[to].code, rate, price, factor, _cores(last, rate, paid))
    return None


def _cores(last: Round | None, rate: float, paid: float) -> float | None:
    """Cores the pool lacks until a step worth `rate` is taken."""
    if last is None or not last.curve:
        return 0.0 if last is not None else None
    prices = np.array([price for price, _ in last.curve][::-1])
    cores = np.array([needed for _, needed in last.curve][::-1])
    return max(float(np.interp(rate, prices, cores)), paid if rate < last.price else 0.0)
