"""SQL of counting: named counts of cameras in use, exempt ones left out, by what they are taken together by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import where as conditions
from commonsight.catalog.lists import plan_each_time
from commonsight.inspect.exemptions.store import EXEMPT_AT
from commonsight.inspect.indicators.definitions import Variant
from commonsight.inspect.indicators.model import ScopeKind
from commonsight.inspect.indicators.sources import HEALTH, Source
from commonsight.records.database import ReadSession

NONE: Final = ""
"""Key of the cameras that say nothing about what they are taken together by."""

_OF: Final = {
    ScopeKind.SECTOR: "c.sector",
    ScopeKind.UNIT: "coalesce(CAST(c.unit_id AS text), '')",
    ScopeKind.PLATFORM: "coalesce(CAST(c.platform_id AS text), '')",
    ScopeKind.MAINTENANCE: "coalesce(c.file ->> 'maintenance_unit', '')",
}
_KEPT: Final = "sum(k.works) AS works, sum(k.bad) AS bad, sum(k.offline) AS offline, sum(k.unknown) AS unchecked"
_NOT_EXEMPT: Final = f"NOT EXISTS (SELECT 1 FROM ({EXEMPT_AT}) AS x WHERE x.camera_id = c.id)"  # noqa: S608 - our own SQL


@dataclass(frozen=True, slots=True)
class By:
    """How cameras are taken together: by region at a level (`digits` of the code), or by another kind.

    `digits` 0: all of them as one, under the key "".
    """

    kind: ScopeKind
    digits: int = 0

    @property
    def key(self) -> str:
        """SQL of the key."""
        if self.kind is ScopeKind.REGION:
            return f"left(c.region, {self.digits:d})" if self.digits else "CAST('' AS text)"
        return _OF[self.kind]


def _chosen(regions: tuple[str, ...], kind: ScopeKind, code: str | None) -> conditions.Where:
    where = conditions.Where()
    where.add(conditions.LIVE)
    conditions.regions(where, regions)
    if kind is not ScopeKind.REGION and code is not None:
        column = {ScopeKind.UNIT: "c.unit_id", ScopeKind.PLATFORM: "c.platform_id", ScopeKind.SECTOR: "c.sector"}
        if code == NONE and kind in (ScopeKind.UNIT, ScopeKind.PLATFORM):
            where.add(f"{column[kind]} IS NULL")
        elif kind in (ScopeKind.UNIT, ScopeKind.PLATFORM):
            where.add(f"{column[kind]} = CAST(:scope AS uuid)", scope=code)
        else:
            where.add(f"{_OF[kind]} = :scope", scope=code)
    return where


async def counted(
    session: ReadSession, by: By, sources: Sequence[Source], regions: tuple[str, ...], at: datetime,
    code: str | None = None,
) -> dict[str, dict[str, int]]:  # fmt: skip
    """Counts of `sources` by key, within `regions`; `code`: of this scope only. Exempt cameras are in none of them."""
    if by.kind is ScopeKind.REGION and list(sources) == [HEALTH]:
        return await _kept(session, by, regions, at)
    whole: dict[str, dict[str, int]] = {}
    await plan_each_time(session)
    for source in sources:
        where = _chosen(regions, by.kind, code)
        sums = ", ".join(f"sum({expression}) AS {count}" for count, expression in source.counts.items())
        found = await session.execute(
            text(f"""
                SELECT {by.key} AS key, {sums} FROM cameras AS c {source.joined}
                WHERE {where} AND {_NOT_EXEMPT} GROUP BY 1
            """),  # noqa: S608 - names of this floor, every value is bound
            where.values | {"exempt_at": at} | ({"at": at} if ":at" in source.joined else {}),
        )
        for row in found.mappings():
            whole.setdefault(row["key"], {}).update({count: int(row[count]) for count in source.counts})
    return whole


async def _kept(session: ReadSession, by: By, regions: tuple[str, ...], at: datetime) -> dict[str, dict[str, int]]:
    """Health by region: from the counts the database keeps, less what is exempt. Milliseconds, whatever there is."""
    where = conditions.Where()
    conditions.regions(where, regions, "k.region")
    key = by.key.replace("c.region", "k.region")
    found = await session.execute(
        text(f"SELECT {key} AS key, {_KEPT} FROM camera_counts AS k WHERE {where} GROUP BY 1"),  # noqa: S608
        where.values,
    )
    whole = {row["key"]: {count: int(row[count]) for count in HEALTH.counts} for row in found.mappings()}
    for key, less in (await _exempt_counts(session, by, regions, at, None)).items():
        for count in HEALTH.counts:
            whole[key][count] -= less[count]
    return whole


async def exempt(
    session: ReadSession, by: By, regions: tuple[str, ...], at: datetime, code: str | None = None
) -> dict[str, int]:
    """Cameras in use that are exempt, by key."""
    return {key: sum(said.values()) for key, said in (await _exempt_counts(session, by, regions, at, code)).items()}


async def _exempt_counts(
    session: ReadSession, by: By, regions: tuple[str, ...], at: datetime, code: str | None
) -> dict[str, dict[str, int]]:
    where = _chosen(regions, by.kind, code)
    sums = ", ".join(f"sum({expression}) AS {count}" for count, expression in HEALTH.counts.items())
    found = await session.execute(
        text(f"""
            SELECT {by.key} AS key, {sums} FROM (SELECT DISTINCT camera_id FROM ({EXEMPT_AT}) AS e) AS x
            JOIN cameras AS c ON c.id = x.camera_id WHERE {where} GROUP BY 1
        """),  # noqa: S608 - names of this floor, every value is bound
        where.values | {"exempt_at": at},
    )
    return {row["key"]: {count: int(row[count]) for count in HEALTH.counts} for row in found.mappings()}


@dataclass(frozen=True, slots=True)
class Cell:
    """Cameras that every way of taking together takes together: of one county, sector, unit, platform and firm."""

    county: str
    sector: str
    unit: str
    platform: str
    maintenance: str

    def scopes(self) -> list[tuple[ScopeKind, str, str]]:
        """What they are part of, as (kind, code, region): each level of region, and the rest by city."""
        levels = sorted({self.county[:2], self.county[:4], self.county})
        city = self.county[:4]
        return [
            *((ScopeKind.REGION, code, code) for code in levels),
            (ScopeKind.SECTOR, self.sector, city),
            (ScopeKind.UNIT, self.unit, city),
            (ScopeKind.PLATFORM, self.platform, city),
            (ScopeKind.MAINTENANCE, self.maintenance, city),
        ]


_CELL: Final = ", ".join(
    f"{sql} AS {name}"
    for name, sql in {
        "county": "left(c.region, 6)",
        "sector": _OF[ScopeKind.SECTOR],
        "unit": _OF[ScopeKind.UNIT],
        "platform": _OF[ScopeKind.PLATFORM],
        "maintenance": _OF[ScopeKind.MAINTENANCE],
    }.items()
)


async def cells(session: ReadSession, source: Source, at: datetime) -> list[tuple[Cell, dict[str, int]]]:
    """Counts of a source over everything, as fine as any scope needs them."""
    await plan_each_time(session)
    sums = ", ".join(f"sum({expression}) AS {count}" for count, expression in source.counts.items())
    return await _cells(session, sums, source.joined, _NOT_EXEMPT, source.counts, at)


async def exempt_cells(session: ReadSession, at: datetime) -> list[tuple[Cell, dict[str, int]]]:
    """Exempt cameras over everything, as count `exempt`."""
    joined = f"JOIN (SELECT DISTINCT camera_id FROM ({EXEMPT_AT}) AS e) AS x ON x.camera_id = c.id"  # noqa: S608 - our own SQL
    return await _cells(session, "count(*) AS exempt", joined, "true", {"exempt": ""}, at)


async def _cells(
    session: ReadSession, sums: str, joined: str, condition: str, counts: Mapping[str, str], at: datetime
) -> list[tuple[Cell, dict[str, int]]]:
    found = await session.execute(
        text(f"""
            SELECT {_CELL}, {sums} FROM cameras AS c {joined}
            WHERE {conditions.LIVE} AND {condition} GROUP BY 1, 2, 3, 4, 5
        """),  # noqa: S608 - names of this floor
        {
            name: at
            for name in ("exempt_at", "at")
            if f":{name}" in joined or (name == "exempt_at" and condition != "true")
        },
    )
    return [
        (
            Cell(row["county"], row["sector"], row["unit"], row["platform"], row["maintenance"]),
            {count: int(row[count]) for count in counts},
        )
        for row in found.mappings()
    ]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A camera that a rate lacks, by how much, and since when its health is what it is."""

    id: UUID
    gain: int
    health: int
    at: datetime | None


