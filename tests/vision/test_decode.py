"""Decoding access units, good and hostile."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.vision.decode import MAX_UNIT_BYTES, Decoder

H264 = "-c:v libx264 -preset ultrafast -g 10 -bsf:v h264_metadata=aud=insert -f h264"
H265 = (
    "-c:v libx265 -preset ultrafast -x265-params keyint=10:log-level=none:repeat-headers=1 "
    "-bsf:v hevc_metadata=aud=insert -f hevc"
)
ENCODERS = {"h264": H264, "h265": H265}
DELIMITER = {"h264": rb"\x00\x00\x00\x01\x09", "h265": rb"\x00\x00\x00\x01\x46\x01"}


@cache
def units(codec, bframes=0, pixels="yuv420p"):
    """25 access units of 96x64: left half dark, right half bright, written by a foreign encoder in its own process."""
    source = "color=gray:96x64:r=25:d=1,format=yuv420p,geq=lum='if(lt(X,48),40,200)':cb=128:cr=128"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", pixels]
    made = subprocess.run(
        [*command, "-bf", str(bframes), *ENCODERS[codec].split(), "-"], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"this ffmpeg cannot encode {codec}: {made.stderr.decode(errors='replace')[-200:]}")
    starts = [match.start() for match in re.finditer(DELIMITER[codec], made.stdout)]
    return [made.stdout[start:end] for start, end in pairwise([*starts, len(made.stdout)])]


def decode(decoder, given):
    frames = [frame for index, unit in enumerate(given) for frame in decoder.feed(unit, index * 3600)]
    return frames + decoder.flush()


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_every_unit_becomes_a_frame_with_its_time(codec):
    decoder = Decoder(codec)
    frames = decode(decoder, units(codec))
    assert [frame.pts for frame in frames] == [index * 3600 for index in range(25)]
    assert {(frame.width, frame.height, frame.corrupt) for frame in frames} == {(96, 64, False)}
    assert decoder.errors == 0


def test_a_keyframe_alone_gives_its_picture_at_the_flush():
    decoder = Decoder("h264")
    frames = decoder.feed(units("h264")[0], 5) + decoder.flush()
    assert [frame.pts for frame in frames] == [5]


def test_it_goes_on_after_a_flush():
    decoder = Decoder("h264")
    decode(decoder, units("h264")[:10])
    assert len(decode(decoder, units("h264")[10:20])) == 10


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_the_picture_is_what_was_encoded(codec):
    frame = decode(Decoder(codec), units(codec))[0]
    picture = frame.bgr()
    assert picture.shape == (64, 96, 3)
    assert picture.dtype == np.uint8
    left, right = picture[:, :40].mean(), picture[:, 56:].mean()
    assert 15 < left < 45
    assert 195 < right < 235
    luma = frame.luma()
    assert luma.shape == (64, 96)
    assert abs(luma[:, :40].mean() - 40) < 3
    assert abs(luma[:, 56:].mean() - 200) < 3
    assert frame.luma(8).shape == (8, 12)
    assert np.array_equal(frame.luma(8), luma[::8, ::8])


def test_ten_bit_pictures_have_a_luma_plane_of_eight():
    frame = decode(Decoder("h265"), units("h265", pixels="yuv420p10le"))[0]
    assert frame.luma().dtype == np.uint8
    assert frame.luma()[:, 60:].mean() > 180


def test_a_scaled_picture_and_its_planes_agree():
    frame = decode(Decoder("h264"), units("h264"))[0]
    small = frame.bgr(48, 32)
    assert small.shape == (32, 48, 3)
    for channel, plane in enumerate(frame.planes(48, 32)):
        assert plane.shape == (32, 48)
        np.testing.assert_allclose(plane.astype(int), small[..., channel].astype(int), atol=12)


def test_frames_outlive_their_decoder():
    frame = decode(Decoder("h264"), units("h264"))[0]
    luma = frame.luma()
    assert frame.bgr().mean() > 0
    assert luma.mean() > 0


def test_reordered_pictures_keep_the_time_of_their_unit():
    """Units arrive in decoding order and leave in the order they are shown."""
    times = [frame.pts // 3600 for frame in decode(Decoder("h264"), units("h264", bframes=2))]
    assert sorted(times) == list(range(25))
    assert times != sorted(times)


def test_leaving_out_the_loop_filter_still_gives_every_frame():
    assert len(decode(Decoder("h264", skip_loop_filter="all"), units("h264"))) == 25


def test_units_before_the_first_keyframe_are_errors_not_frames():
    decoder = Decoder("h264")
    assert decoder.feed(units("h264")[3], 0) == []
    assert decoder.errors == 1
    assert len(decode(decoder, units("h264")[10:])) == 15


def test_units_out_of_bounds_are_counted():
    decoder = Decoder("h264")
    assert decoder.feed(b"", 0) == []
    assert decoder.feed(b"\0" * (MAX_UNIT_BYTES + 1), 0) == []
    assert decoder.feed(units("h264")[0], 1 << 63) == []
    assert decoder.errors == 3


def test_a_wrong_codec_or_step_is_refused():
    with pytest.raises(ValueError, match="codec is 'mjpeg'"):
        Decoder("mjpeg")
    with pytest.raises(ValueError, match="step is 0"):
        decode(Decoder("h264"), units("h264"))[0].luma(0)


@pytest.mark.parametrize("codec", ["h264", "h265"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_hostile_bytes_never_raise_and_decoding_goes_on(codec, data):
    decoder = Decoder(codec)
    good = units(codec)
    for index in range(data.draw(st.integers(1, 6))):
        unit = bytearray(data.draw(st.sampled_from(good)) if data.draw(st.booleans()) else data.draw(st.binary()))
        for _ in range(data.draw(st.integers(0, 6)) if unit else 0):
            unit[data.draw(st.integers(0, len(unit) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(unit)))
        for frame in decoder.feed(bytes(unit[cut:] if data.draw(st.booleans()) else unit[:cut]), index):
            assert frame.bgr(32, 32).shape == (32, 32, 3)
            assert frame.luma(4).ndim == 2
    decoder.flush()
    assert len(decode(decoder, good[:10])) >= 9


def test_frames_of_one_decoder_can_be_converted_by_several_threads():
    frames = decode(Decoder("h264"), units("h264"))
    alone = [frame.bgr(40, 24) for frame in frames]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda frame: [frame.bgr(), frame.planes(32, 32), frame.bgr(40, 24)][2], frames * 4))
    assert all(np.array_equal(one, other) for one, other in zip(alone * 4, together, strict=True))
