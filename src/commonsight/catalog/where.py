"""From filters to SQL conditions. Every value is bound; only names from this file stand in the text."""

from typing import Any

from commonsight.catalog.model import Filters
from commonsight.catalog.search import terms
from commonsight.places.model import DIGITS, Level, after_prefix

LIVE, ARCHIVED = "c.archived_at IS NULL", "c.archived_at IS NOT NULL"
_MEMBER = """c.id IN (
    WITH RECURSIVE walk (code) AS (
        SELECT CAST(:group_code AS text) COLLATE "C"
        UNION
        SELECT g.code FROM walk AS w JOIN camera_groups AS g
            ON g.source_id = :group_source AND g.parent = w.code AND g.deleted_at IS NULL
    ) SELECT m.camera_id FROM walk JOIN camera_group_members AS m ON m.source_id = :group_source AND m.code = walk.code
)"""
_CHOSEN = "c.id IN (SELECT s.camera_id FROM camera_selection_members AS s WHERE s.selection_id = :selection)"
_INDEXED = {DIGITS[Level.CITY], DIGITS[Level.COUNTY]}


class Where:
    """Conditions on `cameras AS c` and the values they need."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: dict[str, Any] = {}

    def add(self, condition: str, **values: Any) -> None:
        """One more condition that must hold."""
        self.conditions.append(condition)
        self.values.update(values)

    def __str__(self) -> str:
        return " AND ".join(self.conditions) or "true"


def regions(where: Where, prefixes: tuple[str, ...], column: str = "c.region", *, ordered: bool = False) -> None:
    """Keep to the prefixes; none of them lets nothing through.

    Args:
        ordered: name a single city or county by the expression that the indexes of a region's own order begin with.
    """
    if ordered and len(prefixes) == 1 and len(prefixes[0]) in _INDEXED:
        # The length stands in the text, not in a parameter: the planner must see the index's expression.
        where.add(f"left({column}, {len(prefixes[0])}) = :region", region=prefixes[0])
        return
    ranges = []
    for number, prefix in enumerate(prefixes):
        ranges.append(f"({column} >= :from{number} AND {column} < :to{number})")
        where.values |= {f"from{number}": prefix, f"to{number}": after_prefix(prefix)}
    where.conditions.append("(" + " OR ".join(ranges) + ")" if ranges else "false")


def search(where: Where, query: str) -> None:
    """Keep to the cameras that hold every word of `query` in name, address, or at the beginning of the identifier."""
    for number, term in enumerate(terms(query)):
        holds = f"c.grams @> CAST(:grams{number} AS integer[])"
        where.values[f"grams{number}"] = list(term.grams)
        if term.compare:
            pattern = term.text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            where.values[f"text{number}"] = f"%{pattern}%"
            holds += (
                f" AND (lower(normalize(c.name, NFKC)) LIKE :text{number}"
                f" OR lower(normalize(c.address, NFKC)) LIKE :text{number})"
            )
        if term.code_prefix is not None:
            holds = f"({holds}) OR (c.code >= :code{number} AND c.code < :codes{number})"
            where.values |= {f"code{number}": term.code_prefix, f"codes{number}": after_prefix(term.code_prefix)}
        where.conditions.append(f"({holds})")


def of(filters: Filters, *, ordered: bool = False) -> Where:
    """All conditions of `filters`."""
    where = Where()
    where.add(ARCHIVED if filters.archived else LIVE)
    regions(where, filters.regions, ordered=ordered)
    if filters.health is not None:
        where.add("c.health = :health", health=int(filters.health))
    if filters.platform is not None:
        where.add("c.platform_id = :platform", platform=filters.platform)
    if filters.kind is not None:
        where.add("c.kind = :kind", kind=filters.kind)
    if filters.sector is not None:
        where.add("c.sector = :sector", sector=filters.sector)
    if filters.place is not None:
        where.add("c.place = :place", place=filters.place)
    if filters.group is not None:
        where.add(_MEMBER, group_source=filters.group[0], group_code=filters.group[1])
    if filters.selection is not None:
        where.add(_CHOSEN, selection=filters.selection)
    for mark in ("has_source", "analysis", "demo"):
        wanted = getattr(filters, mark)
        if wanted is not None:
            where.add(f"c.{mark}" if wanted else f"NOT c.{mark}")
    search(where, filters.q)
    return where