def lack(variant: Variant, sources: Sequence[Source]) -> str:
    """SQL of what one camera lacks: its part of the denominator without its part of the numerator."""
    expressions = {count: sql for source in sources for count, sql in source.counts.items()}
    under, over = (
        " + ".join(f"({expressions[count]})" for count in side) for side in (variant.denominator, variant.numerator)
    )
    return f"(({under}) - ({over}))"


async def lacking(
    session: ReadSession, sources: Sequence[Source], gain: str, by: By, code: str | None, regions: tuple[str, ...],
    at: datetime, most: int,
) -> list[Lacking]:  # fmt: skip
    """Cameras of a scope for which the SQL `gain` is above 0, by identifier; at most `most` and one more."""
    where = _chosen(regions, by.kind, code)
    await plan_each_time(session)
    joined = " ".join(source.joined for source in sources)
    found = await session.execute(
        text(f"""
            SELECT c.id, {gain} AS gain, c.health, c.health_at FROM cameras AS c {joined}
            WHERE {where} AND {_NOT_EXEMPT} AND {gain} > 0 ORDER BY c.id LIMIT :most
        """),  # noqa: S608 - names of this floor, every value is bound
        where.values | {"exempt_at": at, "most": most + 1} | ({"at": at} if ":at" in joined else {}),
    )
    return [Lacking(row.id, int(row.gain), row.health, row.health_at) for row in found]


