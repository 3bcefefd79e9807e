"""What of a plan's hours is on file: pure arithmetic of spans."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from commonsight.media.recordings.model import JOIN_SECONDS, Hours, Span

TOLERATED: Final = timedelta(seconds=JOIN_SECONDS)
"""A keyframe interval lies between the last picture of one segment and the first of the next: no gap."""


def planned(hours: Hours, day: date, zone: ZoneInfo, *, since: datetime) -> list[Span]:
    """The spans of a local day that a plan records. One made or changed during the day promises only what follows."""
    midnight = datetime.combine(day, time(), zone)
    spans = []
    for first, last in hours[day.weekday()]:
        # Wall-clock minutes: a day that summer time shortens or lengthens has the hours the wall shows.
        begin = max(midnight + timedelta(minutes=first), since.astimezone(zone))
        end = midnight + timedelta(minutes=last)
        if begin < end:
            spans.append((begin, end))
    return spans


def union(spans: Iterable[Span], slack: timedelta = timedelta()) -> list[Span]:
    """As few spans as possible that cover the same; what is `slack` apart counts as one."""
    made: list[Span] = []
    for begin, end in sorted(spans):
        if made and begin <= made[-1][1] + slack:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((begin, end))
    return made


def seconds_of(wanted: Sequence[Span], held: Sequence[Span]) -> tuple[int, int]:
    """Whole seconds of what is wanted: (on file, missing). Gaps no longer than a keyframe interval are none."""
    asked = union(wanted)
    there = union(held, TOLERATED)
    whole = sum((end - begin for begin, end in asked), timedelta())
    found = timedelta()
    for begin, end in asked:
        covered = [(max(begin, low), min(end, high)) for low, high in there if low < end and high > begin]
        found += sum((high - low for low, high in covered), timedelta())
        # The first picture after the beginning, the last before the end.
        if covered and timedelta() < covered[0][0] - begin <= TOLERATED:
            found += covered[0][0] - begin
        if covered and timedelta() < end - covered[-1][1] <= TOLERATED:
            found += end - covered[-1][1]
    total = round(whole.total_seconds())
    recorded = min(total, round(found.total_seconds()))
    return recorded, total - recorded
