"""Who is looked at how often: our allocator, uniform sampling, rotation, and an oracle that knows the events."""

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from bench.budget_world import STEP, World
from commonsight.analyze.budget.allocate import MICRO, Flags, Floats, Ints, allocate, fill, steps
from commonsight.analyze.budget.inputs import TRUSTED_LOOKS
from commonsight.analyze.budget.model import Terms
from commonsight.analyze.budget.worth import Fleet, costs_of, dwell, learned, table


class Policy(Protocol):
    """Seconds between looks by camera (N,), 0 for none, and what that costs in truth by pool."""

    def every(self, now: float, room: Floats, active: Ints) -> Floats: ...
    def told(self, now: float, every: Floats, afoot: Flags) -> None:
        """What the looks of the step showed."""
        ...


class Costs:
    """What looking costs in truth."""

    def __init__(self, world: World) -> None:
        self.world, self.fleet = world, world.true_fleet()
        most = np.zeros(world.cameras, np.int64)
        np.maximum.at(most, world.scenes.owner, world.scenes.depth)
        self.most = most

    def cores(self, every: Floats) -> Floats:
        """Cores by camera (N,). Looks at 2 s or slower are made from keyframes."""
        depth = np.where(every >= 2, 0, np.maximum(self.most, 1))
        made, _ = costs_of(self.fleet, self.world.terms, every[:, None], depth[:, None])
        return np.where(every > 0, made[:, 0], 0.0)

    def by_pool(self, cores: Floats) -> Floats:
        return np.bincount(self.world.pool, cores, minlength=self.world.pools).astype(np.float64)


