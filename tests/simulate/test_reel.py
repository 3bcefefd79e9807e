"""A reel loops without a seam: sequence and time go on, and the bytes are those of the clip."""

import itertools

import av
import pytest

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.depacketise import Depacketiser
from commonsight.connect.wire.nal import join, split
from commonsight.connect.wire.rtp import parse
from commonsight.connect.wire.rtsp_message import Reader
from commonsight.simulate.reel import ReelError, access_units, broken, load


@pytest.fixture
def reel(stream):
    return load("clip", stream, Codec.H264, 10)


def packets(reel, numbers):
    data = b"".join(reel.frames(n, 0) for n in numbers)
    return [parse(frame.payload) for frame in Reader().feed(data)]


def test_a_clip_is_cut_into_its_pictures(reel, stream):
    assert len(reel.pictures) == 20
    assert [n for n, p in enumerate(reel.pictures) if p.keyframe] == [0, 10]
    assert join(u for each in access_units(Codec.H264, stream) for u in each) == join(split(stream))


def test_the_loop_has_no_seam(reel):
    found = packets(reel, range(50))
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(found)} == {1}
    times = sorted({((p.timestamp - found[0].timestamp) & 0xFFFFFFFF) for p in found})
    assert times == [9000 * n for n in range(50)]
    assert sum(p.marker for p in found) == 50


def test_timestamps_wrap_within_the_first_minute(reel):
    assert reel.timestamp(0) > reel.timestamp(600)


def test_what_is_sent_is_what_the_clip_holds(reel, stream):
    depacketiser = Depacketiser(Codec.H264)
    units = [u.data for p in packets(reel, range(20)) for u in depacketiser.push(p)]
    assert b"".join(units) == join(split(stream))


def test_group_start(reel):
    assert [reel.group_start(n) for n in (0, 9, 10, 19, 20, 35)] == [0, 0, 10, 10, 20, 30]


def decoded(stream):
    decoder = av.CodecContext.create("h264", "r")
    found = 0
    for packet in [*decoder.parse(stream), *decoder.parse(b""), None]:
        try:
            found += len(decoder.decode(packet))
        except av.error.InvalidDataError:
            continue
    return found


def test_a_broken_reel_arrives_whole_and_nothing_of_it_can_be_decoded(reel, stream):
    spoiled = broken(reel, access_units(Codec.H264, stream))
    depacketiser = Depacketiser(Codec.H264)
    units = [u for p in packets(spoiled, range(20)) for u in depacketiser.push(p)]
    assert len(units) == 20
    assert depacketiser.broken == 0
    assert [u.keyframe for u in units] == [p.keyframe for p in reel.pictures]
    assert decoded(stream) == 20
    assert decoded(b"".join(u.data for u in units)) == 0


@pytest.mark.parametrize("data", [b"", b"junk", b"\x00\x00\x00\x01\x41\x9a\x80"], ids=["empty", "junk", "no keyframe"])
def test_what_cannot_be_played_is_refused(data):
    with pytest.raises(ReelError):
        load("clip", data, Codec.H264, 10)
