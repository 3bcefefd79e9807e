"""Shapes on the map: what is refused, and that cutting a polygon up changes nothing."""

from contextlib import suppress
from math import cos, radians, sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon
from shapely.ops import unary_union

from commonsight.catalog import areas
from commonsight.problem import Refusal

SQUARE = [[108.3, 22.8], [108.4, 22.8], [108.4, 22.9], [108.3, 22.9], [108.3, 22.8]]
HOLE = [[108.33, 22.83], [108.37, 22.83], [108.37, 22.87], [108.33, 22.87], [108.33, 22.83]]


def star(points: int, wiggle: float) -> list[list[float]]:
    """A ring with so many corners that go in and out."""
    ring = []
    for n in range(points):
        far = 0.5 * (1 - wiggle * (n % 2))
        angle = radians(360 * n / points)
        ring.append([108.3 + far * cos(angle), 22.8 + far * sin(angle)])
    return [*ring, ring[0]]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({}, "GeoJSON type"),
        ({"type": "Point", "coordinates": [1, 2]}, "GeoJSON type"),
        ({"type": "Polygon"}, "rings"),
        ({"type": "Polygon", "coordinates": []}, "rings"),
        ({"type": "Polygon", "coordinates": [SQUARE[:3]]}, "positions"),
        ({"type": "Polygon", "coordinates": [SQUARE[:4]]}, "closed ring"),
        ({"type": "Polygon", "coordinates": [[[0, 91], [1, 0], [1, 1], [0, 91]]]}, "degrees"),
        ({"type": "Polygon", "coordinates": [[["x", 1], [1, 0], [1, 1], ["x", 1]]]}, "position"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "simple polygon"),
        ({"type": "Polygon", "coordinates": [star(5_002, 0.1)]}, "positions"),
        ({"type": "MultiPolygon", "coordinates": [[star(3_000, 0.1)], [star(3_000, 0.1)]]}, "vertices"),
    ],
)
def test_a_shape_that_is_none_is_refused_with_the_rule(said: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refusal) as refusal:
        areas.polygon(said)
    assert refusal.value.rule == rule


@given(st.integers(5, 600), st.floats(0, 0.8), st.booleans())
def test_the_parts_of_a_polygon_are_the_polygon(points: int, wiggle: float, hole: bool) -> None:
    rings = [star(points, wiggle)] + ([HOLE] if hole and wiggle < 0.4 and points > 8 else [])
    shape = areas.polygon({"type": "Polygon", "coordinates": rings})
    parts = areas.parts(shape)
    assert all(len(part) <= areas.PART_VERTICES for part in parts)
    again = unary_union([Polygon(part) for part in parts])
    assert again.symmetric_difference(shape).area < shape.area * 1e-9
    assert sum(Polygon(part).area for part in parts) == pytest.approx(shape.area, rel=1e-9)


@given(st.recursive(st.none() | st.floats() | st.text(max_size=3), lambda x: st.lists(x, max_size=5), max_leaves=40))
def test_hostile_coordinates_are_refused_and_nothing_else(coordinates: Any) -> None:
    for kind, read in (("Polygon", areas.polygon), ("MultiPolygon", areas.polygon), ("LineString", areas.route)):
        with suppress(Refusal):
            read({"type": kind, "coordinates": coordinates})


def test_a_route_is_cut_into_short_pieces_that_add_up() -> None:
    line = {"type": "LineString", "coordinates": [[108.3, 22.8], [108.3, 22.8], [108.5, 22.8], [108.5, 23.0]]}
    segments = areas.route(line)
    assert all(segment.length <= areas.SEGMENT_METRES * 1.001 for segment in segments)
    assert segments[0].start == (108.3, 22.8)
    assert segments[-1].end == (108.5, 23.0)
    whole = areas.metres((108.3, 22.8), (108.5, 22.8)) + areas.metres((108.5, 22.8), (108.5, 23.0))
    assert segments[-1].before + segments[-1].length == pytest.approx(whole, rel=1e-6)
    for line in (
        {"type": "LineString", "coordinates": [[108.3, 22.8]]},
        {"type": "LineString", "coordinates": [[108.3, 22.8], [108.3, 22.8]]},
        {"type": "LineString", "coordinates": [[0, 0], [90, 0]]},
    ):
        with pytest.raises(Refusal):
            areas.route(line)


@given(st.floats(-170, 170), st.floats(-80, 80), st.floats(1, 100_000), st.floats(0, 360))
def test_a_window_holds_everything_within_reach(lon: float, lat: float, far: float, towards: float) -> None:
    west, south, east, north = areas.reach((lon, lat), far)
    up = far / areas.DEGREE_METRES * 0.999
    y = lat + up * cos(radians(towards))
    x = lon + up * sin(radians(towards)) / max(cos(radians(lat)), cos(radians(y)))
    if areas.metres((lon, lat), (x, y)) <= far:
        assert west <= x <= east
        assert south <= y <= north


def test_directions_are_clockwise_from_north() -> None:
    here = (108.3, 22.8)
    for there, degrees in (((108.3, 22.9), 0), ((108.4, 22.8), 90), ((108.3, 22.7), 180), ((108.2, 22.8), 270)):
        assert areas.bearing(here, there) == pytest.approx(degrees, abs=0.1)
    assert areas.bearing(here, here) == 0