class Uniform:
    """Every camera as often as every other one of its pool: the shortest time the pool's cores allow."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._known: dict[bytes, Floats] = {}

    def every(self, now: float, room: Floats, active: Ints) -> Floats:  # noqa: ARG002
        key = room.tobytes()
        if key not in self._known:
            fast, slow = np.full(len(room), 0.1), np.full(len(room), 36_000.0)
            for _ in range(50):
                middle = np.sqrt(fast * slow)
                fits = self._costs.by_pool(self._costs.cores(middle[self._costs.world.pool])) <= room
                slow, fast = np.where(fits, middle, slow), np.where(fits, fast, middle)
            self._known[key] = slow[self._costs.world.pool]
        return self._known[key]

    def told(self, now: float, every: Floats, afoot: Flags) -> None:
        """Nothing it cares for."""


class Rotation:
    """Cameras take turns, each watched as closely as its most demanding scene needs while it has its turn."""

    def __init__(self, costs: Costs, turn: float) -> None:
        world = costs.world
        self._turn, self._until = turn, -np.inf
        self._room: Floats = np.zeros(0)
        self._made: Floats = np.zeros(0)
        self._costs, self._need = costs, np.full(world.cameras, np.inf)
        np.minimum.at(self._need, world.scenes.owner, world.scenes.slowest)
        self._cores = costs.cores(self._need)
        self._order = [np.flatnonzero(world.pool == pool) for pool in range(world.pools)]
        self._begin = [0] * world.pools

    def every(self, now: float, room: Floats, active: Ints) -> Floats:  # noqa: ARG002
        if now < self._until and np.array_equal(room, self._room):
            return self._made
        self._until, self._room = now + self._turn, room
        self._made = made = np.zeros(self._costs.world.cameras)
        for pool, members in enumerate(self._order):
            turn = np.roll(members, -self._begin[pool])
            cost = np.ceil(self._cores[turn] * MICRO).astype(np.int64)
            fits = np.flatnonzero(fill(cost, np.arange(len(turn)), int(room[pool] * MICRO), len(turn)))
            made[turn[fits]] = self._need[turn[fits]]
            # The first ones that were passed over, too dear for what was left, come first the next time.
            on = int(np.argmin(np.isin(np.arange(len(turn)), fits))) if len(fits) < len(turn) else 0
            self._begin[pool] = (self._begin[pool] + max(on, 1)) % max(len(members), 1)
        return made

    def told(self, now: float, every: Floats, afoot: Flags) -> None:
        """Nothing it cares for."""


class Oracle:
    """Knows which events go on and are not found yet; spends the cores on them alone, the most valuable first.

    Not a strict bound: it decides step by step. What no capacity could find is told beside it.
    """

    def __init__(self, costs: Costs) -> None:
        self._costs, world = costs, costs.world
        grid = np.array([0.0, *(tier.every_seconds for tier in world.terms.tiers[1:])])
        self._every = np.tile(grid, (world.cameras, 1))
        self._cores = np.stack([costs.cores(column) for column in self._every.T], axis=1)
        self._cores[:, 1:] = np.maximum.accumulate(self._cores[:, 1:] + 2e-6 * np.arange(1, 5), axis=1)

    def every(self, now: float, room: Floats, active: Ints) -> Floats:
        """The most valuable events first."""
        world = self._costs.world
        values = np.zeros_like(self._every)
        for place in range(1, values.shape[1]):
            chance = world.found(active, self._every[:, place], now)
            np.add.at(values[:, place], world.events.camera[active], chance * world.events.value[active])
        tier: Ints = allocate(steps(self._cores, values), world.pool, room).tier
        every: Floats = self._every[np.arange(world.cameras), tier]
        return every

    def told(self, now: float, every: Floats, afoot: Flags) -> None:
        """It knows more than anybody could tell it."""


@dataclass
class Ours:
    """The product's allocator, round by round, with what workers would have told it.

    Attributes:
        blind: leaves out what it learns ("activity", "cost", "afoot", "turns"), to see what each is good for.
        calm: hysteresis; None: the product's.
        changed: share of cameras whose tier changed, by round.
    """

    world: World
    terms: Terms
    blind: frozenset[str] = frozenset()
    calm: float | None = None
    changed: list[float] = field(default_factory=list)
    shed: list[dict[str, Any]] = field(default_factory=list)
    fleet: Fleet = field(init=False)

    def __post_init__(self) -> None:
        self.fleet = self.world.fleet
        self._held: Ints = np.zeros(self.world.cameras, np.int64)
        self._until, self._raised = np.zeros(self.world.cameras), np.full(self.world.cameras, -np.inf)
        if "turns" in self.blind:
            never = np.zeros(len(self.world.scenes.owner))
            self.fleet = replace(self.fleet, scenes=replace(self.fleet.scenes, waited=never))
        self._costs = self.world.true_fleet()
        self._fresh = True

    def every(self, now: float, room: Floats, active: Ints) -> Floats:  # noqa: ARG002 - must not know them
        afoot = (self._until > now) if "afoot" not in self.blind else np.zeros(self.world.cameras, bool)
        self.fleet = replace(self.fleet, afoot=afoot)
        made = table(self.fleet, self.terms)
        steady = self.terms.steady
        calm = steady.hysteresis if self.calm is None else self.calm
        dwelling = now < self._raised + dwell(self.fleet, made, self._held, self.terms)
        hold = np.where(dwelling & (calm > 0), steady.dwell_factor, calm)
        way = steps(made.costs, made.values)
        given = allocate(way, self.world.pool, room * (1 - steady.reserve), self._held, hold)
        if not self._fresh:
            self.changed.append(float((given.tier != self._held).mean()))
        self._raised = np.where(given.tier > self._held, now, self._raised)
        self._held, self._fresh = given.tier, False
        served = made.served[np.arange(len(self.world.scenes.owner)), given.tier[self.world.scenes.owner]]
        waited = np.where(served, 0.0, self.fleet.scenes.waited + STEP)
        if "turns" not in self.blind:
            self.fleet = replace(self.fleet, scenes=replace(self.fleet.scenes, waited=waited))
        eager = self.world.scenes.priority * made.eagerness[self.world.scenes.owner]
        self.shed.append({
            "served": float(served.mean()),
            "kept": float(eager[served].mean()) if served.any() else None,
            "left": float(eager[~served].mean()) if not served.all() else None,
            "tiers": np.bincount(given.tier, minlength=len(self.terms.tiers)).tolist(),
        })  # fmt: skip
        every: Floats = made.every[np.arange(self.world.cameras), given.tier]
        return every

    def told(self, now: float, every: Floats, afoot: Flags) -> None:
        """As leases tell it: of cameras that were looked at in this step, and of no others."""
        world, fleet = self.world, self.fleet
        with np.errstate(divide="ignore"):
            looks = np.where(every > 0, STEP / every, 0.0)
        looked = world.rng.random(world.cameras) < np.minimum(looks, 1)
        seen = world.activity(now)
        if "activity" in self.blind:
            seen = np.full(world.cameras, self.terms.worth.activity_prior)
        known = np.where(np.isinf(fleet.age), np.nan, fleet.activity)
        trust = np.maximum(looks, 1.0)
        activity = np.where(looked, learned(known, seen, trust, TRUSTED_LOOKS), fleet.activity)
        noise = np.exp(0.1 * world.rng.standard_normal((2, world.cameras)))
        look, decode = fleet.look_seconds, fleet.decode_factor
        if "cost" not in self.blind:
            measured = np.asarray(self._costs.look_seconds) * noise[0]
            look = np.where(looked, learned(look, measured, trust, TRUSTED_LOOKS), look)
            decode = np.where(looked, learned(decode, world.true_decode * noise[1], trust, TRUSTED_LOOKS), decode)
        self._until = np.where(afoot, now + STEP + self.terms.steady.afoot_seconds, self._until)
        self.fleet = replace(
            fleet, activity=activity, age=np.where(looked, 0.0, fleet.age + STEP), look_seconds=look,
            decode_factor=decode,
        )  # fmt: skip
