"""SQL of the camera list: one page in any order under any filters, in bounded time at 250,000 rows and more.

When an index holds the asked-for order inside the asked-for region, reading it is all there is to do. Otherwise no
single plan is good: names begin with the name of a region, so matches often lie in one stretch of the order, far from
where a walk along the order begins, and the planner, which assumes that matches are spread evenly, walks through the
whole table. So a filtered list is tried in three steps, each bounded:

1. gather the matches, at most `GATHER` of them, and sort them: the answer, with an exact total;
2. if there are more: walk `WALK` rows along the order from the page's beginning, which finds frequent matches at once;
3. if those do not fill the page: gather all matches and sort them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.model import CameraRow, Filters, Health, Named, Sort, Total
from commonsight.places.model import DIGITS, Level
from commonsight.records.database import ReadSession

GATHER = 5_000
WALK = 10_000

FIELDS = (
    "c.id, c.code, c.name, c.region, c.address, c.kind, c.sector, c.place, c.health, c.health_at, c.has_source, "
    "c.analysis, c.demo, c.location[0] AS lon, c.location[1] AS lat, c.platform_id, p.name AS platform_name, "
    "u.name AS unit_name, r.name AS region_name"
)
JOINS = (
    "LEFT JOIN platforms AS p ON p.id = c.platform_id LEFT JOIN units AS u ON u.id = c.unit_id "
    "LEFT JOIN regions AS r ON r.code = c.region"
)
_NEVER = "CAST('-infinity' AS timestamptz)"
_KEYS = {"name": "c.name", "code": "c.code", "health_at": f"coalesce(c.health_at, {_NEVER})"}


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the page before: its sort key and id."""

    key: str | datetime | None
    id: UUID


@dataclass(frozen=True, slots=True)
class Slice:
    """One page. `more`: there are rows behind it. `total` is None when counting is left to the kept counts."""

    rows: list[CameraRow]
    more: bool
    total: Total | None


def camera_row(row: Row[Any]) -> CameraRow:
    """A row with the columns of `FIELDS`."""
    return CameraRow(
        id=row.id,
        code=row.code,
        name=row.name,
        region=row.region,
        region_name=row.region_name,
        address=row.address,
        platform=None if row.platform_id is None else Named(row.platform_id, row.platform_name),
        organisation=row.unit_name,
        kind=row.kind,
        sector=row.sector,
        place=row.place,
        point=None if row.lon is None else (row.lon, row.lat),
        health=Health(row.health),
        health_at=row.health_at,
        has_source=row.has_source,
        analysis=row.analysis,
        demo=row.demo,
    )


async def plan_each_time(session: ReadSession) -> None:
    """Plan the next statements for their values, and for a table that mostly lies in memory.

    A plan made for any values is the wrong one for most of these; so is one that takes each row for a turn of a disk.
    """
    await session.execute(_PLAN)


_PLAN = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('random_page_cost', '1.1', true)"
)
# The planner would rather gather a whole city and sort it than read 10,000 rows in order, of which a page needs 200.
_IN_ORDER, _ANY_ORDER = (
    text(f"SELECT set_config('enable_sort', '{switch}', true), set_config('enable_bitmapscan', '{switch}', true)")
    for switch in ("off", "on")
)


def _order(sort: Sort) -> tuple[str, str]:
    """Sort key and ORDER BY."""
    key, way = _KEYS[sort.field], " DESC" if sort.descending else ""
    # An identifier is unique: it needs no id to break ties, and its index has none.
    return key, f"{key}{way}" if sort.field == "code" else f"{key}{way}, c.id{way}"


def _beyond(where: conditions.Where, sort: Sort, after: After | None) -> None:
    if after is None:
        return
    sign = "<" if sort.descending else ">"
    if sort.field == "code":
        where.add(f"c.code {sign} :after_key", after_key=after.key)
    elif sort.field == "name":
        where.add(f"(c.name, c.id) {sign} (:after_key, :after_id)", after_key=after.key, after_id=after.id)
    else:
        moment = (
            "-infinity"
            if after.key is None
            else after.key.isoformat()
            if isinstance(after.key, datetime)
            else after.key
        )
        where.add(
            f"({_KEYS['health_at']}, c.id) {sign} (CAST(:after_key AS timestamptz), :after_id)",
            after_key=moment,
            after_id=after.id,
        )


def in_index_order(filters: Filters, sort: Sort) -> bool:
    """Whether an index gives just these cameras in this order."""
    if not filters.in_facets or filters.kind or filters.sector or filters.place or len(filters.regions) != 1:
        return False
    digits = len(filters.regions[0])
    if filters.platform is not None:
        return (
            sort.field == "name"
            and digits == DIGITS[Level.PROVINCE]
            and filters == Filters(filters.regions, platform=filters.platform)
        )
    if filters.health is not None:
        return sort.field == "name" and digits == DIGITS[Level.PROVINCE]
    indexed = [DIGITS[Level.PROVINCE], DIGITS[Level.CITY]] + ([DIGITS[Level.COUNTY]] if sort.field == "name" else [])
    return digits in indexed


async def page(session: ReadSession, filters: Filters, sort: Sort, after: After | None, limit: int) -> Slice:
    """At most `limit` cameras behind `after`."""
    if not filters.regions:
        return Slice([], False, Total(0))
    await plan_each_time(session)
    if in_index_order(filters, sort):
        return _slice(await _ordered(session, filters, sort, after, limit), limit, None)
    gathered, count = await _gathered(session, filters, sort, after, limit)
    if gathered is not None:
        return _slice(gathered, limit, Total(count))
    total = None if filters.in_facets else Total(GATHER, exact=False)
    if not filters.archived:
        walked = await _walked(session, filters, sort, after, limit)
        if len(walked) > limit:
            return _slice(walked, limit, total)
    return _slice(await _sorted(session, filters, sort, after, limit), limit, total)


