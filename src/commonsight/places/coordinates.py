"""The three coordinate systems found on cameras in China, and the way between them.

WGS-84 is what the house stores and shows. GCJ-02 is what domestic online maps use: WGS-84 with a published smooth
offset of 100 to 700 m. BD-09 is Baidu's: GCJ-02 turned and stretched once more. Nothing here is applied by itself: a
point is converted only where somebody says which system it came in, and that system is kept beside the converted point.

The forward formulas are the ones in public use since 2013. Their inverses have no closed form; they are found by
fixed-point iteration on the forward formula to better than 1e-9 degrees (0.1 mm). That is agreement with the formula.
Agreement of the formula with the surveyed offset is about 1 to 2 m inside mainland China; outside it no offset is
applied.
"""

import math
from collections.abc import Callable
from enum import StrEnum

# Krasovsky 1940, the ellipsoid that the offset formula uses.
_AXIS_METRES = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_ANGLE = math.pi * 3000.0 / 180.0
_STEPS = 60
_CLOSE_ENOUGH_DEGREES = 1e-10

Point = tuple[float, float]


class System(StrEnum):
    """A coordinate system. Values are the names that files and forms use."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


def offset_applies(lon: float, lat: float) -> bool:
    """Whether GCJ-02 differs from WGS-84 here: the rectangle around mainland China that public formulas use."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def _waves(x: float) -> float:
    return (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0


def _gcj02_offset(lon: float, lat: float) -> Point:
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + _waves(x)
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + _waves(x)
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    sine = math.sin(math.radians(lat))
    bend = 1.0 - _ECCENTRICITY_SQUARED * sine * sine
    metres_a_radian_north = _AXIS_METRES * (1.0 - _ECCENTRICITY_SQUARED) / (bend * math.sqrt(bend))
    metres_a_radian_east = _AXIS_METRES / math.sqrt(bend) * math.cos(math.radians(lat))
    return math.degrees(east / metres_a_radian_east), math.degrees(north / metres_a_radian_north)


def wgs84_to_gcj02(lon: float, lat: float) -> Point:
    """Degrees to degrees. Outside the offset's rectangle the point comes back unchanged."""
    if not offset_applies(lon, lat):
        return lon, lat
    east, north = _gcj02_offset(lon, lat)
    return lon + east, lat + north


def gcj02_to_bd09(lon: float, lat: float) -> Point:
    """Degrees to degrees."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BAIDU_ANGLE)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BAIDU_ANGLE)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def _inverse(forward: Callable[[float, float], Point], lon: float, lat: float) -> Point:
    """The point that `forward` takes to (lon, lat). An offset changes by under 1 % of itself: this contracts."""
    x, y = lon, lat
    for _ in range(_STEPS):
        east, north = forward(x, y)
        dx, dy = lon - east, lat - north
        x, y = x + dx, y + dy
        if abs(dx) < _CLOSE_ENOUGH_DEGREES and abs(dy) < _CLOSE_ENOUGH_DEGREES:
            break
    return x, y


def gcj02_to_wgs84(lon: float, lat: float) -> Point:
    """The inverse of `wgs84_to_gcj02`."""
    if not offset_applies(lon, lat):
        return lon, lat
    return _inverse(wgs84_to_gcj02, lon, lat)


def bd09_to_gcj02(lon: float, lat: float) -> Point:
    """The inverse of `gcj02_to_bd09`."""
    return _inverse(gcj02_to_bd09, lon, lat)


def to_wgs84(lon: float, lat: float, system: System) -> Point:
    """A point given in `system`, in WGS-84 degrees."""
    if system is System.GCJ02:
        return gcj02_to_wgs84(lon, lat)
    if system is System.BD09:
        return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
    return lon, lat


def from_wgs84(lon: float, lat: float, system: System) -> Point:
    """A WGS-84 point in the degrees of `system`."""
    if system is System.GCJ02:
        return wgs84_to_gcj02(lon, lat)
    if system is System.BD09:
        return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    return lon, lat
