"""Sizes as a real encoder writes them, with cropping; nonsense gives (0, 0)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.codec import NAL_CODECS, Codec
from commonsight.connect.wire.nal import PARAMETER_SETS, nal_type, split
from commonsight.connect.wire.parameter_sets import picture_size

from ..peers import encode


@pytest.mark.parametrize("codec", NAL_CODECS)
@pytest.mark.parametrize(("width", "height"), [(320, 180), (1922, 1082), (640, 272)])
def test_size_of_a_really_encoded_stream(codec, width, height):
    units = split(encode(codec, width=width, height=height, rate=1, seconds=1))
    sps = next(u for u in units if nal_type(codec, u[0]) == PARAMETER_SETS[codec][-2])
    assert picture_size(codec, sps) == (width, height)


def test_scaling_lists_interlace_and_order_type_one():
    # High profile written by hand: scaling matrices present, pic_order_cnt_type 1, field coding, cropping.
    bits = "01100100" + "00000000" + "00011110" + "1"  # profile 100, flags, level 30, id 0
    bits += "010" + "1" + "1" + "0"  # chroma 1, depths 0, no bypass
    bits += "1" + "1" + "1" * 16 + "0" * 7  # list 0: sixteen deltas of 0, the others absent
    bits += "1" + "010" + "0" + "1" + "1" + "010" + "1"  # frame num 0, order type 1 with one ref frame offset of 0
    bits += (
        "1" + "0" + "00101" + "011" + "0" + "0" + "1"
    )  # refs 0, gaps, width 5 mbs, 3 map units, fields, adaptive, direct
    bits += "1" + "1" + "010" + "1" + "010" + "1"  # crop right 1, bottom 1, then rbsp stop bit
    bits += "0" * (-len(bits) % 8)
    sps = b"\x67" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    assert picture_size(Codec.H264, sps) == (5 * 16 - 2, 3 * 32 - 4)


@given(st.sampled_from(NAL_CODECS), st.binary(max_size=80))
def test_hostile_bytes_never_crash(codec, data):
    width, height = picture_size(codec, data)
    assert (width == 0) == (height == 0)
    assert 0 <= width <= 16_384
