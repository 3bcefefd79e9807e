"""Orders begin, grow and come apart: made of faults that belong together, weighed anew when a member comes or goes.

An order is a case (`respond.model`): people may do with it whatever they may do with a case, and see it there too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight.catalog import store as catalog
from commonsight.jobs import House
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession
from commonsight.respond import store as cases
from commonsight.respond import told
from commonsight.respond.maintenance import giving, grouping, orders_store, things_store
from commonsight.respond.maintenance.grouping import Group, Rules, Thing, Waiting
from commonsight.respond.maintenance.model import sort_of
from commonsight.respond.maintenance.steps import ORDERS, both, note, take_step
from commonsight.respond.maintenance.store import Kept
from commonsight.respond.model import Action, Case, Opening
from commonsight.respond.opening import open_or_add
from commonsight.respond.store import PLATFORM
from commonsight.respond.titles import FAULT, said_of

KIND: Final = "fault"
SOURCE: Final = "check"
NAMED: Final = 5
"""Cameras named in a sentence; the others are counted."""


async def put_together(
    session: WriteSession, house: House, group: Group, faults: Mapping[UUID, Kept], behind: Mapping[Thing, int],
    rules: Rules, now: datetime,
) -> UUID:  # fmt: skip
    """Make the order a plan asks for, or let the one that stands grow; returns it."""
    new = [faults[one] for one in group.faults]
    case_id = group.host or await begin(session, new, now)
    await orders_store.move(session, group.faults, case_id)
    if group.absorbed:
        await _absorb(session, case_id, group.absorbed, now)
    case = await weigh_up(session, house, case_id, group.shared, behind, rules)
    if group.host is None:
        await giving.give(session, house, case, now)
    elif new:
        named = await things_store.names(session, [one.camera_id for one in new], NAMED)
        await note(session, case, "grown", now, "respond.order_grown", count=len(new), names=named)
        await told.shown(session, told.GROWN, case)
        ORDERS.labels("grown").inc()
    return case_id


async def begin(session: WriteSession, faults: Sequence[Kept], now: datetime, code: str = "") -> UUID:
    """A new order about faults that are not in it yet."""
    gravest = min(faults, key=lambda one: (one.severity, one.at, one.id))
    camera = await catalog.one(session, faults[0].camera_id)
    assert camera is not None  # a fault goes with its camera
    own, code = str(uuid7()), code or gravest.code
    opening = Opening(
        kind=KIND, severity=gravest.severity, subject=f"{FAULT}{code}", source=SOURCE, key=own, scope=f"order:{own}",
        region=camera.row.region, at=now, place=camera.row.name, point=camera.row.point,
    )  # fmt: skip
    case, _ = await open_or_add(session, opening, now)
    first, last = min(one.at for one in faults), max(one.at for one in faults)
    await orders_store.add(session, case.id, code, sort_of(code).like, len(faults), first, last)
    return case.id


async def _absorb(session: WriteSession, case_id: UUID, absorbed: Sequence[UUID], now: datetime) -> None:
    into = await cases.one(session, case_id, for_update=True)
    assert into is not None
    await orders_store.move_all(session, absorbed, case_id)
    for case in await cases.several(session, absorbed):
        fields = {"merged_into": case_id, "escalate_at": None, "closed_at": now}
        await take_step(session, case, Action.MERGE, now, fields, "respond.order_absorbed", number=into.number)
        detail = {"from": str(case.id), "number": case.number}
        await cases.add_step(session, case_id, "merged_in", into.state, into.state, PLATFORM, now, "", detail)


async def weigh_up(
    session: WriteSession, house: House, case_id: UUID, shared: Thing | None, behind: Mapping[Thing, int], rules: Rules
) -> Case:
    """Write down anew what an order's members come to: how many, why they are one order, how grave, where.

    Args:
        shared: what they share, when a plan just found it; None keeps what is known.
    """
    case, order = await cases.one(session, case_id, for_update=True), await orders_store.order(session, case_id)
    assert case is not None
    assert order is not None
    members = await orders_store.members(session, case_id)
    if not members:
        return case
    counted = [one for one in members if one.state == "ordered"] or members
    shown = await things_store.cameras(session, [one.camera_id for one in counted])
    common = grouping.common((await things_store.things(session, shown)).values())
    known = order.shared or {}
    thing = shared or ((known["by"], known["value"]) if known else None)
    explained: dict[str, Any] | None = None
    if thing is not None and len(shown) > 1:
        explained = {
            "by": thing[0], "value": thing[1], "name": await things_store.thing_name(session, thing),
            "faulty": len(shown), "behind": behind.get(thing) or known.get("behind"),
            "apart": bool(known.get("apart")), "seconds": _spread(counted),
        }  # fmt: skip
    await orders_store.update(
        session, case_id,
        {"things": common, "shared": explained, "members": len(shown), "first_at": min(one.at for one in members),
         "last_at": max(one.at for one in members)},
    )  # fmt: skip
    first = next(iter(shown.values()))
    alone = len(shown) == 1
    place = first.name if alone else f"{first.name if explained is None else explained['name']} ({len(shown)})"
    fields: dict[str, Any] = {
        "severity": rules.severity(min(one.severity for one in counted), len(shown)), "occurrences": len(shown),
        "last_at": max(one.seen_at for one in members), "camera_id": first.id if alone else None, "place": place,
        "words": "" if explained is None else why(explained, order.code, house.settings.region.language),
    }  # fmt: skip
    await cases.update(session, case_id, fields, edited=False)
    return replace(case, **fields)


def _spread(faults: Sequence[Kept]) -> int:
    return round((max(one.at for one in faults) - min(one.at for one in faults)).total_seconds())


def why(shared: Mapping[str, Any], code: str, language: str) -> str:
    """Why so many cameras are one order, with the figures behind it."""
    by = {each: grouping.words_of(shared["by"], each) for each in ("zh", "en")}
    say = "respond.order_shared" if shared.get("behind") else "respond.order_shared_some"
    return said_of({"say": say, "values": dict(shared) | {"by": by, "fault": both(code)}}, language)


async def take_apart(
    session: WriteSession, house: House, case: Case, behind: Mapping[Thing, int], rules: Rules, now: datetime
) -> list[UUID]:
    """Part of a group has recovered by itself, so what it shared was not the whole cause: look anew at the rest.

    The largest part, and what belongs to none, stays; returns the orders made of the other parts.
    """
    order = await orders_store.order(session, case.id, for_update=True)
    assert order is not None
    assert order.shared is not None
    members = await orders_store.members(session, case.id)
    live = {one.id: one for one in members if one.state == "ordered"}
    things = await things_store.things(session, [one.camera_id for one in live.values()])
    was = order.shared["by"]
    waiting = [
        Waiting(one.id, order.alike, one.at, {by: v for by, v in things[one.camera_id].items() if by != was})
        for one in live.values() if one.camera_id in things
    ]  # fmt: skip
    plan = grouping.plan(now + rules.longest, waiting, [], behind, rules)
    parts = sorted((one for one in plan.groups if one.shared is not None), key=lambda one: -one.members)
    stays = parts[0] if parts else None
    made = []
    for part in parts[1 : rules.parts]:
        faults = [live[one] for one in part.faults]
        new = await begin(session, faults, now, order.code)
        await orders_store.move(session, part.faults, new, for_good=True)
        made.append(new)
        opened = await weigh_up(session, house, new, part.shared, behind, rules)
        await note(session, opened, "split_from", now, "respond.order_split_from", number=case.number)
        await giving.give(session, house, opened, now)
    # What is left keeps its order; it no longer says that one thing explains it, unless one still does.
    await orders_store.update(session, case.id, {"shared": None})
    changed = await weigh_up(session, house, case.id, None if stays is None else stays.shared, behind, rules)
    await orders_store.mark_apart(session, case.id)
    well = len({one.camera_id for one in members}) - len({one.camera_id for one in live.values()})
    await note(
        session, changed, "split", now, "respond.order_split", well=well, left=len(live), parts=len(made),
        name=order.shared["name"],
    )  # fmt: skip
    await told.shown(session, told.GROWN, changed)
    return made
