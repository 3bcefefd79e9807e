"""The stage of the demo region: cities with their real counties and towns, and invented centres inside their outlines.

Only the names and the outlines of the cities are real. Where a county's or a town's centre lies is drawn by lot, so
counties partition a city only for illustration: each point belongs to the nearest county centre (a Voronoi division).
"""

import tomllib
from bisect import bisect
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from commonsight.places import packaged
from commonsight.places.model import Level, Region

_COUNTY_TRIES = 40
_TOWN_TRIES = 24
_DISTRICT_SPREAD = 0.09
"""Degrees around the city's centre where the centres of urban districts (names ending in 区) are drawn."""


@dataclass(frozen=True, slots=True)
class Town:
    """A township with an invented centre. `spread` is the standard deviation of its cameras' places, degrees."""

    code: str
    name: str
    county: str
    county_name: str
    lon: float
    lat: float
    spread: float
    villages: tuple[str, ...]


@dataclass(slots=True)
class City:
    """A city: its outline, counties and towns. Towns are drawn by weight."""

    code: str
    name: str
    outline: Any
    counties: dict[str, str]
    towns: list[Town] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)

    def town(self, pick: float) -> Town:
        """The town for a number in [0, 1)."""
        return self.towns[min(bisect(self.steps, pick * self.steps[-1]), len(self.towns) - 1)]

    def holds(self, lon: float, lat: float) -> bool:
        """Whether the point lies inside the outline."""
        return bool(shapely.contains_xy(self.outline, lon, lat))


@dataclass(frozen=True, slots=True)
class World:
    """Everything that rows are drawn from."""

    seed: int
    cities: list[City]
    weights: np.ndarray
    sectors: list[str]
    sector_weights: np.ndarray
    kinds: list[str]
    kind_weights: np.ndarray
    document: dict[str, Any]

    def name(self, city: City, town: Town, sector: str, pick: np.ndarray) -> str:
        """A camera's name for eight numbers in [0, 1); the same numbers make the same name."""
        words, patterns = self.document["words"], self.document["sectors"][sector]["patterns"]

        def one(items: list[str] | tuple[str, ...], number: int) -> str:
            return items[int(pick[number] * len(items))]

        pattern = one(patterns, 1)
        said = pattern.format(
            county=town.county_name,
            town=town.name,
            village=one(town.villages, 2) if town.villages else "",
            road=one(words["roads"], 3),
            road2=one(words["roads"], 4),
            crossing=one(words["crossings"], 4),
            direction=one(words["directions"], 5),
            river=one(words["rivers"], 6),
            sight=one(words["sights"], 7),
            number=int(pick[6] * 299) + 1,
            ordinal="一二三四五六七八"[int(pick[6] * 8)],
            route=[72, 75, 80, 207, 209, 210, 322, 323, 324, 325, 355, 357, 358, 359][int(pick[7] * 14)],
            kilometre=int(pick[6] * 1800) + 100,
            metre=f"{int(pick[4] * 10) * 100:03}",
        )
        return f"{city.name}{said}" if "{county}" in pattern else f"{city.name}{town.county_name}{said}"

    def unit_name(self, city: City, county: str, sector: str) -> str:
        """The organisation that answers for a sector in a county."""
        return str(self.document["sectors"][sector]["unit"]).format(city=city.name, county=county)


def _shares(weights: list[float]) -> np.ndarray:
    found = np.asarray(weights, dtype=float)
    shares: np.ndarray = found / found.sum()
    return shares


@cache
def world(seed: int, province: str = "45") -> World:
    """Build the stage; 1 to 2 seconds.

    Raises:
        Refusal: `places.data_missing` without packaged places data.
    """
    document = tomllib.loads((files("commonsight.catalog") / "seed.toml").read_text("utf-8"))
    regions = packaged.parse_regions(packaged.regions_file(province)[0])
    below: dict[str | None, list[Region]] = {}
    for region in regions:
        below.setdefault(region.parent, []).append(region)
    rng = np.random.default_rng([seed, 0xC17])
    cities = []
    for feature in packaged.outlines(province)["features"]:
        properties = feature["properties"]
        outline = shape(feature["geometry"]).buffer(0)
        shapely.prepare(outline)
        counties = {region.code: region.name for region in below[properties["code"]]}
        city = City(properties["code"], properties["name"], outline, counties)
        _settle(city, properties["centre"], below, rng)
        cities.append(city)
    sectors, kinds = document["sectors"], document["kinds"]
    return World(
        seed,
        cities,
        _shares([document["population"][city.code] for city in cities]),
        list(sectors),
        _shares([sector["weight"] for sector in sectors.values()]),
        list(kinds),
        _shares(list(kinds.values())),
        document,
    )


def _settle(city: City, middle: list[float], below: dict[str | None, list[Region]], rng: np.random.Generator) -> None:
    """Draw the centres of a city's counties and towns."""
    outline = city.outline
    middle_point = np.asarray(middle, dtype=float)
    centres: list[np.ndarray] = []
    for code, name in city.counties.items():
        urban = name.endswith("区")
        candidates = (
            middle_point + rng.normal(0.0, _DISTRICT_SPREAD, (_COUNTY_TRIES, 2))
            if urban
            else _anywhere(outline, rng, _COUNTY_TRIES)
        )
        inside = candidates[shapely.contains_xy(outline, candidates[:, 0], candidates[:, 1])]
        # Far from the centres there already are: counties spread over the city.
        centres.append(
            _farthest(inside, centres) if len(inside) else np.asarray(outline.representative_point().coords[0])
        )
        assert code in city.counties
    grid = np.asarray(centres)
    weights: list[float] = []
    for index, (code, name) in enumerate(city.counties.items()):
        urban = name.endswith("区")
        reach = 0.06 if urban else 0.18
        for order, region in enumerate(r for r in below.get(code, []) if r.level is Level.TOWNSHIP):
            candidates = grid[index] + rng.normal(0.0, reach, (_TOWN_TRIES, 2))
            nearest = np.argmin(((candidates[:, None, :] - grid[None, :, :]) ** 2).sum(axis=2), axis=1)
            good = shapely.contains_xy(outline, candidates[:, 0], candidates[:, 1]) & (nearest == index)
            lon, lat = candidates[good][0] if good.any() else grid[index]
            villages = tuple(_short(village.name) for village in below.get(region.code, []))
            street = region.name.endswith("街道")
            town = Town(
                region.code,
                _short(region.name),
                code,
                name,
                float(lon),
                float(lat),
                0.012 if street else 0.03,
                villages,
            )
            city.towns.append(town)
            # Streets and county seats (first in the list) carry most cameras; villages count a little.
            weights.append((6.0 if street else 1.0) + (3.0 if order == 0 else 0.0) + 0.05 * len(villages))
    city.steps = list(accumulate(weights))


def _anywhere(outline: Any, rng: np.random.Generator, tries: int) -> np.ndarray:
    west, south, east, north = outline.bounds
    return rng.uniform((west, south), (east, north), (tries, 2))


def _farthest(candidates: np.ndarray, centres: list[np.ndarray]) -> np.ndarray:
    if not centres:
        return np.asarray(candidates[0])
    grid = np.asarray(centres)
    distance = ((candidates[:, None, :] - grid[None, :, :]) ** 2).sum(axis=2).min(axis=1)
    return np.asarray(candidates[int(distance.argmax())])


def _short(name: str) -> str:
    """A place as people say it: without the committee."""
    for ending in (
        "社区居民委员会",
        "村民委员会",
        "居民委员会",
        "社区居委会",
        "居委会",
        "村委会",
        "街道办事处",
        "办事处",
    ):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name
