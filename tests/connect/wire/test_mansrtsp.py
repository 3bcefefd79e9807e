"""Steering recordings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.mansrtsp import Control, MansrtspError, build, parse


@pytest.mark.parametrize(
    "control",
    [
        Control("PLAY", 2),
        Control("PLAY", 3, position=12.5),
        Control("PLAY", 4, scale=-2.0),
        Control("PLAY", 5, position=0, scale=0.25),
        Control("PAUSE", 6),
        Control("TEARDOWN", 7),
    ],
)
def test_what_is_built_is_read_back(control: Control) -> None:
    assert parse(build(control)) == control


def test_what_devices_write_is_read() -> None:
    assert parse(b"PLAY MANSRTSP/1.0\nCSeq:9\nScale:2.000000\nRange:npt=100.5-\n") == Control("PLAY", 9, 100.5, 2.0)


@pytest.mark.parametrize("body", [b"", b"STOP RTSP/1.0\r\n", b"PLAY" + b" " * 5_000])
def test_what_steers_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(MansrtspError):
        parse(body)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: f"PLAY {text}".encode())))
def test_hostile_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        found = parse(body)
    except MansrtspError:
        return
    build(found)
