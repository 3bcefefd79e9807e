"""SQL of a choice of cameras: how many it comes to, how many two choices share; spelt out only for what is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import area_store, areas
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.where import LIVE, Where
from commonsight.gate.grant_model import Selection, by_kind
from commonsight.places.model import after_prefix
from commonsight.records.database import ReadSession

SHOWN: Final = 5
"""Names of cameras shown beside a count."""

_COLUMNS: Final = {"kind": "c.kind", "sector": "c.sector", "place": "c.place"}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many cameras a choice comes to, and the names of the first few."""

    cameras: int
    names: tuple[str, ...]


async def count(session: ReadSession, scopes: Sequence[Sequence[str]], *choices: Selection) -> Counted:
    """The cameras in use that every one of `choices` holds, within every one of `scopes` (division-code prefixes)."""
    where = _within(scopes, choices)
    await plan_each_time(session)
    query = text(f"""
        WITH found AS MATERIALIZED (SELECT c.name, c.id FROM cameras AS c WHERE {where})
        SELECT count(*) AS cameras,
            (SELECT array_agg(f.name) FROM (SELECT name FROM found ORDER BY name, id LIMIT {SHOWN}) AS f) AS names
        FROM found
    """)  # noqa: S608 - names of this file only, every value is bound
    row = (await session.execute(query, where.values)).one()
    return Counted(row.cameras, tuple(row.names or ()))


async def openable(
    session: ReadSession, scope: Sequence[str], chosen: Selection, most: int, **only: Sequence[UUID]
) -> list[UUID]:
    """The same of one choice within one scope, camera by camera, by code: those with an address, at most `most`.

    Args:
        only: `platform_id=` or `unit_id=` narrow it to cameras of these platforms and managing units.
    """
    where = _within([scope], [chosen])
    for column, ids in only.items():
        where.add(f"c.{column} = ANY(:{column})", **{column: list(ids)})
    await plan_each_time(session)
    query = text(f"SELECT c.id FROM cameras AS c WHERE {where} AND c.url IS NOT NULL ORDER BY c.code LIMIT :most")  # noqa: S608
    return list(await session.scalars(query, where.values | {"most": most}))


def _within(scopes: Sequence[Sequence[str]], choices: Sequence[Selection]) -> Where:
    where = Where()
    where.add(LIVE)
    for number, scope in enumerate(scopes):
        where.add(_regions(where, f"scope{number}", scope))
    for number, chosen in enumerate(choices):
        where.add(_holds(where, f"s{number}", chosen))
    return where


def _holds(where: Where, name: str, chosen: Selection) -> str:
    """The condition that says what `Selection.holds` says."""
    if chosen.empty:
        return "false"
    said = []
    for kind, tags in by_kind(chosen.tags).items():
        where.values[f"{name}{kind}"] = [tag.partition(":")[2] for tag in tags]
        said.append(f"{_COLUMNS[kind]} = ANY(:{name}{kind})")
    if not chosen.placeless:
        said.append("(" + " OR ".join(_placed(where, name, chosen)) + ")")
    return " AND ".join(said) or "true"


def _placed(where: Where, name: str, chosen: Selection) -> list[str]:
    said = []
    if chosen.regions:
        said.append(_regions(where, f"{name}r", chosen.regions))
    if chosen.cameras:
        where.values[f"{name}c"] = list(chosen.cameras)
        said.append(f"c.id = ANY(:{name}c)")
    if chosen.groups:
        said.append(_groups(where, name, chosen.groups))
    if chosen.polygon is not None:
        where.values[f"{name}p"] = area_store.rings(areas.parts(areas.polygon(chosen.polygon)))
        said.append(
            f"EXISTS (SELECT 1 FROM unnest(CAST(:{name}p AS text[])) AS p (ring) "  # noqa: S608 - as below
            "WHERE c.location <@ CAST(p.ring AS polygon))"
        )
    return said


def _regions(where: Where, name: str, prefixes: Sequence[str]) -> str:
    ranges = []
    for number, prefix in enumerate(prefixes):
        if not prefix:
            return "true"
        where.values |= {f"{name}from{number}": prefix, f"{name}to{number}": after_prefix(prefix)}
        ranges.append(f"(c.region >= :{name}from{number} AND c.region < :{name}to{number})")
    return "(" + " OR ".join(ranges) + ")" if ranges else "false"


def _groups(where: Where, name: str, groups: Sequence[tuple[UUID, str]]) -> str:
    where.values[f"{name}gs"] = [source for source, _ in groups]
    where.values[f"{name}gc"] = [code for _, code in groups]
    # Downwards from the groups named. UNION meets each group once, so a ring of groups ends.
    return f"""c.id IN (
        WITH RECURSIVE walk (source_id, code) AS (
            SELECT s, k COLLATE "C" FROM unnest(CAST(:{name}gs AS uuid[]), CAST(:{name}gc AS text[])) AS t (s, k)
            UNION
            SELECT g.source_id, g.code FROM walk AS w JOIN camera_groups AS g
                ON g.source_id = w.source_id AND g.parent = w.code AND g.deleted_at IS NULL
        ) SELECT m.camera_id FROM walk JOIN camera_group_members AS m
            ON m.source_id = walk.source_id AND m.code = walk.code
    )"""  # noqa: S608 - as above
