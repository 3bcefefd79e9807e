"""The places data that ship in the wheel: division codes and outlines of one province, read and checked.

`cockpit/scripts/places.mjs` writes them at build time from published packages; nothing is fetched at run time.
"""

import csv
import gzip
import hashlib
import io
import json
from collections import Counter
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from commonsight.places.model import Region, level_of, parent_of
from commonsight.problem import Refusal

ROWS_MOST = 1_000_000


def _file(name: str) -> Traversable:
    found = files("commonsight.places") / "data" / name
    if not found.is_file():
        raise Refusal("places.data_missing", status=503, operand=name, rule="made by `make cockpit`, part of the wheel")
    return found


def regions_file(province: str) -> tuple[bytes, bytes]:
    """The compressed table of a province and its SHA-256.

    Raises:
        Refusal: `places.data_missing` when the package was built without it.
    """
    packed = _file(f"regions-{province}.csv.gz").read_bytes()
    return packed, hashlib.sha256(packed).digest()


def parse_regions(packed: bytes) -> list[Region]:
    """The regions of a gzipped CSV with the columns `code` and `name`, sorted by code.

    Raises:
        Refusal: `places.data_invalid`, naming the line and the rule.
    """

    def refused(line: int, rule: str, actual: str) -> Refusal:
        return Refusal("places.data_invalid", status=500, operand=f"line {line}", rule=rule, actual=actual[:80])

    try:
        plain = gzip.decompress(packed).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise refused(0, "gzip, UTF-8", str(error)) from error
    named: dict[str, str] = {}
    rows = csv.DictReader(io.StringIO(plain))
    if not {"code", "name"} <= set(rows.fieldnames or ()):
        raise refused(1, "columns code, name", str(rows.fieldnames))
    for line, row in enumerate(rows, start=2):
        code, name = (row["code"] or "").strip(), (row["name"] or "").strip()
        try:
            parent = parent_of(code)
        except Refusal as error:
            raise refused(line, str(error.rule), code) from error
        if not name or code in named:
            raise refused(line, "every code once, with a name", f"{code},{name}")
        if parent is not None and parent not in named:
            raise refused(line, "a parent stands before its children", code)
        named[code] = name
        if len(named) > ROWS_MOST:
            raise refused(line, "rows", str(ROWS_MOST))
    children = Counter(parent_of(code) for code in named)
    return [Region(code, named[code], level_of(code), parent_of(code), children[code]) for code in sorted(named)]


@cache
def outlines(province: str) -> dict[str, Any]:
    """The outlines of a province's cities: a GeoJSON FeatureCollection with properties `code`, `name`, `centre`.

    Coordinates as published, for orientation on a screen (示意). The same object each time: do not change it.

    Raises:
        Refusal: `places.data_missing`, `places.data_invalid`.
    """
    document = json.loads(_file(f"boundaries-{province}.geo.json").read_text("utf-8"))
    for number, feature in enumerate(document.get("features", ())):
        properties = feature.get("properties", {})
        if not {"code", "name", "centre"} <= properties.keys() or "geometry" not in feature:
            raise Refusal(
                "places.data_invalid", status=500, operand=f"feature {number}", rule="code, name, centre, geometry"
            )
    return dict(document)
