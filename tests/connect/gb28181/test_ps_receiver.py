"""Packets of a stream to units: whatever the network does, a unit is whole or not there."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.clock import ManualClock
from commonsight.connect.gb28181.ps_receiver import PsReceiver
from commonsight.connect.gb28181.ps_skim import can_start
from commonsight.connect.model import AccessUnit, AudioCodec, Sound
from commonsight.connect.survey import Survey
from commonsight.connect.wire import rtp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import split
from commonsight.connect.wire.packetise import packetise
from commonsight.connect.wire.ps import Muxer, payloads
from tests.connect.wire.streams import TICKS, is_key, packs, pictures

ORIGINALS = {tuple(split(each)) for each in pictures(Codec.H264)}


def packets(made: list[bytes], *, marker: bool = True, ticks: int = TICKS, size: int = 700) -> list[bytes]:
    """RTP of packs; their times begin near the wrap."""
    found: list[bytes] = []
    for number, pack in enumerate(made):
        pieces = payloads(pack, size)
        for index, piece in enumerate(pieces):
            found.append(
                rtp.build(
                    piece, payload_type=96, sequence=0xFFF0 + len(found), timestamp=0xFFFFF000 + number * ticks,
                    ssrc=5, marker=marker and index == len(pieces) - 1,
                )
            )  # fmt: skip
    return found


def units(receiver: PsReceiver) -> list[AccessUnit]:
    return list(receiver.queue._units)


def receive(sent: list[bytes], **how: object) -> PsReceiver:
    clock = ManualClock()
    receiver = PsReceiver(clock, ssrc=5, **how)  # type: ignore[arg-type]
    for packet in sent:
        receiver.datagram(packet)
        clock.advance(0.001)
    clock.advance(1.0)
    receiver.expire()
    return receiver


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@pytest.mark.parametrize("marker", [True, False])
def test_pictures_come_with_or_without_markers(codec: Codec, marker: bool) -> None:
    receiver = receive(packets(packs(codec), marker=marker))
    count = len(pictures(codec)) - (0 if marker else 1)  # the last one's end is not known without
    found = units(receiver)
    assert [split(unit.data) for unit in found] == [split(each) for each in pictures(codec)[:count]]
    assert [unit.pts for unit in found] == [number * TICKS for number in range(count)]
    assert receiver.info is not None
    assert (receiver.info.codec, receiver.info.width, receiver.info.height) == (codec, 320, 180)
    assert receiver.counters.ssrc_seen == 5


@settings(max_examples=60)
@given(st.data())
def test_whatever_the_network_does_units_are_whole(data: st.DataObject) -> None:
    sent = packets(packs(Codec.H264)[:30])
    # The first packet stays in its place: nobody can know that there was one before it.
    lost = data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=8))
    doubled = data.draw(st.sets(st.integers(0, len(sent) - 1), max_size=8))
    order = [n for n in range(len(sent)) for _ in range(0 if n in lost else 2 if n in doubled else 1)]
    for _ in range(data.draw(st.integers(0, 8))):
        at, by = data.draw(st.integers(0, len(order) - 1)), data.draw(st.integers(1, 20))
        order.insert(min(at + by, len(order) - 1), order.pop(at))
    receiver = receive([sent[number] for number in order])
    found = units(receiver)
    assert all(tuple(split(unit.data)) in ORIGINALS for unit in found)
    assert all(a.pts < b.pts for a, b in itertools.pairwise(found))
    if not lost:
        assert len(found) == 30


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=200), max_size=30))
def test_hostile_packets_never_crash_it(pieces: list[bytes]) -> None:
    receiver = receive([b"\x80\x60" + piece for piece in pieces] + pieces)
    assert receiver.counters.units == 0 or units(receiver)


def test_a_device_that_keeps_no_time_of_its_own_is_timed_by_its_packets() -> None:
    muxer = Muxer(Codec.H264)
    stuck = [muxer.video(unit, 90_000, keyframe=is_key(Codec.H264, unit)) for unit in pictures(Codec.H264)]
    found = units(receive(packets(stuck)))
    assert len(found) > 40
    steps = [b.pts - a.pts for a, b in itertools.pairwise(found[2:])]
    assert set(steps) == {TICKS}


def test_pictures_that_are_sent_without_a_program_stream_are_taken() -> None:
    """Some devices agree on H.264 itself."""
    sent: list[bytes] = []
    for number, unit in enumerate(pictures(Codec.H264)[:25]):
        pieces = list(packetise(Codec.H264, split(unit)))
        for index, piece in enumerate(pieces):
            sent.append(
                rtp.build(piece, payload_type=98, sequence=len(sent), timestamp=number * TICKS, ssrc=5,
                          marker=index == len(pieces) - 1)
            )  # fmt: skip
    found = units(receive(sent, rtpmaps={96: "PS/90000", 98: "H264/90000"}))
    assert [split(unit.data) for unit in found] == [split(each) for each in pictures(Codec.H264)[:25]]


def test_sound_lies_on_the_timeline_of_the_pictures() -> None:
    clock = ManualClock()
    receiver = PsReceiver(clock, ssrc=5)
    heard: list[Sound] = []
    receiver.listener = heard.append
    for packet in packets(packs(Codec.H264, AudioCodec.G711U)):
        receiver.packet(packet)
    assert receiver.audio is AudioCodec.G711U
    assert {each.pts % TICKS for each in heard} == {0}
    assert heard[0].pts <= TICKS
    assert all(b.pts - a.pts == TICKS for a, b in itertools.pairwise(heard))


def test_a_stream_that_begins_anew_goes_on() -> None:
    first, second = packets(packs(Codec.H264)[:25]), packets(packs(Codec.H264, start=900)[:25])
    again = [packet[:2] + bytes(2) + packet[4:8] + b"\x00\x00\x00\x09" + packet[12:] for packet in second]
    again = [packet[:2] + number.to_bytes(2, "big") + packet[4:] for number, packet in enumerate(again)]
    receiver = receive(first + again)
    found = units(receiver)
    assert len(found) >= 49
    assert receiver.counters.ssrc_seen == 9
    assert receiver.counters.packets_lost == 0


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_survey_takes_the_first_whole_keyframe_and_counts_the_rest(codec: Codec, data: st.DataObject) -> None:
    keys = [is_key(codec, picture) for picture in pictures(codec)]
    first = data.draw(st.integers(1, keys.index(True, 1)))
    sent = packets(packs(codec)[first:])
    repeated = data.draw(st.sets(st.integers(0, len(sent) - 1), max_size=5))
    order = [n for n in range(len(sent)) for _ in range(2 if n in repeated else 1)]
    survey = Survey()
    receiver = receive([b"", b"\x80\x60\x00", *(sent[number] for number in order)], survey=survey)
    (unit,) = units(receiver)
    assert split(unit.data) == split(pictures(codec)[keys.index(True, first)])
    assert receiver.counters.packets == len(sent)
    assert receiver.counters.packets_lost == 0
    assert len(survey.keyframes) == sum(keys[first:])
    assert survey.bytes > 0


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@pytest.mark.parametrize("begin", [0, 1, 7])
def test_a_survey_takes_the_first_keyframe_and_counts_the_rest(codec: Codec, begin: int) -> None:
    """Joined in the middle of a group of pictures, as a prober joins."""
    sent = packets((packs(codec) * 2)[begin:])
    survey = Survey()
    lean, full = receive(sent, survey=survey), receive(sent)
    first = next(unit for unit in units(full) if unit.keyframe)
    assert [unit.data for unit in units(lean)] == [first.data]
    assert lean.info == full.info
    assert survey.fps == pytest.approx(90_000 / TICKS)
    assert survey.measured.is_set()
    assert survey.bytes > 0.9 * lean.counters.bytes
    assert lean.counters.units_broken == 0


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_a_head_is_read_whatever_the_bytes(data: bytes) -> None:
    assert can_start(b"\x00\x00\x01\xba" + data) in (True, False, None)
    assert can_start(data) is None or data.startswith(b"\x00\x00\x01\xba")
