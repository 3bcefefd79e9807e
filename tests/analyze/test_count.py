"""Counting crossings of synthetic road users: once each, in the right direction, whatever happens to the boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.analyze.count import Crossing, LineCounter, ZoneCounter, inside
from commonsight.analyze.road_users import road_users
from commonsight.analyze.track import Tracker
from tests.analyze.world import detections

FRAME = (640, 480)
LEVEL = ((0.0, 0.5), (1.0, 0.5))
"""From left to right at y = 240: `in` is downwards."""

Path = list[tuple[float, float] | None]


def run(
    paths: list[Path], fps: float = 10, line: tuple[tuple[float, float], tuple[float, float]] = LEVEL,
    size: tuple[float, float] = (40, 30), kinds: list[str] | None = None, frame: tuple[int, int] = FRAME,
) -> list[Crossing]:  # fmt: skip
    """Crossings of road users whose bottom centres follow `paths`, one point a frame, None = not seen."""
    tracker, counter = Tracker(), LineCounter([line], frame)
    found: list[Crossing] = []
    time = 0.0
    for index in range(max(len(path) for path in paths)):
        time = index / fps
        here = [(p[index], k) for p, k in zip(paths, kinds or ["car"] * len(paths), strict=True) if index < len(p)]
        seen = [(point, kind) for point, kind in here if point is not None]
        boxes = [[x - size[0] / 2, y - size[1], x + size[0] / 2, y] for (x, y), _ in seen]
        users = road_users(detections(boxes, [kind for _, kind in seen]))
        found += counter.update(tracker.update(users, time, frame), time)
    return found + counter.finish(time)


def straight(start: tuple[float, float], end: tuple[float, float], count: int) -> Path:
    return list(zip(np.linspace(start[0], end[0], count), np.linspace(start[1], end[1], count), strict=True))


def directions(crossings: list[Crossing]) -> list[str]:
    return [crossing.direction for crossing in crossings]


@pytest.mark.parametrize("fps", [25, 12, 8, 5])
@pytest.mark.parametrize(("start", "end", "expected"), [(100, 400, "in"), (400, 100, "out")])
def test_one_car_counts_once(fps: float, start: float, end: float, expected: str) -> None:
    path = straight((300, start), (330, end), int(4 * fps))
    [crossing] = run([path], fps)
    assert crossing.direction == expected
    assert not crossing.inferred
    assert crossing.time == pytest.approx(4 * abs(240 - start) / 300, abs=0.2)
    assert crossing.at[1] == pytest.approx(240, abs=6)


def test_passing_beside_the_segment_counts_nothing() -> None:
    assert run([straight((500, 100), (500, 400), 40)], line=((0.0, 0.5), (0.6, 0.5))) == []


def test_standing_on_the_line_and_trembling_counts_nothing() -> None:
    chance = np.random.default_rng(45)
    path = [(300 + dx, 240 + dy) for dx, dy in chance.normal(0, 2.0, (400, 2))]
    assert run([path], fps=25) == []


def test_a_box_that_is_covered_from_below_now_and_then_counts_nothing() -> None:
    tracker, counter = Tracker(), LineCounter([LEVEL], FRAME)
    found = []
    for index in range(200):
        bottom = 232 if index % 50 < 6 else 246
        users = road_users(detections([[280, 200, 330, bottom]]))
        found += counter.update(tracker.update(users, index / 25, FRAME), index / 25)
    assert found == []


def test_going_there_and_back_counts_both_ways() -> None:
    path = straight((300, 150), (300, 330), 30) + straight((300, 330), (300, 150), 30)
    assert directions(run([path])) == ["in", "out"]


def test_peeping_over_the_line_counts_nothing() -> None:
    path = straight((300, 200), (300, 241), 40) + straight((300, 241), (300, 180), 40)
    assert run([path]) == []


def test_a_car_found_just_behind_the_line_has_crossed_it() -> None:
    # Somebody else was there from the start, so the stream had begun long before.
    other = straight((100, 100), (120, 100), 40)
    late: Path = [None] * 20 + straight((300, 252), (300, 400), 20)
    [crossing] = run([other, late])
    assert (crossing.direction, crossing.inferred) == ("in", True)


def test_a_car_lost_just_before_the_line_has_crossed_it() -> None:
    other = straight((100, 100), (120, 100), 60)
    early: Path = [*straight((300, 400), (300, 252), 20), *[None] * 40]
    [crossing] = run([other, early])
    assert (crossing.direction, crossing.inferred) == ("out", True)


def test_what_was_past_the_line_when_the_stream_began_is_not_counted() -> None:
    assert run([straight((300, 252), (300, 400), 20)]) == []


def test_a_car_hidden_while_it_crosses_counts_once() -> None:
    path = straight((300, 100), (300, 400), 40)
    hidden: Path = [None if 200 < (p or (0, 0))[1] < 290 else p for p in path]
    assert directions(run([hidden])) == ["in"]


def test_neighbours_crossing_together_count_each() -> None:
    left, right = straight((250, 100), (250, 400), 40), straight((310, 100), (310, 400), 40)
    assert directions(run([left, right])) == ["in", "in"]


def test_two_people_side_by_side_count_as_two() -> None:
    left, right = straight((250, 150), (250, 350), 60), straight((268, 150), (268, 350), 60)
    crossings = run([left, right], size=(16, 44), kinds=["person", "person"])
    assert directions(crossings) == ["in", "in"]


@settings(deadline=None, max_examples=25)
@given(
    speed=st.floats(40, 120), x=st.floats(80, 560), drift=st.floats(-20, 20), fps=st.sampled_from([5, 8, 12, 25]),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_noise_and_lost_frames_change_no_count(speed: float, x: float, drift: float, fps: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    count = int(320 / speed * fps)
    path: Path = [
        None
        if chance.random() < 0.15
        else (x + drift * i / fps + chance.normal(0, 1), 80 + speed * i / fps + chance.normal(0, 1))
        for i in range(count)
    ]
    path[:3] = [(x, 80 + speed * i / fps) for i in range(3)]
    assert directions(run([path], fps)) == ["in"]


@settings(deadline=None, max_examples=25)
@given(start=st.integers(60, 200), end=st.integers(290, 440), x=st.integers(100, 540))
def test_mirrored_pictures_swap_directions(start: int, end: int, x: int) -> None:
    path = straight((x, start), (x, end), 40)
    forward = run([path])
    swapped = run([path], line=(LEVEL[1], LEVEL[0]))
    scaled = run(
        [[(2 * p[0], 2 * p[1]) for p in path if p]], size=(80, 60), frame=(1280, 960)
    )  # fmt: skip
    assert directions(forward) == ["in"]
    assert directions(swapped) == ["out"]
    assert directions(scaled) == ["in"]


def test_zones_count_by_where_road_users_stand() -> None:
    tracker = Tracker()
    zones = ZoneCounter([((0, 0), (0.5, 0), (0.5, 1), (0, 1)), ((0.5, 0.0), (1, 0), (1, 1), (0.5, 1))], FRAME)
    for index in range(10):
        tracks = tracker.update(
            road_users(detections([[80, 100, 120, 130], [300, 100, 345, 200], [500, 100, 520, 150]],
                                  ["car", "bus", "person"])), index / 10, FRAME)  # fmt: skip
    # The bus reaches over the border: its bottom centre is at x = 322.
    assert zones.present(tracks, 0.9).tolist() == [[0, 0, 0, 1, 0, 0], [1, 0, 0, 0, 1, 0]]


@settings(deadline=None)
@given(st.floats(-1, 2), st.floats(-1, 2))
def test_inside_agrees_with_a_square(x: float, y: float) -> None:
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    if min(abs(x), abs(x - 1), abs(y), abs(y - 1)) > 1e-9:
        assert inside(square, np.array([[x, y]]))[0] == (0 < x < 1 and 0 < y < 1)
