"""How units become parts and segments: groups of every length, changes of rate, sound, a camera that comes back."""

from datetime import UTC, datetime

import pytest

from commonsight.clock import ManualClock
from commonsight.connect.model import TICKS_PER_SECOND, Codec
from commonsight.media.fmp4 import Init, read_head, sound_fragment
from commonsight.media.hls.muxer import PIECES_MOST, Muxer
from commonsight.media.hls.playlist import PART_SECONDS, TARGET_SECONDS, Segment
from commonsight.media.model import Track, Unit
from commonsight.media.websocket import BINARY, frame

AT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
TRACK = Track(
    Codec.H264, (b"\x67", b"\x68"), 320, 240, init=Init("video/mp4", b"plain"), sounding=Init("", b"sounding")
)


class Camera:
    """Units of a made-up camera, one after the other."""

    def __init__(self, rate: float, group: int) -> None:
        self.step, self.group = round(TICKS_PER_SECOND / rate), group
        self.number, self.dts = 0, TICKS_PER_SECOND

    def unit(self, *, step: int | None = None) -> Unit:
        keyframe = self.number % self.group == 0
        data = b"\x00\x00\x00\x01" + (b"\x65" if keyframe else b"\x41") + b"picture"
        duration = step or self.step
        made = Unit(Codec.H264, data, self.dts, self.dts, duration, keyframe, 0.0, self.number)
        self.number += 1
        self.dts += duration
        return made


@pytest.fixture
async def muxer() -> Muxer:
    return Muxer(10_000_000, ManualClock(AT))


def play(muxer: Muxer, camera: Camera, seconds: float) -> None:
    units = [camera.unit()]
    muxer.start(TRACK, units, audible=False)
    while camera.dts < TICKS_PER_SECOND * (1 + seconds):
        muxer.take(camera.unit())


def closed(muxer: Muxer) -> list[Segment]:
    return [segment for segment in muxer.shelf.segments if segment.closed]


@pytest.mark.parametrize(
    ("rate", "group"), [(25, 50), (25, 12), (30, 60), (12.5, 25), (8, 16), (5, 10), (1, 3), (0.5, 2)]
)
async def test_segments_begin_with_keyframes_and_parts_stay_within_their_target(
    muxer: Muxer, rate: float, group: int
) -> None:
    play(muxer, Camera(rate, group), 12)
    segments = closed(muxer)
    assert len(segments) >= 2
    longest = max(round(PART_SECONDS * TICKS_PER_SECOND), round(TICKS_PER_SECOND / rate))
    for segment in segments:
        assert segment.parts[0].independent
        assert segment.duration <= TARGET_SECONDS * TICKS_PER_SECOND
        assert all(part.duration <= longest for part in segment.parts)
        # All but the last one of a segment fill their time as far as whole pictures can.
        assert all(part.duration + TICKS_PER_SECOND / rate > longest * 0.99 for part in segment.parts[:-1])
    for segment in segments[1:]:
        assert segment.duration >= 1.9 * TICKS_PER_SECOND


async def test_the_first_segment_ends_with_its_group_so_that_players_start(muxer: Muxer) -> None:
    play(muxer, Camera(25, 12), 5)
    assert closed(muxer)[0].duration == round(12 / 25 * TICKS_PER_SECOND)


async def test_a_group_longer_than_a_segment_is_cut_inside(muxer: Muxer) -> None:
    play(muxer, Camera(25, 250), 11)
    segments = closed(muxer)
    assert [segment.parts[0].independent for segment in segments] == [True, False, False]
    assert all(3.5 < segment.duration / TICKS_PER_SECOND <= TARGET_SECONDS for segment in segments[:2])


async def test_no_picture_is_lost_or_doubled(muxer: Muxer) -> None:
    camera = Camera(25, 20)
    play(muxer, camera, 6)
    muxer.start(TRACK, [camera.unit()], audible=False)  # as when sound begins: the same stream anew
    body = b"".join(part.data for segment in muxer.shelf.segments for part in segment.parts)
    times, at = [], 0
    while (head := read_head(body, at)) is not None:
        times.append(head.decode_time)
        at += head.size
    assert at == len(body)
    assert times == sorted(set(times))
    assert len(times) >= 6 * 25 - 12


async def test_a_camera_that_comes_back_begins_behind_a_discontinuity(muxer: Muxer) -> None:
    camera = Camera(25, 25)
    play(muxer, camera, 3)
    group = [camera.unit()]
    group[0].keyframe = True
    muxer.start(TRACK, group, audible=False)
    for _ in range(30):
        muxer.take(camera.unit())
    assert [segment.discontinuity for segment in muxer.shelf.segments].count(True) == 1
    assert {segment.init for segment in muxer.shelf.segments} == {0}


async def test_a_group_that_was_here_already_is_not_taken_twice(muxer: Muxer) -> None:
    camera = Camera(25, 50)
    group = [camera.unit() for _ in range(13)]
    muxer.start(TRACK, group, audible=False)
    muxer.start(TRACK, group, audible=True)
    assert sum(len(segment.parts) for segment in muxer.shelf.segments) == 2
    assert muxer.shelf.init(1) == b"sounding"


async def test_sound_lies_in_the_part_it_came_with_and_is_bounded(muxer: Muxer) -> None:
    camera = Camera(25, 50)
    muxer.start(TRACK, [camera.unit()], audible=True)
    heard = sound_fragment(b"aac", sequence=1, decode_time=16_000, duration=1_024)
    muxer.hear(frame(BINARY, heard))
    for _ in range(12):
        muxer.take(camera.unit())
    part = muxer.shelf.part(0)
    assert part is not None
    assert heard in part.data
    for _ in range(2 * PIECES_MOST):
        muxer.hear(frame(BINARY, heard))
    assert len(muxer._pieces) <= PIECES_MOST


async def test_single_pictures_have_no_playlist(muxer: Muxer) -> None:
    muxer.start(Track(Codec.JPEG, (), 320, 240), [Camera(1, 1).unit()], audible=False)
    assert muxer.ended.result() == "unsupported_codec"
