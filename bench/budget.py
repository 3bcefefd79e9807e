"""What scarce compute finds when it is shared out by worth: a day of simulated cameras.

    python -m bench.budget [--small]

The same drawn day (cameras in cities' pools, scenes, events with lengths and values; what looking costs in truth) is
run under our allocator, under the better of two ways that know nothing (every camera as often as every other; cameras
taking turns), and under an oracle that knows which events go on. All have the same cores. `ours` and `peer` are the
share of the events' value that is found. Then what the world takes for granted is varied, one thing at a time; the
allocator is timed for 10,000 and 250,000 cameras; and the capacity of the largest pool is halved in the middle of an
hour to see how fast it settles, and what is left out. One JSON line.
"""

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.budget_policies import Costs, Oracle, Ours, Policy, Rotation, Uniform
from bench.budget_world import DAY, STEP, Assumed, World
from commonsight.analyze.budget.allocate import Floats, allocate, steps
from commonsight.analyze.budget.model import terms
from commonsight.analyze.budget.worth import table

SEED = 20_260_501
POOLS = 14
TURNS = (60.0, 180.0, 360.0)
"""Seconds a camera has its turn in the peers that take turns."""


def say(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


@dataclass
class Run:
    """What one policy found.

    Attributes:
        found, total: value. number, events: of them. delay: mean s from beginning to being found.
        over: share of steps and pools in which more was asked than there was, so that looks came later than planned.
        used: mean share of the cores.
        series: value found by step.
    """

    found: float
    total: float
    number: int
    events: int
    delay: float
    over: float
    used: float
    series: list[float]

    def told(self) -> dict[str, Any]:
        return {
            "value_share": round(self.found / self.total, 4), "events_share": round(self.number / self.events, 4),
            "delay_seconds": round(self.delay, 1), "overcommitted": round(self.over, 4), "used": round(self.used, 3),
        }  # fmt: skip


def capacity(world: World, costs: Costs) -> Floats:
    """Cores of each pool: a share of what giving every scene its cadence would take, the same in all."""
    need = np.full(world.cameras, np.inf)
    np.minimum.at(need, world.scenes.owner, world.scenes.slowest)
    return costs.by_pool(costs.cores(need)) * world.assumed.capacity


def run(world: World, policy: Policy, costs: Costs, begin: float, end: float, room: Any) -> Run:
    """From `begin` to `end` s of the day; `room(now)`: cores by pool."""
    events, rng = world.events, np.random.default_rng(SEED + 1)
    here = (events.begin >= begin) & (events.begin < end)
    # One draw an event and step, the same for every policy: chance favours none.
    luck = rng.random(len(events))
    missed = np.ones(len(events))
    found_at = np.full(len(events), np.inf)
    series, over, used, count = [], 0.0, 0.0, 0
    on = np.zeros(len(world.scenes.owner))
    now = begin
    while now < end:
        active = np.flatnonzero(here & (events.begin < now + STEP) & (events.end > now) & np.isinf(found_at))
        cores = room(now)
        every = policy.every(now, cores, active)
        asked = costs.by_pool(costs.cores(every))
        # More than there is: everything of the pool comes later than planned.
        late = np.maximum(asked / np.maximum(cores, 1e-9), 1.0)
        over += float((late > 1.001).mean())
        used += float(np.minimum(asked, cores).sum() / max(cores.sum(), 1e-9))
        count += 1
        real = every * late[world.pool]
        on = world.watched_on(on, real)
        evidence = world.scenes.evidence[events.row[active]]
        ripe = np.minimum(on[events.row[active]], now + STEP - events.begin[active]) >= evidence
        chance = np.where(ripe, world.found(active, real, now), 0.0)
        missed[active] *= 1 - chance
        hit = active[luck[active] > missed[active]]
        found_at[hit] = now + STEP / 2
        series.append(float(events.value[hit].sum()))
        left = active[np.isinf(found_at[active])]
        with np.errstate(divide="ignore"):
            looks = np.where(real > 0, STEP / real, 0.0)
        afoot = rng.random(world.cameras) < world.assumed.idle * np.minimum(looks, 10)
        suspect = rng.random(len(left)) < world.assumed.warned * np.minimum(looks[events.camera[left]], 1)
        afoot[events.camera[left[suspect]]] = True
        policy.told(now, real, afoot & (looks > 0))
        now += STEP
    got = np.isfinite(found_at)
    delay = np.maximum(found_at - events.begin, 0)[got]
    return Run(
        float(events.value[got].sum()), float(events.value[here].sum()), int(got.sum()), int(here.sum()),
        float(delay.mean()) if len(delay) else 0.0, over / count, used / count, series,
    )  # fmt: skip


def compared(cameras: int, hours: tuple[float, float], assumed: Assumed, seed: int, oracle: bool = True) -> Any:
    """The policies on one drawn day: (results by name, our policy)."""
    world = World(cameras, POOLS, assumed, terms(), seed)
    costs = Costs(world)
    cores = capacity(world, costs)
    begin, end = hours[0] * 3600, hours[1] * 3600
    ours = Ours(world, terms())
    policies: dict[str, Policy] = {
        "ours": ours,
        "uniform": Uniform(costs),
        **{f"turns_{t:.0f}_s": Rotation(costs, t) for t in TURNS},
    }
    if oracle:
        policies["oracle"] = Oracle(costs)
    made = {name: run(world, policy, costs, begin, end, lambda _: cores) for name, policy in policies.items()}
    return made, ours, cores


def peer_of(made: dict[str, Run]) -> str:
    """The best of those that know nothing."""
    return max((name for name in made if name not in ("ours", "oracle")), key=lambda name: made[name].found)


def ratio(made: dict[str, Run]) -> float:
    return made["ours"].found / max(made[peer_of(made)].found, 1e-9)


def sensitivity(cameras: int, hours: tuple[float, float]) -> dict[str, Any]:
    """Each assumption of the world varied by itself: value shares and the ratio."""
    plain = Assumed()
    varied = {
        "as_assumed": plain,
        "activity_tells_nothing": replace(plain, telling=0.0),
        "activity_tells_much": replace(plain, telling=0.9),
        "a_look_is_a_look": replace(plain, softness=0.0),
        "too_slow_finds_nothing": replace(plain, softness=math.inf),
        "no_busy_hours": replace(plain, hot=0.0),
        "cameras_alike": replace(plain, spread=0.2),
        "nothing_is_suspicious": replace(plain, warned=0.0),
        "capacity_2_percent": replace(plain, capacity=0.02),
        "capacity_15_percent": replace(plain, capacity=0.15),
        "capacity_40_percent": replace(plain, capacity=0.4),
        "events_a_third_as_long": replace(plain, lasting=1 / 3),
        "events_three_times_as_long": replace(plain, lasting=3.0),
        "costs_badly_foreseen": replace(plain, cost_error=0.8),
    }
    told = {}
    for name, assumed in varied.items():
        made, _, _ = compared(cameras, hours, assumed, SEED + 7, oracle=False)
        told[name] = {
            **{key: round(each.found / each.total, 4) for key, each in made.items()}, "ratio": round(ratio(made), 3)
        }  # fmt: skip
        say(f"  {name}: {told[name]}")
    return told


def ablation(cameras: int, hours: tuple[float, float]) -> dict[str, Any]:
    """Our allocator without one of the things it goes by."""
    told = {}
    for name, changes in {
        "whole": {}, "without_activity": {"blind": frozenset({"activity"})},
        "without_measured_costs": {"blind": frozenset({"cost"})}, "without_afoot": {"blind": frozenset({"afoot"})},
        "without_turns": {"blind": frozenset({"turns"})},
        "without_hysteresis": {"calm": 0.0},
    }.items():  # fmt: skip
        world = World(cameras, POOLS, Assumed(), terms(), SEED + 7)
        costs = Costs(world)
        cores = capacity(world, costs)
        ours = Ours(world, terms(), **changes)  # type: ignore[arg-type]
        made = run(world, ours, costs, hours[0] * 3600, hours[1] * 3600, lambda _, cores=cores: cores)
        told[name] = made.told() | {"changed_a_round": round(float(np.mean(ours.changed)), 5)}
        say(f"  {name}: {told[name]}")
    return told


def timed(cameras: int, repeats: int) -> dict[str, float]:
    """Seconds of one core for one round of this many cameras; the least of some."""
    world = World(cameras, POOLS, Assumed(), terms(), SEED)
    fleet = replace(world.fleet, activity=world.activity(9 * 3600), age=np.zeros(cameras))
    room = capacity(world, Costs(world))
    held, spent = np.zeros(cameras, np.int64), []
    for _ in range(repeats):
        began = time.process_time()
        made = table(fleet, terms())
        judged = time.process_time()
        found = allocate(steps(made.costs, made.values), world.pool, room, held, terms().steady.hysteresis)
        spent.append((judged - began, time.process_time() - judged))
        held = found.tier
    gap = 1 - sum(s.value for s in found.shares) / sum(s.bound for s in found.shares)
    return {
        "seconds": round(min(sum(each) for each in spent), 3), "of_it_judging": round(min(e[0] for e in spent), 3),
        "of_it_allocating": round(min(e[1] for e in spent), 3), "below_best_possible_at_most": float(f"{gap:.2e}"),
    }  # fmt: skip


def overload(cameras: int) -> dict[str, Any]:
    """Two hours; after the first the largest pool has half its cores."""
    world = World(cameras, POOLS, Assumed(), terms(), SEED + 3)
    costs = Costs(world)
    cores = capacity(world, costs)
    begin, step = 8 * 3600.0, 9 * 3600.0
    halved = cores.copy()
    halved[np.argmax(cores)] /= 2
    ours = Ours(world, terms())
    made = run(world, ours, costs, begin, 10 * 3600.0, lambda now: cores if now < step else halved)
    at = int((step - begin) / STEP)
    calm = float(np.mean(ours.changed[at // 2 : at - 1]))
    after = ours.changed[at - 1 :]
    settled = next((n for n, share in enumerate(after) if n > 0 and share <= 1.5 * calm), len(after))
    before, late = ours.shed[at - 1], ours.shed[min(at + settled, len(ours.shed) - 1)]
    return {
        "changed_a_round_before": round(calm, 5), "changed_in_the_first_round": round(after[0], 4),
        "settled_after_seconds": settled * STEP, "overcommitted": round(made.over, 4),
        "scenes_served_before": round(before["served"], 4), "scenes_served_after": round(late["served"], 4),
        "worth_of_a_scene_kept_after": round(late["kept"], 3),
        "worth_of_a_scene_left_out_after": round(late["left"], 3),
        "value_an_hour_before": round(sum(made.series[:at]), 1), "value_an_hour_after": round(sum(made.series[at:]), 1),
    }  # fmt: skip


def main() -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="fewer cameras and hours: does it run at all")
    small = parser.parse_args().small
    cameras, hours = (1_000, (7.0, 9.0)) if small else (10_000, (0.0, DAY / 3600))
    few, span = (500, (7.0, 8.0)) if small else (2_000, (6.0, 12.0))
    began = time.monotonic()
    say(f"{cameras} cameras, {hours[1] - hours[0]:g} hours")
    made, ours, cores = compared(cameras, hours, Assumed(), SEED)
    for name, each in made.items():
        say(f"  {name}: {each.told()}")
    say(f"each assumption varied, {few} cameras")
    varied = sensitivity(few, span)
    say("our allocator without one of its parts")
    parts = ablation(few, span)
    say("a pool halved")
    step = overload(few)
    say("time")
    times = {str(count): timed(count, 3) for count in ((1_000, 10_000) if small else (10_000, 250_000))}
    peer = peer_of(made)
    shares = {name: each.found / each.total for name, each in made.items()}
    print(json.dumps({
        "bench": "budget",
        "ours": round(shares["ours"], 4),
        "peer": round(shares[peer], 4),
        "ratio": round(ratio(made), 3),
        "unit": "share of the value of a day's events that is found",
        "context": {
            "peer": peer, "small": small, "cameras": cameras, "hours": hours[1] - hours[0], "pools": POOLS,
            "cores": round(float(cores.sum()), 1), "events": made["ours"].events,
            "policies": {name: each.told() for name, each in made.items()},
            "of_oracle": round(shares["ours"] / shares["oracle"], 4),
            "tiers_changed_a_round": round(float(np.mean(ours.changed)), 5),
            "time": times, "overload": step, "assumed": vars_of(Assumed()), "varied": varied, "parts": parts,
            "seconds": round(time.monotonic() - began, 1),
            "note": "simulated: needs and priorities are known to both the world and the allocator; events, their "
                    "lengths, what cameras cost and how far activity tells of events are not; bursts between two "
                    "rounds are not simulated",
        },
    }))  # fmt: skip


def vars_of(assumed: Assumed) -> dict[str, float]:
    return {name: getattr(assumed, name) for name in Assumed.__slots__}


if __name__ == "__main__":
    main()
