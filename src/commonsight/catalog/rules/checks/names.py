"""Names and addresses: how they are written, and whether the places they name are the camera's own."""

import re
from typing import Final

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from commonsight.catalog.rules import fields
from commonsight.catalog.rules.checks.found import found
from commonsight.catalog.rules.checks.values import _UNTIDY
from commonsight.catalog.rules.frame import Context
from commonsight.catalog.rules.model import rule

_PART_OF: Final = "方向|高速|大厦|酒店|宾馆|饭店|银行|商会|会馆|公寓|花园|商城|超市|餐馆|办事处|党校"
"""What makes a region's name part of another name when it follows it. Roads and bridges drop 市 and 县 anyway."""
_MARKET: Final = "场"
"""北海市场 is a market."""
_BEFORE: Final = "驻|往|至|到|通往|开往|去"
_PLACEHOLDER: Final = (
    r"(?i)^(?:camera|cam|ipc|ipcamera|ip camera|ipdome|ch|channel|chn|test|demo|new|unnamed|default|"
    r"通道|摄像机|摄像头|监控|测试|新建|未命名|默认|视频|球机|枪机|半球)[ _#.:-]*(?:设备|通道|点位|[0-9]*号?)[0-9]*$"
    r"|^[0-9 ._:#-]+$|^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$"
)


def _form(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    said = pl.col(name)
    rows = frame.filter(said.is_not_null() & said.str.contains(_UNTIDY))
    right = [fields.tidy(value) for value in rows[name].to_list()]
    rows = rows.with_columns(right=pl.Series(right, dtype=pl.String))
    return found(rows.filter((pl.col("right") != said) & (pl.col("right") != "")), name, said, pl.col("right"))


def name_form(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """A name that is not written as it should be."""
    return _form(frame, "name")


def address_form(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """An address that is not written as it should be."""
    return _form(frame, "address")


def placeholder(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """A name that names no place."""
    said = pl.col("name")
    return found(frame.filter(said.str.contains(_PLACEHOLDER) | (said == pl.col("code"))), "name", said)


def mentions(frame: pl.DataFrame, name: str, context: Context) -> pl.DataFrame:
    """The cities and counties that a text names as regions: `id`, `said`, `code` (a row for each that it may mean)."""
    meant = [(text, code) for text, code in context.names.cities.items()]
    meant += [(text, code) for text, codes in context.names.counties.items() for code in codes]
    table = pl.DataFrame(meant, schema={"said": pl.String, "code": pl.String}, orient="row")
    words = sorted({text for text, _ in meant}, key=lambda text: (-len(text), text))
    any_of = "|".join(map(re.escape, words))
    if not words:
        return pl.DataFrame(schema={"id": pl.String, "said": pl.String, "code": pl.String})
    return (
        frame.select("id", said=pl.col(name))
        .filter(pl.col("said").str.contains("[市县区]"))
        .with_columns(
            said=pl.col("said")
            .str.replace_all(f"(?:{_BEFORE})(?:{any_of})", "#")
            .str.replace_all(f"(?:{any_of})(?:{_PART_OF})", "#")
            .str.replace_all(f"市{_MARKET}", "#")
            .str.extract_all(any_of)
        )
        .explode("said")
        .drop_nulls("said")
        .unique()
        .join(table, on="said")
    )


def _contradicts(frame: pl.DataFrame, name: str, context: Context) -> pl.DataFrame:
    """Texts of which no county named, or no city named, is the region's."""
    seen = mentions(frame, name, context).join(frame.select("id", "region"), on="id")
    code, region = pl.col("code"), pl.col("region")
    seen = seen.with_columns(
        fits=region.str.starts_with(code) | code.str.starts_with(region), level=code.str.len_chars()
    )
    wrong = (
        seen.group_by("id", "level")
        .agg(fits=pl.col("fits").any(), said=pl.col("said").sort().first(), region=region.first())
        .filter(~pl.col("fits"))
        .sort("id", "level")
        .unique("id", keep="first", maintain_order=True)
    )
    named = {code: each.name for code, each in context.regions.items() if len(code) <= 6}
    county = pl.col("region").str.slice(0, 6)
    city = pl.col("region").str.slice(0, 4).replace_strict(named, default="")
    expected = city + pl.when(county.str.len_chars() == 6).then(county.replace_strict(named, default="")).otherwise(
        pl.lit("")
    )
    return found(wrong, name, pl.col("said"), expected)


def name_region(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The name says another city or county than the region."""
    return _contradicts(frame, "name", context)


def address_region(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The address says another city or county than the region."""
    return _contradicts(frame, "address", context)


def name_address(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Name and address say different counties, and the region contradicts neither (else that is what is told)."""

    def counties(name: str) -> pl.DataFrame:
        seen = mentions(frame, name, context).filter(pl.col("code").str.len_chars() == 6)
        return seen.group_by("id").agg(pl.col("code"), pl.col("said").sort().first())

    both = counties("name").join(counties("address"), on="id", suffix="_address")
    apart = both.filter(pl.col("code").list.set_intersection("code_address").list.len() == 0)
    told = pl.concat([name_region(frame, context), address_region(frame, context)])
    rows = apart.join(told, on="id", how="anti")
    return found(rows, "address", pl.col("said_address"), pl.col("said"))


def name_osd(frame: pl.DataFrame, context: Context) -> pl.DataFrame:  # noqa: ARG001
    """The label read from the picture is not like the name, nor like a part of it."""
    rows = frame.filter(pl.col("osd_label").is_not_null())
    if rows.is_empty():
        return found(rows, "osd_label", pl.col("osd_label"))
    labels = [fields.tidy(value) for value in rows["osd_label"].to_list()]
    alike = process.cpdist(labels, rows["name"].to_list(), scorer=fuzz.partial_ratio, dtype=np.float32) / 100
    least = rule("name_osd").parameters["similar"]
    return found(rows.filter(pl.Series(alike < least)), "osd_label", pl.col("osd_label"), pl.col("name"))
