"""The rules at work: one function a rule of `rules.toml`, each over many cameras at once.

A check takes a frame (`rules.frame`) and gives the rows it objects to: `id`, `field`, `value`, `expected`, `twin`.
`ROWS` need nothing but the camera itself; `PAIRS` compare cameras with each other and take `keys` of all of them.
"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from commonsight.catalog.rules.checks import identity, names, places, units, values
from commonsight.catalog.rules.checks.found import Check
from commonsight.catalog.rules.frame import FOUND, Context
from commonsight.catalog.rules.model import rule_set

ROWS: Final[Mapping[str, Check]] = {
    "mandatory": values.mandatory,
    "code_structure": identity.code_structure,
    "code_region": identity.code_region,
    "region_unknown": identity.region_unknown,
    "grassroots_differs": identity.grassroots_differs,
    "point_zero": places.zero,
    "point_swapped": places.swapped,
    "point_abroad": places.abroad,
    "point_region": places.outside_region,
    "point_coarse": places.coarse,
    "point_system": places.system,
    "name_form": names.name_form,
    "name_placeholder": names.placeholder,
    "name_region": names.name_region,
    "address_region": names.address_region,
    "name_address": names.name_address,
    "name_osd": names.name_osd,
    "address_form": names.address_form,
    "value_form": values.form,
    "value_invalid": values.invalid,
    "install_future": values.install_future,
    "install_ancient": values.install_ancient,
    "warranty_order": values.warranty_order,
    "record_days_short": values.record_days_short,
    "unit_form": units.form,
    "unit_similar": units.similar,
    "maintenance_unknown": units.unknown,
    "maintenance_closed": units.closed,
    "maintenance_silent": units.silent,
}
PAIRS: Final[Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "point_gcj02": places.gcj02,
    "duplicate_camera": identity.duplicate_camera,
    "duplicate_source": identity.duplicate_source,
    "duplicate_mac": identity.duplicate_mac,
    "duplicate_code": identity.duplicate_code,
}
keys = identity.keys


def rows(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Everything `ROWS` find; the columns of `FOUND`."""
    return _together({code: check(frame, context) for code, check in ROWS.items()})


def pairs(every: pl.DataFrame) -> pl.DataFrame:
    """Everything `PAIRS` find among cameras of which `keys` are given; the columns of `FOUND`."""
    return _together({code: check(every) for code, check in PAIRS.items()})


def _together(found: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    parts = [
        part.with_columns(rule=pl.lit(code)).select(
            pl.col(name).cast(kind) if name != "value" else pl.col("value").cast(kind).str.slice(0, 300)
            for name, kind in FOUND.items()
        )
        for code, part in found.items()
    ]
    return pl.concat([pl.DataFrame(schema=FOUND), *parts])


assert set(ROWS) | set(PAIRS) == set(rule_set().rules), "every rule of rules.toml has its check, and no other"
