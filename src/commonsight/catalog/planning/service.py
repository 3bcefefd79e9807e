"""Use cases of planning: ask what is seen, file a planned point, decide on it, keep what was saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import areas
from commonsight.catalog.model import Filters
from commonsight.catalog.planning import store, view
from commonsight.catalog.planning.model import Blind, Coverage, Field, Planned, State
from commonsight.places import service as places
from commonsight.places.model import covers
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

EVIDENCE_MOST: Final = 50
"""Cameras that are kept with a decision."""

Expected = Callable[[Planned], None]
"""Asked with the present point before a change; raises a Refusal when the change was made from another one."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Who plans, for which organisation, in which regions."""

    actor: Actor
    organisation: str
    regions: tuple[str, ...]


async def coverage(session: ReadSession, regions: tuple[str, ...], planned: Field) -> Coverage:
    """What the cameras in use inside `regions` see of a planned field.

    Raises:
        Refusal: `catalog.area_crowded`.
    """
    window = areas.reach(planned.point, planned.distance)
    return view.coverage(planned, await store.watchers(session, Filters(regions), window))


async def blind_spots(session: ReadSession, filters: Filters, polygon: Mapping[str, Any], cell_metres: float) -> Blind:
    """What the cameras of `filters` leave unseen of an area.

    Raises:
        Refusal: `catalog.shape_invalid`, `catalog.area_crowded`.
    """
    area = areas.polygon(polygon)
    west, south, east, north = area.bounds
    return view.blind_spots(area, await store.watchers(session, filters, (west, south, east, north)), cell_metres)


async def add(
    session: WriteSession,
    name: str,
    region: str,
    planned: Field,
    cost: Decimal | None,
    note: str,
    by: Planner,
    now: datetime,
) -> Planned:
    """File a planned point.

    Raises:
        Refusal: `places.region_unknown`, `catalog.region_outside`.
    """
    made = Planned(
        id=uuid7(),
        name=name,
        region=await _region(session, region, by.regions),
        region_name=None,
        field=planned,
        state=State.PLANNED,
        cost=cost,
        note=note,
        by_id=by.actor.id,
        by_name=by.actor.name,
        organisation=by.organisation,
        created_at=now,
        updated_at=now,
        version=1,
    )
    await store.insert(session, made)
    await _tell(session, by.actor, "planned", made, now)
    return await seen(session, made.id, by.regions)


async def _region(session: ReadSession, region: str, regions: Sequence[str]) -> str:
    region = await places.existing(session, region)
    if covers(regions, region):
        return region
    raise Refusal(
        "catalog.region_outside",
        status=403,
        rule="within the caller's regions",
        operand="region",
        expected=list(regions),
        actual=region,
    )


async def seen(session: ReadSession, point_id: UUID, regions: Sequence[str], *, for_update: bool = False) -> Planned:
    """The planned point, for somebody who may see its region.

    Raises:
        Refusal: `catalog.point_unknown` (404).
    """
    found = await store.one(session, point_id, for_update=for_update)
    if found is None or not covers(regions, found.region):
        raise Refusal("catalog.point_unknown", status=404, operand="point", actual=str(point_id))
    return found


async def change(
    session: WriteSession, point_id: UUID, fields: Mapping[str, Any], by: Planner, expected: Expected, now: datetime
) -> Planned:
    """Change a point that is not decided yet. `fields` are columns, and `point` as (lon, lat).

    Raises:
        Refusal: like `add`; `catalog.point_decided` (409); what `expected` refuses.
    """
    present = await seen(session, point_id, by.regions, for_update=True)
    expected(present)
    if present.state is not State.PLANNED:
        raise _decided(present)
    if "region" in fields:
        await _region(session, fields["region"], by.regions)
    if fields:
        await store.update(session, point_id, now, fields)
        await _tell(session, by.actor, "changed", present, now, fields=sorted(fields))
    return await seen(session, point_id, by.regions)


async def decide(
    session: WriteSession,
    point_id: UUID,
    state: State,
    reason: str,
    cost: Decimal | None,
    by: Planner,
    expected: Expected,
    now: datetime,
) -> Planned:
    """Say what becomes of a planned point, with the coverage at this moment kept as evidence; `planned` takes it back.

    Args:
        cost: the estimate that was not spent, or was; None leaves what is on file.

    Raises:
        Refusal: `catalog.point_unknown`, `catalog.point_decided` (409) when it was decided otherwise already,
            `catalog.saving_unpriced` (422) for a saving without an estimate.
    """
    present = await seen(session, point_id, by.regions, for_update=True)
    expected(present)
    if present.state not in (State.PLANNED, state) and state is not State.PLANNED:
        raise _decided(present)
    cost = present.cost if cost is None else cost
    if state is State.SAVED and cost is None:
        raise Refusal("catalog.saving_unpriced", status=422, rule="a saving has an estimate", operand="cost")
    fields: dict[str, Any] = {"state": state.value, "cost": cost}
    if state is State.PLANNED:
        fields |= {"decided_at": None, "decided_by": None, "reason": None, "evidence": None}
    else:
        found = await coverage(session, by.regions, present.field)
        fields |= {"decided_at": now, "decided_by": by.actor.name, "reason": reason, "evidence": evidence(found)}
    await store.update(session, point_id, now, fields)
    await _tell(session, by.actor, "decided", replace(present, cost=cost), now, state=state.value, reason=reason)
    return await seen(session, point_id, by.regions)


def _decided(present: Planned) -> Refusal:
    return Refusal(
        "catalog.point_decided",
        status=409,
        rule="not decided yet",
        operand="state",
        expected=State.PLANNED.value,
        actual=present.state.value,
    )


def evidence(found: Coverage) -> dict[str, Any]:
    """A coverage as it is kept with a decision."""
    return {
        "area": round(found.area, 1),
        "seen": round(found.seen, 4),
        "working": round(found.working, 4),
        "assumed": round(found.assumed, 4),
        "unknown": found.unknown,
        "cameras": [
            {
                "id": str(overlap.watcher.id),
                "code": overlap.watcher.code,
                "name": overlap.watcher.name,
                "health": overlap.watcher.health.word,
                "share": round(overlap.share, 4),
                "metres": round(overlap.metres, 1),
                "known": overlap.watcher.known,
            }
            for overlap in found.overlaps[:EVIDENCE_MOST]
        ],
    }


async def _tell(session: WriteSession, by: Actor, verb: str, point: Planned, now: datetime, **detail: Any) -> None:
    cost = None if point.cost is None else str(point.cost)
    await record(
        session,
        by,
        f"catalog.point_{verb}",
        now,
        kind="planned_point",
        subject_id=point.id,
        subject_name=point.name,
        cost=cost,
        **detail,
    )
    await outbox.append(session, f"catalog.point_{verb}", {"point": str(point.id), "cost": cost} | detail)
