"""Who gets how much: a multiple-choice knapsack a pool, solved greedily on the convex hulls of value over cost.

Each camera takes one tier. Only tiers on the upper convex hull of its (cost, value) points can be part of an optimum of
the linear relaxation; going up a hull in steps, value per cost falls from step to step. Taking the steps of all cameras
in the order of value per cost until the room is full is the relaxation's optimum but for one step, so what is lost
against the best possible allocation is at most the value of one step of one camera (Sinha and Zoltners, 1979).
Pure: same input, same output. Costs are counted in whole millionths of a core, so sums do not depend on their order.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MICRO: Final = 1_000_000
"""Parts of a core that costs are counted in."""
CURVE_POINTS: Final = 24


@dataclass(frozen=True, slots=True)
class Share:
    """How one pool's room was used.

    Attributes:
        used: cores given away; never more than the room.
        value, most: of what was given, and if everything could be given.
        bound: no allocation whatever is worth more than this; `value / bound` says how good this one is.
        price: value per core of the best step that was refused; 0 when nothing was.
        curve: (value per core, cores that would be needed beyond the room to reach steps worth so much), falling.
    """

    used: float
    value: float
    most: float
    bound: float
    price: float
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """tier: index of each camera's tier (N,). shares: by pool."""

    tier: Ints
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """The way up each camera's hull: arrays (tiers - 1, N), steps first; `to` is -1 where there is none.

    to: tier it leads to. cost: millionths of a core more. gain: value more. rate: value per core, falling.
    """

    to: Ints
    cost: Ints
    gain: Floats
    rate: Floats


def steps(costs: Floats, values: Floats) -> Steps:
    """The hulls of all cameras.

    Args:
        costs: cores by camera and tier (N, T), the first one 0, rising in each row.
        values: worth by camera and tier (N, T), finite.

    Raises:
        ValueError: shapes differ, or costs do not rise from 0.
    """
    if costs.ndim != 2 or costs.shape != values.shape or costs.shape[1] < 2:
        raise ValueError(f"costs {costs.shape} and values {values.shape} must be (cameras, tiers >= 2)")
    micro = np.ceil(np.round(costs * MICRO, 3)).astype(np.int64)
    if not np.isfinite(values).all() or (micro[:, 0] != 0).any() or (np.diff(micro, axis=1) <= 0).any():
        raise ValueError("costs must be 0 in the first tier and rise from tier to tier; values must be finite")
    cameras, tiers = costs.shape
    shape = (tiers - 1, cameras)
    made = Steps(np.full(shape, -1, np.int64), np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape))
    at = np.zeros(cameras, np.int64)
    everyone = np.arange(cameras)
    before = np.full(cameras, np.inf)
    for step in range(tiers - 1):
        best = np.zeros(cameras)
        to = np.full(cameras, -1, np.int64)
        cost_now, value_now = micro[everyone, at], values[everyone, at]
        for tier in range(step + 1, tiers):
            higher = at < tier
            more = np.where(higher, micro[:, tier] - cost_now, 1)
            rate = np.where(higher, values[:, tier] - value_now, 0.0) / more
            better = rate > best
            best[better] = rate[better]
            to[better] = tier
        found = to >= 0
        goal = np.where(found, to, at)
        made.to[step] = to
        made.cost[step] = micro[everyone, goal] - cost_now
        made.gain[step] = values[everyone, goal] - value_now
        # Of points on one straight line rounding may make the second step the better one; it cannot come first.
        before = np.minimum(before, best * MICRO)
        made.rate[step] = np.where(found, before, 0.0)
        at = goal
    return made


