"""Segments: whatever a kill leaves behind, what is recovered is whole; plans and spans: pure rules."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonsight.connect.model import Codec
from commonsight.media.fmp4 import fragment, init_segment, read_head, restamped, sound_fragment
from commonsight.media.recordings.boxes import without_sound
from commonsight.media.recordings.crew import merged
from commonsight.media.recordings.model import (
    ALWAYS,
    Held,
    Kind,
    Wanted,
    active,
    checked_hours,
    gaps,
    joined,
    week_share,
)
from commonsight.media.recordings.segment import PART, About, SegmentError, Writer, closed, read, recovered
from commonsight.media.sound import RATE

from .conftest import TICKS, Footage, make_footage

START = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def about(footage: Footage, *, sound: bool = False) -> tuple[About, bytes]:
    info = footage.info
    init = init_segment(info.codec, info.parameter_sets, info.width, info.height, sound=RATE if sound else 0)
    made = About(
        UUID(int=1), START, init.mime, info.codec.value, info.width, info.height, sound, "continuous", None, 30
    )
    return made, init.segment


def pictures(footage: Footage, count: int) -> list[bytes]:
    return [
        fragment(
            footage.codec, footage.unit(n).data, sequence=n, decode_time=n * TICKS, duration=TICKS, offset=0,
            keyframe=footage.unit(n).keyframe,
        )
        for n in range(count)
    ]  # fmt: skip


def write(path: Path, footage: Footage, count: int) -> bytes:
    said, init = about(footage)
    writer = Writer(path, said, init)
    for body in pictures(footage, count):
        writer.write(body)
    writer.give_up()
    return path.with_name(path.name + PART).read_bytes()


def test_a_segment_reads_back_as_it_was_written(tmp_path: Path, footage: Footage) -> None:
    said, init = about(footage)
    writer = Writer(tmp_path / "a.mp4", said, init)
    bodies = pictures(footage, 30)
    for body in bodies:
        writer.write(body)
    made = writer.close(START + timedelta(seconds=1.2))
    found = read(made.path)
    assert (found.about, found.init, found.end, found.size) == (said, init, made.size, made.size)
    assert [piece.head.keyframe for piece in found.pieces] == [footage.unit(n).keyframe for n in range(30)]
    assert found.span == (START, START + timedelta(seconds=1.2))
    assert closed(made.path) == made
    assert found.group_before(START + timedelta(seconds=0.79)) == 10
    assert found.group_before(START - timedelta(days=1)) == 0
    assert found.group_after(START + timedelta(seconds=0.41)) == 20
    assert not list(tmp_path.glob(f"*{PART}"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 10**6), tail=st.binary(max_size=64))
def test_wherever_a_write_was_cut_off_what_is_recovered_is_whole(tmp_path: Path, cut: int, tail: bytes) -> None:
    footage = make_footage(Codec.H264)
    whole = write(tmp_path / "a.mp4", footage, 12)
    part = tmp_path / f"a.mp4{PART}"
    part.write_bytes(whole[: cut % (len(whole) + 1)] + tail)
    made = recovered(part)
    assert not part.exists()
    if made is None:
        return
    data = made.path.read_bytes()
    found = read(made.path)
    assert found.end == len(data) == made.size
    assert whole.startswith(data) or tail
    assert found.pictures[0].head.keyframe
    made.path.unlink()


@given(data=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_of_others_is_taken_for_a_segment(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    with pytest.raises(SegmentError):
        read(path)


def test_fragments_can_be_put_elsewhere_in_time(h264: Footage) -> None:
    [body] = pictures(h264, 1)
    moved = restamped(body, sequence=9, decode_time=1 << 40, duration=TICKS // 4)
    head = read_head(moved)
    assert head is not None
    assert (head.decode_time, head.duration, head.sound, head.size) == (1 << 40, TICKS // 4, False, len(body))
    assert moved[112:] == body[112:]
    heard = read_head(sound_fragment(b"aac", sequence=1, decode_time=5, duration=1_024))
    assert heard is not None
    assert (heard.sound, heard.decode_time) == (True, 5)
    assert read_head(body[:50]) is None
    assert read_head(b"x" * 200) is None


def test_sound_can_be_taken_out_of_an_init_segment(footage: Footage) -> None:
    _, sounding = about(footage, sound=True)
    plain_about, plain = about(footage)
    taken = without_sound(about(footage, sound=True)[0].mime, sounding)
    assert taken.mime == plain_about.mime
    assert taken.segment.count(b"trak") == plain.count(b"trak") == 1
    assert taken.segment.count(b"trex") == 1


@pytest.mark.parametrize(
    ("local", "on"),
    [
        ("2026-11-23T08:00", True), ("2026-11-23T07:59", False), ("2026-11-23T17:59", True),
        ("2026-11-23T18:00", False), ("2026-11-22T12:00", False),
    ],
)  # fmt: skip
def test_hours_are_the_regions_own(local: str, on: bool) -> None:
    hours = checked_hours([[[480, 1080]]] * 5 + [[], []])
    moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert active(hours, moment, SHANGHAI) is on
    assert week_share(hours) == pytest.approx(50 / 168)
    assert week_share(ALWAYS) == 1


moments = st.integers(0, 500).map(lambda seconds: START + timedelta(seconds=seconds * 10))


@given(st.lists(st.tuples(moments, st.integers(1, 200)), max_size=20), moments, st.integers(1, 400))
def test_spans_and_gaps_fill_the_whole_timeline(
    pieces: list[tuple[datetime, int]], begin: datetime, length: int
) -> None:
    end = begin + timedelta(seconds=length * 10)
    held = [Held("own", at, at + timedelta(seconds=seconds * 10)) for at, seconds in pieces]
    spans, holes = joined(held), gaps(held, begin, end)
    assert all(one.end < other.begin for one, other in pairwise(spans))
    for second in range(0, length * 10, 10):
        at = begin + timedelta(seconds=second + 5)
        inside = any(one.begin <= at < one.end for one in spans)
        assert inside != any(low <= at < high for low, high in holes)


def test_of_several_wishes_the_longest_keeping_and_the_highest_importance_count() -> None:
    camera, short, long = UUID(int=1), UUID(int=2), UUID(int=3)
    [made] = merged(
        [
            Wanted(camera, short, Kind.CONTINUOUS, 2, 30), Wanted(camera, long, Kind.CONTINUOUS, 7, 90),
            Wanted(camera, None, Kind.EVENT, 0, 30),
        ]
    )  # fmt: skip
    assert (made.plan_id, made.keep_days, made.priority) == (long, 90, 0)
