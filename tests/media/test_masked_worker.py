"""The masking process' work, without the process: packets in, packets out."""

import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonsight.connect.model import AccessUnit, Codec, StreamInfo
from commonsight.media import packets
from commonsight.media.masked.worker import Task, Worker, _fitted
from commonsight.problem import Refusal

from .conftest import FPS, Footage, make_footage

AS_IT_COMES = Task(mask=None, height=None, fps=None, models=Path(), jpeg=True)


def spoken(footage: Footage, count: int) -> bytes:
    """What a relay writes to the process: info, then units."""
    out = [packets.info(footage.codec, footage.width, footage.height, footage.info.parameter_sets)]
    for number in range(count):
        unit = footage.unit(number)
        out.append(packets.unit(unit.data, unit.pts, unit.received, keyframe=unit.keyframe))
    return b"".join(out)


def work(task: Task, given: bytes) -> list[StreamInfo | AccessUnit]:
    target = io.BytesIO()
    Worker(task, io.BytesIO(given), target).run()
    said, heard = target.getvalue(), []
    while said:
        length, kind = int.from_bytes(said[:4], "big"), said[4:5]
        payload, said = said[5 : 4 + length], said[4 + length :]
        heard.append(packets.decode_info(payload) if kind == packets.INFO else packets.decode_unit(payload))
    return heard


def test_the_newest_picture_goes_and_time_never_falls(footage: Footage) -> None:
    info, *units = work(AS_IT_COMES, spoken(footage, 30))
    assert isinstance(info, StreamInfo)
    assert (info.codec, info.width, info.height) == (Codec.JPEG, 320, 240)
    times = [unit.pts for unit in units if isinstance(unit, AccessUnit)]
    assert times == sorted(set(times))
    assert times[-1] == footage.unit(29).pts
    assert units[-1].received == footage.unit(29).received  # type: ignore[union-attr]


def test_pictures_beyond_the_limit_a_second_are_left_out(h264: Footage) -> None:
    task = Task(mask=None, height=None, fps=2, models=Path(), jpeg=True)
    _, *units = work(task, spoken(h264, 4 * FPS))
    times = [unit.pts / 90_000 for unit in units if isinstance(unit, AccessUnit)]
    assert all(later - earlier >= 0.45 for earlier, later in pairwise(times))


@given(st.lists(st.floats(0.001, 1.5), min_size=2, max_size=200), st.sampled_from([0.5, 2, 5, 12.5]))
def test_however_uneven_the_cameras_clock_the_limit_is_kept_over_several(steps: list[float], fps: float) -> None:
    worker = Worker(Task(mask=None, height=None, fps=fps, models=Path(), jpeg=True), io.BytesIO(), io.BytesIO())
    now, gone = 0.0, []
    for step in steps:
        now += step
        if worker._due_at(now):
            gone.append(now)
    assert gone
    assert all(later - earlier >= 0.89 / fps for earlier, later in pairwise(gone))
    assert (gone[-1] - gone[0]) * fps >= len(gone) - 1 - 0.11


def test_a_clock_that_falls_back_does_not_hold_pictures_up() -> None:
    worker = Worker(Task(mask=None, height=None, fps=2, models=Path(), jpeg=True), io.BytesIO(), io.BytesIO())
    assert worker._due_at(1_000.0)
    assert worker._due_at(3.0)


def test_a_camera_that_begins_anew_is_described_anew(h264: Footage) -> None:
    heard = work(AS_IT_COMES, spoken(h264, 12) + spoken(make_footage(Codec.H264, "160x120"), 12))
    sizes = [(one.width, one.height) for one in heard if isinstance(one, StreamInfo)]
    assert sizes[-1] == (160, 120)
    assert isinstance(heard[0], StreamInfo)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_nonsense_ends_the_work_and_shows_nothing(noise: bytes) -> None:
    assert work(AS_IT_COMES, noise) == []


def test_without_its_models_it_refuses_before_it_reads(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        Worker(Task("faces", None, None, tmp_path), io.BytesIO(), io.BytesIO())


@pytest.mark.parametrize(
    ("size", "most", "leaves"),
    [
        ((1920, 1080), 720, (1280, 720)),
        ((1280, 720), None, (1280, 720)),
        ((640, 360), 720, (640, 360)),
        ((355, 289), None, (354, 288)),
        ((720, 1280), 16, (8, 16)),
    ],
)
def test_pictures_leave_in_their_own_proportions_with_even_sides(
    size: tuple[int, int], most: int | None, leaves: tuple[int, int]
) -> None:
    assert _fitted(*size, most) == leaves
