"""Covering: what lay under a box is gone, and nothing else is touched."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonsight.vision.mask_cover import GREY, GREY_CHROMA, GREY_LUMA, cover_bgr, cover_yuv420, whole

SIDES = st.integers(1, 40)
NUMBERS = st.floats(-60, 60, width=32) | st.sampled_from([np.inf, -np.inf, np.nan])
BOXES = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=5).map(
    lambda rows: np.array(rows, np.float32).reshape(-1, 4)
)


def inside(boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Pixels that any box touches."""
    ys, xs = np.mgrid[0:height, 0:width]
    hit = np.zeros((height, width), bool)
    for left, top, right, bottom in boxes:
        if right > left and bottom > top:
            hit |= (xs + 1 > left) & (xs < right) & (ys + 1 > top) & (ys < bottom)
    return hit


@given(SIDES, SIDES, BOXES)
def test_every_pixel_a_box_touches_becomes_the_same_grey(width, height, boxes):
    picture = np.full((height, width, 3), 7, np.uint8)
    cover_bgr(picture, boxes)
    assert (picture[inside(boxes, width, height)] == GREY).all()


@given(SIDES, SIDES, BOXES, st.integers(0, 2**31))
def test_nothing_of_what_lay_under_a_box_is_left_in_the_picture(width, height, boxes, seed):
    """Two pictures that differ under the boxes only are the same picture afterwards."""
    chance = np.random.default_rng(seed)
    one = chance.integers(0, 255, (height, width, 3), dtype=np.uint8)
    two = one.copy()
    under = inside(boxes, width, height)
    two[under] = chance.integers(0, 255, (int(under.sum()), 3), dtype=np.uint8)
    cover_bgr(one, boxes)
    cover_bgr(two, boxes)
    assert (one == two).all()


@given(SIDES, SIDES, BOXES)
def test_colour_goes_with_brightness(width, height, boxes):
    luma = np.zeros((height, width), np.uint8)
    blue = np.zeros(((height + 1) // 2, (width + 1) // 2), np.uint8)
    red = blue.copy()
    cover_yuv420(luma, blue, red, boxes)
    under = inside(boxes, width, height)
    assert (luma[under] == GREY_LUMA).all()
    rows, columns = np.nonzero(under)
    assert (blue[rows // 2, columns // 2] == GREY_CHROMA).all()
    assert (red == blue).all()


@given(SIDES, SIDES, BOXES)
def test_boxes_are_cut_to_the_picture(width, height, boxes):
    for left, top, right, bottom in whole(boxes, width, height):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height


def test_what_lies_outside_is_left_alone():
    picture = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    before = picture.copy()
    cover_bgr(picture, np.array([[2, 2, 4, 4]], np.float32))
    changed = (picture != before).any(axis=2)
    assert changed.sum() == 4
    assert changed[2:4, 2:4].all()
