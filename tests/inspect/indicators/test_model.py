"""What a figure says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.indicators.definitions import indicators
from commonsight.inspect.indicators.model import Figure, added, figure, interval


def rate(hits: int, measured: int, unknown: int = 0) -> Figure:
    """A rate of cameras."""
    return Figure("playable", "checked", hits, measured, unknown, 0, None)


def test_nothing_measured_is_not_zero() -> None:
    one = figure(indicators()["online"], indicators()["online"].usual, {"unchecked": 3}, None)
    assert (one.value, one.coverage, one.unknown, one.interval) == (None, 0.0, 3, None)
    assert rate(0, 0).coverage is None


def test_what_was_measured_whole_has_no_error() -> None:
    assert rate(7, 10).interval == (0.7, 0.7)
    assert rate(7, 10).coverage == 1.0


def test_a_sample_has_the_interval_of_wilson() -> None:
    # 81 of 263, 95 %: 0.2553 to 0.3662 (Newcombe 1998, table I); the whole is so large that it corrects nothing.
    low, high = interval(81, 263, 10**12)
    assert (low, high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


@given(st.integers(1, 400), st.data())
def test_an_interval_holds_the_rate_and_narrows_as_more_is_measured(measured: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, measured))
    low, high = interval(hits, measured, measured + 1_000)
    assert 0 <= low <= hits / measured <= high <= 1
    closer = interval(hits, measured, measured + 100)
    assert closer[1] - closer[0] <= high - low + 1e-12
    # Whatever the rest turns out to be, the rate of all stays within what is possible.
    assert low >= hits / (measured + 1_000)


@pytest.mark.parametrize("wrong", [(1, 0, 5), (3, 2, 5), (1, 5, 4), (-1, 2, 4)])
def test_impossible_numbers_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="measured"):
        interval(*wrong)


def test_parts_add_up() -> None:
    assert added([{"a": 1, "b": 2}, {"b": 3}]) == {"a": 1, "b": 5}
