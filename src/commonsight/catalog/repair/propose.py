"""From findings to proposals: what the right value is, why, and how sure that is. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import polars as pl

from commonsight.catalog import codes
from commonsight.catalog.repair.model import Proposal, Reason
from commonsight.catalog.rules.checks.units import similar_names
from commonsight.catalog.rules.frame import Context
from commonsight.places.model import from_six
from commonsight.problem import Refusal

Row = Mapping[str, Any]
Maker = Callable[[Row, Row, Context], Proposal | None]

PLACE_CONFIDENCE: Final = 0.9
"""Two independent signs agree (identifier and place, identifier and name)."""


def proposals(frame: pl.DataFrame, found: pl.DataFrame, context: Context) -> Iterator[Proposal]:
    """What is proposed for these findings. `frame` holds the cameras they are about."""
    wanted = found.filter(pl.col("rule").is_in(list(_MAKERS)))
    if wanted.is_empty():
        return
    rows = {
        row["id"]: row
        for row in frame.filter(pl.col("id").is_in(wanted["id"].unique().to_list())).iter_rows(named=True)
    }
    for finding in wanted.iter_rows(named=True):
        row = rows.get(finding["id"])
        made = None if row is None else _MAKERS[finding["rule"]](row, finding, context)
        if made is not None and made.was != made.becomes:
            yield made


def _of(
    finding: Row,
    becomes: str,
    reason: Reason,
    confidence: float,
    *,
    certain: bool = False,
    field: str | None = None,
    was: str | None = None,
    source: str = "",
) -> Proposal:
    return Proposal(
        finding["id"],
        field or finding["field"],
        finding["rule"],
        finding["value"] if was is None else was,
        becomes,
        reason,
        confidence,
        certain,
        source,
    )


def _written(row: Row, finding: Row, context: Context) -> Proposal:  # noqa: ARG001
    return _of(finding, finding["expected"], Reason.WRITTEN, 1.0, certain=True)


def _spelling(row: Row, finding: Row, context: Context) -> Proposal:  # noqa: ARG001
    return _of(finding, finding["expected"], Reason.SPELLING, 1.0, certain=True)


def _similar(row: Row, finding: Row, context: Context) -> Proposal:  # noqa: ARG001
    known = _alike(context).get(finding["value"])
    return _of(finding, finding["expected"], Reason.SIMILAR, 0.8 if known is None else round(known[1], 2))


def _alike(context: Context) -> Mapping[str, tuple[str, float]]:
    # Once a context: the same for every row.
    kept: dict[str, tuple[str, float]] | None = context.kept.get("alike")
    if kept is None:
        kept = context.kept["alike"] = similar_names(context.units, context)
    return kept


def _swapped(row: Row, finding: Row, context: Context) -> Proposal:
    x, y = (row["raw_x"], row["raw_y"]) if row["x"] is None else (row["x"], row["y"])
    city = None if context.outlines is None else context.outlines.city_of([y], [x])[0]
    sure = city is not None and city == row["region"][:4]
    was = "" if row["x"] is None else place(x, y)
    return _of(finding, place(y, x), Reason.SWAPPED, 1.0 if sure else 0.8, certain=sure, was=was)


def _declared(row: Row, finding: Row, context: Context) -> Proposal:  # noqa: ARG001
    return _of(finding, row["declared"], Reason.DECLARED, 1.0, certain=True, field="system", was=row["system"])


def _pole(row: Row, finding: Row, context: Context) -> Proposal:  # noqa: ARG001
    return _of(finding, "GCJ-02", Reason.POLE, 0.8, field="system", was=row["system"], source=finding["expected"])


def _grassroots(row: Row, finding: Row, context: Context) -> Proposal:  # noqa: ARG001
    # Of a township's code the last three digits are the camera's own word; without six of them they are a guess.
    sure = len(row["region"]) == 12 or len(finding["value"]) == 6
    return _of(finding, finding["expected"], Reason.REGION, 1.0 if sure else 0.7, certain=sure)


def _missing(row: Row, finding: Row, context: Context) -> Proposal | None:
    """Of mandatory fields, the grassroots code follows from a region that goes further than the county."""
    region = row["region"]
    if finding["field"] != "grassroots_code" or len(region) not in (9, 12) or region not in context.regions:
        return None
    return _of(finding, region[6:].ljust(6, "0"), Reason.REGION, 1.0, certain=True)


def _county_of(row: Row, context: Context) -> str | None:
    """The county that the identifier names, where there is one."""
    try:
        county = codes.parse(row["code"]).region
    except Refusal:
        return None
    return county if county in context.regions else None


def _city_of(row: Row, context: Context) -> str | None:
    if row["lon"] is None or context.outlines is None:
        return None
    return context.outlines.city_of([row["lon"]], [row["lat"]])[0]


def _region(row: Row, finding: Row, county: str, reason: Reason) -> Proposal:
    return _of(finding, county, reason, PLACE_CONFIDENCE, field="region", was=row["region"], source=row["code"])


def _by_place(row: Row, finding: Row, context: Context) -> Proposal | None:
    """Identifier and place agree against the region."""
    county = _county_of(row, context)
    if county is None or county[:4] != _city_of(row, context) or row["region"].startswith(county[:4]):
        return None
    return _region(row, finding, county, Reason.CODE_PLACE)


def _by_name(row: Row, finding: Row, context: Context) -> Proposal | None:
    """Identifier and name (or address) agree against the region, and the place says nothing else."""
    county = _county_of(row, context)
    if county is None or row["region"].startswith(county):
        return None
    named = (*context.names.counties.get(finding["value"], ()), context.names.cities.get(finding["value"], ""))
    city = _city_of(row, context)
    if not any(code and county.startswith(code) for code in named) or (city is not None and city != county[:4]):
        return None
    return _region(row, finding, county, Reason.CODE_NAME)


def _known_prefix(row: Row, finding: Row, context: Context) -> Proposal | None:
    """The longest beginning of the region's code that is a region."""
    region = from_six(row["region"]) if len(row["region"]) == 6 else row["region"]
    for digits in (12, 9, 6, 4):
        if region[:digits] in context.regions:
            agrees = _county_of(row, context) == region[:6]
            return _of(finding, region[:digits], Reason.PREFIX, 0.9 if agrees else 0.6)
    county = _county_of(row, context)
    return None if county is None else _of(finding, county, Reason.CODE_PLACE, 0.7, source=row["code"])


def _duplicate(row: Row, finding: Row, context: Context) -> Proposal:  # noqa: ARG001
    sure = 0.9 if finding["rule"] == "duplicate_camera" else 0.7
    return _of(finding, "true", Reason.DUPLICATE, sure, field="archived", was="", source=finding["expected"])


def place(x: float, y: float) -> str:
    """A place as it stands in proposals: both degrees to the last digit."""
    return f"{x!r}, {y!r}"


_MAKERS: Final[Mapping[str, Maker]] = {
    "mandatory": _missing,
    "region_unknown": _known_prefix,
    "grassroots_differs": _grassroots,
    "point_swapped": _swapped,
    "point_region": _by_place,
    "point_system": _declared,
    "point_gcj02": _pole,
    "duplicate_camera": _duplicate,
    "duplicate_source": _duplicate,
    "duplicate_mac": _duplicate,
    "duplicate_code": _duplicate,
    "name_form": _written,
    "address_form": _written,
    "value_form": _written,
    "name_region": _by_name,
    "address_region": _by_name,
    "unit_form": _spelling,
    "unit_similar": _similar,
}
"""Rules whose findings lead to a value."""
