"""How often is counted."""

from datetime import UTC, date, datetime, timedelta

import pytest

from commonsight.inspect.indicators.day_store import Run
from commonsight.inspect.indicators.tasks import rest_of


@pytest.mark.parametrize(
    ("milliseconds", "rest"),
    [
        (40, timedelta(seconds=50)),
        (1_500, timedelta(minutes=5)),
        (3_100, timedelta(minutes=10)),
        (60_000, timedelta(minutes=10)),
    ],
)
def test_counting_takes_a_small_part_of_the_time(milliseconds: int, rest: timedelta) -> None:
    assert rest_of(Run(date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC), 1, milliseconds)) == rest
