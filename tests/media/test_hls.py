"""Shelves and playlists: what is listed, what is held, and when a player has to wait."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.media.hls.playlist import LISTED_SECONDS, TARGET_SECONDS, Shelf

AT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
HALF = 45_000


def filled(segments: int, parts: int = 4, most: int = 10_000_000) -> Shelf:
    shelf = Shelf(most)
    shelf.begin(b"init")
    for number in range(segments):
        for part in range(parts):
            at = AT + timedelta(seconds=(number * parts + part) / 2)
            shelf.append(b"x" * 100, HALF, independent=part == 0, shown=at)
        shelf.cut()
    return shelf


def test_the_list_names_parts_segments_and_what_comes_next() -> None:
    shelf = filled(1)
    shelf.append(b"more", HALF, independent=True, shown=AT + timedelta(seconds=2))
    lines = shelf.playlist("s=token").splitlines()
    assert lines[:5] == [
        "#EXTM3U",
        "#EXT-X-VERSION:9",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.50000,HOLD-BACK=12",
        "#EXT-X-PART-INF:PART-TARGET=0.50000",
    ]
    assert lines[5:] == [
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        '#EXT-X-MAP:URI="init0.mp4?s=token"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-03-03T08:00:00.000Z",
        '#EXT-X-PART:DURATION=0.50000,URI="part0.m4s?s=token",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.50000,URI="part1.m4s?s=token"',
        '#EXT-X-PART:DURATION=0.50000,URI="part2.m4s?s=token"',
        '#EXT-X-PART:DURATION=0.50000,URI="part3.m4s?s=token"',
        "#EXTINF:2.00000,",
        "seg0.m4s?s=token",
        "#EXT-X-PROGRAM-DATE-TIME:2026-03-03T08:00:02.000Z",
        '#EXT-X-PART:DURATION=0.50000,URI="part4.m4s?s=token",INDEPENDENT=YES',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part5.m4s?s=token"',
    ]


def test_old_segments_leave_the_list_but_are_served_a_little_longer() -> None:
    shelf = filled(30)
    assert sum(each.duration for each in shelf.segments) / 90_000 == LISTED_SECONDS
    first = shelf.segments[0].number
    assert shelf.segment(first - 1) is not None
    assert shelf.segment(first - 2) is not None
    assert shelf.segment(first - 3) is None
    assert shelf.part(shelf.segments[0].parts[0].number - 1) is not None
    assert f"#EXT-X-MEDIA-SEQUENCE:{first}\n" in shelf.playlist("")


def test_bytes_bound_what_is_held_and_the_newest_stays() -> None:
    shelf = filled(30, most=1_000)
    assert shelf.size <= 1_000
    assert shelf.segments[-1].number == 29


def test_a_new_camera_setting_is_a_discontinuity_and_old_settings_are_forgotten() -> None:
    shelf = filled(2)
    shelf.begin(b"other")
    shelf.append(b"y", HALF, independent=True, shown=AT)
    shelf.cut()
    text = shelf.playlist("")
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert text.index("init0") < text.index("#EXT-X-DISCONTINUITY\n") < text.index("init1")
    for _ in range(60):
        shelf.append(b"y", HALF, independent=True, shown=AT)
        shelf.cut()
    assert shelf.init(0) is None
    assert shelf.init(1) == b"other"
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1\n" in shelf.playlist("")
    shelf.begin(b"other")  # the camera was away, its settings are the same: a hole, no new init segment
    shelf.append(b"y", HALF, independent=True, shown=AT)
    assert shelf.playlist("").count("#EXT-X-MAP") == 1
    assert shelf.playlist("").count("#EXT-X-DISCONTINUITY\n") == 1


def test_what_a_blocked_request_waits_for() -> None:
    shelf = filled(1)
    assert shelf.has(0, None)
    assert shelf.has(0, 9)
    assert not shelf.has(1, 0)
    shelf.append(b"y", HALF, independent=True, shown=AT)
    assert shelf.has(1, 0)
    assert not shelf.has(1, 1)
    assert not shelf.has(1, None)
    assert not shelf.has(2, 0)
    assert not shelf.ahead(3)
    assert shelf.ahead(4)
    assert shelf.coming(5)
    assert not shelf.coming(4)


def test_a_part_needs_an_init_segment() -> None:
    with pytest.raises(ValueError, match="init"):
        Shelf(1_000).append(b"", 1, independent=True, shown=AT)


steps = st.lists(
    st.one_of(st.tuples(st.just("part"), st.integers(1, TARGET_SECONDS * 90_000)), st.just("cut"), st.just("begin")),
    max_size=120,
)


@given(steps, st.integers(500, 20_000))
def test_whatever_comes_the_list_is_whole(steps: list[str | tuple[str, int]], most: int) -> None:
    shelf = Shelf(most)
    shelf.begin(b"0")
    made = 0
    for step in steps:
        if step == "cut":
            shelf.cut()
        elif step == "begin":
            shelf.begin(str(made).encode())
        else:
            shelf.append(b"p" * 100, int(step[1]), independent=True, shown=AT)
            made += 1
        numbers = [each.number for each in shelf.segments]
        assert all(after == before + 1 for before, after in pairwise(numbers))
        parts = [part.number for segment in shelf.segments for part in segment.parts]
        assert all(after == before + 1 for before, after in pairwise(parts))
        assert not parts or parts[-1] == made - 1
        assert len(shelf.segments) <= 1 or shelf.size <= most + 100
        text = shelf.playlist("q")
        for segment in shelf.segments:
            assert shelf.init(segment.init) is not None
            assert (f"seg{segment.number}.m4s" in text) is segment.closed
        assert f'URI="part{made}.m4s?q"' in text
