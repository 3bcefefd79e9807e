from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.nal import join, split

# A unit never holds a start code (emulation prevention) and never ends in a zero byte (rbsp trailing bits).
unit = st.binary(min_size=1, max_size=40).map(lambda b: b.replace(b"\x00", b"\x01") + b"\x80")


@given(st.lists(unit, max_size=10))
def test_join_then_split(units):
    assert split(join(units)) == units


@given(st.binary(max_size=300))
def test_hostile_bytes_never_crash(data):
    assert all(split(data))


def test_three_byte_start_codes_and_trailing_zeros():
    assert split(b"junk\x00\x00\x01ab\x00\x00\x00\x01cd\x00\x00") == [b"ab", b"cd"]