async def ordered(session: ReadSession, cameras: Sequence[UUID], faults: Sequence[str]) -> dict[UUID, UUID]:
    """The order that stands for each of these cameras because of one of these faults: camera -> case."""
    if not faults:
        return {}
    found = await session.execute(
        text("""
            SELECT DISTINCT ON (camera_id) camera_id, case_id FROM maintenance_faults
            WHERE camera_id = ANY(:cameras) AND state = 'ordered' AND split_part(code, '.', 1) = ANY(:faults)
            ORDER BY camera_id, at
        """),
        {"cameras": list(cameras), "faults": list(faults)},
    )
    return {row.camera_id: row.case_id for row in found}


async def unmeasured(
    session: ReadSession, sources: Sequence[Source], variant: Variant, by: By, code: str | None,
    regions: tuple[str, ...], at: datetime, most: int,
) -> list[UUID]:  # fmt: skip
    """Cameras of a scope that belong to the question and were not measured, by identifier; at most `most`."""
    expressions = {count: sql for source in sources for count, sql in source.counts.items()}
    unknown = " + ".join(f"({expressions[count]})" for count in variant.unknown) or "0"
    found = await lacking(session, sources, f"({unknown})", by, code, regions, at, most)
    return [one.id for one in found[:most]]


async def exempt_ids(
    session: ReadSession, by: By, code: str | None, regions: tuple[str, ...], at: datetime, most: int
) -> list[UUID]:
    """Cameras of a scope that are exempt, by identifier; at most `most`."""
    where = _chosen(regions, by.kind, code)
    found = await session.execute(
        text(f"""
            SELECT c.id FROM cameras AS c WHERE {where} AND NOT ({_NOT_EXEMPT}) ORDER BY c.id LIMIT :most
        """),  # noqa: S608 - names of this floor, every value is bound
        where.values | {"exempt_at": at, "most": most},
    )
    return list(found.scalars())


async def names(session: ReadSession, kind: ScopeKind, codes: Sequence[str]) -> dict[str, str]:
    """What people call these scopes; a code without a name is left out."""
    table: dict[ScopeKind, str] = {
        ScopeKind.REGION: "SELECT code, name FROM regions WHERE code = ANY(:codes)",
        ScopeKind.UNIT: "SELECT CAST(id AS text) AS code, name FROM units WHERE CAST(id AS text) = ANY(:codes)",
        ScopeKind.PLATFORM: "SELECT CAST(id AS text) AS code, name FROM platforms WHERE CAST(id AS text) = ANY(:codes)",
    }
    if kind not in table:
        return {}
    found: Any = await session.execute(text(table[kind]), {"codes": list(codes)})
    return {row.code: row.name for row in found}
