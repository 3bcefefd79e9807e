"""SQL of figures over the rules: how complete and how accurate records are, by field, region and unit; findings lists.

complete = cameras with every field that is mandatory for their point class / cameras checked
accurate = cameras without an error or a warning of the rules / cameras checked

A camera that changed since it was checked counts as unknown until it is looked at again, a minute later at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.rules import fields
from commonsight.catalog.rules.model import Accuracy, Completeness, FieldCount, Scope, Severity, rule_set
from commonsight.records.database import ReadSession, WriteSession

Group = Literal["city", "county", "unit", "maintenance", "platform", "sector"]
GROUPS: Final[dict[str, str]] = {
    "city": "left(c.region, 4)",
    "county": "left(c.region, 6)",
    "unit": "coalesce(u.name, '')",
    "maintenance": "coalesce(c.file ->> 'maintenance_unit', '')",
    "platform": "coalesce(CAST(c.platform_id AS text), '')",
    "sector": "c.sector",
}
_FROM: Final = (
    "FROM cameras AS c LEFT JOIN record_checks AS k ON k.camera_id = c.id AND k.version = c.version "
    "LEFT JOIN units AS u ON u.id = c.unit_id"
)
_FIGURES: Final = (
    "count(*) AS total, count(k.camera_id) AS checked, count(*) FILTER (WHERE k.missing = 0) AS complete, "
    "coalesce(sum(k.mandatory), 0) AS mandatory, coalesce(sum(k.missing), 0) AS missing, "
    "count(*) FILTER (WHERE k.wrong = 0) AS accurate"
)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Figures of one group. `key`: region code, name of the unit, id of the platform; "" for none on file."""

    key: str
    completeness: Completeness
    accuracy: Accuracy


def _where(scope: Scope) -> conditions.Where:
    where = conditions.Where()
    where.add(conditions.LIVE)
    conditions.regions(where, scope.regions)
    if scope.unit is not None:
        where.add("c.unit_id = (SELECT id FROM units WHERE name = :unit)", unit=scope.unit)
    if scope.maintenance is not None:
        where.add("c.file ->> 'maintenance_unit' = :maintenance", maintenance=scope.maintenance)
    if scope.platform is not None:
        where.add("c.platform_id = :platform", platform=scope.platform)
    if scope.sector is not None:
        where.add("c.sector = :sector", sector=scope.sector)
    return where


def _figures(row: Row[Any]) -> tuple[Completeness, Accuracy]:
    unknown = row.total - row.checked
    complete = Completeness(row.checked, row.complete, int(row.mandatory), int(row.mandatory - row.missing), unknown)
    return complete, Accuracy(row.checked, row.accurate, unknown)


async def figures(session: ReadSession, scope: Scope) -> tuple[Completeness, Accuracy]:
    """Both figures over a scope."""
    where = _where(scope)
    found = await session.execute(text(f"SELECT {_FIGURES} {_FROM} WHERE {where}"), where.values)
    return _figures(found.one())


async def grouped(session: ReadSession, scope: Scope, by: Group) -> list[GroupFigures]:
    """Both figures for each group inside a scope."""
    where = _where(scope)
    found = await session.execute(
        text(f"SELECT {GROUPS[by]} AS key, {_FIGURES} {_FROM} WHERE {where} GROUP BY 1 ORDER BY 1"),
        where.values,
    )
    return [GroupFigures(row.key, *_figures(row)) for row in found]


