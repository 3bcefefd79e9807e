"""Pictures as JPEG."""

from io import BytesIO

import av
import numpy as np

from commonsight.vision.decode import Frame
from commonsight.vision.picture import Converter
from commonsight.vision.quality.still import jpeg
from tests.vision.quality.scenes import street


def back(data: bytes) -> Frame:
    with av.open(BytesIO(data), "r", format="jpeg_pipe") as opened:
        return Frame(next(iter(opened.decode(video=0))), Converter())


def test_a_picture_comes_back_smaller_and_alike() -> None:
    picture = street()
    made = back(jpeg(picture, 320))
    assert (made.width, made.height) == (320, 180)
    luma, blue, red = made.yuv420(320, 180)
    small = picture.luma.reshape(180, 2, 320, 2).mean(axis=(1, 3))
    assert np.abs(luma - small).mean() < 4
    assert abs(float(blue.mean()) - picture.blue.mean()) < 2
    assert abs(float(red.mean()) - picture.red.mean()) < 2


def test_a_small_picture_is_not_enlarged_and_odd_sides_are_cut() -> None:
    made = back(jpeg(street(width=401, height=241), 960))
    assert (made.width, made.height) == (400, 240)
