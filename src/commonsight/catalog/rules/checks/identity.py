"""Identifiers, regions, and cameras that are on file twice."""

from typing import Final

import polars as pl

from commonsight.catalog import codes
from commonsight.catalog.rules import fields
from commonsight.catalog.rules.checks.found import found
from commonsight.catalog.rules.frame import Context

_TYPES: Final = [f"{int(kind):03}" for kind in sorted(codes.PICTURE_TYPES)]
_CODE = pl.col("code")
_SIX = _CODE.str.slice(0, 6)
CENTRE: Final = (
    pl.when(_SIX.str.ends_with("0000"))
    .then(_SIX.str.slice(0, 2))
    .when(_SIX.str.ends_with("00"))
    .then(_SIX.str.slice(0, 4))
    .otherwise(_SIX)
)
"""The region that an identifier's centre names."""


def code_structure(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """20 digits, a camera's type, and a centre that exists, as far as its province is known here."""
    known = list(context.regions)
    provinces = sorted({code[:2] for code in context.regions})
    wrong = (
        pl.when(~_CODE.str.contains(r"^[0-9]{20}$"))
        .then(pl.lit("20 位数字 / 20 digits"))
        .when(~_CODE.str.slice(10, 3).is_in(_TYPES))
        .then(pl.lit("类型码 / type " + ", ".join(_TYPES)))
        .when(_CODE.str.slice(0, 2).is_in(provinces) & ~CENTRE.is_in(known))
        .then(pl.lit("已有行政区划 / a region that exists"))
    )
    return found(frame.with_columns(wrong=wrong).filter(pl.col("wrong").is_not_null()), "code", _CODE, pl.col("wrong"))


def code_region(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The identifier's county is another one than the region's."""
    county = pl.col("region").str.slice(0, 6)
    apart = ~(county.str.starts_with(pl.col("centre")) | pl.col("centre").str.starts_with(county))
    rows = frame.filter(_CODE.str.contains(r"^[0-9]{20}$")).with_columns(centre=CENTRE).filter(apart)
    named = {code: region.name for code, region in context.regions.items() if len(code) <= 6}
    told = pl.col("centre").replace_strict(named, default=None).fill_null(pl.col("centre"))
    filed = county.replace_strict(named, default=None).fill_null(county)
    return found(rows, "code", filed, told)


def region_unknown(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The region is none that exists."""
    return found(frame.filter(~pl.col("region").is_in(list(context.regions))), "region", pl.col("region"))


def grassroots_differs(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Not six digits, or not those of the region, where that is given to township or village."""
    said, region = pl.col("grassroots_code"), pl.col("region")
    due = (
        pl.when(region.str.len_chars() == 12)
        .then(region.str.slice(6, 6))
        .when(region.str.len_chars() == 9)
        .then(
            region.str.slice(6, 3)
            + pl.when(said.str.contains(r"^[0-9]{6}$")).then(said.str.slice(3, 3)).otherwise(pl.lit("000"))
        )
        .otherwise(pl.when(said.str.contains(r"^[0-9]{6}$")).then(said).otherwise(pl.lit("000000")))
    )
    rows = frame.filter(said.is_not_null()).with_columns(due=due)
    # 000000 is the right word for "none given", whatever the region says.
    return found(rows.filter((said != pl.col("due")) & (said != "000000")), "grassroots_code", said, pl.col("due"))


def keys(frame: pl.DataFrame) -> pl.DataFrame:
    """What cameras are compared by: about 200 bytes each, whatever their records hold."""
    return frame.select(
        "id",
        "code",
        "platform",
        "system",
        "lon",
        "lat",
        "pole",
        "mac",
        name=pl.col("name").hash(),
        url=pl.col("url").hash(),
        has_url=pl.col("url").is_not_null(),
        host=pl.col("url").str.extract(r"^[a-z0-9]+://([^/]+)").hash(),
        gb=pl.col("protocol") == "gb28181",
    )


def _twins(every: pl.DataFrame, by: list[str], field: str) -> pl.DataFrame:
    """All but the first filed of those that are alike in `by`. Identifiers sort by when a record was made."""
    alike = every.filter(pl.len().over(by) > 1).sort("id")
    first = alike.group_by(by, maintain_order=True).agg(twin=pl.col("id").first(), expected=pl.col("code").first())
    return (
        alike.join(first, on=by)
        .filter(pl.col("id") != pl.col("twin"))
        .select("id", field=pl.lit(field), value=pl.col("code"), expected="expected", twin="twin")
    )


def duplicate_camera(every: pl.DataFrame) -> pl.DataFrame:
    """The same name at the same place (to about a metre)."""
    rows = every.filter(pl.col("lon").is_not_null()).with_columns(
        east=(pl.col("lon") * 1e5).round().cast(pl.Int64), north=(pl.col("lat") * 1e5).round().cast(pl.Int64)
    )
    return _twins(rows, ["name", "east", "north"], "name")


def duplicate_source(every: pl.DataFrame) -> pl.DataFrame:
    """The same address of a stream."""
    return _twins(every.filter(pl.col("has_url") & ~pl.col("gb").fill_null(value=False)), ["url"], "url")


def duplicate_mac(every: pl.DataFrame) -> pl.DataFrame:
    """The same MAC address behind different hosts: channels of one recorder share its address."""
    rows = every.filter(pl.col("mac").is_not_null()).with_columns(
        mac=pl.col("mac").str.to_uppercase().str.replace_all(r"[-. ]", ":")
    )
    # What is no MAC address is told as that.
    rows = rows.filter(pl.col("mac").str.contains(f"^{fields.MAC}$"))
    several = rows.filter(pl.col("host").n_unique().over("mac") > 1)
    return (
        _twins(several, ["mac"], "mac")
        .drop("value")
        .join(several.select("id", value="mac"), on="id")
        .select("id", "field", "value", "expected", "twin")
    )


def duplicate_code(every: pl.DataFrame) -> pl.DataFrame:
    """Identifiers that differ in their type digits only, under one name."""
    rows = every.with_columns(rest=pl.col("code").str.slice(0, 10) + pl.col("code").str.slice(13, 7))
    return _twins(rows, ["rest", "name"], "code")
