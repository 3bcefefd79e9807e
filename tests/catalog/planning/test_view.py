"""Fields of view on a plane, compared with what school geometry says."""

from math import pi, sqrt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from commonsight.catalog.areas import DEGREE_METRES, Point
from commonsight.catalog.model import Health
from commonsight.catalog.planning.model import Field, Watcher
from commonsight.catalog.planning.view import (
    Plane,
    blind_spots,
    coverage,
    field_of,
    outline,
    sector,
)
from commonsight.problem import Refusal

HERE: Point = (108.366, 22.817)


def at(east: float, north: float) -> Point:
    return Plane(HERE).back(east, north)


def watcher(field: Field | None, *, known: bool = True, health: Health = Health.WORKS, number: int = 1) -> Watcher:
    point = HERE if field is None else field.point
    return Watcher(UUID(int=number), f"{number:020}", f"甲{number}", health, point, field, known)


@given(st.floats(0, 359.9), st.floats(1, 360), st.floats(1, 2_000))
def test_a_sector_is_as_large_as_it_is_wide(direction: float, angle: float, distance: float) -> None:
    area = sector(Field(HERE, direction, angle, distance), Plane(HERE)).area
    assert area == pytest.approx(pi * distance**2 * angle / 360, rel=2e-3)


@pytest.mark.parametrize(("direction", "inside", "outside"), [
    (0, (0, 50), (0, -50)),
    (90, (50, 0), (-50, 0)),
    (225, (-35, -35), (35, 35)),
])  # fmt: skip
def test_directions_are_clockwise_from_north(
    direction: float, inside: tuple[float, float], outside: tuple[float, float]
) -> None:
    drawn = sector(Field(HERE, direction, 60, 100), Plane(HERE))
    assert drawn.contains(Polygon(box(*inside, *inside).buffer(1)))
    assert not drawn.intersects(Polygon(box(*outside, *outside).buffer(1)))


def test_an_outline_is_a_closed_ring_around_the_point() -> None:
    ring = outline(Field(HERE, 90, 60, 100))
    assert ring[0] == ring[-1] == HERE
    assert max(lon for lon, _ in ring) > HERE[0]
    assert all(abs(lat - HERE[1]) * DEGREE_METRES <= 50.1 for _, lat in ring)


@pytest.mark.parametrize(
    ("kind", "direction", "angle", "distance", "field", "known"),
    [
        ("fixed", 90.0, 60.0, 80.0, (90.0, 60.0, 80.0), True),
        ("dome", None, 360.0, 80.0, (0.0, 360.0, 80.0), True),
        ("dome", None, None, None, (0.0, 360.0, 50.0), False),
        ("fixed", 90.0, None, None, (90.0, 60.0, 50.0), False),
        ("dome", 90.0, None, 80.0, (90.0, 60.0, 80.0), False),
        ("fixed", None, 60.0, 80.0, None, False),
        ("unknown", None, None, None, None, False),
    ],
)
def test_what_is_not_on_file_is_assumed_or_unknown(
    kind: str,
    direction: float | None,
    angle: float | None,
    distance: float | None,
    field: tuple[float, float, float] | None,
    known: bool,
) -> None:
    found, certain = field_of(HERE, kind, direction, angle, distance)
    assert certain is known
    assert (None if found is None else (found.direction, found.angle, found.distance)) == field


def test_the_same_field_again_is_a_duplicate_and_its_back_is_not() -> None:
    planned = Field(HERE, 90, 60, 100)
    same = coverage(planned, [watcher(planned)])
    assert same.seen == pytest.approx(1)
    assert [overlap.share for overlap in same.duplicates] == [pytest.approx(1)]
    assert same.overlaps[0].sees_point
    behind = coverage(planned, [watcher(Field(at(-1, 0), 270, 60, 100))])
    assert behind.seen == pytest.approx(0, abs=1e-6)
    assert not behind.duplicates


def test_shares_are_kept_apart_by_health_and_by_what_is_known() -> None:
    planned = Field(HERE, 0, 180, 100)
    left, right = Field(HERE, 315, 90, 100), Field(HERE, 45, 90, 100)
    found = coverage(
        planned,
        [
            watcher(left, health=Health.OFFLINE, number=1),
            watcher(right, known=False, number=2),
            watcher(None, number=3),
            watcher(Field(at(5_000, 0), 270, 90, 100), number=4),
        ],
    )
    assert found.seen == pytest.approx(0.5, abs=1e-3)
    assert found.working == 0
    assert found.assumed == pytest.approx(1, abs=1e-3)
    assert found.unknown == 1
    assert sorted(overlap.watcher.code[-1] for overlap in found.overlaps) == ["1", "2"]


def test_two_circles_overlap_as_the_lens_formula_says() -> None:
    # Equal circles a radius apart: the lens is 2 r² (π/3 − √3/4).
    planned = Field(HERE, 0, 360, 100)
    found = coverage(planned, [watcher(Field(at(100, 0), 0, 360, 100))])
    assert found.seen == pytest.approx(2 * (pi / 3 - sqrt(3) / 4) / pi, rel=5e-3)
    assert found.overlaps[0].metres == pytest.approx(100, abs=0.1)
    assert found.overlaps[0].bearing == pytest.approx(90, abs=0.1)


def square(metres: float) -> Polygon:
    (west, south), (east, north) = at(-metres, -metres), at(metres, metres)
    return box(west, south, east, north)


def test_blind_spots_are_what_a_circle_leaves_of_a_square() -> None:
    found = blind_spots(square(100), [watcher(Field(HERE, 0, 360, 100))], 2)
    assert found.cells == pytest.approx(10_000, rel=0.02)
    assert found.seen == pytest.approx(pi / 4, abs=0.01)
    assert found.twice == 0
    assert len(found.blind) == pytest.approx(found.cells * (1 - found.seen), abs=1)
    corner = min(found.blind)
    assert Plane(HERE).to(corner)[0] == pytest.approx(-99, abs=2)


@given(st.floats(0, 359), st.floats(5, 360), st.floats(20, 300), st.floats(-150, 150), st.floats(-150, 150))
def test_a_grid_agrees_with_the_exact_area(
    direction: float, angle: float, distance: float, east: float, north: float
) -> None:
    field = Field(at(east, north), direction, angle, distance)
    plane = Plane(HERE)
    exact = sector(field, plane).intersection(box(-100, -100, 100, 100)).area / 40_000
    assert blind_spots(square(100), [watcher(field)], 2).seen == pytest.approx(exact, abs=0.02)


def test_blind_spots_tell_apart_who_works_who_is_assumed_and_who_doubles() -> None:
    whole = Field(HERE, 0, 360, 200)
    found = blind_spots(
        square(100),
        [
            watcher(whole, health=Health.OFFLINE),
            watcher(Field(HERE, 90, 180, 200), number=2),
            watcher(whole, known=False, number=3),
            watcher(None, number=4),
        ],
        5,
    )
    assert (found.seen, found.assumed, found.cameras, found.unknown) == (1, 1, 3, 1)
    assert found.working == pytest.approx(0.5, abs=0.05)
    assert found.twice == pytest.approx(0.5, abs=0.05)
    assert found.blind == ()


def test_an_area_with_too_many_cells_names_a_size_that_fits() -> None:
    with pytest.raises(Refusal) as refusal:
        blind_spots(square(10_000), [], 5)
    assert refusal.value.operand == "cell_metres"
    least = float(str(refusal.value.expected).split()[1])
    assert blind_spots(square(10_000), [], least).seen == 0
