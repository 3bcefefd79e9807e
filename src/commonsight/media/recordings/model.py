"""Plans, spans and states of recordings: pure rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.problem import Refusal

RETENTION_LEAST: Final = 30
"""Days that recordings of public places are kept at least (State Council Decree 799, art. 17)."""
RETENTION_MOST: Final = 3_650
MINUTES_OF_DAY: Final = 1_440
PERIODS_MOST: Final = 12
"""Periods of one day in a plan."""
JOIN_SECONDS: Final = 2.0
"""Segments this close follow one another: a keyframe interval lies between the last picture of one and the next."""
OVERLAP: Final = timedelta(seconds=0.5)
"""Where a segment begins is known to within the network's unrest: less than this is no overlap with the one before."""
ORDER_MINUTES_MOST: Final = 24 * 60
NAME_MOST: Final = 100
CAMERAS_MOST: Final = 2_000
"""Cameras a plan may name one by one; more are meant by their region, group or tag."""

Hours = tuple[tuple[tuple[int, int], ...], ...]
"""Seven days from Monday on, each with its periods: minute of the day from, to (not included), in order."""
Span = tuple[datetime, datetime]

ALWAYS: Final[Hours] = (((0, MINUTES_OF_DAY),),) * 7


class Kind(StrEnum):
    """Why something is recorded."""

    CONTINUOUS = "continuous"
    EVENT = "event"
    MANUAL = "manual"


class Recorder(StrEnum):
    """How a camera does that should be recorded now."""

    RECORDING = "recording"
    WAITING = "waiting"
    """It is tried again: the camera gives no pictures, or the node has no room for it."""
    STOPPED = "stopped"
    """On purpose: the disk is full and others are more important."""


class StoreState(StrEnum):
    """How a node's disk does."""

    FINE = "fine"
    TIGHT = "tight"
    """Recordings beyond the legal minimum are deleted before their plan's time."""
    FULL = "full"
    """Nothing may be deleted any more; plans stop recording, the least important first."""
    MISSING = "missing"
    """The disk on which the node's recordings lie is not there. Nothing is recorded, and nothing counts as lost."""


class ExportState(StrEnum):
    """Where an export stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self not in (ExportState.QUEUED, ExportState.RUNNING)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cameras are recorded when, for how long they are kept, and how important they are.

    `cameras`: a choice of cameras as grants have it (`gate.grant_model.Selection`). `scope`: regions of who made the
    plan, which nothing in it exceeds. `priority`: 1 the most important, 9 the least.
    """

    id: UUID
    name: str
    cameras: dict[str, Any]
    scope: tuple[str, ...]
    hours: Hours
    retention_days: int
    quota_bytes: int | None
    priority: int
    enabled: bool
    by_name: str
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A camera that should be recorded now, and on whose word."""

    camera_id: UUID
    plan_id: UUID | None
    kind: Kind
    priority: int
    keep_days: int


@dataclass(frozen=True, slots=True)
class Held:
    """A span of the timeline that is recorded. `kinds`: of the segments in it."""

    source: str
    begin: datetime
    end: datetime
    kinds: frozenset[str] = frozenset()
    bytes: int = 0
    nodes: frozenset[str] = frozenset()


def active(hours: Hours, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a plan records at `now`, its hours read in `zone`."""
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(begin <= minute < end for begin, end in hours[local.weekday()])


def week_share(hours: Hours) -> float:
    """The part of a week that a plan records, 0..1."""
    return sum(end - begin for day in hours for begin, end in day) / (7 * MINUTES_OF_DAY)


def checked_hours(days: Sequence[Sequence[Sequence[int]]]) -> Hours:
    """Weekly hours in order and without overlap.

    Raises:
        Refusal: `media.plan_hours_invalid`, naming the day.
    """
    if len(days) != 7:
        raise _hours("seven days from Monday on", "hours", len(days))
    made = []
    for number, day in enumerate(days):
        place = f"hours[{number}]"
        if len(day) > PERIODS_MOST:
            raise _hours(f"at most {PERIODS_MOST} periods a day", place, len(day))
        before = 0
        periods = []
        for period in day:
            if len(period) != 2 or not before <= period[0] < period[1] <= MINUTES_OF_DAY:
                raise _hours("minutes from < to, in order, at most 1440", place, list(period))
            before = period[1]
            periods.append((int(period[0]), int(period[1])))
        made.append(tuple(periods))
    if not any(made):
        raise _hours("at least one period", "hours", 0)
    return tuple(made)


def checked_retention(days: int, least: int = RETENTION_LEAST) -> int:
    """`days`, when the law allows to keep recordings no longer than that.

    Raises:
        Refusal: `media.retention_short` or `media.retention_long`, with both values.
    """
    if days < least:
        raise Refusal(
            "media.retention_short", status=422, rule="Decree 799 art. 17", operand="retention_days", expected=least,
            actual=days,
        )  # fmt: skip
    if days > RETENTION_MOST:
        raise Refusal(
            "media.retention_long", status=422, rule="at most ten years", operand="retention_days",
            expected=RETENTION_MOST, actual=days,
        )  # fmt: skip
    return days


def checked_span(begin: datetime, end: datetime, most: timedelta) -> Span:
    """A span of time.

    Raises:
        Refusal: `media.span_invalid`.
    """
    if not begin < end <= begin + most:
        raise Refusal(
            "media.span_invalid", status=422, rule="from before to", operand="to",
            hours=int(most.total_seconds() // 3600), expected=(begin + most).isoformat(), actual=end.isoformat(),
        )  # fmt: skip
    return begin, end


def joined(pieces: Iterable[Held], *, slack: float = JOIN_SECONDS) -> list[Held]:
    """Pieces of one source as as few spans as possible, oldest first; what is `slack` seconds apart is one span."""
    spans: list[Held] = []
    for piece in sorted(pieces, key=lambda each: (each.begin, each.end)):
        last = spans[-1] if spans else None
        if last is not None and piece.begin <= last.end + timedelta(seconds=slack):
            spans[-1] = Held(
                last.source, last.begin, max(last.end, piece.end), last.kinds | piece.kinds, last.bytes + piece.bytes,
                last.nodes | piece.nodes,
            )  # fmt: skip
        else:
            spans.append(piece)
    return spans


def clipped(spans: Iterable[Held], begin: datetime, end: datetime) -> list[Held]:
    """The parts of `spans` between two moments."""
    cut = []
    for each in spans:
        low, high = max(each.begin, begin), min(each.end, end)
        if low < high:
            cut.append(Held(each.source, low, high, each.kinds, each.bytes, each.nodes))
    return cut


def gaps(spans: Iterable[Held], begin: datetime, end: datetime) -> list[Span]:
    """Where between two moments nothing is recorded by anybody, oldest first."""
    found: list[Span] = []
    at = begin
    for each in sorted(spans, key=lambda one: one.begin):
        if each.begin > at + timedelta(seconds=JOIN_SECONDS):
            found.append((at, min(each.begin, end)))
        at = max(at, each.end)
        if at >= end:
            break
    if at < end - timedelta(seconds=JOIN_SECONDS):
        found.append((at, end))
    return found


def _hours(rule: str, operand: str, actual: object) -> Refusal:
    return Refusal("media.plan_hours_invalid", status=422, rule=rule, operand=operand, actual=actual)
