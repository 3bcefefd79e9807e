"""Overlap and suppression."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from commonsight.vision.nms import MAX_CANDIDATES, overlap, suppress


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def keep(xyxy, scores, kind=None, iou=0.5):
    kind = np.zeros(len(scores), np.int32) if kind is None else np.array(kind, np.int32)
    return suppress(xyxy, np.array(scores, np.float32), kind, iou).tolist()


def test_overlap_is_intersection_over_union():
    found = overlap(boxes([0, 0, 10, 10]), boxes([0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [3, 3, 3, 3]))
    np.testing.assert_allclose(found, [[1, 1 / 3, 0, 0]], rtol=1e-6)


def test_empty_boxes_overlap_nothing():
    assert overlap(boxes([3, 3, 3, 3]), boxes([3, 3, 3, 3])).tolist() == [[0]]


def test_the_better_of_two_boxes_stays_and_comes_first():
    assert keep(boxes([0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]), [0.5, 0.9, 0.6]) == [1, 2]


def test_boxes_of_different_kinds_do_not_suppress_each_other():
    pair = boxes([0, 0, 10, 10], [0, 0, 10, 10])
    assert keep(pair, [0.9, 0.8], [0, 1]) == [0, 1]
    assert keep(pair, [0.9, 0.8], [0, 0]) == [0]


def test_equal_scores_keep_their_order():
    assert keep(boxes([0, 0, 1, 1], [5, 5, 6, 6], [9, 9, 10, 10]), [0.5, 0.5, 0.5]) == [0, 1, 2]


def test_a_picture_full_of_noise_is_bounded():
    count = MAX_CANDIDATES * 3
    left = np.arange(count, dtype=np.float32) * 2
    xyxy = np.stack([left, left, left + 1, left + 1], axis=1)
    kept = keep(xyxy, np.linspace(0, 1, count))
    assert len(kept) == MAX_CANDIDATES
    assert kept[0] == count - 1


def test_nothing_in_nothing_out():
    assert keep(boxes(), []) == []


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(0, 12), st.just(4)), elements=st.integers(0, 20)),
    st.randoms(use_true_random=False),
    st.sampled_from([0.0, 0.3, 0.5, 0.9]),
)
def test_what_stays_does_not_clash_and_what_falls_clashes_with_something_better(corners, random, iou):
    xyxy = np.hstack([np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])])
    scores = np.array([random.choice([0.2, 0.5, 0.8]) for _ in xyxy], np.float32)
    kind = np.array([random.randrange(2) for _ in xyxy], np.int32)
    kept = suppress(xyxy, scores, kind, iou).tolist()
    clash = (overlap(xyxy, xyxy) > iou) & (kind[:, None] == kind[None, :])
    for position, row in enumerate(kept):
        assert not any(clash[row, other] for other in kept[:position])
    for row in set(range(len(xyxy))) - set(kept):
        assert any(clash[row, other] and scores[other] >= scores[row] for other in kept)
