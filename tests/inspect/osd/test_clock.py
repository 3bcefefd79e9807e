"""Clocks as cameras write them."""

# ruff: noqa: DTZ001 - a clock in a picture has no zone

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.osd.clock import Clock, Difference, Hint, difference, hint, read

NOW = datetime(2026, 11, 23, 11, 22, 33)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2039, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
WEEKDAYS = "一二三四五六日"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FORMS = {
    "iso": lambda m: f"{m:%Y-%m-%d %H:%M:%S}",
    "iso, weekday": lambda m: f"{m:%Y-%m-%d} 星期{WEEKDAYS[m.weekday()]} {m:%H:%M:%S}",
    "slashes": lambda m: f"{m:%Y/%m/%d %H:%M:%S}",
    "dots": lambda m: f"{m:%Y.%m.%d %H:%M:%S}",
    "chinese": lambda m: f"{m:%Y}年{m:%m}月{m:%d}日 星期{WEEKDAYS[m.weekday()]} {m:%H:%M:%S}",
    "chinese, short": lambda m: f"{m.year}年{m.month}月{m.day}日{m:%H:%M:%S}",
    "space lost": lambda m: f"{m:%Y-%m-%d%H:%M:%S}",
    "weekday in English": lambda m: f"{m:%Y-%m-%d} {DAYS[m.weekday()]} {m:%H:%M:%S}",
    "one digit": lambda m: f"{m.year}-{m.month}-{m.day} {m:%H:%M:%S}",
    "12 h, English": lambda m: f"{m:%Y-%m-%d} {m.hour % 12 or 12:02d}:{m:%M:%S} {'PM' if m.hour >= 12 else 'AM'}",
    "12 h, Chinese": lambda m: f"{m:%Y-%m-%d} {'下午' if m.hour >= 12 else '上午'}{m.hour % 12 or 12:02d}:{m:%M:%S}",
    "full width": lambda m: f"{m:%Y-%m-%d %H:%M:%S}".translate({**{48 + n: 0xFF10 + n for n in range(10)}, 58: 0xFF1A}),
    "compact": lambda m: f"{m:%Y%m%d %H:%M:%S}",
    "month named": lambda m: f"{m.day:02d} {MONTHS[m.month - 1]} {m:%Y %H:%M:%S}",
    "month first by name": lambda m: f"{MONTHS[m.month - 1]} {m.day:02d}, {m:%Y %H:%M:%S}",
    "time first": lambda m: f"{m:%H:%M:%S} {m:%Y-%m-%d}",
}


@pytest.mark.parametrize("form", FORMS)
@given(moment=MOMENTS)
def test_every_form_is_read_back_whatever_true_time_is(form, moment):
    found = read([FORMS[form](moment)], NOW)
    assert found == Clock(moment, True, True, (0,))


@given(moment=MOMENTS, swaps=st.lists(st.sampled_from(["0O", "0o", "1l", "1I", "1|", "5S", "8B", "2Z"]), max_size=4))
def test_letters_that_look_like_digits_are_read_as_these(moment, swaps):
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    for digit, letter in swaps:
        text = text.replace(digit, letter)
    found = read([text], NOW)
    assert found is not None
    assert found.shown == moment


@given(moment=MOMENTS, day_first=st.booleans())
def test_day_and_month_are_told_apart_by_true_time(moment, day_first):
    text = f"{moment:%d-%m-%Y %H:%M:%S}" if day_first else f"{moment:%m-%d-%Y %H:%M:%S}"
    found = read([text], moment + timedelta(seconds=20))
    assert found is not None
    assert found.shown == moment


@given(moment=MOMENTS)
def test_date_and_time_on_two_lines_are_one_clock(moment):
    lines = [f"{moment:%Y-%m-%d}", "人民路与建设路口东", f"{moment:%H:%M:%S}"]
    assert read(lines, NOW) == Clock(moment, True, True, (0, 2))


@given(off=st.integers(-43_000, 43_000))
def test_a_time_without_a_date_is_that_of_the_nearest_day(off):
    shown = NOW + timedelta(seconds=off)
    found = read([f"{shown:%H:%M:%S}"], NOW)
    assert found == Clock(shown, False, True, (0,))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026年11月23日星期—11:22:33", NOW),
        ("2026年11月23日 星期一 11：22：330", NOW),
        (" 2026年11月23日星期-11:22:33-", NOW),
        ("2026-11-23  11;22;33", NOW),
        ("2026-11-23 11:2233", NOW),
        ("2026-11-211:22:33", datetime(2026, 11, 2, 11, 22, 33)),
        ("26-11-23 11:22:33", NOW),
        ("2026-11-2309:51:58PM151-", datetime(2026, 11, 23, 21, 51, 58)),
        ("11-23-2026 Mon 11:22:33", NOW),
        ("2026-13-45 11:22:33", NOW),
        ("1970-01-01 08:00:12", datetime(1970, 1, 1, 8, 0, 12)),
    ],
)
def test_what_was_really_read_off_pictures(text, shown):
    found = read([text], NOW)
    assert found is not None
    assert found.shown == shown


@pytest.mark.parametrize(
    "text",
    ["", "人民路与建设路口", "营业时间 8:30-17:30", "2026-11-23", "2026-11-23 27:61:00", "鲁A12345", "192.168.1.64"],
)  # fmt: skip
def test_what_is_no_clock_is_none(text):
    assert read([text], NOW) is None


@given(st.lists(st.text(max_size=300), max_size=8))
def test_any_text_is_taken(lines):
    found = read(lines, NOW)
    assert found is None or all(0 <= line < len(lines) for line in found.lines)


@given(off=st.integers(-(10**8), 10**8))
def test_the_true_difference_lies_within_the_error(off):
    """The camera writes what its clock shows; the picture arrives a moment later."""
    clock = Clock(NOW, True, True, (0,))
    for passed, underway in ((0.0, 0.0), (0.99, 1.7)):
        written_at = NOW + timedelta(seconds=passed - off)
        found = difference(clock, written_at + timedelta(seconds=underway))
        assert abs(found.seconds - off) <= found.error + 1e-6
        assert found.least <= abs(off) + 1e-6


@pytest.mark.parametrize(
    ("shown", "seconds", "expected"),
    [
        (NOW, -8 * 3600 + 3, Hint.ZONE),
        (NOW, 12 * 3600, Hint.HALF_DAY),
        (datetime(1970, 1, 1), -1.8e9, Hint.RESET),
        (NOW, 1_000, None),
        (NOW, 3, None),
        (NOW, 20 * 3600, None),
    ],
)
def test_the_usual_causes_are_named(shown, seconds, expected):
    assert hint(Clock(shown, True, True, (0,)), Difference(seconds, 1)) is expected