def _slice(rows: Sequence[Row[Any]], limit: int, total: Total | None) -> Slice:
    return Slice([camera_row(row) for row in rows[:limit]], len(rows) > limit, total)


async def _ordered(
    session: ReadSession, filters: Filters, sort: Sort, after: After | None, limit: int
) -> Sequence[Row[Any]]:
    where = conditions.of(filters, ordered=True)
    _beyond(where, sort, after)
    _, order = _order(sort)
    inner = f"SELECT c.* FROM cameras AS c WHERE {where} ORDER BY {order} LIMIT :limit"  # noqa: S608
    found = await session.execute(
        text(f"SELECT {FIELDS} FROM ({inner}) AS c {JOINS} ORDER BY {order}"),  # noqa: S608
        where.values | {"limit": limit + 1},
    )
    return found.all()


async def _gathered(
    session: ReadSession, filters: Filters, sort: Sort, after: After | None, limit: int
) -> tuple[Sequence[Row[Any]] | None, int]:
    """Step 1: the page and the exact total, or None when there are more than `GATHER` matches."""
    where = conditions.of(filters)
    beyond = conditions.Where()
    _beyond(beyond, sort, after)
    _, order = _order(sort)
    found = await session.execute(
        text(f"""
            WITH hit AS MATERIALIZED (
                SELECT c.id, c.name, c.code, c.health_at FROM cameras AS c WHERE {where} LIMIT {GATHER + 1}
            ), size AS (SELECT count(*) AS matches FROM hit),
            chosen AS (
                SELECT c.id FROM hit AS c, size WHERE size.matches <= {GATHER} AND {beyond}
                ORDER BY {order} LIMIT :limit
            )
            SELECT size.matches, {FIELDS}
            FROM size LEFT JOIN (SELECT cameras.* FROM chosen JOIN cameras USING (id)) AS c ON true {JOINS}
            ORDER BY {order}
        """),  # noqa: S608
        where.values | beyond.values | {"limit": limit + 1},
    )
    rows = found.all()
    count = int(rows[0].matches)
    if count > GATHER:
        return None, count
    return [row for row in rows if row.id is not None], count


def _way(filters: Filters, sort: Sort) -> conditions.Where:
    """What an index in this order begins with. Nothing else may stand here: the bound counts the rows that are met."""
    way = conditions.Where()
    way.add(conditions.LIVE)
    region = filters.regions[0] if len(filters.regions) == 1 else ""
    digits = DIGITS[Level.COUNTY] if sort.field == "name" and len(region) > DIGITS[Level.CITY] else DIGITS[Level.CITY]
    if sort.field == "name" and filters.platform is not None:
        way.add("c.platform_id = :platform", platform=filters.platform)
    elif len(region) >= digits:
        conditions.regions(way, (region[:digits],), ordered=True)
    elif sort.field == "name" and filters.health is not None:
        way.add("c.health = :health", health=int(filters.health))
    return way


async def _walked(
    session: ReadSession, filters: Filters, sort: Sort, after: After | None, limit: int
) -> Sequence[Row[Any]]:
    """Step 2: the page, as far as `WALK` rows along the order hold it."""
    where = conditions.of(filters)
    along = _way(filters, sort)
    _beyond(along, sort, after)
    _, order = _order(sort)
    walk = f"SELECT c.* FROM cameras AS c WHERE {along} ORDER BY {order} LIMIT {WALK}"  # noqa: S608
    inner = f"SELECT c.* FROM ({walk}) AS c WHERE {where} ORDER BY {order} LIMIT :limit"  # noqa: S608
    await session.execute(_IN_ORDER)
    found = await session.execute(
        text(f"SELECT {FIELDS} FROM ({inner}) AS c {JOINS} ORDER BY {order}"),  # noqa: S608
        where.values | along.values | {"limit": limit + 1},
    )
    await session.execute(_ANY_ORDER)
    return found.all()


async def _sorted(
    session: ReadSession, filters: Filters, sort: Sort, after: After | None, limit: int
) -> Sequence[Row[Any]]:
    """Step 3: all matches gathered, then sorted. OFFSET 0 keeps the planner from walking the order after all."""
    where = conditions.of(filters, ordered=True)
    _beyond(where, sort, after)
    _, order = _order(sort)
    every = f"SELECT c.id, c.name, c.code, c.health_at FROM cameras AS c WHERE {where} OFFSET 0"  # noqa: S608
    chosen = f"SELECT c.id FROM ({every}) AS c ORDER BY {order} LIMIT :limit"  # noqa: S608
    found = await session.execute(
        text(f"SELECT {FIELDS} FROM ({chosen}) AS k JOIN cameras AS c USING (id) {JOINS} ORDER BY {order}"),  # noqa: S608
        where.values | {"limit": limit + 1},
    )
    return found.all()


async def count(session: ReadSession, filters: Filters) -> int:
    """The exact number, from the index alone; for filters without a search."""
    where = conditions.of(filters)
    found = await session.execute(text(f"SELECT count(*) FROM cameras AS c WHERE {where}"), where.values)  # noqa: S608
    return int(found.scalar_one())
