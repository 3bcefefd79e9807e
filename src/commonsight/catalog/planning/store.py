"""SQL of planning: cameras that may see a place, planned points, savings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.areas import reach
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.model import Filters, Health
from commonsight.catalog.planning.model import Field, Planned, State, Watcher
from commonsight.catalog.planning.view import field_of
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

WATCHERS_MOST: Final = 20_000
NEAR_METRES: Final = 300.0
"""Cameras that see no farther than this are looked for so far around an area; those that do, up to `FAR_METRES`."""
FAR_METRES: Final = 5_000.0


async def watchers(session: ReadSession, filters: Filters, window: tuple[float, float, float, float]) -> list[Watcher]:
    """The cameras of `filters` that may see into a window (west, south, east, north), by identifier.

    Raises:
        Refusal: `catalog.area_crowded` (422) when there are more than `WATCHERS_MOST`.
    """
    if not filters.regions:
        return []
    await plan_each_time(session)
    where = conditions.of(filters)
    columns = "c.id, c.code, c.name, c.kind, c.health, c.location, c.direction, c.field_angle, c.view_distance"
    wide = "c.location <@ box(point({0}0, {0}1), point({0}2, {0}3))"
    query = f"""
        SELECT id, code, name, kind, health, location[0] AS lon, location[1] AS lat, direction, field_angle,
            view_distance
        FROM (
            SELECT {columns} FROM cameras AS c
            WHERE {where} AND {wide.format(":n")} AND (c.view_distance IS NULL OR c.view_distance <= {NEAR_METRES:g})
            UNION ALL
            SELECT {columns} FROM cameras AS c
            WHERE {where} AND {wide.format(":f")} AND c.view_distance > {NEAR_METRES:g}
        ) AS found ORDER BY code LIMIT {WATCHERS_MOST + 1}
    """  # noqa: S608
    values = dict(where.values)
    for name, metres in (("n", NEAR_METRES), ("f", FAR_METRES)):
        west, south, _, _ = reach((window[0], window[1]), metres)
        _, _, east, north = reach((window[2], window[3]), metres)
        values |= {f"{name}{place}": value for place, value in enumerate((west, south, east, north))}
    rows = (await session.execute(text(query), values)).all()
    if len(rows) > WATCHERS_MOST:
        raise Refusal(
            "catalog.area_crowded",
            status=422,
            rule="cameras around an area",
            operand="polygon",
            expected=WATCHERS_MOST,
            actual=f"> {WATCHERS_MOST}",
        )
    found = []
    for row in rows:
        point = (row.lon, row.lat)
        field, known = field_of(point, row.kind, row.direction, row.field_angle, row.view_distance)
        found.append(Watcher(row.id, row.code, row.name, Health(row.health), point, field, known))
    return found


_COLUMNS: Final = (
    "p.id, p.name, p.region, r.name AS region_name, p.location[0] AS lon, p.location[1] AS lat, p.direction, "
    "p.field_angle, p.view_distance, p.state, p.cost, p.note, p.by_id, p.by_name, p.organisation, p.created_at, "
    "p.updated_at, p.version, p.decided_at, p.decided_by, p.reason, p.evidence"
)
_FROM: Final = "FROM planned_points AS p LEFT JOIN regions AS r ON r.code = p.region"


def _planned(row: Row[Any]) -> Planned:
    return Planned(
        id=row.id,
        name=row.name,
        region=row.region,
        region_name=row.region_name,
        field=Field((row.lon, row.lat), row.direction, row.field_angle, row.view_distance),
        state=State(row.state),
        cost=row.cost,
        note=row.note,
        by_id=row.by_id,
        by_name=row.by_name,
        organisation=row.organisation,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        evidence=row.evidence,
    )


async def insert(session: WriteSession, made: Planned) -> None:
    """Write a new planned point."""
    await session.execute(
        text(
            "INSERT INTO planned_points (id, name, region, location, direction, field_angle, view_distance, cost, "
            "note, by_id, by_name, organisation, created_at, updated_at) VALUES (:id, :name, :region, "
            "point(:lon, :lat), :direction, :angle, :distance, :cost, :note, :by_id, :by_name, :organisation, :now, "
            ":now)"
        ),
        {
            "id": made.id,
            "name": made.name,
            "region": made.region,
            "lon": made.field.point[0],
            "lat": made.field.point[1],
            "direction": made.field.direction,
            "angle": made.field.angle,
            "distance": made.field.distance,
            "cost": made.cost,
            "note": made.note,
            "by_id": made.by_id,
            "by_name": made.by_name,
            "organisation": made.organisation,
            "now": made.created_at,
        },
    )


async def update(session: WriteSession, point_id: UUID, now: datetime, fields: Mapping[str, Any]) -> None:
    """Change columns, whose names come from this room's own code, and count the version up."""
    values = dict(fields)
    sets = []
    for name in fields:
        if name == "point":
            lon, lat = values.pop("point")
            values |= {"lon": lon, "lat": lat}
            sets.append("location = point(:lon, :lat)")
        elif name == "evidence":
            values["evidence"] = None if values["evidence"] is None else json.dumps(values["evidence"])
            sets.append("evidence = CAST(:evidence AS jsonb)")
        else:
            sets.append(f"{name} = :{name}")
    sets += ["version = version + 1", "updated_at = :now"]
    query = f"UPDATE planned_points SET {', '.join(sets)} WHERE id = :id"  # noqa: S608
    await session.execute(text(query), values | {"id": point_id, "now": now})


async def one(session: ReadSession, point_id: UUID, *, for_update: bool = False) -> Planned | None:
    """The planned point, held until the transaction ends with `for_update`."""
    lock = " FOR UPDATE OF p" if for_update else ""
    query = text(f"SELECT {_COLUMNS} {_FROM} WHERE p.id = :id{lock}")
    row = (await session.execute(query, {"id": point_id})).first()
    return None if row is None else _planned(row)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which planned points are meant; `since` and `until` bound when they were decided."""

    regions: tuple[str, ...]
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> conditions.Where:
        """As conditions on `planned_points AS p`."""
        where = conditions.Where()
        conditions.regions(where, self.regions, "p.region")
        if self.state is not None:
            where.add("p.state = :state", state=self.state.value)
        if self.since is not None:
            where.add("p.decided_at >= :since", since=self.since)
        if self.until is not None:
            where.add("p.decided_at < :until", until=self.until)
        return where


async def page(
    session: ReadSession, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Planned]:
    """Planned points, newest first; decided ones by their decision. One more than `limit` when there are more."""
    where = wanted.where()
    moment = "p.decided_at" if wanted.state not in (None, State.PLANNED) else "p.created_at"
    if after is not None:
        where.add(f"({moment}, p.id) < (:after_at, :after_id)", after_at=after[0], after_id=after[1])
    found = await session.execute(
        text(f"SELECT {_COLUMNS} {_FROM} WHERE {where} ORDER BY {moment} DESC, p.id DESC LIMIT :limit"),
        where.values | {"limit": limit + 1},
    )
    return [_planned(row) for row in found]


async def total(session: ReadSession, wanted: Wanted) -> tuple[int, int, Decimal]:
    """How many there are, how many of them with a cost, and the sum of these, yuan."""
    where = wanted.where()
    query = (
        f"SELECT count(*) AS points, count(p.cost) AS priced, coalesce(sum(p.cost), 0) AS cost {_FROM} WHERE {where}"
    )
    row = (await session.execute(text(query), where.values)).one()
    return row.points, row.priced, row.cost
