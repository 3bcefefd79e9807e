"""What an opening measures is stated only as far as it was measured."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.survey import Survey

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "difference"),
    [
        ("Wed, 04 Mar 2026 05:06:07 GMT", 0.0),
        ("Wed, 04 Mar 2026 05:16:07 GMT", 600.0),
        ("Wed, Mar 04 2026 05:06:07 GMT", 0.0),  # as a widespread server library writes it
        ("Wed, 04 Mar 2026 13:06:07 +0800", 0.0),
        ("Thu, 01 Jan 1970 00:00:12 GMT", -1772600755.0),
        ("gestern", None),
        ("", None),
        ("Wed, 99 Mar 2026 05:06:07 GMT", None),
        ("Wed, 04 Mar 2026 05:06:07", None),
    ],
)
def test_a_date_tells_the_clock_and_anything_else_does_not(told: str, difference: float | None) -> None:
    survey = Survey()
    survey.dated(told, NOW)
    assert survey.clock_difference == difference


@given(st.text(max_size=80))
def test_no_date_breaks_it(told: str) -> None:
    Survey().dated(told, NOW)


def test_the_first_date_counts() -> None:
    survey = Survey()
    survey.dated("Wed, 04 Mar 2026 05:06:17 GMT", NOW)
    survey.dated("Wed, 04 Mar 2026 05:06:07 GMT", NOW + timedelta(seconds=5))
    assert survey.clock_difference == 10.0


def test_a_burst_is_no_bit_rate() -> None:
    survey = Survey()
    survey.came(1_000, 0.0)
    survey.came(100_000, 0.1)
    assert survey.kbps is None
    survey.came(25_000, 1.0)
    assert survey.kbps == 1_000


def test_reordered_pictures_do_not_change_the_rate() -> None:
    survey = Survey()
    for stamp in (0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12):
        survey.picture(stamp * 3_600 & 0xFFFFFFFF, stamp == 0)
    assert survey.fps == pytest.approx(25 * 10 / 12, rel=0.2)
    assert survey.keyframe_seconds is None


def test_times_go_through_their_wrap() -> None:
    survey = Survey()
    for number in range(20):
        survey.picture((0xFFFFA000 + number * 3_600) & 0xFFFFFFFF, number % 10 == 0)
    assert survey.fps == 25.0
    assert survey.keyframe_seconds == 0.4
    assert survey.measured.is_set()
