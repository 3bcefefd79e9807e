"""What a few cameras tell of all: drawn in proportion, the same with the same seed, and the interval keeps its word."""

import math
import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.sweeps.sampling import SMALL, Seen, draw, estimate, wilson


def city(sizes: dict[tuple[str, str], int]) -> dict[tuple[str, str], list[UUID]]:
    made, number = {}, 0
    for key, size in sizes.items():
        made[key] = [UUID(int=number + n) for n in range(size)]
        number += size
    return made


CITY = city(
    {("450102", "a"): 4_000, ("450102", "b"): 20, ("450103", "a"): 1_000, ("450103", "c"): 15, ("450105", "a"): 5}
)


def test_each_stratum_has_its_part_and_small_ones_are_put_together() -> None:
    strata = {one.name: (one.size, len(one.drawn)) for one in draw(CITY, 0.03, 1)}
    assert strata == {"450102/a": (4_000, 121), "450103/a": (1_000, 30), "*": (40, 2)}


def test_the_same_seed_draws_the_same_cameras() -> None:
    assert draw(CITY, 0.03, 1) == draw(dict(reversed(CITY.items())), 0.03, 1)
    assert draw(CITY, 0.03, 1) != draw(CITY, 0.03, 2)


@given(
    st.dictionaries(st.tuples(st.sampled_from("xyz"), st.sampled_from("abc")), st.integers(1, 200), min_size=1),
    st.floats(0.001, 1),
)
def test_nobody_is_drawn_twice_and_all_are_stood_for(sizes: dict[tuple[str, str], int], share: float) -> None:
    strata = draw(city(sizes), share, 3)
    assert sum(one.size for one in strata) == sum(sizes.values())
    drawn = [camera for one in strata for camera in one.drawn]
    assert len(set(drawn)) == len(drawn) >= min(sum(sizes.values()), math.ceil(sum(sizes.values()) * share))
    assert all(len(one.drawn) == min(one.size, 2) or len(one.drawn) >= 2 for one in strata)
    assert sum(one.size < SMALL for one in strata) <= 1


@pytest.mark.parametrize("share", [0.0, -1.0, 1.01])
def test_a_share_is_a_part(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        draw(CITY, share, 1)


def test_the_interval_of_the_textbook() -> None:
    """Wilson's for 0 of 10 at 95 %: 0 to 0.2775 (Newcombe 1998 and every table since)."""
    assert wilson(0, 10, 0.95) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(0.81, 263, 0.95) == pytest.approx((0.7583, 0.8529), abs=2e-3)


def test_who_looks_at_all_is_certain() -> None:
    found = estimate([Seen("a", 50, 50, 40), Seen("b", 10, 10, 1)])
    assert found is not None
    assert (found.rate, found.low, found.high) == pytest.approx((41 / 60,) * 3)


def test_strata_count_by_their_size() -> None:
    found = estimate([Seen("a", 900, 10, 10), Seen("b", 100, 10, 0)])
    assert found is not None
    assert found.rate == pytest.approx(0.9)
    assert found.low < 0.9 < found.high


def test_what_could_not_be_checked_is_not_spoken_of() -> None:
    found = estimate([Seen("a", 900, 10, 5), Seen("b", 100, 0, 0)])
    assert found is not None
    assert found.population == 900
    assert estimate([Seen("b", 100, 0, 0)]) is None


@pytest.mark.parametrize("worst", [0.2, 0.6, 0.95])
def test_the_interval_holds_the_truth_as_often_as_it_says(worst: float) -> None:
    """A city of 3,000 in five parts of unlike rates, 3 % looked at, 400 times: at 95 %, 95 % within chance."""
    chance = random.Random(11)
    parts = [(900, 0.98), (800, 0.9), (600, 0.85), (400, worst), (300, 0.99)]
    truth = [[chance.random() < rate for _ in range(size)] for size, rate in parts]
    rate = sum(map(sum, truth)) / 3_000
    hits = 0
    for _ in range(400):
        seen = [
            Seen(str(n), len(part), k := max(2, round(len(part) * 0.03)), sum(chance.sample(part, k)))
            for n, part in enumerate(truth)
        ]
        found = estimate(seen)
        assert found is not None
        hits += found.low <= rate <= found.high
    assert hits >= 0.92 * 400
