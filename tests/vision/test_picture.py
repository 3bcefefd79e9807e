"""Pictures on their way into a network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.vision import cards
from commonsight.vision.picture import Scaler, fit

FREE = cards.card("nanodet-coco-416").input
FIXED = cards.card("fastestdet-coco-352").input


@pytest.mark.parametrize(
    ("picture", "enters"),
    [
        ((352, 288), (352, 288)),
        ((1920, 1080), (416, 224)),
        ((1080, 1920), (224, 416)),
        ((768, 576), (416, 320)),
        ((100, 100), (96, 96)),
        ((5000, 4), (416, 32)),
        ((1, 1), (32, 32)),
    ],
)
def test_pictures_keep_their_proportions_and_are_never_enlarged(picture, enters):
    assert fit(*picture, FREE) == enters


def test_a_network_of_fixed_size_gets_that_size():
    assert fit(1920, 1080, FIXED) == (352, 352)


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_the_size_is_always_one_the_network_takes(width, height):
    columns, rows = fit(width, height, FREE)
    assert columns % 32 == rows % 32 == 0
    assert 32 <= columns <= 416
    assert 32 <= rows <= 416


def gradient(width, height):
    """Blue rises to the right, green rises downwards, red is even."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, width)[None, :]
    picture[..., 1] = np.linspace(0, 255, height)[:, None]
    picture[..., 2] = 100
    return picture


def test_channels_are_in_the_cards_order_and_normalised():
    picture = gradient(64, 64)
    entered = Scaler(FREE)(picture, 64, 64)[0]
    assert entered.dtype == np.float32
    back = entered * np.array(FREE.std)[:, None, None] + np.array(FREE.mean)[:, None, None]
    np.testing.assert_allclose(back.transpose(1, 2, 0), picture, atol=3)


def test_red_comes_first_where_the_card_says_so():
    red_first = FIXED.model_copy(update={"colour": "RGB"})
    assert abs(Scaler(red_first)(gradient(352, 352), 352, 352)[0, 0] * 255 - 100).max() <= 3


def test_scaling_keeps_places():
    entered = Scaler(FIXED)(gradient(1280, 720), 352, 352)[0] * 255
    np.testing.assert_allclose(entered[0], np.broadcast_to(np.linspace(0, 255, 352), (352, 352)), atol=4)
    np.testing.assert_allclose(entered[1], np.broadcast_to(np.linspace(0, 255, 352)[:, None], (352, 352)), atol=4)


def test_an_odd_width_and_a_view_that_is_not_contiguous_do_not_skew_the_picture():
    wide = gradient(642, 360)
    view = wide[:, ::2]
    assert view.shape[1] == 321
    entered = Scaler(FIXED)(view, 352, 352)[0] * 255
    np.testing.assert_allclose(entered[0, 0], np.linspace(0, 255, 352), atol=5)


def test_the_same_picture_gives_the_same_numbers():
    picture = np.random.default_rng(45).integers(0, 256, (288, 352, 3), dtype=np.uint8)
    first, second = Scaler(FREE)(picture, 416, 352).copy(), Scaler(FREE)(picture, 416, 352).copy()
    assert np.array_equal(first, second)
