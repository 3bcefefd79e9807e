"""What of a plan is on file."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from commonsight.inspect.indicators.recorded import planned, seconds_of, union
from commonsight.media.recordings.model import ALWAYS, Span

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def span(begin: float, end: float) -> Span:
    """Hours of the day."""
    return MIDNIGHT + timedelta(hours=begin), MIDNIGHT + timedelta(hours=end)


def test_a_plan_promises_the_hours_of_the_local_day() -> None:
    assert planned(ALWAYS, DAY, ZONE, since=LONG_AGO) == [span(0, 24)]
    office = ((), *[((480, 720), (840, 1080))] * 6)
    assert planned(office, DAY, ZONE, since=LONG_AGO) == []  # a Monday
    assert planned(office, DAY + timedelta(days=1), ZONE, since=LONG_AGO) == [span(32, 36), span(38, 42)]


def test_a_plan_made_at_noon_promises_the_afternoon() -> None:
    assert planned(ALWAYS, DAY, ZONE, since=MIDNIGHT + timedelta(hours=12)) == [span(12, 24)]
    assert planned(ALWAYS, DAY, ZONE, since=MIDNIGHT + timedelta(hours=25)) == []


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ([span(0, 24)], 0),
        ([span(-1, 12), span(12 + 1 / 3600, 25)], 0),
        ([span(0, 12), span(13, 24)], 3600),
        ([span(6, 7), span(6.5, 8)], 22 * 3600),
        ([], 86_400),
    ],
)
def test_what_is_missing_is_what_nobody_recorded(held: list[Span], missing: int) -> None:
    assert seconds_of([span(0, 24)], held) == (86_400 - missing, missing)


def test_two_plans_ask_for_the_same_hour_once() -> None:
    assert union([span(0, 2), span(1, 3), span(5, 6)]) == [span(0, 3), span(5, 6)]
    assert seconds_of([span(0, 2), span(1, 3)], [span(0, 1)]) == (3600, 7200)
