"""Coordinate systems: published pairs, round trips, nothing by itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.places.coordinates import (
    System,
    bd09_to_gcj02,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_gcj02,
)

LON, LAT = st.floats(73.5, 134.5), st.floats(18.2, 53.4)
TENTH_OF_A_MILLIMETRE = 1e-9


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = (a[0] - b[0]) * 111_320 * math.cos(math.radians(a[1]))
    return math.hypot(east, (a[1] - b[1]) * 110_574)


def test_a_published_pair_is_met() -> None:
    # Tiananmen, as the public implementations give it.
    assert wgs84_to_gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)
    assert gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351022), abs=1e-9)


def test_the_offset_in_nanning_is_some_hundred_metres() -> None:
    here = (108.366, 22.817)
    assert 100 < metres(here, wgs84_to_gcj02(*here)) < 700


@given(LON, LAT)
def test_gcj02_comes_back(lon: float, lat: float) -> None:
    assert gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)) == pytest.approx((lon, lat), abs=TENTH_OF_A_MILLIMETRE)


@given(LON, LAT)
def test_bd09_comes_back(lon: float, lat: float) -> None:
    assert bd09_to_gcj02(*gcj02_to_bd09(lon, lat)) == pytest.approx((lon, lat), abs=TENTH_OF_A_MILLIMETRE)


@given(LON, LAT, st.sampled_from(System))
def test_every_system_comes_back(lon: float, lat: float, system: System) -> None:
    assert to_wgs84(*from_wgs84(lon, lat, system), system) == pytest.approx((lon, lat), abs=TENTH_OF_A_MILLIMETRE)


def test_nothing_moves_without_being_told_to() -> None:
    assert to_wgs84(108.366, 22.817, System.WGS84) == (108.366, 22.817)


def test_no_offset_abroad() -> None:
    assert wgs84_to_gcj02(2.35, 48.85) == (2.35, 48.85)
    assert gcj02_to_wgs84(2.35, 48.85) == (2.35, 48.85)
