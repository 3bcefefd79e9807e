"""Following road users: identity through gaps, low frame rates, class flicker and clutter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.analyze.road_users import CLASSES, road_users
from commonsight.analyze.track import Tracker, Tracks, TrackSettings
from tests.analyze.world import detections

FRAME = (640, 480)


def box(x: float, y: float, width: float = 40, height: float = 30) -> list[float]:
    """A box by its bottom centre."""
    return [x - width / 2, y - height, x + width / 2, y]


def follow(frames: list[tuple[float, list[list[float]], list[str]]], score: float = 0.6) -> list[Tracks]:
    tracker = Tracker()
    return [tracker.update(road_users(detections(boxes, kinds, score)), time, FRAME) for time, boxes, kinds in frames]


def moving(
    seconds: float, fps: float, speed: tuple[float, float], start: tuple[float, float] = (100, 100)
) -> list[tuple[float, list[list[float]], list[str]]]:
    """One car on a straight path."""
    count = int(seconds * fps)
    return [
        (i / fps, [box(start[0] + speed[0] * i / fps, start[1] + speed[1] * i / fps)], ["car"]) for i in range(count)
    ]


@pytest.mark.parametrize("fps", [25, 12, 8, 5])
def test_one_car_is_one_track_at_any_frame_rate(fps: float) -> None:
    # 100 pixels a second with boxes of 40: at 5 frames a second boxes still overlap by half only.
    seen = follow(moving(4, fps, (100, 20)))
    assert {int(i) for tracks in seen for i in tracks.id} == {1}
    assert seen[-1].believed.all()
    assert seen[-1].velocity[0] == pytest.approx([100, 20], abs=8)


@pytest.mark.parametrize("fps", [25, 5])
def test_a_track_survives_not_being_seen_for_a_second(fps: float) -> None:
    frames = moving(4, fps, (60, 0))
    hidden = [(t, [] if 1.5 < t < 2.5 else b, [] if 1.5 < t < 2.5 else k) for t, b, k in frames]
    assert {int(i) for tracks in follow(hidden) for i in tracks.id} == {1}


def test_two_cars_that_meet_keep_their_identities() -> None:
    frames = [
        (t, [box(100 + 80 * t, 200), box(500 - 80 * t, 245)], ["car", "car"]) for t in np.arange(0, 5, 0.1).tolist()
    ]
    last = follow(frames)[-1]
    by_id = dict(zip(last.id.tolist(), last.at[:, 1].tolist(), strict=True))
    assert by_id == {1: pytest.approx(200, abs=3), 2: pytest.approx(245, abs=3)}


def test_a_van_called_truck_and_car_in_turn_is_one_road_user() -> None:
    frames = [(t, b, ["truck" if i % 3 == 0 else "car"]) for i, (t, b, _) in enumerate(moving(3, 10, (50, 0)))]
    seen = follow(frames)
    assert {int(i) for tracks in seen for i in tracks.id} == {1}
    assert CLASSES[seen[-1].kind[0]] == "car"


def test_a_van_found_as_car_and_truck_at_once_is_one_road_user() -> None:
    frames = [(t, [b[0], [v + 2 for v in b[0]]], ["car", "truck"]) for t, b, _ in moving(2, 10, (50, 0))]
    assert all(len(tracks) == 1 for tracks in follow(frames))


def test_a_rider_is_the_bicycle_only() -> None:
    frames = [
        (t, [box(x, 200, 30, 30), box(x, 190, 20, 50)], ["bicycle", "person"])
        for t, x in ((i / 10, 100 + 5 * i) for i in range(30))
    ]
    seen = follow(frames)
    assert all(len(tracks) == 1 for tracks in seen)
    assert CLASSES[seen[-1].kind[0]] == "bicycle"


def test_a_walker_beside_a_bicycle_stays() -> None:
    frames = [(i / 10, [box(100, 200, 30, 30), box(140, 200, 20, 50)], ["bicycle", "person"]) for i in range(10)]
    assert len(follow(frames)[-1]) == 2


def test_flicker_is_not_believed() -> None:
    chance = np.random.default_rng(45)
    frames = [
        (i / 10, [box(*chance.uniform(50, 400, 2))] if i % 4 == 0 else [], ["car"] if i % 4 == 0 else [])
        for i in range(100)
    ]
    assert not any(tracks.believed.any() for tracks in follow(frames, score=0.45))


def test_weak_boxes_that_go_somewhere_are_believed_and_those_that_stay_are_not() -> None:
    frames = [(i / 12.5, [box(100 + 8 * i, 200, 80, 90), box(500, 400, 40, 40)], ["car", "car"]) for i in range(40)]
    last = follow(frames, score=0.3)[-1]
    assert last.at[last.believed][:, 0] == pytest.approx([412], abs=10)


def test_the_number_of_tracks_is_bounded() -> None:
    tracker = Tracker(TrackSettings(most=20))
    chance = np.random.default_rng(45)
    for i in range(30):
        boxes = [box(*chance.uniform(20, 460, 2), 8, 8) for _ in range(60)]
        assert len(tracker.update(road_users(detections(boxes)), i / 10, FRAME)) <= 20


def test_time_that_runs_backwards_is_refused() -> None:
    tracker = Tracker()
    tracker.update(road_users(detections([])), 1.0)
    with pytest.raises(ValueError, match="order of time"):
        tracker.update(road_users(detections([])), 0.5)


BOXES = st.lists(
    st.tuples(
        st.floats(-1e4, 1e4, width=32), st.floats(-1e4, 1e4, width=32),
        st.floats(0, 2000, width=32), st.floats(0, 2000, width=32),
        st.sampled_from(CLASSES), st.floats(0, 1, width=32),
    ),
    max_size=12,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 3), BOXES), max_size=8))
def test_any_boxes_at_any_times_give_sound_tracks(frames: list[tuple[float, list[tuple[float, ...]]]]) -> None:
    tracker = Tracker()
    time, known = 0.0, 0
    for pause, given_boxes in frames:
        time += pause
        found = detections(
            [[b[0], b[1], b[0] + b[2], b[1] + b[3]] for b in given_boxes],
            [str(b[4]) for b in given_boxes],
            [b[5] for b in given_boxes],
        )
        tracks = tracker.update(road_users(found), time, FRAME)
        assert len(set(tracks.id.tolist())) == len(tracks)
        assert np.isfinite(tracks.at).all()
        assert np.isfinite(tracks.velocity).all()
        assert (tracks.xyxy[:, 2] > tracks.xyxy[:, 0]).all()
        new = tracks.id[tracks.id > known]
        assert (tracks.born[np.isin(tracks.id, new)] == time).all()
        known = max(known, *tracks.id.tolist()) if len(tracks) else known


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(5)))
def test_the_order_of_boxes_does_not_matter(order: list[int]) -> None:
    def run(places: list[int]) -> list[list[float]]:
        tracker = Tracker()
        at: list[list[float]] = []
        for i in range(10):
            boxes = [box(60 + 100 * p + 3 * i, 100 + 50 * p) for p in range(5)]
            scores = [0.5 + 0.05 * p for p in range(5)]
            found = detections([boxes[p] for p in places], "car", [scores[p] for p in places])
            tracks = tracker.update(road_users(found), i / 10, FRAME)
            at = tracks.at.tolist()
        return at

    assert run(order) == run(list(range(5)))
