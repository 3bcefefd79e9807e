"""A parked car is one sighting, told after its minutes within the hours, with a grace for getting in and out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.scenes.traffic.illegal_parking import IllegalParking

from .road import User, began, drive, ended, looks, run, stop

KERB = Zone("kerb", "kerb", ((0.0, 0.7), (1.0, 0.7), (1.0, 1.0), (0.0, 1.0)))


def scene(**settings: float) -> Any:
    return IllegalParking(Setup("s", "illegal_parking", (KERB,), (), {"minutes": 1.0, **settings}))


def test_a_parked_car_is_told_once_after_its_minutes() -> None:
    told, seen = run(scene(), looks([User(stop(500, 430, 150, 2, 6, until=150))], 170, every=2.0))
    [one] = began(told)
    assert 1.0 <= one.detail["minutes"] <= 1.2
    [over] = ended(told)
    assert over.key == one.key
    assert [figure.value for figure in seen[40].figures] == [1.0]


def test_it_is_one_sighting_though_the_detector_misses_it_for_minutes_and_lorries_hide_it() -> None:
    car = User(stop(500, 430, 150, 2, 6), seen=lambda t: not 80 <= t < 200)
    lorries = [User(drive(-100, 460, 100, 20 * n, 20 * n + 12), "truck", 200, 110, shade=9 + n) for n in range(12)]
    told, _ = run(scene(), looks([car, *lorries], 240, every=2.0))
    assert len(began(told)) == 1
    assert ended(told) == []


def test_one_that_drives_through_or_stops_for_less_is_none() -> None:
    users = [User(stop(500, 430, 150, 2, 6, until=55)), *(User(drive(-40, 450, 90, t, t + 12)) for t in (10, 40, 70))]
    told, _ = run(scene(), looks(users, 90, every=1.0))
    assert told == []


def test_who_lets_people_out_has_the_grace_and_not_more() -> None:
    car = User(stop(500, 430, 150, 2, 6))
    people = User(lambda t: (548.0, 438.0) if t >= 8 else None, "person", 22, 60, shade=77)
    told, _ = run(scene(grace_seconds=60), looks([car, people], 100, every=1.0))
    assert began(told) == [], "people are at the car: 60 s more"
    told, _ = run(scene(grace_seconds=60), looks([car, people], 150, every=1.0))
    [one] = began(told)
    assert one.detail["grace_seconds"] == 60


@pytest.mark.parametrize(
    ("hour", "begin", "end", "expected"),
    [(12, 8, 20, True), (21, 8, 20, False), (23, 22, 6, True), (3, 22, 6, True), (12, 22, 6, False), (5, 0, 24, True)],
)
def test_hours_are_the_regions_and_may_span_midnight(hour: int, begin: float, end: float, expected: bool) -> None:
    made = scene(from_hour=begin, to_hour=end)
    assert made.forbidden(datetime(2026, 5, 13, (hour - 8) % 24, 30, tzinfo=UTC)) is expected


def test_with_the_hours_end_it_is_over_and_time_before_them_does_not_count() -> None:
    begin = datetime(2026, 5, 13, 11, 58, tzinfo=UTC)  # 19:58 in the region
    car = User(lambda t: (500.0, 430.0))
    told, _ = run(scene(to_hour=20.0, from_hour=8.0), looks([car], 180, every=2.0, begin=begin))
    assert [one.phase for one in told if one.phase != "still"] == ["began", "ended"]
    assert ended(told)[0].at.minute == 0
    told, _ = run(scene(from_hour=20.0, to_hour=23.0), looks([car], 170, every=2.0, begin=begin))
    assert began(told) == [], "120 s before the hours and 50 s within"


def test_a_queue_that_moves_on_by_one_between_two_rare_looks_is_not_one_car() -> None:
    """At a keyframe every four seconds different cars stand at the same place look after look."""
    users = [User(lambda t, n=n: (500.0, 430.0) if 20 * n <= t < 20 * n + 20 else None, shade=n) for n in range(8)]
    told, _ = run(scene(), looks(users, 150, every=4.0))
    assert began(told) == []
