"""One round: every camera's tier from what is known of all of them. Pure: nothing is read or written."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from commonsight.analyze.budget.allocate import Allocation, Floats, Ints, allocate, steps
from commonsight.analyze.budget.inputs import Kind, Watched, decode_factors, fleet
from commonsight.analyze.budget.model import Pool, Room, Terms, pool_of
from commonsight.analyze.budget.rounds import Round
from commonsight.analyze.budget.store import Decision
from commonsight.analyze.budget.worth import DEPTHS, Fleet, Table, dwell, table

MOVED: Final = 0.1
"""What was learned of a camera is stored anew when it moved by this share; not for every flicker."""
STORED_SECONDS: Final = 240.0
"""And when the last look on record is older than this."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a round goes by beside the cameras.

    Attributes:
        kinds: of scenes. boosts: of deployments, by camera. room: of pools, the common one among them.
        zone: of the hours of scenes.
    """

    kinds: Mapping[str, Kind]
    boosts: Mapping[UUID, tuple[float, datetime, str]]
    pools: Sequence[Pool]
    room: Mapping[str, Room]
    terms: Terms
    now: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round decided. `pool`: name by camera; `decisions`: rows that are other than what is stored."""

    fleet: Fleet
    table: Table
    allocation: Allocation
    pool: Sequence[str]
    decisions: Sequence[Decision]
    rounds: Sequence[Round]


def judged(cameras: Sequence[Watched], known: Known) -> tuple[Fleet, Table]:
    """What the tiers of these cameras cost and are worth, with what the leases measured folded in."""
    terms = known.terms
    seen = fleet(cameras, known.kinds, known.boosts, known.now, known.zone, terms)
    made = table(seen, terms)
    factors = decode_factors(cameras, made, terms)
    if not np.array_equal(factors, seen.decode_factor, equal_nan=True):
        seen = replace(seen, decode_factor=factors)
        made = table(seen, terms)
    return seen, made


def decide(cameras: Sequence[Watched], known: Known) -> Outcome:
    """Give every camera a tier, no pool more than its room."""
    terms, names = known.terms, list(known.room)
    seen, made = judged(cameras, known)
    alive = frozenset(name for name, room in known.room.items() if room.available > 0 or room.workers)
    homes: dict[str, str] = {}
    for camera in cameras:
        if camera.region not in homes:
            homes[camera.region] = pool_of(camera.region, known.pools, alive)
    pool = [homes[camera.region] for camera in cameras]
    index = {name: place for place, name in enumerate(names)}
    pools = np.array([index[name] for name in pool], np.int64)
    held = np.array([terms.place(camera.tier or "") for camera in cameras], np.int64)
    # The reserve is what workers burst with between two rounds.
    room = np.array([known.room[name].available * (1 - terms.steady.reserve) for name in names])
    raised = np.array([_since(camera.raised_at, known.now) for camera in cameras])
    hold = np.where(
        raised < dwell(seen, made, held, terms), terms.steady.dwell_factor, terms.steady.hysteresis
    )  # fmt: skip
    given = allocate(steps(made.costs, made.values), pools, room, held, hold)
    decisions = _decisions(cameras, known, seen, made, given, pool)
    return Outcome(seen, made, given, pool, decisions, _rounds(cameras, known, seen, made, given, pools))


def _decisions(
    cameras: Sequence[Watched], known: Known, seen: Fleet, made: Table, given: Allocation, pool: Sequence[str]
) -> list[Decision]:
    changed = _changed(cameras, known, seen, made, given, pool)
    return [_decision(cameras[row], known, seen, made, int(given.tier[row]), pool[row], row) for row in changed]


def _changed(
    cameras: Sequence[Watched], known: Known, seen: Fleet, made: Table, given: Allocation, pool: Sequence[str]
) -> list[int]:
    """Rows that differ from what is stored by more than flicker."""
    everyone = np.arange(len(cameras))
    every = made.every[everyone, given.tier]
    depth = made.depth[everyone, given.tier]
    codes = [known.terms.tiers[tier].code for tier in given.tier]
    rows = []
    for row, camera in enumerate(cameras):
        until = _until(camera, known, bool(seen.afoot[row]))
        old = camera.looked_at
        if (
            camera.tier != codes[row]
            or camera.pool != pool[row]
            or camera.decoding != DEPTHS[depth[row]].value
            or _moved(camera.every_seconds, every[row])
            or camera.until != until
            or _moved(camera.look_seconds, seen.look_seconds[row])
            or _moved(camera.decode_factor, seen.decode_factor[row])
            or abs((camera.activity or 0.0) - seen.activity[row]) > MOVED / 2
            or abs((camera.uncertainty or 0.0) - seen.uncertainty[row]) > MOVED / 2
            or (seen.age[row] == 0 and (old is None or known.now - old > timedelta(seconds=STORED_SECONDS)))
        ):
            rows.append(row)
    return rows


