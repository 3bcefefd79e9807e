"""What tries mean, and how fast they come."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.model import Health
from commonsight.inspect.model import Pace, health_after, shards
from commonsight.media.probe import ProbeResult

PLAYS = ProbeResult(True, True, True, 100, "h264", 640, 360)
ANSWERS = ProbeResult(True, True, False, 100, error="no_video")
SILENT = ProbeResult(False, False, False, 100, error="unreachable")


@pytest.mark.parametrize(
    ("result", "failures", "state"),
    [
        (PLAYS, 0, Health.WORKS),
        (ANSWERS, 1, None),
        (ANSWERS, 2, Health.BAD),
        (SILENT, 1, None),
        (SILENT, 2, Health.OFFLINE),
        (SILENT, 9, Health.OFFLINE),
    ],
)
def test_only_enough_failures_settle_the_matter(result: ProbeResult, failures: int, state: Health | None) -> None:
    assert health_after(result, failures, 2) is state


@given(st.integers(0, 50), st.integers(1, 7))
def test_shards_hold_every_camera_once_in_order(count: int, size: int) -> None:
    cameras = [uuid4() for _ in range(count)]
    cut = shards(cameras, size)
    assert [camera for shard in cut for camera in shard] == cameras
    assert all(0 < len(shard) <= size for shard in cut)


@given(st.floats(0.1, 1_000), st.lists(st.floats(0, 2), max_size=60))
def test_no_second_sees_more_than_the_rate(rate: float, gaps: list[float]) -> None:
    pace, now, starts = Pace(rate, 0.0), 0.0, []
    for gap in gaps:
        now += gap
        starts.append(now + pace.wait(now))
    for first, start in enumerate(starts):
        assert len([other for other in starts[first:] if other < start + 1 - 1e-6]) <= rate + 1
