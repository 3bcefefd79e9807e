"""What the checker reads: cameras as columns, and what is known of regions and units.

A frame has one row a camera. `COLUMNS` are text (null where nothing is on file) except `lon`, `lat` (the place as it is
taken for WGS-84), `x`, `y` (as it was given), `raw_x`, `raw_y` (as a platform reports it, where that was not taken for
a place), degrees, and `version`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import polars as pl
import shapely
from shapely.geometry import shape
from shapely.strtree import STRtree

from commonsight.catalog.rules import fields
from commonsight.places import packaged
from commonsight.places.model import Region

NUMBERS: Final = ("lon", "lat", "x", "y", "raw_x", "raw_y")
BASE: Final = (
    "id", "version", "code", "name", "region", "address", "unit", "platform", "system", "declared", "url",
    "username", "protocol", "sector", *NUMBERS,
)  # fmt: skip
COLUMNS: Final = (*BASE, *fields.kept())
SCHEMA: Final[dict[str, Any]] = {
    name: pl.Float64 if name in NUMBERS else pl.Int64 if name == "version" else pl.String for name in COLUMNS
}
FOUND: Final[dict[str, Any]] = {
    "id": pl.String, "rule": pl.String, "field": pl.String, "value": pl.String, "expected": pl.String,
    "twin": pl.String,
}  # fmt: skip

_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation. `cameras`: how many records name it; `filed`: it stands in the table of units."""

    name: str
    filed: bool = True
    contact: str = ""
    closed: str | None = None
    cameras: int = 0


@dataclass(slots=True)
class Context:
    """What rules compare with.

    Args:
        regions: every region by code.
        today: the day of the check, in the region's zone.
        units: the table of units by name.
        kept: what is worked out once and used for many rows.
    """

    regions: Mapping[str, Region]
    today: date
    units: Mapping[str, Unit] = field(default_factory=dict)
    outlines: "Outlines | None" = None
    names: "Names" = field(init=False)
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = Names.of(self.regions)


class Outlines:
    """Which city a point lies in, for many points at once. City outlines are all that is packaged."""

    def __init__(self, codes: Sequence[str], shapes: Sequence[Any]) -> None:
        self.codes = list(codes)
        self.shapes = list(shapes)
        self._tree = STRtree(self.shapes)

    @classmethod
    def packaged(cls, province: str) -> "Outlines":
        """The outlines that ship with the program. Raises Refusal `places.data_missing`."""
        features = packaged.outlines(province)["features"]
        return cls(
            [feature["properties"]["code"] for feature in features],
            [shape(feature["geometry"]).buffer(0) for feature in features],
        )

    def city_of(self, lon: Sequence[float], lat: Sequence[float]) -> list[str | None]:
        """The city of each point, None outside all of them."""
        points = shapely.points(lon, lat)
        found: list[str | None] = [None] * len(points)
        for point, city in self._tree.query(points, predicate="within").T:
            found[point] = self.codes[city]
        return found

    def metres_to(self, lon: Sequence[float], lat: Sequence[float], codes: Sequence[str]) -> list[float]:
        """How far each point lies outside a city, metres (an upper bound: degrees of latitude); inf for no outline."""
        by_code = dict(zip(self.codes, self.shapes, strict=True))
        return [
            float(shapely.distance(by_code[code], shapely.Point(x, y))) * _METRES_A_DEGREE
            if code in by_code
            else float("inf")
            for x, y, code in zip(lon, lat, codes, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of cities and counties as they stand in names and addresses of cameras.

    `cities`, `counties`: full name to the code or codes that have it; `short`: a city without 市.
    """

    cities: Mapping[str, str]
    short: Mapping[str, str]
    counties: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, regions: Mapping[str, Region]) -> "Names":
        """From the tree of regions. Generic names (市辖区) name nothing."""
        cities = {each.name: code for code, each in regions.items() if len(code) == 4 and len(each.name) > 2}
        counties: dict[str, list[str]] = {}
        for code, each in regions.items():
            if len(code) != 6 or each.name in ("市辖区", "城区", "郊区"):
                continue
            if len(each.name) > 2:
                counties.setdefault(each.name, []).append(code)
            elif code[:4] in regions:
                # 容县 alone might be part of another word (市容); behind its city it is not.
                counties.setdefault(regions[code[:4]].name + each.name, []).append(code)
        return cls(
            cities,
            {name.removesuffix("市"): code for name, code in cities.items()},
            {name: tuple(codes) for name, codes in counties.items()},
        )