def _decision(
    camera: Watched, known: Known, seen: Fleet, made: Table, tier: int, pool: str, row: int
) -> Decision:  # fmt: skip
    afoot, tiers = bool(seen.afoot[row]), known.terms.tiers
    before = known.terms.place(camera.tier or "")
    # What it has now it needs no note of; what it just gave up it had until now.
    levels = {each.code: camera.levels[each.code] for each in tiers[tier + 1 :] if each.code in camera.levels}
    levels |= {each.code: known.now.isoformat() for each in tiers[tier + 1 : before + 1]}
    return Decision(
        camera_id=camera.camera_id,
        pool=pool,
        tier=known.terms.tiers[tier].code,
        every_seconds=round(float(made.every[row, tier]), 4),
        decoding=DEPTHS[made.depth[row, tier]].value,
        score=float(made.values[row, tier]),
        cost=float(made.costs[row, tier]),
        reasons=reasons(camera, known, seen, made, tier, row),
        until=_until(camera, known, afoot),
        raised_at=known.now if tier > before else camera.raised_at,
        levels=levels,
        activity=float(seen.activity[row]),
        uncertainty=float(seen.uncertainty[row]),
        looked_at=known.now if seen.age[row] == 0 else camera.looked_at,
        look_seconds=_given(seen.look_seconds[row]),
        decode_factor=_given(seen.decode_factor[row]),
        pixels=camera.pixels,
        fps=camera.stream_fps,
        hevc=camera.hevc,
        keyframe=camera.keyframe,
    )


def reasons(camera: Watched, known: Known, seen: Fleet, made: Table, tier: int, row: int) -> dict[str, Any]:
    """What spoke for this tier, as figures; the words are made where it is read."""
    boost = known.boosts.get(camera.camera_id)
    # Scenes stand in the order of their cameras.
    mine = slice(*np.searchsorted(seen.scenes.owner, [row, row + 1]).tolist())
    return {
        "scenes": mine.stop - mine.start,
        "served": int(made.served[mine, tier].sum()),
        "need": known.terms.tiers[int(made.need[row])].code,
        "eagerness": round(float(made.eagerness[row]), 3),
        "stale": round(float(made.stale[row]), 2),
        "afoot": bool(seen.afoot[row]),
        "factor": round(float(seen.factor[row]), 3),
        "deployment": boost[2] if boost else None,
    }


def _rounds(
    cameras: Sequence[Watched], known: Known, seen: Fleet, made: Table, given: Allocation, pools: Ints
) -> list[Round]:
    codes, owner = [tier.code for tier in known.terms.tiers], seen.scenes.owner
    served = made.served[np.arange(len(owner)), given.tier[owner]]
    before = np.array([known.terms.place(camera.tier or "") for camera in cameras], np.int64)
    fresh = np.array([camera.tier is None for camera in cameras], bool)
    measured = np.array([_measured(camera) for camera in cameras], np.float64)
    rounds = []
    for place, name in enumerate(known.room):
        mine, share, room = pools == place, given.shares[place], known.room[name]
        tiers = Counter(codes[tier] for tier in given.tier[mine])
        own = mine[owner]
        rounds.append(
            Round(
                at=known.now, pool=name, workers=room.workers, capacity=room.measured, available=room.available,
                used=share.used, measured=float(measured[mine].sum()), cameras=int(mine.sum()),
                tiers={code: tiers.get(code, 0) for code in codes}, scenes=int(own.sum()),
                served=int(served[own].sum()), shed=int((given.tier < made.need)[mine].sum()), value=share.value,
                bound=share.bound, wanted=share.most, price=share.price,
                changed=int(((before != given.tier) & ~fresh & mine).sum()), seconds=0.0, curve=share.curve,
            )
        )  # fmt: skip
    return rounds


def _until(camera: Watched, known: Known, afoot: bool) -> datetime | None:
    """A tier given because something is afoot, or for a deployment, is for a time."""
    if afoot:
        if camera.state.get("afoot") or camera.until is None:
            return known.now + timedelta(seconds=known.terms.steady.afoot_seconds)
        return camera.until
    boost = known.boosts.get(camera.camera_id)
    return boost[1] if boost else None


def _since(moment: datetime | None, now: datetime) -> float:
    return math.inf if moment is None else (now - moment) / timedelta(seconds=1)


def _measured(camera: Watched) -> float:
    cost = camera.state.get("cost")
    values = cost.values() if isinstance(cost, Mapping) else ()
    return sum(float(value) for value in values if isinstance(value, int | float) and math.isfinite(value))


def _moved(before: float | None, now: Floats | float) -> bool:
    if before is None or math.isnan(float(now)):
        return (before is None) != math.isnan(float(now))
    return abs(float(now) - before) > MOVED * max(abs(before), 1e-6)


def _given(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
