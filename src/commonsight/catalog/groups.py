"""SQL of the other tree: business groups and virtual organisations of lower platforms, with their cameras by health.

`intake` files the groups as they are reported; here they are only read. A platform may report groups in a ring or under
parents that never come: a walk meets each group once, and a group whose parent is not known stands at the top.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.model import Counts
from commonsight.records.database import ReadSession

GROUPS_MOST: Final = 2_000
"""Groups of one answer."""


@dataclass(frozen=True, slots=True)
class GroupNode:
    """A group with the cameras in it and below it. `code` is None for the platform that the groups are of."""

    source: UUID
    code: str | None
    name: str
    kind: Literal["source", "group", "organisation"]
    children: int
    counts: Counts


_COUNTED: Final = """
    SELECT {key}, count(*) AS total, count(*) FILTER (WHERE health = 1) AS works,
        count(*) FILTER (WHERE health = 2) AS bad, count(*) FILTER (WHERE health = 3) AS offline,
        count(*) FILTER (WHERE health = 0) AS unknown
    FROM ({members}) AS held GROUP BY {key}
"""
_LIVE: Final = "g.deleted_at IS NULL"
_TOP: Final = (
    "(g.parent IS NULL OR NOT EXISTS (SELECT 1 FROM camera_groups AS a WHERE a.source_id = g.source_id "
    "AND a.code = g.parent AND a.deleted_at IS NULL))"
)


def _node(row: Row[Any]) -> GroupNode:
    counts = Counts(row.total or 0, row.works or 0, row.bad or 0, row.offline or 0, row.unknown or 0)
    return GroupNode(row.source_id, row.code, row.name, row.kind, row.children, counts)


async def sources(session: ReadSession, regions: tuple[str, ...]) -> list[GroupNode]:
    """The platforms that report groups, with their cameras inside `regions`.

    Cameras of a platform are counted from the index of facets, in groups or not; those of a device that belongs to no
    platform by their groups.
    """
    where = conditions.Where()
    where.add(conditions.LIVE)
    conditions.regions(where, regions)
    await plan_each_time(session)
    of_platforms = f"SELECT c.platform_id, c.health FROM cameras AS c WHERE {where} AND c.platform_id IS NOT NULL"  # noqa: S608
    of_devices = (
        "SELECT DISTINCT m.source_id, c.id, c.health FROM intake_sources AS s "  # noqa: S608
        "JOIN camera_group_members AS m ON m.source_id = s.id JOIN cameras AS c ON c.id = m.camera_id "
        f"WHERE s.platform_id IS NULL AND {where}"
    )
    found = await session.execute(
        text(f"""
            WITH by_platform AS ({_COUNTED.format(key="platform_id", members=of_platforms)}),
            by_device AS ({_COUNTED.format(key="source_id", members=of_devices)})
            SELECT s.id AS source_id, NULL AS code, s.name, 'source' AS kind, k.total, k.works, k.bad, k.offline,
                k.unknown,
                (SELECT count(*) FROM camera_groups AS g WHERE g.source_id = s.id AND {_LIVE} AND {_TOP}) AS children
            FROM intake_sources AS s LEFT JOIN (
                SELECT o.id, p.total, p.works, p.bad, p.offline, p.unknown
                FROM by_platform AS p JOIN intake_sources AS o USING (platform_id)
                UNION ALL
                SELECT d.source_id, d.total, d.works, d.bad, d.offline, d.unknown FROM by_device AS d
            ) AS k ON k.id = s.id
            WHERE EXISTS (SELECT 1 FROM camera_groups AS g WHERE g.source_id = s.id AND {_LIVE})
            ORDER BY s.name, s.id LIMIT {GROUPS_MOST}
        """),  # noqa: S608
        where.values,
    )
    return [_node(row) for row in found]


async def below(session: ReadSession, source: UUID, parent: str | None, regions: tuple[str, ...]) -> list[GroupNode]:
    """The groups of a platform directly below `parent` (None: at the top), each with all cameras below it."""
    where = conditions.Where()
    where.add(conditions.LIVE)
    conditions.regions(where, regions)
    await plan_each_time(session)
    here = _TOP if parent is None else "g.parent = :parent"
    members = (
        "SELECT DISTINCT w.root, c.id, c.health FROM walk AS w "  # noqa: S608
        "JOIN camera_group_members AS m ON m.source_id = :source AND m.code = w.code "
        f"JOIN cameras AS c ON c.id = m.camera_id WHERE {where}"
    )
    found = await session.execute(
        text(f"""
            WITH RECURSIVE chosen AS (
                SELECT g.* FROM camera_groups AS g WHERE g.source_id = :source AND {_LIVE} AND {here}
                ORDER BY g.name, g.code LIMIT {GROUPS_MOST}
            ), walk (root, code) AS (
                SELECT code, code FROM chosen
                UNION
                SELECT w.root, g.code FROM walk AS w
                JOIN camera_groups AS g ON g.source_id = :source AND g.parent = w.code AND {_LIVE}
            ), counted AS ({_COUNTED.format(key="root", members=members)})
            SELECT g.source_id, g.code, g.name, g.kind, k.total, k.works, k.bad, k.offline, k.unknown,
                (SELECT count(*) FROM camera_groups AS d WHERE d.source_id = :source AND d.parent = g.code
                    AND d.deleted_at IS NULL) AS children
            FROM chosen AS g LEFT JOIN counted AS k ON k.root = g.code ORDER BY g.name, g.code
        """),  # noqa: S608
        where.values | {"source": source, "parent": parent},
    )
    return [_node(row) for row in found]
