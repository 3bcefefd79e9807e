"""Limits hold whatever comes: tries at once, tries a second, bytes a second; and lanes share them exactly."""

import math
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.sweeps.limits import SUSPECT_AFTER, Budget, Limit, Link, Rule, Rules, shares

PLATFORM = UUID(int=7)


@given(st.floats(0.1, 1_000), st.lists(st.floats(0, 2), max_size=60))
def test_no_second_sees_more_than_the_rate(rate: float, gaps: list[float]) -> None:
    link, now, starts = Link(Limit(rate=rate), 0.0), 0.0, []
    for gap in gaps:
        now += gap
        now += link.wait(now)
        link.start(0, now)
        starts.append(now)
    for first, start in enumerate(starts):
        assert len([other for other in starts[first:] if other < start + 1 - 1e-6]) <= rate + 1


@given(st.integers(1, 20), st.lists(st.booleans(), max_size=100))
def test_never_more_at_once_than_the_limit(most: int, asks: list[bool]) -> None:
    link = Link(Limit(concurrency=most), 0.0)
    for begin in asks:
        if begin and link.wait(0.0) == 0:
            link.start(0, 0.0)
        elif not begin and link.in_flight:
            link.end(0, 0.0, silent=False)
        assert 0 <= link.in_flight <= most
        assert math.isinf(link.wait(0.0)) == (link.in_flight == most)


@given(
    st.floats(1_000, 1e7),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1e6), st.floats(0, 1e6)), max_size=60),
)
def test_bytes_stay_within_the_budget(rate: float, tries: list[tuple[float, float, float]]) -> None:
    """Each try books what is expected and is put right by what came; all in all no more comes than was granted."""
    budget, now, came, most = Budget(rate, 0.0), 0.0, 0.0, 0.0
    for gap, expected, brought in tries:
        now += gap
        now += budget.wait(now)
        assert budget.wait(now) <= 1e-6
        budget.book(expected, now)
        budget.book(brought - expected, now)
        came += brought
        most = max(most, brought)
        assert came <= rate * now + rate * 2 + most + 1


def test_a_budget_of_nothing_is_no_limit() -> None:
    budget = Budget(0, 0.0)
    budget.book(1e12, 0.0)
    assert budget.wait(0.0) == 0


@given(st.integers(0, 500), st.floats(0, 100), st.integers(0, 100_000), st.integers(1, 12))
def test_the_parts_of_all_lanes_make_the_whole(concurrency: int, rate: float, kbps: int, lanes: int) -> None:
    parts = [Limit(concurrency, rate, kbps).share(lanes, rank) for rank in range(lanes)]
    assert sum(max(0, part.concurrency) for part in parts) == concurrency
    assert sum(part.rate for part in parts) == pytest.approx(rate)
    assert sum(part.kbps for part in parts) <= max(kbps, lanes)
    assert all(part.concurrency != 0 for part in parts) or not concurrency  # 0 would mean: not limited


def test_a_lane_without_a_part_waits() -> None:
    link = Link(Limit(1).share(2, 1), 0.0)
    assert math.isinf(link.wait(0.0))


def test_a_link_whose_tries_end_in_silence_is_suspect_until_one_answers() -> None:
    link = Link(Limit(), 0.0)
    for _ in range(SUSPECT_AFTER):
        assert not link.suspect
        link.start(0, 0.0)
        link.end(0, 0.0, silent=True)
    assert link.suspect
    link.start(0, 0.0)
    link.end(0, 0.0, silent=False)
    assert not link.suspect


RULES = Rules(
    [
        Rule("all", Limit(100)),
        Rule("platform", Limit(50)),
        Rule("prefix", Limit(10)),
        Rule("platform", Limit(5), platform=PLATFORM),
        Rule("prefix", Limit(3), prefix="10.45.0.0/16"),
        Rule("prefix", Limit(2), prefix="10.45.7.0/25"),
    ]
)


@pytest.mark.parametrize(
    ("platform", "host", "limits"),
    [
        (PLATFORM, "10.1.2.3", [100, 5, 10]),
        (UUID(int=8), "10.45.9.1", [100, 50, 3]),
        (None, "10.45.7.12", [100, 2]),
        (None, "10.45.7.200", [100, 3]),
        (None, "fd00::1", [100, 10]),
        (None, "camera.example", [100, 10]),
        (None, "127.0.0.1", [100, 0]),
        (None, "45010300001110000001", [100, 10]),
        (None, "45010300002000000001", [100, 50]),
        (PLATFORM, "45010300002000000001", [100, 5]),
    ],
)
def test_a_camera_stands_behind_its_links(platform: UUID | None, host: str, limits: list[int]) -> None:
    """The most particular network counts; this machine is none; a lower platform is no device."""
    links = RULES.links(platform, host)
    assert [RULES.limit(link).concurrency for link in links] == limits


def test_neighbours_share_a_network_and_others_do_not() -> None:
    assert RULES.links(None, "10.1.2.3")[-1] == RULES.links(None, "10.1.2.250")[-1] != RULES.links(None, "10.1.3.3")[-1]


def test_lanes_know_their_rank_on_each_link() -> None:
    lanes = {0: frozenset({"a", "b"}), 1: frozenset({"b"}), 2: frozenset({"a"})}
    assert shares(["a", "b", "c"], lanes, 1) == {"a": (3, 1), "b": (2, 1), "c": (1, 0)}
    assert shares(["a"], lanes, 2) == {"a": (2, 1)}
