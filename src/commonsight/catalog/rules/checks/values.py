"""Values of single fields: those that are missing, written in another form, or impossible."""

from typing import Final

import polars as pl

from commonsight.catalog.rules import fields
from commonsight.catalog.rules.checks.found import found
from commonsight.catalog.rules.fields import CLASSES, DATE, MAC, PHONE, Field
from commonsight.catalog.rules.frame import Context
from commonsight.catalog.rules.model import rule

_COLUMN: Final = {"location": "lon", "unit": "unit"}
_UNTIDY: Final = r"[\x00-\x1f\x7f-\x{9f}\x{a0}\x{3000}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}\x{feff}\x{ff10}-\x{ff19}\x{ff21}-\x{ff3a}\x{ff41}-\x{ff5a}]|  |^ | $|[\x{3400}-\x{9fff}] +[\x{3400}-\x{9fff}]"  # noqa: E501
"""What `fields.tidy` would change; whatever else it touches is tried one by one."""

_ISO_TIME: Final = r"(T[0-9:.]+(Z|[+-][0-9:]+)?)?"


def column(of: Field) -> str:
    """The column of a frame that holds a field."""
    return of.code if of.column is None else _COLUMN.get(of.column, of.column)


def point_class() -> pl.Expr:
    """The class, null where none of the four is on file."""
    said = pl.col("point_class")
    return pl.when(said.is_in(CLASSES)).then(said)


def mandatory(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Fields that the class of the point asks for and that are empty."""
    parts = []
    for of in fields.catalogue().values():
        if not of.mandatory:
            continue
        due = pl.lit(True) if "all" in of.mandatory else point_class().is_in(of.mandatory).fill_null(value=False)
        parts.append(found(frame.filter(due & pl.col(column(of)).is_null()), of.code, pl.lit("")))
    return pl.concat(parts)


def due(frame: pl.DataFrame) -> pl.DataFrame:
    """`id`, `version`, `point_class` and how many fields are mandatory, for each camera."""
    every = sum("all" in of.mandatory for of in fields.catalogue().values())
    of_class = {
        name: every + sum(name in of.mandatory for of in fields.catalogue().values() if "all" not in of.mandatory)
        for name in CLASSES
    }
    known = point_class()
    return frame.select(
        "id",
        "version",
        point_class=known.fill_null(""),
        mandatory=known.replace_strict(of_class, default=every, return_dtype=pl.Int64),
    )


def _fine(of: Field) -> pl.Expr:
    """Values that are in form beyond doubt, told by columns; the others are looked at one by one."""
    said = pl.col(of.code)
    if of.type == "date":
        return said.str.contains(f"^{DATE}{_ISO_TIME}$") & said.str.slice(0, 10).str.to_date(strict=False).is_not_null()
    if of.type == "phone":
        return said.str.contains(f"^{PHONE}$")
    if of.type == "mac":
        return said.str.contains(f"^{MAC}$")
    if of.type == "choice":
        return said.is_in(list(of.choices))
    if of.type == "number":
        number = said.cast(pl.Float64, strict=False)
        plain = said.str.contains(r"^[1-9][0-9]{0,5}$")
        return plain & (number >= (of.low or 0)) & (number <= (of.high if of.high is not None else 1e9))
    if of.pattern is not None:
        return said.str.contains(f"^(?:{of.pattern})$")
    if of.type in ("text", "unit"):
        return ~said.str.contains(_UNTIDY)
    return pl.lit(False)


def _looked_at(frame: pl.DataFrame, of: Field) -> pl.DataFrame:
    rows = frame.filter(pl.col(of.code).is_not_null()).filter(~_fine(of))
    if rows.is_empty():
        return rows.with_columns(right=pl.lit(None, pl.String))
    distinct = rows[of.code].unique().to_list()
    right = {value: fields.canonical(of, value) for value in distinct}
    if of.type == "date":
        # A time of day behind a date is how platforms report it, and is no fault.
        right = {value: value if found and value.startswith(f"{found}T") else found for value, found in right.items()}
    return rows.with_columns(right=pl.col(of.code).replace_strict(right, default=None, return_dtype=pl.String))


def _checked() -> list[Field]:
    # The grassroots code has a rule of its own; names of units have theirs.
    return [
        of for of in fields.kept().values() if of.code not in ("grassroots_code", "osd_label") and of.type != "unit"
    ]


def form(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Right values in another form than the one they are kept in."""
    parts = [found(frame.clear(), "", pl.lit(""))]
    for of in _checked():
        rows = _looked_at(frame, of).filter(pl.col("right").is_not_null() & (pl.col("right") != pl.col(of.code)))
        parts.append(found(rows, of.code, pl.col(of.code), pl.col("right")))
    return pl.concat(parts)


def invalid(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Values that the field's type does not allow in any form."""
    parts = [found(frame.clear(), "", pl.lit(""))]
    for of in _checked():
        rows = _looked_at(frame, of).filter(pl.col("right").is_null())
        parts.append(found(rows, of.code, pl.col(of.code), of.zh))
    return pl.concat(parts)


def _day(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, 10).str.to_date(strict=False)


def install_future(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Installed after today."""
    rows = frame.filter(_day("install_time") > context.today)
    return found(rows, "install_time", pl.col("install_time"), context.today.isoformat())


def install_ancient(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Installed before there were such cameras."""
    year = int(rule("install_ancient").parameters["year"])
    return found(frame.filter(_day("install_time").dt.year() < year), "install_time", pl.col("install_time"), str(year))


def warranty_order(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """A warranty that ends before the installation, or beyond any contract."""
    years = int(rule("warranty_order").parameters["years"])
    until, since = _day("warranty_until"), _day("install_time")
    rows = frame.filter((until < since) | (until.dt.year() > since.dt.year() + years))
    return found(rows, "warranty_until", pl.col("warranty_until"), pl.col("install_time"))


def record_days_short(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """Recordings that are kept for less than the decree asks."""
    days = int(rule("record_days_short").parameters["days"])
    rows = frame.filter(pl.col("record_days").cast(pl.Int64, strict=False).is_between(1, days - 1))
    return found(rows, "record_days", pl.col("record_days"), str(days))
