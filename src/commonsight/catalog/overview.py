"""SQL of the tree and the map: counts from what the database keeps, points from one index."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.model import Box, Counts, Filters, Health, TreeNode
from commonsight.places.model import DIGITS, Level, level_of
from commonsight.records.database import ReadSession

POINTS_MOST = 20_000

_SUMS = ", ".join(f"sum(k.{column}) AS {column}" for column in ("total", "works", "bad", "offline", "unknown"))

_BY_HEALTH = (
    "count(*) AS total, count(*) FILTER (WHERE c.health = 1) AS works, count(*) FILTER (WHERE c.health = 2) AS bad, "
    "count(*) FILTER (WHERE c.health = 3) AS offline, count(*) FILTER (WHERE c.health = 0) AS unknown"
)


def _counts(row: Row[Any]) -> Counts:
    return Counts(
        int(row.total or 0), int(row.works or 0), int(row.bad or 0), int(row.offline or 0), int(row.unknown or 0)
    )


async def summary(session: ReadSession, prefixes: tuple[str, ...]) -> Counts:
    """Cameras by health inside the prefixes, from the kept counts."""
    where = conditions.Where()
    conditions.regions(where, prefixes, "k.region")
    found = await session.execute(text(f"SELECT {_SUMS} FROM camera_counts AS k WHERE {where}"), where.values)  # noqa: S608
    return _counts(found.one())


async def counts(session: ReadSession, filters: Filters) -> Counts:
    """Cameras of `filters` by health: from the kept counts where these can tell, else from the rows."""
    if not filters.regions:
        return Counts()
    if filters.in_counts:
        return _only(await summary(session, filters.regions), filters.health)
    await plan_each_time(session)
    where = conditions.of(filters)
    query = f"SELECT {_BY_HEALTH} FROM cameras AS c WHERE {where}"  # noqa: S608
    return _counts((await session.execute(text(query), where.values)).one())


async def tree(
    session: ReadSession, parent: str, prefixes: tuple[str, ...], others: Filters | None = None
) -> list[TreeNode]:
    """The regions below `parent` with the cameras inside them that lie within `prefixes`, under `others` if given.

    Place and health are answered from the kept counts, other filters from the index of facets, a search from the rows.
    Cameras filed at `parent` itself, above its children, are counted on no child.
    """
    filters = replace(others or Filters(()), regions=prefixes)
    level = level_of(parent)
    if level is Level.VILLAGE:
        return []
    digits = DIGITS[Level(level + 1)]
    if filters.in_counts:
        where = conditions.Where()
        conditions.regions(where, filters.regions, "k.region")
        counted = f"SELECT left(k.region, {digits}) AS code, {_SUMS} FROM camera_counts AS k WHERE {where} GROUP BY 1"  # noqa: S608
    else:
        await plan_each_time(session)
        where = conditions.of(filters)
        counted = f"SELECT left(c.region, {digits}) AS code, {_BY_HEALTH} FROM cameras AS c WHERE {where} GROUP BY 1"  # noqa: S608
    found = await session.execute(
        text(f"""
            WITH counted AS ({counted})
            SELECT r.code, r.name, r.level, r.children, k.total, k.works, k.bad, k.offline, k.unknown
            FROM regions AS r LEFT JOIN counted AS k ON k.code = r.code WHERE r.parent = :parent ORDER BY r.code
        """),  # noqa: S608
        where.values | {"parent": parent},
    )
    return [TreeNode(row.code, row.name, row.level, row.children, _only(_counts(row), filters.health)) for row in found]


async def density(session: ReadSession, filters: Filters) -> list[tuple[int, Counts]]:
    """Cameras by cell of the density grid, largest first.

    Place and health are answered from the kept counts; other filters from the index of facets; a search from the rows.
    """
    if not filters.regions:
        return []
    await plan_each_time(session)
    if filters.in_counts:
        where = conditions.Where()
        conditions.regions(where, filters.regions, "k.region")
        query = f"SELECT k.cell, {_SUMS} FROM camera_counts AS k WHERE k.cell <> 0 AND {where} GROUP BY k.cell"  # noqa: S608
        found = [
            (row.cell, _only(_counts(row), filters.health)) for row in await session.execute(text(query), where.values)
        ]
    else:
        where = conditions.of(filters)
        where.add("c.cell <> 0")
        query = f"SELECT c.cell, {_BY_HEALTH} FROM cameras AS c WHERE {where} GROUP BY c.cell"  # noqa: S608
        found = [(row.cell, _counts(row)) for row in await session.execute(text(query), where.values)]
    kept = [(cell, counts) for cell, counts in found if counts.total]
    return sorted(kept, key=lambda pair: (-pair[1].total, pair[0]))


def _only(counts: Counts, health: Health | None) -> Counts:
    if health is None:
        return counts
    number = int(getattr(counts, health.word))
    return Counts(**{"total": number, health.word: number})


def _inside(where: conditions.Where, box: Box) -> None:
    where.add(
        "c.location <@ box(point(:west, :south), point(:east, :north))",
        west=box.west,
        south=box.south,
        east=box.east,
        north=box.north,
    )


async def points_json(session: ReadSession, filters: Filters, box: Box) -> tuple[str, int]:
    """Cameras inside the box as a JSON array `[[lon, lat, health, "id"], …]`, and how many it holds.

    Places to five decimals (1 m): a map shows no more, and every digit is sent 20,000 times.
    One more than `POINTS_MOST` when there are more; which ones are left out then is arbitrary.

    The database writes the JSON itself: at this size, making 20,000 rows into objects here would cost more than finding
    them.
    """
    if not filters.regions:
        return "[]", 0
    await plan_each_time(session)
    where = conditions.of(filters)
    _inside(where, box)
    found = await session.execute(
        text(f"""
            SELECT string_agg(concat('[', x, ',', y, ',', health, ',"', id, '"]'), ',') AS body, count(*) AS number
            FROM (
                SELECT round(c.location[0] * 1e5) / 1e5 AS x, round(c.location[1] * 1e5) / 1e5 AS y, c.health, c.id
                FROM cameras AS c WHERE {where} LIMIT {POINTS_MOST + 1}
            ) AS p
        """),  # noqa: S608
        where.values,
    )
    row = found.one()
    return f"[{row.body or ''}]", int(row.number)
