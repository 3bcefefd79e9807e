"""What every check gives back."""

from collections.abc import Callable

import polars as pl

from commonsight.catalog.rules.frame import Context

Check = Callable[[pl.DataFrame, Context], pl.DataFrame]
Text = pl.Expr | str


def found(rows: pl.DataFrame, field: str, value: pl.Expr, expected: Text = "") -> pl.DataFrame:
    """All of `rows` as findings about one field."""
    said = pl.lit(expected) if isinstance(expected, str) else expected
    return rows.select(
        "id",
        field=pl.lit(field),
        value=value.cast(pl.String).fill_null(""),
        expected=said.cast(pl.String).fill_null(""),
        twin=pl.lit(None, pl.String),
    )


def degrees(x: str, y: str) -> pl.Expr:
    """A place in words: `108.366000, 22.817000`."""
    return pl.concat_str([pl.col(x), pl.col(y)], separator=", ")
