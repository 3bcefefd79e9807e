"""Clocks as cameras write them into pictures, read with the mistakes a reader of pictures makes.

Year first (2026-11-23, 2026/11/23, 2026年11月23日, 20261123), day or month first with four or two digits of the year,
names of months, weekdays or none, 24 hours or 12 with 上午/下午/AM/PM, date and time on one line or on two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import permutations
from typing import Final

TEXT_MOST: Final = 200
"""Characters of a line that are considered."""
LATENCY: Final = 0.8
LATENCY_ERROR: Final = 1.0
"""Seconds between writing a picture and its arrival: encoding, network, waiting for the keyframe's end; and how far
they may be from that. Five looks at live streams of right clocks, on a machine under heavy load: -1.2 to +0.5 s off."""
WHOLE_HOURS: Final = 120.0
"""A clock this close to a whole number of hours off has its zone wrong rather than its time."""

_LIKE_DIGITS: Final = str.maketrans("OoQDlI|i!][ZzSsB", "0000111111122558")
_DASHES: Final = str.maketrans(dict.fromkeys("—–−‐‑_~一", "-") | dict.fromkeys("·•。", "."))
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY: Final = re.compile(
    r"(?:星期|礼拜|周)\s*[一二三四五六日天—–\-]?"
    r"|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?",
    re.IGNORECASE,
)
_HALF: Final = re.compile(r"(上午|早上|凌晨|a\.?m(?![a-z])\.?)|(下午|晚上|中午|p\.?m(?![a-z])\.?)", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"([0-9OoQlI|]{1,2})[\s,./-]*(" + "|".join(_MONTHS) + r")[a-z]*[\s,./-]*((?:19|20|2O)[0-9OoQlI|]{2})", re.I
)
_NAMED_FIRST: Final = re.compile(
    r"(" + "|".join(_MONTHS) + r")[a-z]*[\s./-]*([0-9OoQlI|]{1,2})[\s,./-]+((?:19|20|2O)[0-9OoQlI|]{2})", re.I
)
_YEAR_FIRST: Final = tuple(
    re.compile(rf"((?:19|20)\d\d)\s*[-/.年牛午]\s*(\d{{1,2}})\s*[-/.月用]\s*(\d{{{digits}}})\s*[日曰目H]?")
    for digits in (2, 1)
)
_COMPACT: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_YEAR_LAST: Final = re.compile(r"(?<!\d)(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*((?:19|20)\d\d)")
_SHORT: Final = re.compile(r"(?<!\d)(\d\d)\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d\d)(?!\d)")
_TIME: Final = re.compile(r"(?<!\d)(\d{1,2})\s*[:;.,'时]\s*(\d\d)(?:\s*[:;.,'分]\s*(\d\d)秒?)?")
_RUN: Final = re.compile(r"(?<!\d)(\d\d)[\s:;.]?(\d\d)[\s:;.]?(\d\d)(?!\d)")


class Hint(StrEnum):
    """What a difference looks like."""

    ZONE = "zone"
    HALF_DAY = "half_day"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock in a picture says.

    `shown`: date and time without a zone, as written. `date_known`: the date was written, too, and could be read;
    otherwise the one was taken that brings the clock nearest to true time. `seconds_known`: seconds were written.
    `lines`: which of the given lines it was read from.
    """

    shown: datetime
    date_known: bool
    seconds_known: bool
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Seconds, camera minus true time, and how far that may be off either way."""

    seconds: float
    error: float

    @property
    def least(self) -> float:
        """The smallest difference that explains what was read, 0 or more: a verdict never rests on the error."""
        return max(0.0, abs(self.seconds) - self.error)


def read(lines: Sequence[str], near: datetime) -> Clock | None:
    """The clock that stands in some lines of text; None when there is none.

    Args:
        lines: as they were read, each at most one date and one time.
        near: true local time without a zone; decides between readings of one text (03-04-2026) that are equally good.
    """
    dates: list[tuple[int, date]] = []
    times: list[tuple[int, time, bool]] = []
    best: tuple[tuple[int, float], Clock] | None = None
    for number, line in enumerate(lines):
        both, only_dates, only_times = _one(line)
        for penalty, day, clock, whole in both:
            best = _better(best, penalty, Clock(datetime.combine(day, clock), True, whole, (number,)), near)
        dates += [(number, day) for day in only_dates]
        times += [(number, clock, whole) for clock, whole in only_times]
    if best is None:
        for date_line, day in dates:
            for time_line, clock, whole in times:
                if date_line != time_line:
                    joined = Clock(datetime.combine(day, clock), True, whole, (date_line, time_line))
                    best = _better(best, 0, joined, near)
    if best is None:
        for time_line, clock, whole in times:
            # A bare hour and minute is as likely an opening time on a sign.
            if whole:
                best = _better(best, 0, Clock(_nearest(clock, near), False, whole, (time_line,)), near)
    return None if best is None else best[1]


def difference(clock: Clock, received: datetime) -> Difference:
    """How far a clock was off when its picture came.

    Args:
        received: local time without a zone at which the picture's last byte came.
    """
    # A clock shows what it last jumped to: on the average it is half a step further.
    half = 0.5 if clock.seconds_known else 30.0
    true = received - timedelta(seconds=LATENCY)
    return Difference((clock.shown - true).total_seconds() + half, half + LATENCY_ERROR)


def hint(clock: Clock, found: Difference) -> Hint | None:
    """What the difference looks like, for whoever sets the clock right."""
    if clock.date_known and clock.shown.year <= 2010:
        return Hint.RESET
    hours = round(found.seconds / 3_600)
    if hours == 0 or abs(found.seconds - hours * 3_600) > WHOLE_HOURS:
        return None
    if abs(hours) == 12:
        return Hint.HALF_DAY
    return Hint.ZONE if abs(hours) <= 14 else None


def _better(
    best: tuple[tuple[int, float], Clock] | None, penalty: int, clock: Clock, near: datetime
) -> tuple[tuple[int, float], Clock]:
    rank = (penalty, abs((clock.shown - near).total_seconds()))
    return (rank, clock) if best is None or rank < best[0] else best


def _one(line: str) -> tuple[list[tuple[int, date, time, bool]], list[date], list[tuple[time, bool]]]:
    """Of one line: readings as date and time with a penalty, as date alone, as time alone."""
    text = unicodedata.normalize("NFKC", line[:TEXT_MOST])
    half = _HALF.search(text)
    later = None if half is None else half.group(2) is not None
    text = _WEEKDAY.sub(" ", _HALF.sub(" ", text)).translate(_DASHES)
    both: list[tuple[int, date, time, bool]] = []
    dates: list[date] = []
    for penalty, day, rest in _dates(text):
        # Nothing stands behind a date alone that could have been torn off it.
        dates += [] if penalty == 1 and dates else [day]
        both += [(penalty + more, day, clock, whole) for more, clock, whole in _times(rest, later, dated=True)]
    # A line without a date may be the time alone.
    alone = (
        []
        if dates
        else [(clock, whole) for _, clock, whole in _times(text.translate(_LIKE_DIGITS), later, dated=False)]
    )
    return both, ([] if both else dates), alone


def _dates(text: str) -> Iterator[tuple[int, date, str]]:
    """Each way to read a date: a penalty, the date, and the line without it, letters taken for digits."""
    for pattern, order in ((_NAMED, (2, 1, 0)), (_NAMED_FIRST, (2, 0, 1))):
        if found := pattern.search(text):
            year, month, day = (found.group(place + 1) for place in order)
            named = _MONTHS.index(month.lower()) + 1
            numbers = (int(year.translate(_LIKE_DIGITS)), named, int(day.translate(_LIKE_DIGITS)))
            yield from _valid(0, numbers, _without(text, found).translate(_LIKE_DIGITS))
            return
    text = text.translate(_LIKE_DIGITS)
    some = False
    for pattern in (*_YEAR_FIRST, _COMPACT):
        if found := pattern.search(text):
            year, month, day = (int(group) for group in found.groups())
            some = True
            # 2026-11-211:22:33 lost its space: the second digit may belong to the hour.
            torn = text[found.end() - 1].isdigit() and text[found.end() : found.end() + 1].isdigit()
            yield from _valid(1 if torn else 0, (year, month, day), _without(text, found))
    if not some and (found := _YEAR_LAST.search(text)):
        first, second, year = (int(group) for group in found.groups())
        some = True
        for day, month in {(first, second), (second, first)}:
            yield from _valid(0, (year, month, day), _without(text, found))
    if not some and (found := _SHORT.search(text)):
        for year, month, day in set(permutations([int(group) for group in found.groups()])):
            yield from _valid(1, (2000 + year, month, day), _without(text, found))


def _valid(penalty: int, numbers: tuple[int, int, int], rest: str) -> Iterator[tuple[int, date, str]]:
    try:
        yield penalty, date(*numbers), rest
    except ValueError:
        return


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _times(text: str, later: bool | None, *, dated: bool) -> Iterator[tuple[int, time, bool]]:
    """Each way to read a time of day: a penalty, the time, whether seconds were written."""
    for found in _TIME.finditer(text):
        hour, minute, second = found.groups()
        # Clocks write two digits; one may be what is left of a day that lost its space.
        penalty = (0 if len(hour) == 2 or later is not None else 2) + (0 if second else 4)
        yield from _time(penalty, hour, minute, second, later)
    if dated and (run := _RUN.search(text)):
        hour, minute, second = run.groups()
        yield from _time(3, hour, minute, second, later)


def _time(
    penalty: int, hour: str, minute: str, second: str | None, later: bool | None
) -> Iterator[tuple[int, time, bool]]:
    number = int(hour)
    if later is not None:
        if not 1 <= number <= 12:
            later = None  # a 24 hour clock that says so anyway
        else:
            number = number % 12 + (12 if later else 0)
    try:
        yield penalty, time(number, int(minute), int(second or 0)), second is not None
    except ValueError:
        return


def _nearest(clock: time, near: datetime) -> datetime:
    days = (near.date() + timedelta(days=shift) for shift in (-1, 0, 1))
    return min((datetime.combine(day, clock) for day in days), key=lambda shown: abs((shown - near).total_seconds()))
