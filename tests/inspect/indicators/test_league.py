"""Ranks, ties and changes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.indicators.league import change, places
from commonsight.inspect.indicators.model import Figure
from tests.inspect.indicators.test_model import rate


def test_the_best_is_first_and_the_unmeasured_last() -> None:
    found = places({"4501": rate(90, 100), "4502": rate(95, 100), "4503": rate(0, 0, 100), "4504": rate(0, 100)})
    assert [(place.code, place.rank, place.tied) for place in found] == [
        ("4502", 1, False), ("4501", 2, False), ("4504", 3, False), ("4503", None, False),
    ]  # fmt: skip


def test_equal_rates_share_a_rank_and_the_next_is_counted_on() -> None:
    found = places({"a": rate(9, 10), "b": rate(90, 100), "c": rate(8, 10)})
    assert [(place.code, place.rank, place.tied) for place in found] == [
        ("b", 1, True),
        ("a", 1, True),
        ("c", 3, False),
    ]


def test_what_differs_by_less_than_its_error_is_a_tie() -> None:
    # 40 of 50 against 38 of 50, each of 5,000: nobody can tell. All of 5,000 measured: everybody can.
    sampled = places({"a": rate(40, 50, 4_950), "b": rate(38, 50, 4_950)})
    assert [place.rank for place in sampled] == [1, 1]
    whole = places({"a": rate(4_000, 5_000), "b": rate(3_800, 5_000)})
    assert [place.rank for place in whole] == [1, 2]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200)), max_size=12))
def test_ranks_follow_the_rates(counts: list[tuple[int, int, int]]) -> None:
    figures = {f"{i:02}": rate(hits, hits + more, unknown) for i, (hits, more, unknown) in enumerate(counts)}
    found = places(figures)
    assert {place.code for place in found} == set(figures)
    ranked = [place for place in found if place.rank is not None]
    values = [figures[place.code].value or 0.0 for place in ranked]
    assert values == sorted(values, reverse=True)
    ranks = [place.rank or 0 for place in ranked]
    assert ranks == sorted(ranks)
    assert not ranks or ranks[0] == 1
    # A rank says how many are in front of its group.
    assert all(rank == ranks.index(rank) + 1 for rank in ranks)
    assert all(place.tied == (ranks.count(place.rank or 0) > 1) for place in ranked)


def test_a_change_is_between_two_known_rates_counted_alike() -> None:
    now: Figure = rate(90, 100)
    assert change(now, rate(80, 100), 7).value is not None
    assert abs((change(now, rate(80, 100), 7).value or 0) - 0.1) < 1e-12
    assert change(now, None, 7).value is None
    assert change(now, rate(0, 0, 5), 7).value is None
    assert change(now, replace(rate(80, 100), variant="online"), 7).value is None
