"""Packets survive the round trip; the receiver's two clocks survive wraps, loss, restarts and jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire import rtcp
from commonsight.connect.wire.rtp import Reception, RtpPacket, Timeline, build, parse


@given(st.binary(max_size=100), st.integers(0, 127), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.booleans())
def test_round_trip(payload, kind, sequence, timestamp, marker):
    data = build(payload, payload_type=kind, sequence=sequence, timestamp=timestamp, ssrc=9, marker=marker)
    packet = parse(memoryview(data))
    assert packet[:5] == (kind, marker, sequence, timestamp, 9)
    assert bytes(packet.payload) == payload


def test_padding_extension_and_contributing_sources_are_taken_off():
    head = bytes([0x80 | 0x20 | 0x10 | 2, 96, 0, 1]) + bytes(8)
    data = head + b"CSRCCSRC" + b"\xbe\xde\x00\x01" + b"EXTN" + b"payload" + b"\x00\x00\x03"
    assert bytes(parse(data).payload) == b"payload"


@given(st.binary(max_size=60))
def test_hostile_bytes_never_crash(data):
    parse(data)
    rtcp.sender_report(data)


def packet(sequence, ssrc=1):
    return RtpPacket(96, False, sequence & 0xFFFF, 0, ssrc, memoryview(b""))


def test_loss_is_counted_across_the_wrap():
    seen = Reception()
    steps = [seen.note(packet(65534 + i)) for i in (0, 1, 2, 5, 6)]
    assert steps == [0, 1, 1, 3, 1]
    assert seen.lost == 2
    assert seen.highest == 65534 + 6
    assert seen.fraction_lost() == (2 << 8) // 7
    assert seen.fraction_lost() == 0


def test_a_late_packet_is_told_from_a_restarted_sender():
    seen = Reception()
    seen.note(packet(500))
    seen.note(packet(501))
    assert seen.note(packet(500)) == -1
    assert seen.received == 3
    assert seen.note(packet(20)) == 0
    assert seen.received == 1
    assert seen.note(packet(21, ssrc=2)) == 0


def test_timeline_begins_at_zero_and_does_not_wrap():
    line = Timeline()
    start = 2**32 - 4000
    assert [line.advance((start + 3600 * i) % 2**32, i * 0.04) for i in range(4)] == [0, 3600, 7200, 10800]
    assert line.jumps == 0


@pytest.mark.parametrize("jump", [3_600 * 90_000, 2**31 + 5, 2**32 - 40 * 90_000])
def test_a_jumping_device_clock_goes_on_by_real_time(jump):
    line = Timeline()
    line.advance(1000, 10.0)
    assert line.advance((1000 + jump) % 2**32, 10.5) == 45_000
    assert line.jumps == 1
    assert line.advance((1000 + jump + 3600) % 2**32, 10.54) == 48_600


def test_pictures_out_of_presentation_order_are_no_jump():
    line = Timeline()
    assert [line.advance(t, i * 0.04) for i, t in enumerate([9000, 19800, 12600, 16200])] == [0, 10800, 3600, 7200]


def test_another_clock_rate_is_brought_to_90_khz():
    line = Timeline(clock_rate=1000)
    line.advance(0, 0.0)
    assert line.advance(40, 0.04) == 3600


def test_sender_report_round_trip():
    data = rtcp.build_sender_report(ssrc=7, unix_time=1.5, timestamp=2**32 + 3, packets=2, octets=3, cname="camera")
    report = rtcp.sender_report(data)
    assert (report.ssrc, report.timestamp) == (7, 3)
    assert report.ntp >> 32 == 2_208_988_801
    assert report.ntp & 0xFFFFFFFF == 2**31
    assert len(data) % 4 == 0


def test_receiver_report_fits_its_own_length_fields():
    data = rtcp.build_receiver_report(
        ssrc=1, source=2, fraction_lost=3, lost=-5, highest=6, jitter=7, last_report=8, delay=2**40, cname="x"
    )
    first = (int.from_bytes(data[2:4], "big") + 1) * 4
    second = (int.from_bytes(data[first + 2 : first + 4], "big") + 1) * 4
    assert data[1] == 201
    assert data[first + 1] == 202
    assert first + second == len(data)
