"""H3 hexagons: the grid on which the house counts what lies where.

Resolution 5 (252 km² a cell, about 940 of them over Guangxi) carries the density map; 8 (0.74 km²) carries
neighbourhoods. Cells are stored as 64-bit integers and spoken as hexadecimal text.
"""

from functools import lru_cache

import h3.api.basic_int as h3

DENSITY_RESOLUTION = 5
NEIGHBOURHOOD_RESOLUTION = 8


def cell(lon: float, lat: float, resolution: int) -> int:
    """The cell that holds a WGS-84 point. H3 sets the top bit never, so it fits a signed 64-bit column."""
    return int(h3.latlng_to_cell(lat, lon, resolution))


def parent(of: int, resolution: int) -> int:
    """The coarser cell whose centre child tree holds `of`."""
    return int(h3.cell_to_parent(of, resolution))


def hexadecimal(of: int) -> str:
    """The text form of a cell, as map libraries take it."""
    return f"{of:x}"


@lru_cache(maxsize=4_096)
def centre(of: int) -> tuple[float, float]:
    """The middle of a cell as (lon, lat)."""
    lat, lon = h3.cell_to_latlng(of)
    return float(lon), float(lat)
