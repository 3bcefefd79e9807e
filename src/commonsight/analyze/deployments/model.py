"""A deployment and the steps it may take: pure types and rules.

  planned ──start──▶ running ──end──▶ over
     │ ▲                ▲              │
cancel │ resume         └── go on ─────┘   (while its period lasts)
     ▼ │
  cancelled
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.switching import Wanted
from commonsight.gate.grant_model import Selection
from commonsight.problem import Refusal

NAME_MOST: Final = 100
WORDS_MOST: Final = 2_000
CAMERAS_MOST: Final = 1_000
SHIFTS_MOST: Final = 200
LONGEST: Final = timedelta(days=92)
"""What lasts longer is everyday work: it is set up as scenes, and judged as such."""
FACTOR_MOST: Final = 10.0
"""What a deployment's cameras are worth to the budget, in times of what they are worth otherwise, at most."""
CAPACITY_MOST: Final = 10_000_000


class State(StrEnum):
    """Where a deployment is."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What people do to a deployment; `start` and `end` also happen by the clock."""

    START = "start"
    END = "end"
    GO_ON = "go_on"
    CANCEL = "cancel"
    RESUME = "resume"


STEPS: Final[dict[tuple[State, Action], State]] = {
    (State.PLANNED, Action.START): State.RUNNING,
    (State.PLANNED, Action.CANCEL): State.CANCELLED,
    (State.CANCELLED, Action.RESUME): State.PLANNED,
    (State.RUNNING, Action.END): State.OVER,
    (State.OVER, Action.GO_ON): State.RUNNING,
}
"""Every step there is; whatever is not here is refused."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on duty from when to when, UTC. `role`: in their own words, may be empty."""

    person: UUID
    begin: datetime
    end: datetime
    role: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment as it is kept.

    Attributes:
        scope: what its author may see (division-code prefixes), which nothing in it exceeds.
        regions: where its cameras are, which decides who sees it.
        factor: how much more its cameras are worth to the budget while it runs, times.
        capacity: people the place holds; None: not said.
        looked_at: until when the platform has told handovers and looked at its cameras.
    """

    id: UUID
    name: str
    purpose: str
    place: str
    starts_at: datetime
    ends_at: datetime
    scope: tuple[str, ...]
    regions: tuple[str, ...]
    choice: Selection
    scenes: tuple[Wanted, ...]
    shifts: tuple[Shift, ...]
    factor: float
    capacity: int | None
    notes: str
    state: State
    by_id: UUID
    by_name: str
    unit: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    looked_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a draft lacks. `code`: a message code with `values`; `cameras`: some of those it is about."""

    code: str
    grave: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    cameras: tuple[UUID, ...] = ()


def after(state: State, action: Action, ends_at: datetime, now: datetime) -> State:
    """The state a step leads to.

    Raises:
        Refusal: `analyze.deployment_step` (409): no such step from here; `analyze.deployment_past` (409): its period is
            behind us, so it can neither run nor be planned.
    """
    found = STEPS.get((state, action))
    if found is None:
        allowed = [one.value for (before, one) in STEPS if before is state]
        raise Refusal(
            "analyze.deployment_step", status=409, rule="steps of a deployment", operand="action", expected=allowed,
            actual=action.value, state=state.value,
        )  # fmt: skip
    if found in (State.RUNNING, State.PLANNED) and ends_at <= now:
        raise Refusal(
            "analyze.deployment_past", status=409, rule="the period lasts", operand="ends_at",
            expected=f"> {now.isoformat()}", actual=ends_at.isoformat(),
        )  # fmt: skip
    return found


def actions_of(one: Deployment, now: datetime) -> tuple[Action, ...]:
    """What may be done to it now."""
    going = one.ends_at > now
    return tuple(
        action
        for (state, action), to in STEPS.items()
        if state is one.state and (going or to not in (State.RUNNING, State.PLANNED))
    )


# --- what people write ----------------------------------------------------------------------------------------------


def check_period(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Whether a period can be planned.

    Raises:
        Refusal: `analyze.deployment_invalid` (422) naming the field.
    """
    if ends_at <= starts_at:
        raise invalid("ends_at", "after the start", f"> {starts_at.isoformat()}", ends_at.isoformat())
    if ends_at <= now:
        raise invalid("ends_at", "in the future", f"> {now.isoformat()}", ends_at.isoformat())
    if ends_at - starts_at > LONGEST:
        raise invalid("ends_at", "days at most", LONGEST.days, (ends_at - starts_at).days)


def check_shifts(shifts: Sequence[Shift], starts_at: datetime, ends_at: datetime) -> tuple[Shift, ...]:
    """The shifts in order of time.

    Raises:
        Refusal: `analyze.deployment_invalid` (422): too many, turned round, or wholly outside of the period.
    """
    if len(shifts) > SHIFTS_MOST:
        raise invalid("shifts", "how many", f"0..{SHIFTS_MOST}", len(shifts))
    for place, shift in enumerate(shifts):
        if shift.end <= shift.begin:
            raise invalid(
                f"shifts.{place}.to", "after its beginning", f"> {shift.begin.isoformat()}", shift.end.isoformat()
            )
        if shift.end <= starts_at or shift.begin >= ends_at:
            raise invalid(
                f"shifts.{place}.from", "within the period", f"{starts_at.isoformat()}..{ends_at.isoformat()}",
                shift.begin.isoformat(),
            )  # fmt: skip
    return tuple(sorted(shifts, key=lambda one: (one.begin, one.end, str(one.person))))


def invalid(operand: str, rule: str, expected: object, actual: object) -> Refusal:
    """A field of a deployment that breaks a rule."""
    return Refusal(
        "analyze.deployment_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual
    )  # fmt: skip


# --- duty -----------------------------------------------------------------------------------------------------------


def on_duty(shifts: Sequence[Shift], now: datetime) -> tuple[Shift, ...]:
    """Whose shift it is."""
    return tuple(one for one in shifts if one.begin <= now < one.end)


def duty_gaps(shifts: Sequence[Shift], begin: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The spans of a period in which nobody is on duty, in order of time."""
    gaps, reached = [], begin
    for shift in sorted(shifts, key=lambda one: one.begin):
        if shift.begin >= end:
            break
        if shift.begin > reached:
            gaps.append((reached, shift.begin))
        reached = max(reached, shift.end)
    if reached < end:
        gaps.append((reached, end))
    return tuple(gaps)


def next_handover(shifts: Sequence[Shift], now: datetime) -> datetime | None:
    """When somebody's shift begins or ends next; None when nothing changes any more."""
    return min((at for one in shifts for at in (one.begin, one.end) if at > now), default=None)


def handovers(shifts: Sequence[Shift], since: datetime, now: datetime) -> tuple[datetime, ...]:
    """The moments after `since`, up to now, at which shifts began or ended."""
    return tuple(sorted({at for one in shifts for at in (one.begin, one.end) if since < at <= now}))
