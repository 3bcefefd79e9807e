"""The big fleet follows from its seed, and its cameras begin wherever their streams are."""

import asyncio
from collections import Counter

import pytest

from commonsight.clock import ManualClock
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.rtp import parse
from commonsight.connect.wire.rtsp_message import Interleaved, Reader
from commonsight.simulate.big_fleet import PHASES, SHARES, Street, ills, plan
from commonsight.simulate.fleet import Fault
from commonsight.simulate.main_streams import STREAMS, MainStream
from commonsight.vision.decode import Decoder

TEST = MainStream(Codec.H264, 500, 1, 2, 0, 320, 180)
"""What the fixture `stream` is, in these words: 20 pictures, a keyframe every ten."""


def test_the_same_seed_makes_the_same_fleet_and_a_larger_one_begins_with_it():
    assert plan(45, 80, 20) == plan(45, 80, 20)
    assert plan(45, 80, 20) != plan(46, 80, 20)
    assert [c.fault for c in plan(45, 1_000, 0)[:80]] == [c.fault for c in plan(45, 80, 20)[:80]]


def test_shares_streams_phases_and_carriers_are_as_planned():
    cameras = plan(45, 1_600, 400)
    assert Counter(c.protocol for c in cameras) == {"rtsp": 1_600, "gb28181": 400}
    faults = Counter(c.fault for c in cameras)
    for fault, share in SHARES.items():
        assert faults[fault] == pytest.approx(2_000 * share, rel=0.45), fault
    assert 0.7 < sum(c.plays for c in cameras) / 2_000 < 0.85
    assert set(Counter(c.stream for c in cameras)) == set(STREAMS)
    assert {round(c.phase * PHASES / c.stream.seconds) for c in cameras} == set(range(PHASES))
    assert 0.4 < sum(c.udp for c in cameras) / 2_000 < 0.6


def test_the_streams_are_those_of_the_field():
    assert {stream.codec for stream in STREAMS} == {Codec.H264, Codec.H265}
    assert all(2_000 <= stream.kbps <= 4_000 for stream in STREAMS)
    assert {min(s.group for s in STREAMS), max(s.group for s in STREAMS)} == {2, 7}
    assert all(stream.seconds % stream.group == 0 for stream in STREAMS)
    assert {(stream.width, stream.height) for stream in STREAMS} == {(1920, 1080)}


class Sink:
    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += data

    def get_write_buffer_size(self):
        return 0

    def is_closing(self):
        return False


async def test_a_newcomer_gets_the_next_picture_and_not_a_keyframe(stream):
    clock = ManualClock()
    cameras = plan(1, 40, 0, [TEST])
    street = Street(cameras, {TEST: stream}, clock)
    well = next(c for c in cameras if c.fault is Fault.NONE and c.phase > 0)
    camera = street.resolve(f"camera/{well.number}")
    reel, sink = camera.player.reel, Sink()
    first = camera.player.position()[0]
    camera.player.join(sink, 0)
    assert not any(isinstance(m, Interleaved) and m.channel == 0 for m in Reader().feed(sink.data))
    await asyncio.sleep(0)
    clock.advance(0.05)
    for _ in range(5):
        await asyncio.sleep(0)
    sent = [parse(m.payload) for m in Reader().feed(sink.data) if m.channel == 0]
    assert sent[0].sequence == first
    shown = int(well.phase * 25) + 1
    assert reel.sequence(shown) == first
    assert street.sent == len(sink.data)
    await street.close()


def test_each_camera_has_the_ill_it_was_planned_with(stream):
    cameras = plan(2, 400, 0, [TEST])
    street = Street(cameras, {TEST: stream}, ManualClock())
    by_fault = {camera.fault: street.resolve(f"camera/{camera.number}") for camera in cameras}
    assert by_fault[Fault.MISSING] is None
    assert by_fault[Fault.BROKEN].player.reel.name.endswith("-broken")
    assert by_fault[Fault.UNAUTHORIZED].verifier is not by_fault[Fault.NONE].verifier
    assert by_fault[Fault.GARBAGE].fault is Fault.GARBAGE
    assert street.resolve("camera/400") is None
    assert street.resolve("camera/x") is None


def test_channels_are_as_ill_as_their_cameras(stream):
    cameras = plan(2, 0, 400, [TEST])
    codes = {f"{camera.number:020}": camera for camera in cameras}
    ill = ills(codes, {TEST: stream})
    shown = {camera.fault: ill(code) for code, camera in codes.items()}
    assert {fault: one.fault for fault, one in shown.items()} == {fault: fault for fault in shown}
    assert ill("no such code").fault is Fault.NONE
    decoded = {}
    for fault in (Fault.NONE, Fault.BROKEN, Fault.GARBAGE):
        decoder = Decoder("h264")
        decoded[fault] = decoder.feed(shown[fault].film.pictures[0], 0) + decoder.flush()
    assert len(decoded[Fault.NONE]) == 1
    assert decoded[Fault.BROKEN] == decoded[Fault.GARBAGE] == []
