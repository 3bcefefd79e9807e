"""Holding: a face the detector loses stays covered where it was and where it went."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.vision.mask_hold import DOUBTFUL_PICTURES, HOLD_PICTURES, HOLD_SECONDS, REMEMBERED_MOST, Hold, grown

NOTHING = (np.zeros((0, 4), np.float32), np.zeros(0, np.int32))


def find(*boxes: tuple[float, float, float, float], kind: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), kind, np.int32)


def covers(covered: np.ndarray, box: tuple[float, float, float, float]) -> bool:
    """Whether one of the covered boxes holds all of `box`."""
    return any((one[:2] <= box[:2]).all() and (one[2:] >= box[2:]).all() for one in covered)


def test_a_find_is_covered_at_once_with_a_margin():
    covered, new = Hold().update(*find((100, 100, 120, 130)), 0.0)
    assert covers(covered, (95, 92, 125, 135))
    assert new.all()


@pytest.mark.parametrize("rate", [1, 2, 5, 25])
def test_a_lost_box_stays_covered_for_a_time_and_for_some_pictures(rate):
    hold = Hold()
    hold.update(*find((100, 100, 120, 130)), 0.0)
    kept = 0
    while len(hold.update(*NOTHING, (kept + 1) / rate)[0]):
        kept += 1
        assert kept < 100
    assert kept >= HOLD_PICTURES
    assert kept / rate >= HOLD_SECONDS - 1 / rate


def test_what_was_found_once_and_not_surely_is_held_for_a_shorter_while():
    doubtful, twice = Hold(), Hold()
    unsure = np.zeros(1, bool)
    doubtful.update(*find((100, 100, 120, 130)), 0.0, unsure)
    for step in range(2):
        twice.update(*find((100, 100, 120, 130)), step / 25, unsure)
    held = [0, 0]
    for step in range(2, 30):
        held[0] += len(doubtful.update(*NOTHING, step / 25)[0])
        held[1] += len(twice.update(*NOTHING, step / 25)[0])
    assert held[0] == DOUBTFUL_PICTURES
    assert held[1] >= 25


def test_a_moving_face_that_is_lost_stays_covered_where_it_is_heading():
    hold = Hold()
    for step in range(6):
        hold.update(*find((100 + 10 * step, 100, 120 + 10 * step, 130)), step / 5)
    for step in range(6, 10):
        covered, _ = hold.update(*NOTHING, step / 5)
        assert covers(covered, (100 + 10 * step, 100, 120 + 10 * step, 130))
        assert covers(covered, (150, 100, 170, 130))


def test_a_lost_box_grows_while_it_is_lost():
    hold = Hold()
    hold.update(*find((100, 100, 120, 130)), 0.0)
    sizes = [float(np.prod(hold.update(*NOTHING, step / 10)[0][0][2:])) for step in range(1, 8)]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def test_a_face_that_is_found_again_is_one_face():
    hold = Hold()
    for step in range(5):
        _, new = hold.update(*find((100 + 4 * step, 100, 120 + 4 * step, 130)), step / 5)
        assert new.all() == (step == 0)
    assert len(hold) == 1


def test_a_plate_is_no_face():
    hold = Hold()
    hold.update(*find((100, 100, 120, 130)), 0.0)
    covered, new = hold.update(*find((100, 100, 120, 130), kind=1), 0.2)
    assert new.all()
    assert len(covered) == 2


def test_a_weak_find_counts_only_where_something_is_remembered():
    hold = Hold()
    hold.update(*find((100, 100, 120, 130)), 0.0)
    boxes, kinds = find((103, 98, 122, 131), (300, 100, 320, 130), (100, 100, 200, 230))
    assert hold.near(boxes, kinds).tolist() == [True, False, False]


def test_a_clock_that_falls_back_forgets_nothing_early():
    hold = Hold()
    hold.update(*find((100, 100, 120, 130)), 1000.0)
    for step in range(HOLD_PICTURES):
        assert len(hold.update(*NOTHING, 10 + step / 25)[0]) == 1


def test_more_than_can_be_remembered_covers_the_whole_picture():
    boxes = [(x, y, x + 4, y + 4) for x in range(0, 400, 10) for y in range(0, 200, 10)]
    assert len(boxes) > REMEMBERED_MOST
    hold = Hold()
    covered, _ = hold.update(*find(*boxes), 0.0)
    assert covers(covered, (0, 0, 1e5, 1e5))
    assert len(hold) == REMEMBERED_MOST


sides = st.floats(1, 60, width=32)
places = st.floats(-20, 400, width=32)
finds = st.lists(st.tuples(places, places, sides, sides), max_size=6)


@given(st.lists(st.tuples(finds, st.floats(0, 2, width=32)), max_size=12))
def test_whatever_is_found_is_always_covered_in_the_same_picture(stream):
    """The state machine, whatever comes: each find lies under a mask at once, and memory stays bounded."""
    hold, now = Hold(), 0.0
    for rows, passed in stream:
        now += passed
        boxes, kinds = find(*[(x, y, x + w, y + h) for x, y, w, h in rows])
        covered, new = hold.update(boxes, kinds, now)
        assert len(new) == len(boxes)
        for box in boxes:
            assert covers(covered, grown(box))
        assert len(hold) <= REMEMBERED_MOST