def allocate(
    way: Steps, pool: Ints, room: Floats, held: Ints | None = None, hysteresis: Floats | float = 0.0
) -> Allocation:
    """Give each camera a tier, no pool more than its room.

    What is held counts `1 + hysteresis` times, so a step is only taken from one camera and given to another when it is
    worth that much more there: with the same input the answer to its own answer is itself, and the value lies within
    `1 + hysteresis` of the bound without it.

    Args:
        way: of all cameras.
        pool: index of each camera's pool (N,).
        room: cores of each pool (P,).
        held: tier each camera has now (N,); None: nobody has any.
        hysteresis: of all, or of each camera (N,).
    """
    cameras = way.to.shape[1]
    rate = way.rate
    if held is not None:
        rate = np.where((way.to >= 0) & (way.to <= held), rate * (1 + hysteresis), rate)
    # Steps of one camera stand in their order, cameras in theirs: a stable sort settles all ties the same way.
    there = np.flatnonzero(way.to.ravel() >= 0)
    order = there[np.argsort(-rate.ravel()[there], kind="stable")]
    owner = order % cameras
    of_pool = pool[owner].astype(np.int32)
    order = order[np.argsort(of_pool, kind="stable")]
    ends = np.cumsum(np.bincount(of_pool, minlength=len(room)))
    tier = np.zeros(cameras, np.int64)
    cost, gain, plain, to = way.cost.ravel(), way.gain.ravel(), way.rate.ravel(), way.to.ravel()
    shares = []
    begin = 0
    for index, end in enumerate(ends):
        mine = order[begin:end]
        begin = end
        limit = max(int(np.floor(np.round(room[index] * MICRO, 3))), 0)
        taken = fill(cost[mine], mine % cameras, limit, cameras)
        up = mine[taken]
        np.maximum.at(tier, up % cameras, to[up])
        shares.append(_share(cost[mine], gain[mine], plain[mine], taken, limit))
    return Allocation(tier, tuple(shares))


def fill(cost: Ints, owner: Ints, room: int, owners: int) -> Flags:
    """Take steps in the given order while they fit; one that does not is left out with all later ones of its owner.

    The same as going through them one by one, in a few passes over all.

    Returns:
        Which were taken (N,).
    """
    taken = np.zeros(len(cost), bool)
    barred = np.full(owners, len(cost), np.int64)
    waiting = np.arange(len(cost))
    left = room
    while waiting.size:
        too_big = cost[waiting] > left
        if too_big.any():
            # Room only shrinks: what does not fit now never will, nor can its owner's later steps be taken.
            np.minimum.at(barred, owner[waiting[too_big]], waiting[too_big])
            waiting = waiting[waiting < barred[owner[waiting]]]
            continue
        spent = np.cumsum(cost[waiting])
        fits = int(np.searchsorted(spent, left, side="right"))
        taken[waiting[:fits]] = True
        left -= int(spent[fits - 1]) if fits else 0
        waiting = waiting[fits:]
    return taken


def _share(cost: Ints, gain: Floats, rate: Floats, taken: Flags, room: int) -> Share:
    refused = np.flatnonzero(~taken)
    price = float(rate[refused].max()) if refused.size else 0.0
    # By Lagrange: at any price the value of the room and of all steps worth more than the price bounds every
    # allocation from above. This price makes the bound tight.
    bound = price / MICRO * room + float(np.maximum(gain - price / MICRO * cost, 0.0).sum())
    return Share(
        used=float(cost[taken].sum()) / MICRO,
        value=float(gain[taken].sum()),
        most=float(gain.sum()),
        bound=min(bound, float(gain.sum())),
        price=price,
        curve=_curve(cost[refused], rate[refused], room - int(cost[taken].sum())),
    )


def _curve(cost: Ints, rate: Floats, left: int) -> tuple[tuple[float, float], ...]:
    if not len(cost):
        return ()
    order = np.argsort(-rate, kind="stable")
    needed = np.maximum(np.cumsum(cost[order]) - left, 0) / MICRO
    places = np.unique(np.linspace(0, len(order) - 1, CURVE_POINTS).round().astype(np.int64))
    return tuple((float(rate[order[place]]), float(needed[place])) for place in places)
