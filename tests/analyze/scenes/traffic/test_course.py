"""Speed of many looks, standing in spite of trembling boxes, and courses that do not outlive their vehicle."""

import numpy as np
import pytest

from commonsight.analyze.scenes.traffic.course import Course, slope


def driven(speed: float, every: float, count: int) -> Course:
    course = Course()
    for step in range(count):
        course.add(step * every, 100 + speed * step * every, 300.0, 60.0)
        course.note(0.5)
    return course


@pytest.mark.parametrize("every", [0.1, 0.2, 0.5, 1.0])
def test_a_fast_vehicle_has_its_speed_at_every_cadence(every: float) -> None:
    course = driven(300.0, every, 6)
    assert course.pixels()[0] == pytest.approx(300.0)
    assert course.moved
    assert course.heading == pytest.approx((1.0, 0.0))


def test_a_track_that_jumps_is_another_vehicle() -> None:
    course = driven(100.0, 0.2, 8)
    course.add(1.6, 40.0, 300.0, 60.0)
    assert not course.moved
    assert course.heading is None
    assert len(course.points) == 1


def test_trembling_is_standing_and_creeping_is_not() -> None:
    random = np.random.default_rng(3)
    still, creeping = Course(), Course()
    for step in range(12):
        x, y = random.normal(0, 5, 2)
        still.add(step * 0.25, 100 + x, 300 + y, 60.0)
        creeping.add(step * 0.25, 100 + 12 * step * 0.25, 300.0, 60.0)
    assert still.stands()
    assert not creeping.stands()
    assert not driven(0.0, 0.5, 2).stands(), "two looks are no standing"


def test_the_slope_of_a_line_is_its_slope_and_of_one_moment_none() -> None:
    assert slope([0.0, 1.0, 2.0], [1.0, 3.0, 5.0]) == pytest.approx(2.0)
    assert slope([1.0, 1.0], [1.0, 9.0]) == 0.0