async def by_field(session: ReadSession, scope: Scope) -> list[FieldCount]:
    """Each field: for how many it is mandatory, how many lack it, in how many it is wrong. Checked cameras only."""
    where = _where(scope)
    classes = await session.execute(
        text(f"SELECT k.point_class AS class, count(k.camera_id) AS cameras {_FROM} WHERE {where} GROUP BY 1"),
        where.values,
    )
    of_class = {row[0] or "": int(row.cameras) for row in classes}
    total = sum(of_class.values())
    counting = [code for code, rule in rule_set().rules.items() if rule.counts]
    found = await session.execute(
        text(
            "SELECT f.field, count(*) FILTER (WHERE f.rule = 'mandatory') AS missing, "  # noqa: S608
            "count(DISTINCT f.camera_id) FILTER (WHERE f.rule = ANY(:counting)) AS wrong "
            f"FROM record_findings AS f JOIN (SELECT c.id {_FROM} WHERE {where} AND k.camera_id IS NOT NULL) AS c "
            "ON c.id = f.camera_id GROUP BY 1"
        ),
        where.values | {"counting": counting},
    )
    seen = {row.field: row for row in found}
    made = []
    for code, of in fields.catalogue().items():
        due = total if "all" in of.mandatory else sum(of_class.get(name, 0) for name in of.mandatory)
        row = seen.pop(code, None)
        if due or row is not None:
            made.append(FieldCount(code, due, row.missing if row else 0, row.wrong if row else 0, total))
    return made + [FieldCount(code, 0, row.missing, row.wrong, total) for code, row in sorted(seen.items())]


# --- lists ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; every condition that is set must hold."""

    scope: Scope
    rule: str | None = None
    field: str | None = None
    severity: Severity | None = None
    camera: UUID | None = None


def _found(wanted: Wanted) -> conditions.Where:
    where = _where(wanted.scope)
    if wanted.rule is not None:
        where.add("f.rule = :rule", rule=wanted.rule)
    if wanted.field is not None:
        where.add("f.field = :field", field=wanted.field)
    if wanted.severity is not None:
        rules = [code for code, rule in rule_set().rules.items() if rule.severity is wanted.severity]
        where.add("f.rule = ANY(:rules)", rules=rules)
    if wanted.camera is not None:
        where.add("f.camera_id = :camera", camera=wanted.camera)
    return where


_FINDINGS: Final = "FROM record_findings AS f JOIN cameras AS c ON c.id = f.camera_id"


async def findings(
    session: ReadSession, wanted: Wanted, after: tuple[UUID, str, str] | None, limit: int
) -> list[Row[Any]]:
    """Findings by camera, rule and field; one more than `limit` when there are more."""
    where = _found(wanted)
    if after is not None:
        where.add(
            "(f.camera_id, f.rule, f.field) > (:a_camera, :a_rule, :a_field)",
            a_camera=after[0], a_rule=after[1], a_field=after[2],
        )  # fmt: skip
    await plan_each_time(session)
    query = (
        "SELECT f.camera_id, c.code, c.name, c.region, f.rule, f.field, f.value, f.expected, f.twin, f.at "
        f"{_FINDINGS} WHERE {where} ORDER BY f.camera_id, f.rule, f.field LIMIT :limit"
    )
    return list(await session.execute(text(query), where.values | {"limit": limit + 1}))


async def by_rule(session: ReadSession, wanted: Wanted) -> list[Row[Any]]:
    """How many findings and cameras each rule has."""
    where = _found(wanted)
    query = (
        "SELECT f.rule, count(*) AS findings, count(DISTINCT f.camera_id) AS cameras "
        f"{_FINDINGS} WHERE {where} GROUP BY 1 ORDER BY 1"
    )
    return list(await session.execute(text(query), where.values))


async def cameras_found(session: ReadSession | WriteSession, wanted: Wanted, most: int) -> Sequence[UUID]:
    """The cameras of these findings, `most` at most."""
    where = _found(wanted)
    query = f"SELECT DISTINCT f.camera_id {_FINDINGS} WHERE {where} ORDER BY 1 LIMIT :most"
    return list((await session.execute(text(query), where.values | {"most": most})).scalars())


async def last_checked(session: ReadSession) -> Row[Any]:
    """When the oldest and the newest look at a camera was, and how many were looked at."""
    found = await session.execute(
        text("SELECT min(at) AS oldest, max(at) AS newest, count(*) AS cameras FROM record_checks")
    )
    return found.one()
