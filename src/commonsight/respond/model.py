"""A case and the steps it may take: pure types and rules.

               assign          handle           verify           close
┌──▶ open ──────────▶ assigned ──────▶ handled ──────▶ verified ──────▶ closed
│     │  ◀── release ──  │  ◀── reject ──  │                             │
│     └── false alarm ───┴──── or merge ───┘                             │
└──────────────────────────── reopen ────────────────────────────────────┘
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from commonsight.problem import Refusal

WORDS_MOST: Final = 2_000
EVIDENCE_MOST: Final = 20
"""References kept with a case: the first and the latest ones. Occurrences are counted beyond it."""


class State(StrEnum):
    """Where a case is. `FALSE_ALARM` and `MERGED` are ends of their own: neither was handled."""

    OPEN = "open"
    ASSIGNED = "assigned"
    HANDLED = "handled"
    VERIFIED = "verified"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"
    MERGED = "merged"


class Action(StrEnum):
    """What people do to a case."""

    ASSIGN = "assign"
    RELEASE = "release"
    HANDLE = "handle"
    REJECT = "reject"
    VERIFY = "verify"
    CLOSE = "close"
    REOPEN = "reopen"
    FALSE_ALARM = "false_alarm"
    MERGE = "merge"
    UNMERGE = "unmerge"


LIVE: Final = frozenset({State.OPEN, State.ASSIGNED, State.HANDLED})
"""Somebody still has something to do; the same trouble again is added here."""

ENDED: Final = frozenset({State.CLOSED, State.FALSE_ALARM, State.MERGED})

STEPS: Final[dict[tuple[State, Action], State]] = {
    (State.OPEN, Action.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Action.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Action.RELEASE): State.OPEN,
    (State.ASSIGNED, Action.HANDLE): State.HANDLED,
    (State.HANDLED, Action.REJECT): State.ASSIGNED,
    (State.HANDLED, Action.VERIFY): State.VERIFIED,
    (State.VERIFIED, Action.CLOSE): State.CLOSED,
    (State.OPEN, Action.FALSE_ALARM): State.FALSE_ALARM,
    (State.ASSIGNED, Action.FALSE_ALARM): State.FALSE_ALARM,
    (State.HANDLED, Action.FALSE_ALARM): State.FALSE_ALARM,
    (State.OPEN, Action.MERGE): State.MERGED,
    (State.ASSIGNED, Action.MERGE): State.MERGED,
    (State.HANDLED, Action.MERGE): State.MERGED,
    (State.MERGED, Action.UNMERGE): State.OPEN,
    (State.VERIFIED, Action.REOPEN): State.OPEN,
    (State.CLOSED, Action.REOPEN): State.OPEN,
    (State.FALSE_ALARM, Action.REOPEN): State.OPEN,
}
"""Every step there is; whatever is not here is refused."""

NEEDS_WORDS: Final = frozenset({Action.HANDLE, Action.REJECT, Action.FALSE_ALARM, Action.REOPEN})
"""Steps that say nothing without a sentence: what was done, why not, why again."""


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who has a case: a person, or everybody of an organisation."""

    kind: str
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it is now. Times are UTC; `point` is [lon, lat] WGS-84."""

    id: UUID
    number: int
    kind: str
    severity: int
    state: State
    subject: str
    words: str
    source: str
    key: str
    scope: str
    camera_id: UUID | None
    device: str | None
    channel: str | None
    place: str
    region: str
    point: tuple[float, float] | None
    evidence: list[dict[str, Any]]
    detail: dict[str, Any]
    occurrences: int
    first_at: datetime
    last_at: datetime
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    deadline_at: datetime | None
    level: int
    escalate_at: datetime | None
    assignee: Assignee | None
    handler_id: UUID | None
    merged_into: UUID | None
    reopened: int
    reset: str
    version: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What a case begins with. `key`: what is the same trouble again; `scope`: what it is bounded by in a storm."""

    kind: str
    severity: int
    subject: str
    source: str
    key: str
    scope: str
    region: str
    at: datetime
    words: str = ""
    camera_id: UUID | None = None
    device: str | None = None
    channel: str | None = None
    place: str = ""
    point: tuple[float, float] | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)


def actions_of(state: State) -> tuple[Action, ...]:
    """What may be done to a case in this state, in the order of `Action`."""
    return tuple(action for action in Action if (state, action) in STEPS)


def after(state: State, action: Action) -> State:
    """The state a step leads to.

    Raises:
        Refusal: `respond.step_impossible` (409), naming what may be done instead.
    """
    found = STEPS.get((state, action))
    if found is None:
        raise Refusal(
            "respond.step_impossible", status=409, rule="steps of a case", operand="action",
            expected=[str(one) for one in actions_of(state)], actual=str(action), state=str(state),
        )  # fmt: skip
    return found


def check_words(action: Action, words: str) -> str:
    """The words without surplus space.

    Raises:
        Refusal: `respond.words_missing` or `respond.words_long` (422).
    """
    words = words.strip().replace("\x00", "")
    if not words and action in NEEDS_WORDS:
        raise Refusal(
            "respond.words_missing", status=422, rule="a sentence", operand="words", expected="1..", actual=0,
            action=str(action),
        )  # fmt: skip
    if len(words) > WORDS_MOST:
        raise Refusal(
            "respond.words_long", status=422, rule="length", operand="words", expected=WORDS_MOST, actual=len(words)
        )
    return words


def with_evidence(present: list[dict[str, Any]], more: dict[str, Any]) -> list[dict[str, Any]]:
    """The references with one more: the first is kept for ever, of the others the latest."""
    if not more:
        return present
    grown = [*present, more]
    return grown if len(grown) <= EVIDENCE_MOST else [grown[0], *grown[-(EVIDENCE_MOST - 1) :]]
