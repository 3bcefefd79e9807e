"""SQL that finds cameras by shape: inside a polygon, nearest to a point, along a route. All through one GiST index."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import where as conditions
from commonsight.catalog.areas import DEGREE_METRES, EARTH_METRES, Point, Segment, reach
from commonsight.catalog.lists import FIELDS, JOINS, camera_row, plan_each_time
from commonsight.catalog.model import CameraRow, Counts, Filters
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession

ALONG_MOST: Final = 20_000
"""Cameras along one route."""

FIRST_METRES: Final = 250.0
"""The nearest are looked for within this at first, then four times as far, and so on."""

_COUNTS: Final = (
    "count(*) AS total, count(*) FILTER (WHERE health = 1) AS works, count(*) FILTER (WHERE health = 2) AS bad, "
    "count(*) FILTER (WHERE health = 3) AS offline, count(*) FILTER (WHERE health = 0) AS unknown"
)
_WITHIN: Final = (
    "SELECT {distinct} c.id, c.health FROM unnest(CAST(:parts AS text[])) AS p (ring) "
    "JOIN cameras AS c ON c.location <@ CAST(p.ring AS polygon)"
)


@dataclass(frozen=True, slots=True)
class Near:
    """A camera, how far it is (metres), and for a route how far along it."""

    row: CameraRow
    metres: float
    along: float | None = None


def rings(parts: Sequence[Sequence[Point]]) -> list[str]:
    """Rings as PostgreSQL writes polygons."""
    return ["(" + ",".join(f"({x!r},{y!r})" for x, y in part) + ")" for part in parts]


async def inside(
    session: ReadSession, filters: Filters, parts: Sequence[Sequence[Point]], after: UUID | None, limit: int
) -> tuple[Counts, list[UUID]]:
    """Cameras of `filters` inside an area by health, and the ids behind `after`: one more than `limit` if more."""
    if not filters.regions:
        return Counts(), []
    await plan_each_time(session)
    where = conditions.of(filters)
    beyond = "" if after is None else "WHERE id > :after"
    # Who stands on the cut between two parts is in both.
    within = _WITHIN.format(distinct="DISTINCT" if len(parts) > 1 else "")
    query = f"""
        WITH found AS MATERIALIZED ({within} WHERE {where}),
        page AS (SELECT id FROM found {beyond} ORDER BY id LIMIT :limit)
        SELECT {_COUNTS}, (SELECT array_agg(id ORDER BY id) FROM page) AS ids FROM found
    """  # noqa: S608
    values = where.values | {"parts": rings(parts), "after": after, "limit": limit + 1}
    row = (await session.execute(text(query), values)).one()
    return Counts(row.total, row.works, row.bad, row.offline, row.unknown), row.ids or []


def distance(lon: str, lat: str) -> str:
    """SQL: metres over the sphere from the bound point (:lon, :lat) to columns."""
    return (
        f"2 * {EARTH_METRES} * asin(least(1, sqrt(sin(radians({lat} - :lat) / 2) ^ 2 + cos(radians(:lat)) * "
        f"cos(radians({lat})) * sin(radians({lon} - :lon) / 2) ^ 2)))"
    )


async def nearest(session: ReadSession, filters: Filters, point: Point, within: float, limit: int) -> list[Near]:
    """At most `limit` cameras of `filters` within so many metres, nearest first.

    An index knows distances in degrees, which are no metres; so windows grow until one holds enough within its radius.
    """
    if not filters.regions:
        return []
    await plan_each_time(session)
    where = conditions.of(filters)
    where.add("c.location <@ box(point(:west, :south), point(:east, :north))")
    chosen = f"SELECT c.*, {distance('c.location[0]', 'c.location[1]')} AS metres FROM cameras AS c WHERE {where}"  # noqa: S608
    query = text(
        f"SELECT {FIELDS}, c.metres FROM (SELECT * FROM ({chosen}) AS c WHERE metres <= :radius "  # noqa: S608
        f"ORDER BY metres, id LIMIT :limit) AS c {JOINS} ORDER BY c.metres, c.id"
    )
    radius = min(FIRST_METRES, within)
    while True:
        west, south, east, north = reach(point, radius)
        window = {"west": west, "south": south, "east": east, "north": north}
        values = where.values | window | {"lon": point[0], "lat": point[1], "radius": radius, "limit": limit}
        found = (await session.execute(query, values)).all()
        if len(found) >= limit or radius >= within:
            return [Near(camera_row(row), float(row.metres)) for row in found]
        radius = min(radius * 4, within)


@dataclass(frozen=True, slots=True)
class Beside:
    """A camera beside a route: metres along it to the nearest place, metres off it there."""

    along: float
    id: UUID
    off: float
    health: int


async def beside(session: ReadSession, filters: Filters, segments: Sequence[Segment], metres: float) -> list[Beside]:
    """Every camera of `filters` within `metres` of a route, in the order in which it passes them.

    Raises:
        Refusal: `catalog.route_crowded` (422) when there are more than `ALONG_MOST`.
    """
    if not filters.regions:
        return []
    await plan_each_time(session)
    where = conditions.of(filters)
    windows = [_window(segment, metres) for segment in segments]
    values: dict[str, Any] = {
        "x1": [segment.start[0] for segment in segments],
        "y1": [segment.start[1] for segment in segments],
        "x2": [segment.end[0] for segment in segments],
        "y2": [segment.end[1] for segment in segments],
        "before": [segment.before for segment in segments],
        "length": [segment.length for segment in segments],
        "boxes": windows,
        "metres": metres,
    }
    found = await session.execute(text(_BESIDE.format(where=where)), where.values | values)
    rows = [Beside(float(row.along), row.id, float(row.off_metres), row.health) for row in found]
    if len(rows) > ALONG_MOST:
        raise Refusal(
            "catalog.route_crowded",
            status=422,
            rule="cameras along a route",
            operand="line",
            expected=ALONG_MOST,
            actual=f"> {ALONG_MOST}",
        )
    return rows


def _window(segment: Segment, metres: float) -> str:
    first, second = reach(segment.start, metres), reach(segment.end, metres)
    west, south = min(first[0], second[0]), min(first[1], second[1])
    east, north = max(first[2], second[2]), max(first[3], second[3])
    return f"({east!r},{north!r}),({west!r},{south!r})"


# Each piece is taken as flat around its middle: `k` is the width of a degree of longitude there.
_BESIDE: Final = f"""
    WITH piece AS (
        SELECT *, CAST(window_ AS box) AS window_box, cos(radians((y1 + y2) / 2)) AS k
        FROM unnest(CAST(:x1 AS float8[]), CAST(:y1 AS float8[]), CAST(:x2 AS float8[]), CAST(:y2 AS float8[]),
            CAST(:before AS float8[]), CAST(:length AS float8[]), CAST(:boxes AS text[]))
            AS given (x1, y1, x2, y2, before, length, window_)
    ), near AS (
        SELECT c.id, c.health, p.before, p.length, p.k, p.x1, p.y1, p.x2, p.y2, c.location[0] AS x, c.location[1] AS y,
            greatest(0, least(1, (
                (c.location[0] - p.x1) * p.k * (p.x2 - p.x1) * p.k + (c.location[1] - p.y1) * (p.y2 - p.y1)
            ) / nullif(((p.x2 - p.x1) * p.k) ^ 2 + (p.y2 - p.y1) ^ 2, 0))) AS share
        FROM piece AS p JOIN cameras AS c ON c.location <@ p.window_box WHERE {{where}}
    ), measured AS (
        SELECT id, health, before + share * length AS along, {DEGREE_METRES} * sqrt(
            ((x - x1 - share * (x2 - x1)) * k) ^ 2 + (y - y1 - share * (y2 - y1)) ^ 2) AS off_metres
        FROM near
    ), best AS (
        SELECT DISTINCT ON (id) id, health, along, off_metres FROM measured WHERE off_metres <= :metres
        ORDER BY id, off_metres, along
    )
    SELECT * FROM best ORDER BY along, id LIMIT {ALONG_MOST + 1}
"""  # noqa: S608


async def rows_of(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, CameraRow]:
    """Cameras by id."""
    query = text(f"SELECT {FIELDS} FROM cameras AS c {JOINS} WHERE c.id = ANY(:ids)")  # noqa: S608
    return {row.id: camera_row(row) for row in await session.execute(query, {"ids": list(ids)})}
