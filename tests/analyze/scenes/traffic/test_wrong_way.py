"""Who drives against the drawn or the learned direction is told once; what only looks like it is not."""

from typing import Any

import pytest

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.scenes.traffic.wrong_way import WrongWay

from .road import SIZE, User, began, drive, ended, looks, run, seconds

ROAD = Zone("road", "road", ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0)))
RIGHTWARDS = Line("way", "way", (0.5, 0.95), (0.5, 0.45))
"""Drawn upwards: `in` leads from its left to its right, so to the right of the picture."""


def scene(*lines: Line, **settings: float) -> Any:
    return WrongWay(Setup("s", "wrong_way", (ROAD,), lines, settings))


def right(first: float = 0.0, every: float = 3.0, last: float = 60.0, y: float = 430.0) -> list[User]:
    return [
        User(drive(-40, y, 240, first + every * n, first + every * n + 5), shade=n)
        for n in range(int((last - first) / every))
    ]


def test_against_a_drawn_direction_it_is_told_within_seconds_once() -> None:
    ghost = User(drive(1000, 330, -240, 6, 11), shade=99)
    told, _ = run(scene(RIGHTWARDS), looks([*right(last=20), ghost], 20, every=0.2))
    [one] = began(told)
    assert one.detail["lengths"] >= 2.5
    assert one.boxes[0][3] == pytest.approx(330 / SIZE[1], abs=0.03)
    assert len(ended(told)) == 1


def test_without_a_line_the_direction_is_learned_and_nothing_is_told_before() -> None:
    early, late = User(drive(1000, 430, -240, 4, 9), shade=98), User(drive(1000, 430, -240, 40, 45), shade=99)
    told, _ = run(scene(), looks([*right(every=3, last=38), late], 46, every=0.25))
    assert len(began(told)) == 1
    told, _ = run(scene(), looks([early], 12, every=0.25))
    assert began(told) == []


def test_one_whose_track_breaks_off_goes_on_under_the_same_key() -> None:
    ghost = User(drive(1000, 430, -160, 4, 11), shade=99, seen=lambda t: not 6.6 <= t < 9.2)
    told, _ = run(scene(RIGHTWARDS), looks([ghost], 16, every=0.2))
    assert len(began(told)) == 1
    assert len(ended(told)) == 1


def test_boxes_that_tremble_and_a_shaking_mast_make_no_alarm() -> None:
    standing = [User(lambda t, n=n: (150.0 + 140 * n, 480.0), shade=20 + n) for n in range(5)]
    told, _ = run(scene(RIGHTWARDS), looks([*right(last=30), *standing], 30, every=0.2, shake=6.0, tremble=0.06))
    assert told == []


def test_tracks_that_jump_to_the_vehicle_behind_make_no_alarm() -> None:
    """A dense row of alike vehicles, every second box missing: the tracker mixes them up."""
    row = [User(drive(-40 - 95 * n, 430, 120, 0, 60), shade=1) for n in range(30)]
    told, _ = run(scene(RIGHTWARDS), looks(row, 30, every=0.34, missing=0.5))
    assert told == []


def test_reversing_into_a_space_is_none() -> None:
    def path(t: float) -> tuple[float, float] | None:
        if t < 3:
            return (200 + 130 * t, 430.0)
        return (590 - 20 * min(t - 3, 8.0), 430.0)

    told, _ = run(scene(RIGHTWARDS), looks([User(path)], 15, every=0.2))
    assert told == []


def test_when_all_go_the_other_way_the_direction_is_wrong_and_is_learned_anew() -> None:
    back = [User(drive(1000, 430, -240, 36 + 3 * n, 41 + 3 * n), shade=n) for n in range(20)]
    told, _ = run(scene(), looks([*right(last=33), *back], 80, every=0.25))
    assert all(36 <= seconds(one) <= 56 for one in began(told)), "only until more go this way than went the other"


def test_another_directions_lane_is_not_learned_as_this_ones() -> None:
    """Two-way road: each half has its own direction."""
    back = [User(drive(1000, 330, -240, 1.5 + 3 * n, 6.5 + 3 * n), shade=40 + n) for n in range(20)]
    told, _ = run(scene(), looks([*right(y=490), *back], 50, every=0.25))
    assert told == []
