"""What repairing would gain: the cameras a rate lacks, put together into orders, in the order that gains most.

An order that stands counts as it is; cameras without one are grouped by the rules of maintenance (one switch down is
one order). A repair is taken to make all its cameras well; how sure that is, the statistics of past repairs tell.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from commonsight.inspect.indicators import service, store
from commonsight.inspect.indicators.definitions import Indicator, known
from commonsight.inspect.indicators.model import Figure, Scope, ScopeKind, figure
from commonsight.inspect.indicators.service import Chosen
from commonsight.inspect.indicators.sources import of_camera
from commonsight.inspect.indicators.store import By, Lacking
from commonsight.inspect.indicators.whatif import Repair, Step, curve, ranked
from commonsight.records.database import ReadSession
from commonsight.respond.maintenance import things_store
from commonsight.respond.maintenance.grouping import Thing, Waiting, plan, questions, rules
from commonsight.respond.maintenance.model import sort_of

LACKING_MOST: Final = 30_000
"""Cameras put together into orders at once; a larger scope is told how many more there are."""

_SETTLED: Final = timedelta(days=30)
"""Nothing waits for others any more: everything is given its order."""
_OFFLINE: Final = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """What one order is about: a case that stands (`case_id`), something its cameras share, or one camera (neither)."""

    case_id: UUID | None = None
    thing: Thing | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What repairs would gain. `lacking`: cameras the rate lacks, `truncated` when there are more than were grouped."""

    chosen: Chosen
    now: Figure
    order: Sequence[Repair]
    steps: Sequence[Step]
    causes: Mapping[str, Cause]
    lacking: int
    truncated: bool


async def what_if(session: ReadSession, scope: Scope, indicator: str, at: datetime) -> WhatIf:
    """The repairs of a scope in the order in which they gain most.

    Raises:
        Refusal: `inspect.indicator_unknown`; `inspect.indicator_not_of_cameras`.
    """
    known(indicator)
    chosen = (await service.chosen(session))[indicator]
    by, code = _by(scope)
    sources = of_camera(chosen.variant.counts)
    # Counted now, not taken from what is kept: rate and repairs must be of one moment to add up.
    counted = await store.counted(session, by, sources, scope.regions, at, code)
    exempt = await store.exempt(session, by, scope.regions, at, code)
    key = "" if code is None else code
    now = figure(chosen.indicator, chosen.variant, counted.get(key, {}), at, exempt.get(key, 0))
    found = await store.lacking(
        session, sources, store.lack(chosen.variant, sources), by, code, scope.regions, at, LACKING_MOST
    )
    truncated = len(found) > LACKING_MOST
    cameras = found[:LACKING_MOST]
    repairs, causes = await _orders(session, chosen.indicator, cameras, at)
    order = ranked(repairs)
    return WhatIf(
        chosen, now, order, curve(now.numerator, now.denominator, order), causes, len(cameras), truncated
    )  # fmt: skip


def _by(scope: Scope) -> tuple[By, str | None]:
    if scope.kind is ScopeKind.REGION:
        return By(ScopeKind.REGION), None
    return By(scope.kind), scope.code


async def _orders(
    session: ReadSession, indicator: Indicator, cameras: Sequence[Lacking], at: datetime
) -> tuple[list[Repair], dict[str, Cause]]:
    standing = await store.ordered(session, [one.id for one in cameras], indicator.faults)
    members: dict[str, list[Lacking]] = {}
    causes: dict[str, Cause] = {}
    for one in cameras:
        if (case := standing.get(one.id)) is not None:
            members.setdefault(f"case:{case}", []).append(one)
            causes[f"case:{case}"] = Cause(case_id=case)
    free = {one.id: one for one in cameras if one.id not in standing}
    if free:
        things = await things_store.things(session, free)
        waiting = [
            Waiting(one.id, _like(indicator, one), one.at or at, things.get(one.id, {})) for one in free.values()
        ]
        by_rule = rules(0.0)
        behind = await things_store.behind(session, questions(waiting, (), by_rule))
        later = max(one.at for one in waiting) + _SETTLED
        groups = (await asyncio.to_thread(plan, later, waiting, (), behind, by_rule)).groups
        for group in groups:
            key = f"camera:{group.faults[0]}" if group.shared is None else f"{':'.join(group.shared)}:{group.faults[0]}"
            members[key] = [free[camera] for camera in group.faults]
            causes[key] = Cause(thing=group.shared)
    repairs = [
        Repair(key, sum(one.gain for one in some), tuple(one.id for one in some)) for key, some in members.items()
    ]
    return repairs, causes


def _like(indicator: Indicator, one: Lacking) -> str:
    """What kind of fault it is, so that only those that are alike are put together."""
    if not indicator.faults:
        return indicator.code
    links = [code for code in indicator.faults if code == "offline"]
    if links and one.health == _OFFLINE:
        return sort_of("offline").like
    first = next((code for code in indicator.faults if code != "offline"), "offline")
    # Codes with an item are families of faults; any item stands for the family.
    return sort_of(first if first not in ("bad_picture", "record") else f"{first}.any").like
