"""Units: one spelling each, known, still there, and to be reached."""

import re
from collections.abc import Mapping
from functools import cache

import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from commonsight.catalog.rules import fields
from commonsight.catalog.rules.checks.found import found
from commonsight.catalog.rules.frame import Context, Unit
from commonsight.catalog.rules.model import rule

COLUMNS = {"management_unit": "unit", "maintenance_unit": "maintenance_unit"}
"""Fields that name units, and the columns of a frame that hold them."""

_BRACKETS = str.maketrans("（）［］【】〔〕", "()[][][]")
_OFFICES = re.compile(
    "林业|农业|水利|教育|城市管理|公安|生态|环境|交通|住房|财政|民政|司法|卫生|文化|旅游|体育|应急|市场|税务|气象"
)
"""Words that tell two offices of one place apart."""
_NUMERALS = re.compile("[0-9一二三四五六七八九十东南西北中]")


@cache
def key(name: str) -> str:
    """What spellings of one unit have in common: no spaces, half-width letters, one kind of brackets, one case."""
    return fields.tidy(name).replace(" ", "").translate(_BRACKETS).casefold()


def spellings(units: Mapping[str, Unit]) -> dict[str, str]:
    """Every name that is another spelling of one used more often, with that one."""
    groups: dict[str, list[Unit]] = {}
    for unit in units.values():
        groups.setdefault(key(unit.name), []).append(unit)
    found: dict[str, str] = {}
    for group in groups.values():
        best = max(group, key=lambda unit: (unit.cameras, fields.tidy(unit.name) == unit.name, unit.name))
        found |= {unit.name: best.name for unit in group if unit is not best}
    return found


def similar_names(units: Mapping[str, Unit], context: Context) -> dict[str, tuple[str, float]]:
    """Rare names with the frequent one that each is like, and how alike. Units of two places are never alike."""
    limits = rule("unit_similar").parameters
    other = spellings(units)
    best = [unit for unit in units.values() if unit.name not in other and len(unit.name) >= 5]
    groups: dict[tuple[object, ...], list[Unit]] = {}
    for unit in best:
        groups.setdefault(_marks(unit.name, context), []).append(unit)
    found = {}
    for group in groups.values():
        group.sort(key=lambda unit: (-unit.cameras, unit.name))
        names = [key(unit.name) for unit in group]
        for unit in group:
            often = [each for each in group if each.cameras >= unit.cameras * limits["rarer"] and each is not unit]
            if not often or unit.cameras == 0:
                continue
            match = process.extractOne(
                key(unit.name), names[: len(often)], scorer=fuzz.ratio, score_cutoff=limits["similar"] * 100
            )
            if match is not None and OSA.distance(key(unit.name), match[0]) == 1:
                found[unit.name] = (group[match[2]].name, match[1] / 100)
    return found


def _marks(name: str, context: Context) -> tuple[object, ...]:
    """What may not differ between two spellings of one unit: the places it names, its numbers, what it does."""
    text = fields.tidy(name)
    places = [*context.names.cities, *context.names.short, *context.names.counties]
    places += [place[:-1] for place in context.names.counties if len(place) > 2]
    marks = (*_NUMERALS.findall(text), *_OFFICES.findall(text))
    return tuple(sorted(place for place in places if place in text)), tuple(sorted(marks))


def form(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Another spelling of a unit that is written otherwise more often."""
    other = spellings(context.units)
    return pl.concat([_named(frame, field, name, other) for field, name in COLUMNS.items()])


def similar(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """A rare name that is much like a frequent one."""
    alike = {name: best for name, (best, _) in similar_names(context.units, context).items()}
    return pl.concat([_named(frame, field, name, alike) for field, name in COLUMNS.items()])


def _named(frame: pl.DataFrame, field: str, name: str, other: Mapping[str, str]) -> pl.DataFrame:
    rows = frame.filter(pl.col(name).is_in(list(other)))
    return found(
        rows, field, pl.col(name), pl.col(name).replace_strict(dict(other), default="", return_dtype=pl.String)
    )


def _on_file(context: Context) -> dict[str, Unit]:
    """Units of the table by every spelling of theirs."""
    by_key = {key(unit.name): unit for unit in context.units.values() if unit.filed}
    return {name: by_key[key(name)] for name in context.units if key(name) in by_key}


def unknown(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """A maintenance unit that is not in the table of units."""
    said = pl.col("maintenance_unit")
    return found(frame.filter(said.is_not_null() & ~said.is_in(list(_on_file(context)))), "maintenance_unit", said)


def closed(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """A maintenance unit that is closed on file."""
    gone = {name: unit.closed for name, unit in _on_file(context).items() if unit.closed}
    said = pl.col("maintenance_unit")
    when = said.replace_strict(gone, default="", return_dtype=pl.String)
    return found(frame.filter(said.is_in(list(gone))), "maintenance_unit", said, when)


def silent(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """A maintenance unit of which nobody has a telephone number. A missing mandatory one is told as that."""
    reached = [name for name, unit in _on_file(context).items() if unit.contact]
    said = pl.col("maintenance_unit")
    needed = fields.catalogue()["maintenance_phone"].mandatory
    told = pl.col("point_class").is_in(needed).fill_null(value=False)
    rows = frame.filter(said.is_not_null() & pl.col("maintenance_phone").is_null() & ~said.is_in(reached) & ~told)
    return found(rows, "maintenance_phone", pl.lit(""), said)
