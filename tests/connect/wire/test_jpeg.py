"""A whole JPEG is known by its markers; what is cut, padded or made up is told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire import jpeg

from ..peers import jpegs


@pytest.fixture(scope="module")
def picture():
    return jpegs(1, "320x180")[0]


def test_a_real_picture(picture):
    assert jpeg.whole(picture) == (picture, 320, 180)


def test_what_stands_behind_the_end_is_cut_off(picture):
    assert jpeg.whole(picture + b"\r\n\0\0") == (picture, 320, 180)


def test_every_cut_is_noticed(picture):
    assert all(jpeg.whole(picture[:end]) is None for end in range(0, len(picture) - 1, 7))


def test_fill_bytes_before_a_marker(picture):
    assert jpeg.whole(picture[:2] + b"\xff" * 9 + picture[2:])[1:] == (320, 180)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xc0\x00\x01", b"<html></html>"])
def test_what_is_no_picture(data):
    assert jpeg.whole(data) is None


@given(st.binary(max_size=200))
def test_hostile_bytes(data):
    jpeg.whole(b"\xff\xd8" + data)
