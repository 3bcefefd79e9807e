"""What tries mean, and what becomes of a shard."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.model import Health
from commonsight.inspect.model import Claim, bits, fault_of, health_after, shards
from commonsight.media.probe import ProbeResult
from commonsight.respond.maintenance.model import sort_of

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


@given(st.sets(st.integers(0, 2_000)))
def test_settled_positions_are_kept_to_the_bit(positions: set[int]) -> None:
    claim = Claim(uuid4(), 0, 1, (), len(positions), bits(positions))
    assert {position for position in range(2_100) if claim.is_settled(position)} == positions


@pytest.mark.parametrize(
    ("error", "answered", "fault"),
    [
        (None, True, None),
        ("timeout", False, "offline"),
        ("refused", False, "offline"),
        ("unreachable", False, "offline"),
        ("unauthorized", True, "unauthorized"),
        ("undecodable", True, "undecodable"),
        ("no_video", True, "no_video"),
        ("not_found", True, "no_video"),
        ("lost", True, "no_video"),
        ("protocol", True, "no_video"),
        ("unsupported_codec", True, "no_video"),
    ],
)
def test_every_end_of_a_try_is_one_fault_of_maintenance(error: str | None, answered: bool, fault: str | None) -> None:
    result = ProbeResult(answered, answered, error is None, 10, error=error)
    assert fault_of(result) == fault
    assert fault is None or sort_of(fault).family == "link"
