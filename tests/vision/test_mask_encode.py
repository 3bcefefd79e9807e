"""Coding masked pictures: one picture in, the same one out, at its time, without waiting for the next."""

import io
import threading

import numpy as np
import pytest

from commonsight.vision.decode import Decoder
from commonsight.vision.mask_encode import (
    EncoderLost,
    FlvReader,
    H264Encoder,
    JpegEncoder,
    encoder,
    h264_arguments,
)

WIDTH, HEIGHT = 160, 96
PATIENCE = 30.0


class Collector:
    """Takes what comes out, and wakes who waits for it."""

    def __init__(self) -> None:
        self.units: list[tuple[bytes, int, bool]] = []
        self._changed = threading.Condition()

    def __call__(self, data: bytes, pts: int, keyframe: bool) -> None:
        with self._changed:
            self.units.append((data, pts, keyframe))
            self._changed.notify_all()

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.units) >= count, PATIENCE), f"{len(self.units)} came"


def grey(value: int, width: int = WIDTH, height: int = HEIGHT) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture whose brightness is its number."""
    colour = np.full((height // 2, width // 2), 128, np.uint8)
    return np.full((height, width), value, np.uint8), colour, colour.copy()


@pytest.fixture(params=["h264", "jpeg"])
def codec(request) -> str:
    if request.param == "h264" and h264_arguments() is None:
        pytest.skip("no ffmpeg with an H.264 encoder on this machine")
    return request.param


def test_each_picture_comes_out_as_itself_with_its_own_time(codec):
    """Nothing is swapped or lost: the picture at a time shows what went in with that time."""
    taken = Collector()
    coder = encoder(WIDTH, HEIGHT, taken, jpeg=codec == "jpeg")
    assert coder.codec == codec
    for number in range(40):
        coder.write(grey(20 + 5 * number), 900 * number)
    coder.close()
    decoder = Decoder(codec)
    frames = [frame for data, pts, _ in taken.units for frame in decoder.feed(data, pts)] + decoder.flush()
    assert [frame.pts for frame in frames] == [900 * number for number in range(40)]
    for number, frame in enumerate(frames):
        luma, _, _ = frame.yuv420(WIDTH, HEIGHT)
        assert abs(int(luma[40, 80]) - (20 + 5 * number)) <= 3


def test_a_picture_does_not_wait_for_the_next_one(codec):
    taken = Collector()
    coder = encoder(WIDTH, HEIGHT, taken, jpeg=codec == "jpeg")
    for number in range(5):
        coder.write(grey(50), number)
        taken.wait(number + 1)
    coder.close()


def test_the_first_picture_can_be_decoded_alone_and_keyframes_come_again(codec):
    taken = Collector()
    coder = encoder(WIDTH, HEIGHT, taken, jpeg=codec == "jpeg")
    for number in range(60):
        coder.write(grey(50 + number), number)
    coder.close()
    keyframes = [pts for _, pts, keyframe in taken.units if keyframe]
    assert keyframes[0] == 0
    assert len(keyframes) >= 3
    for at in keyframes[:3]:
        decoder = Decoder(codec)
        data = next(data for data, pts, _ in taken.units if pts == at)
        assert decoder.feed(data, at) or decoder.flush()


def test_an_encoder_that_died_says_so():
    if h264_arguments() is None:
        pytest.skip("no ffmpeg with an H.264 encoder on this machine")
    taken = Collector()
    coder = encoder(WIDTH, HEIGHT, taken)
    assert isinstance(coder, H264Encoder)
    coder.write(grey(50), 0)
    taken.wait(1)
    coder._process.kill()
    coder._process.wait(PATIENCE)
    with pytest.raises(EncoderLost):
        coder.write(grey(50), 1)
    coder.close()


def test_a_stream_that_is_cut_ends_quietly():
    head = b"FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00"
    tag = b"\x09\x00\x00\x20" + bytes(7)
    for cut in (b"", head[:5], head, head + tag[:3], head + tag, head + tag + bytes(10)):
        assert FlvReader(io.BytesIO(cut)).next() is None


def test_odd_widths_are_coded_with_their_padding():
    taken = Collector()
    coder = JpegEncoder(98, 66, taken)
    coder.write(grey(90, 98, 66), 7)
    (data, pts, keyframe) = taken.units[0]
    assert (pts, keyframe) == (7, True)
    (frame,) = Decoder("jpeg").feed(data, pts)
    assert (frame.width, frame.height) == (98, 66)
