"""Decode times form a chain a Media Source accepts: they run on without a gap, but at keyframes."""

from hypothesis import given
from hypothesis import strategies as st

from commonsight.media.timeline import START, Slot, Timeline

TICKS = 3_600


def place(times: list[tuple[int, bool]]) -> list[Slot]:
    timeline = Timeline()
    return [timeline.place(pts, keyframe=keyframe) for pts, keyframe in times]


def test_steady_stream_is_placed_steadily() -> None:
    slots = place([(123_456 + index * TICKS, index % 25 == 0) for index in range(100)])
    assert [slot.pts for slot in slots] == [START + index * TICKS for index in range(100)]
    assert {slot.duration for slot in slots} == {TICKS}
    assert [slot.pts - slot.dts for slot in slots] == [2 * TICKS] * 100


@given(st.lists(st.tuples(st.integers(-20_000, 900_000), st.booleans()), min_size=1, max_size=60))
def test_any_clock_gives_a_chain_a_media_source_accepts(steps: list[tuple[int, bool]]) -> None:
    pts, times = 1_000_000, []
    for step, keyframe in steps:
        pts = max(pts + step, 0)
        times.append((pts, keyframe))
    slots = place(times)
    assert [slot.pts - slots[0].pts for slot in slots] == [pts - times[0][0] for pts, _ in times]
    for before, after, (_, keyframe) in zip(slots, slots[1:], times[1:], strict=False):
        assert before.duration > 0
        assert after.dts >= 0
        if keyframe:
            assert after.dts >= before.dts + before.duration
        else:
            assert after.dts == before.dts + before.duration


def test_change_of_frame_rate_is_followed_without_losing_the_picture() -> None:
    times = [(index * TICKS, index == 0) for index in range(50)]
    times += [(times[-1][0] + (index + 1) * 4 * TICKS, False) for index in range(50)]
    slots = place(times)
    assert abs(slots[-1].pts - slots[-1].dts - 8 * TICKS) < 2 * TICKS
    assert abs(slots[-1].duration - 4 * TICKS) < TICKS


def test_b_frames_keep_decode_before_presentation() -> None:
    order = [0]
    for group in range(20):
        order += [group * 3 + 3, group * 3 + 1, group * 3 + 2]
    slots = place([(index * TICKS, index == 0) for index in order])
    assert all(slot.dts <= slot.pts for slot in slots)


def test_gap_up_to_a_keyframe_is_kept() -> None:
    slots = place([(0, True), (TICKS, False), (900_000, True), (900_000 + TICKS, False)])
    assert slots[2].pts == START + 900_000
    assert slots[2].pts - slots[2].dts < 4 * TICKS
