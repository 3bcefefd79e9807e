"""What was packetised comes out the same; what was damaged on the way never comes out at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.codec import NAL_CODECS, Codec
from commonsight.connect.wire.depacketise import MAX_UNIT, Depacketiser
from commonsight.connect.wire.rtp import Reception, RtpPacket

from .coded import SETS, expected, packets, picture, pictures, slice_unit

codecs = st.sampled_from(NAL_CODECS)


def run(codec, sent, sets=()):
    """Feed packets as a receiver does: late ones left out, gaps told."""
    depacketiser, reception, units = Depacketiser(codec, sets), Reception(), []
    for index, each in enumerate(sent):
        step = reception.note(each)
        if index and step < 1:
            continue
        units += depacketiser.push(each, gap=step > 1)
    return depacketiser, units


@given(st.data(), codecs, st.integers(20, 200), st.booleans(), st.booleans())
def test_round_trip(data, codec, limit, aggregate, marker):
    shown = data.draw(pictures(codec))
    sent = packets(codec, shown, limit=limit, aggregate=aggregate, marker=marker)
    depacketiser, units = run(codec, sent)
    whole = shown if marker else shown[:-1]  # without markers a picture ends where the next begins
    assert [u.data for u in units] == [expected(codec, each, SETS[codec]) for each in whole]
    assert [u.keyframe for u in units] == [each.keyframe for each in whole]
    assert [u.timestamp for u in units] == [5000 + 3600 * n for n in range(len(whole))]
    assert depacketiser.broken == 0
    if whole:
        assert depacketiser.parameter_sets == SETS[codec]


@given(st.data(), codecs, st.integers(20, 200), st.booleans())
def test_with_loss_repetition_and_disorder_no_damaged_unit_comes_out(data, codec, limit, marker):
    shown = data.draw(pictures(codec))
    sent = packets(codec, shown, limit=limit, marker=marker)
    kept = [p for i, p in enumerate(sent) if i == 0 or data.draw(st.integers(0, 9)) > 1]
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(kept) - 1))
        if data.draw(st.booleans()):
            kept.insert(at, kept[at])
        elif at > 1:
            kept[at - 1], kept[at] = kept[at], kept[at - 1]
    _, units = run(codec, kept, SETS[codec])
    allowed = [expected(codec, each, SETS[codec]) for each in shown]
    found = [u.data for u in units]
    assert all(each in allowed for each in found)
    order = [allowed.index(each) for each in found]
    assert order == sorted(set(order))


@given(
    codecs, st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.booleans(), st.integers(0, 3)), max_size=30)
)
def test_hostile_payloads_never_crash(codec, sent):
    depacketiser = Depacketiser(codec)
    for number, (payload, marker, gap, timestamp) in enumerate(sent):
        depacketiser.push(RtpPacket(96, marker, number, timestamp, 1, memoryview(payload)), gap)


def test_a_delimiter_saves_the_unit_behind_a_gap():
    codec = Codec.H264
    plain = [picture(codec, n, n == 0, 1, 30, n == 0, delimiter=False) for n in range(3)]
    marked = [picture(codec, n, n == 0, 1, 30, n == 0, delimiter=True) for n in range(3)]
    for shown, survives in ((plain, False), (marked, True)):
        sent = packets(codec, shown, limit=200)
        lost = [p for p in sent if p.timestamp != 5000 + 3600]
        _, units = run(codec, lost)
        assert len(units) == 1 + survives


def test_a_device_that_marks_every_slice_is_understood_after_its_first_picture():
    codec = Codec.H264
    shown = [picture(codec, n, n % 2 == 0, 3, 30, n % 2 == 0, delimiter=False) for n in range(5)]
    sent = [p._replace(marker=True) for p in packets(codec, shown, limit=200, aggregate=False)]
    _, units = run(codec, sent)
    assert [u.data for u in units[-3:]] == [expected(codec, each, SETS[codec]) for each in shown[1:4]]


def test_start_codes_inside_a_packet_are_taken_apart():
    codec = Codec.H264
    stream = b"".join(b"\x00\x00\x00\x01" + u for u in (*SETS[codec], slice_unit(codec, True, True, b"abc")))
    packet = RtpPacket(96, True, 1, 0, 1, memoryview(stream))
    (unit,) = Depacketiser(codec).push(packet)
    assert unit.data == stream
    assert unit.keyframe


def test_new_parameter_sets_in_band_replace_the_old():
    codec = Codec.H264
    depacketiser = Depacketiser(codec, (b"\x67old!", b"\x68old!"))
    before = depacketiser.sets_version
    depacketiser.push(packets(codec, [picture(codec, 0, True, 1, 5, True, False)], limit=200)[0])
    assert depacketiser.parameter_sets == SETS[codec]
    assert depacketiser.sets_version > before


@pytest.mark.parametrize("codec", NAL_CODECS)
def test_an_endless_unit_is_given_up(codec):
    depacketiser = Depacketiser(codec)
    head = b"\x7c\x85\x88" if codec is Codec.H264 else b"\x62\x01\x93\x88"
    more = (b"\x7c\x05" if codec is Codec.H264 else b"\x62\x01\x13") + b"x" * 60_000
    depacketiser.push(RtpPacket(96, False, 0, 0, 1, memoryview(head)))
    for n in range(MAX_UNIT // 60_000 + 2):
        depacketiser.push(RtpPacket(96, False, n, 0, 1, memoryview(more)))
    assert len(depacketiser._unit) < MAX_UNIT
    assert depacketiser.push(RtpPacket(96, True, 0, 0, 1, memoryview(more))) == ()
    assert depacketiser.broken == 1
