"""What repairs gain: held against every possible choice."""

from fractions import Fraction
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.indicators.whatif import Repair, curve, needed, ranked, thinned


def repairs(gains: list[int]) -> list[Repair]:
    """One order for each gain, mending so many cameras."""
    made, number = [], 0
    for place, gain in enumerate(gains):
        cameras = tuple(UUID(int=number + one) for one in range(gain))
        number += gain
        made.append(Repair(f"order-{place}", gain, cameras))
    return made


@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(0, 40))
def test_the_first_k_gain_the_most_that_any_k_can(gains: list[int], well: int) -> None:
    whole = well + sum(gains)
    steps = curve(well, whole, ranked(repairs(gains)))
    for k in range(len(gains) + 1):
        best = max(Fraction(well + sum(some), whole) for some in combinations(gains, k))
        assert steps[k].value == best
    assert steps[-1].value == 1


@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(0, 40), st.integers(1, 100))
def test_no_fewer_orders_reach_the_bar(gains: list[int], well: int, percent: int) -> None:
    whole, bar = well + sum(gains) + 3, Fraction(percent, 100)
    found = needed(curve(well, whole, ranked(repairs(gains))), bar)
    enough = [
        k
        for k in range(len(gains) + 1)
        if any(Fraction(well + sum(some), whole) >= bar for some in combinations(gains, k))
    ]
    assert (found.orders if found else None) == (min(enough) if enough else None)


def test_the_example_of_the_issue() -> None:
    # 10,000 cameras, 8,190 play; one switch has 250 behind it, another 60, the rest are single.
    steps = curve(8_190, 10_000, ranked(repairs([60, 250] + [1] * 1_500)))
    assert float(steps[2].value - steps[0].value) == 0.031
    assert steps[2].cameras == 310
    found = needed(steps, Fraction(95, 100))
    assert found is not None
    assert (found.orders, found.cameras) == (1_002, 1_310)
    assert needed(steps, Fraction(1)) == steps[-1]


def test_nothing_measured_gives_no_curve() -> None:
    assert curve(0, 0, repairs([3])) == []
    assert needed([], Fraction(1, 2)) is None


@given(st.integers(0, 500), st.integers(4, 60))
def test_a_thinned_curve_keeps_its_ends(orders: int, most: int) -> None:
    steps = curve(0, 1_000, repairs([1] * orders))
    shown = thinned(steps, most)
    assert len(shown) <= most
    assert (shown[0], shown[-1]) == (steps[0], steps[-1])
    assert [step.orders for step in shown] == sorted({step.orders for step in shown})
