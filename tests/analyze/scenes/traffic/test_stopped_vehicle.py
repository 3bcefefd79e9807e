"""A vehicle that stands where others drive is told once; whatever else stands is not."""

from typing import Any

import pytest

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.scenes.traffic.stopped_vehicle import StoppedVehicle

from .road import User, began, drive, ended, looks, run, seconds, stop

ROAD = Zone("road", "road", ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0)))


def scene(lines: tuple[Line, ...] = (), **settings: float) -> Any:
    return StoppedVehicle(Setup("s", "stopped_vehicle", (ROAD,), lines, settings))


def flow(y: float = 330.0, first: float = 0.0, every: float = 6.0, last: float = 200.0) -> list[User]:
    """Others, one every few seconds, in the lane beside."""
    count = int((last - first) / every)
    return [User(drive(-40, y, 160, first + every * n, first + every * n + 8), shade=50 + n) for n in range(count)]


def test_one_that_breaks_down_beside_the_flow_is_told_once_and_ends_when_it_leaves() -> None:
    users = [User(stop(500, 430, 150, 2, 6, until=60)), *flow(last=75)]
    told, _ = run(scene(), looks(users, 75))
    [one] = began(told)
    assert one.target == "road"
    assert 5 <= seconds(one) <= 9, "the moment it stopped"
    assert one.detail["passed"] >= 2
    [over] = ended(told)
    assert 60 <= seconds(over) <= 72
    assert over.key == one.key


def test_a_detector_that_loses_it_for_half_a_minute_makes_no_second_sighting() -> None:
    """Beyond `lost_seconds` the picture itself says that it is still there, also while the light changes."""
    car = User(stop(500, 430, 150, 2, 6), seen=lambda t: not 35 <= t < 75)
    told, _ = run(scene(), looks([car, *flow(last=110)], 110, light=lambda t: 1.0 - 0.004 * t))
    assert len(began(told)) == 1
    assert ended(told) == []


def test_one_that_left_unseen_ends_though_nobody_saw_it_drive_off() -> None:
    def path(t: float) -> tuple[float, float] | None:
        return None if t < 2 or t > 50 else (500 - 150 * max(6 - t, 0), 430.0)

    told, _ = run(scene(), looks([User(path), *flow(last=90)], 90))
    assert len(began(told)) == len(ended(told)) == 1
    assert 50 <= seconds(ended(told)[0]) <= 75


def queue_at_light(red: float, green: float, cycles: int) -> list[User]:
    """Three cars a cycle that stop behind each other and drive off, while the lane beside flows on."""
    users = []
    for cycle in range(cycles):
        begin = cycle * (red + green)
        for place in range(3):
            users.append(User(stop(700 - 110 * place, 430, 150, begin + place, begin + 5 + place,
                                   begin + red + place), shade=10 * cycle + place + 100))  # fmt: skip
    return users


def test_a_queue_at_a_drawn_stop_line_is_none() -> None:
    line = Line("stop", "stop", (0.78, 0.7), (0.78, 0.9))
    users = [*queue_at_light(60, 30, 1), *flow(last=80)]
    told, _ = run(scene((line,)), looks(users, 80))
    assert began(told) == []


def test_a_place_where_vehicles_stop_and_go_on_becomes_usual() -> None:
    """No stop line drawn: after three stops of that length the place is known; from then on it takes longer."""
    usual = [*queue_at_light(18, 22, 3), User(stop(700, 430, 150, 122, 128, until=147), shade=3), *flow(last=160)]
    told, _ = run(scene(seconds=16), looks(usual, 160))
    assert began(told) == [], "19 s are not unusual where 13 to 15 s are usual"
    stuck = [*queue_at_light(18, 22, 3), User(stop(700, 430, 150, 122, 128), shade=3), *flow(last=175)]
    told, _ = run(scene(seconds=16), looks(stuck, 175))
    assert len(began(told)) == 1, "one that stays much longer is told all the same"


def test_when_nobody_moves_it_is_a_jam_and_none_of_them_is_told() -> None:
    users = [User(stop(200 + 120 * n, y, 100, 0, 3), shade=n) for n in range(5) for y in (330, 430)]
    told, _ = run(scene(), looks(users, 60))
    assert began(told) == []


def test_a_track_that_is_taken_over_by_a_passer_by_neither_ends_nor_doubles_it() -> None:
    """A lorry in the near lane hides it each few seconds."""
    lorries = [User(drive(-100, 470, 220, 8 * n, 8 * n + 9), "truck", 200, 110, shade=30 + n) for n in range(1, 9)]
    told, _ = run(scene(), looks([User(stop(500, 430, 150, 2, 6)), *lorries, *flow(last=75)], 75))
    assert len(began(told)) == 1
    assert ended(told) == []


@pytest.mark.parametrize("shake", [4.0, 8.0])
def test_a_mast_in_the_wind_makes_no_alarm_of_a_road_that_flows(shake: float) -> None:
    told, _ = run(scene(), looks(flow(last=60, every=3) + flow(430, 1.5, 3, 60), 60, shake=shake))
    assert began(told) == []


def test_one_alone_at_night_is_told_after_a_while_though_nobody_comes_by() -> None:
    told, _ = run(scene(alone_seconds=60), looks([User(stop(500, 430, 150, 2, 6))], 90, every=1.0))
    assert len(began(told)) == 1


def test_leaving_ends_what_lasts() -> None:
    made = scene()
    told, _ = run(made, looks([User(stop(500, 430, 150, 2, 6)), *flow(last=50)], 50))
    assert len(began(told)) == 1
    [over] = made.leave(began(told)[0].at)
    assert over.phase == "ended"
    assert made.leave(over.at) == []
