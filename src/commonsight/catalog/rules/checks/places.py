"""Where cameras stand: zeros, swapped degrees, other countries, other cities, other coordinate systems."""

from typing import Final

import numpy as np
import polars as pl

from commonsight.catalog.rules.checks.found import degrees, found
from commonsight.catalog.rules.frame import Context
from commonsight.catalog.rules.model import rule
from commonsight.places.coordinates import System, wgs84_to_gcj02

_POLE_MOST: Final = 20
"""Cameras of one pole; what more share is not a pole's number."""

_METRES: Final = 111_195.0


def _given() -> tuple[pl.Expr, pl.Expr]:
    """The place as it was given or, where none was taken for one, as the platform reports it."""
    x, y = pl.coalesce("x", "raw_x"), pl.coalesce("y", "raw_y")
    return x, y


def _country(x: pl.Expr, y: pl.Expr) -> pl.Expr:
    bounds = rule("point_abroad").parameters
    return x.is_between(bounds["west"], bounds["east"]) & y.is_between(bounds["south"], bounds["north"])


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    x, y = _given()
    return frame.with_columns(gx=x, gy=y).filter(pl.col("gx").is_not_null() & pl.col("gy").is_not_null())


_ZERO = (pl.col("gx") == 0) | (pl.col("gy") == 0)


def zero(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """One of the two degrees is 0: a form left empty."""
    return found(_placed(frame).filter(_ZERO), "point", degrees("gx", "gy"))


def _is_swapped() -> pl.Expr:
    gx, gy = pl.col("gx"), pl.col("gy")
    return ~_country(gx, gy) & _country(gy, gx) & ~_ZERO


def swapped(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Outside the country as it is, inside it the other way round."""
    return found(_placed(frame).filter(_is_swapped()), "point", degrees("gx", "gy"), degrees("gy", "gx"))


def abroad(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Outside the country either way round."""
    gx, gy = pl.col("gx"), pl.col("gy")
    return found(_placed(frame).filter(~_country(gx, gy) & ~_country(gy, gx) & ~_ZERO), "point", degrees("gx", "gy"))


def outside_region(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """In another city than the region's, further than the tolerance beyond its outline."""
    lon, lat = pl.col("lon"), pl.col("lat")
    rows = frame.filter(lon.is_not_null() & _country(lon, lat) & (pl.col("region").str.len_chars() >= 4)).with_columns(
        city=pl.col("region").str.slice(0, 4)
    )
    if context.outlines is None or rows.is_empty():
        return found(rows.clear(), "point", lon)
    rows = rows.filter(pl.col("city").is_in(context.outlines.codes))
    there = context.outlines.city_of(rows["lon"].to_numpy(), rows["lat"].to_numpy())  # type: ignore[arg-type]
    rows = rows.with_columns(there=pl.Series(there, dtype=pl.String)).filter(
        pl.col("there").is_null() | (pl.col("there") != pl.col("city"))
    )
    far = context.outlines.metres_to(rows["lon"].to_list(), rows["lat"].to_list(), rows["city"].to_list())
    rows = rows.with_columns(far=pl.Series(far, dtype=pl.Float64)).filter(
        pl.col("far") > rule("point_region").parameters["metres"]
    )
    named = {code: region.name for code, region in context.regions.items() if len(code) == 4}
    return found(
        rows, "point", degrees("lon", "lat"), pl.col("there").replace_strict(named, default=None).fill_null("—")
    )


def coarse(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Both degrees are given to fewer decimals than asked for."""
    decimals = int(rule("point_coarse").parameters["decimals"])

    def given_to(places: int) -> pl.Expr:
        def exact(column: str) -> pl.Expr:
            scaled = pl.col(column) * 10**places
            close: pl.Expr = (scaled - scaled.round()).abs() < 1e-5
            return close

        return exact("x") & exact("y")

    how: pl.Expr = pl.lit(decimals - 1)
    for places in range(decimals - 2, -1, -1):
        how = pl.when(given_to(places)).then(pl.lit(places)).otherwise(how)
    rows = frame.filter(pl.col("x").is_not_null() & (pl.col("x") != 0) & (pl.col("y") != 0) & given_to(decimals - 1))
    return found(rows, "point", degrees("x", "y"), how)


def system(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Filed as WGS-84 although the platform that reports it declares another system."""
    declared = pl.col("declared")
    rows = frame.filter(
        pl.col("x").is_not_null()
        & (pl.col("system") == System.WGS84.value)
        & declared.is_in([System.GCJ02.value, System.BD09.value])
    )
    return found(rows, "point", pl.col("system"), declared)


def gcj02(every: pl.DataFrame) -> pl.DataFrame:
    """Off a camera of another platform on the same pole by just the offset of GCJ-02.

    Only this can be told from records alone: without a second opinion on the place an offset of 100 to 700 m shows
    nowhere. The camera that is displaced in the offset's direction is the one that is named.
    """
    nothing = pl.DataFrame(schema=dict.fromkeys(("id", "field", "value", "expected", "twin"), pl.String))
    poles = every.filter(pl.col("pole").is_not_null() & pl.col("lon").is_not_null()).filter(
        pl.len().over("pole").is_between(2, _POLE_MOST)
    )
    if poles.is_empty():
        return nothing
    pair = poles.join(poles, on="pole", suffix="_b").filter(
        (pl.col("platform") != pl.col("platform_b")) & (pl.col("system") == System.WGS84.value)
    )
    east = (pl.col("lon") - pl.col("lon_b")) * pl.col("lat").radians().cos() * _METRES
    north = (pl.col("lat") - pl.col("lat_b")) * _METRES
    pair = pair.with_columns(apart=(east**2 + north**2).sqrt()).filter(pl.col("apart").is_between(80.0, 1_000.0))
    if pair.is_empty():
        return nothing
    near = [wgs84_to_gcj02(lon, lat) for lon, lat in zip(pair["lon_b"], pair["lat_b"], strict=True)]
    shifted = np.asarray(near)
    off = np.hypot(
        (pair["lon"].to_numpy() - shifted[:, 0]) * np.cos(np.radians(pair["lat"].to_numpy())),
        pair["lat"].to_numpy() - shifted[:, 1],
    )
    tolerance = rule("point_gcj02").parameters["metres"]
    return (
        pair.with_columns(off=pl.Series(off * _METRES))
        .filter(pl.col("off") <= tolerance)
        .sort("id", "off")
        .unique("id", keep="first", maintain_order=True)
        .select(
            "id",
            field=pl.lit("point"),
            value=degrees("lon", "lat"),
            expected=degrees("lon_b", "lat_b"),
            twin=pl.col("id_b"),
        )
    )
