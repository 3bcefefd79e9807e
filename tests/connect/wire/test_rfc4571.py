"""Framing over TCP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.rfc4571 import Deframer, frame
from commonsight.connect.wire.rtp import build
from commonsight.connect.wire.rtsp_message import WireError


def packet(number: int, size: int) -> bytes:
    return build(b"x" * size, payload_type=96, sequence=number, timestamp=0, ssrc=1)


@given(st.lists(st.integers(0, 3_000), max_size=20), st.integers(1, 2_000))
def test_packets_come_back_however_the_bytes_are_cut(sizes: list[int], step: int) -> None:
    packets = [packet(number, size) for number, size in enumerate(sizes)]
    stream = b"".join(frame(each) for each in packets)
    deframer = Deframer()
    found = [bytes(e) for at in range(0, len(stream), step) for e in deframer.feed(stream[at : at + step])]
    assert found == packets


def test_the_framing_of_rtsp_is_recognised() -> None:
    packets = [packet(number, 40) for number in range(3)]
    stream = b"".join(b"$\x00" + frame(each) for each in packets)
    assert [bytes(each) for each in Deframer().feed(stream)] == packets


def test_a_stream_out_of_step_is_refused() -> None:
    with pytest.raises(WireError):
        Deframer().feed(frame(packet(0, 10)) + b"\x00\x08garbage!")


def test_a_packet_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        frame(bytes(65_536))


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_hostile_bytes_only_raise_wire_errors(pieces: list[bytes]) -> None:
    deframer = Deframer()
    try:
        for piece in pieces:
            deframer.feed(piece)
            assert len(deframer._rest) <= 65_540
    except WireError:
        pass
