"""A need of a department and the steps it may take: pure types and rules.

filed ──▶ matched ──accept──▶ accepted ──▶ running ──review──▶ reviewed
            │ ▲                   │           │
     refuse,│ │reopen             └──reopen───┘ (its scenes are taken back)
   withdraw ▼ │
   refused, withdrawn
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.scenes.model import Accuracy, SceneCard
from commonsight.gate.grant_model import Hours, Selection
from commonsight.problem import Refusal

TITLE_MOST: Final = 100
WORDS_MOST: Final = 2_000
POINTS_MOST: Final = 50
CAMERAS_MOST: Final = 500
POINT_METRES: Final = 20.0
"""A camera answers for a point when it sees the ground around it so far."""
SHARE_LEAST: Final = 0.3
"""Or at least this share of it."""
CANDIDATES_MOST: Final = 5
"""Cameras offered for one point."""


class State(StrEnum):
    """Where a need is."""

    FILED = "filed"
    MATCHED = "matched"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    RUNNING = "running"
    REVIEWED = "reviewed"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What people do to a need. `STOP` ends its period now; it then waits to be reviewed."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    STOP = "stop"
    REVIEW = "review"


STEPS: Final[dict[tuple[State, Action], State]] = {
    (State.FILED, Action.REFUSE): State.REFUSED,
    (State.FILED, Action.WITHDRAW): State.WITHDRAWN,
    (State.MATCHED, Action.ACCEPT): State.ACCEPTED,
    (State.MATCHED, Action.REFUSE): State.REFUSED,
    (State.MATCHED, Action.WITHDRAW): State.WITHDRAWN,
    (State.REFUSED, Action.REOPEN): State.MATCHED,
    (State.WITHDRAWN, Action.REOPEN): State.MATCHED,
    (State.ACCEPTED, Action.REOPEN): State.MATCHED,
    (State.RUNNING, Action.REOPEN): State.MATCHED,
    (State.RUNNING, Action.STOP): State.RUNNING,
    (State.RUNNING, Action.REVIEW): State.REVIEWED,
}
"""Every step there is; whatever is not here is refused."""

OF_OPERATORS: Final = frozenset({Action.ACCEPT, Action.REFUSE, Action.STOP})
"""Steps of whoever runs the analysis; the others are the department's. Reopening is of either."""

NEEDS_WORDS: Final = frozenset({Action.REFUSE, Action.REVIEW})


@dataclass(frozen=True, slots=True)
class Place:
    """A point something is to be seen at. at: [lon, lat], WGS-84."""

    name: str
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Demand:
    """A need as it is kept.

    Attributes:
        region: whose it is, by division code; who sees that region sees the need.
        error_most: relative error of figures the department can live with; None: not said.
        found: what the platform matched (`matching.Found` as JSON).
        settings, whole: of the scene, as an operator accepted them; whole: the whole picture where no zone is drawn.
        stopped_at: when its scenes were taken back.
    """

    id: UUID
    number: int
    title: str
    scene: str
    region: str
    points: tuple[Place, ...]
    choice: Selection
    starts_at: datetime
    ends_at: datetime | None
    hours: Hours | None
    error_most: float | None
    reason: str
    contact: str
    state: State
    by_id: UUID
    by_name: str
    unit: str
    created_at: datetime
    updated_at: datetime
    found: Mapping[str, Any] | None = None
    matched_at: datetime | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    whole: bool = False
    decided_at: datetime | None = None
    decided_by: str = ""
    decided_words: str = ""
    running_at: datetime | None = None
    stopped_at: datetime | None = None
    benefit: Mapping[str, Any] | None = None
    mark: int | None = None
    review: str = ""
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    version: int = 1


def after(state: State, action: Action) -> State:
    """The state a step leads to.

    Raises:
        Refusal: `analyze.demand_step` (409), naming what may be done instead.
    """
    found = STEPS.get((state, action))
    if found is None:
        allowed = [one.value for (before, one) in STEPS if before is state]
        raise Refusal(
            "analyze.demand_step", status=409, rule="steps of a need", operand="action", expected=allowed,
            actual=action.value, state=state.value,
        )  # fmt: skip
    return found


def actions_of(state: State, *, operator: bool, own: bool) -> tuple[Action, ...]:
    """What somebody may do to a need: an operator, or somebody of the department that filed it."""
    may = [action for (before, action) in STEPS if before is state]
    return tuple(
        action
        for action in may
        if (operator and (action in OF_OPERATORS or action is Action.REOPEN))
        or (own and action not in OF_OPERATORS)
    )  # fmt: skip


def check_words(action: Action, words: str) -> str:
    """The words without surplus space.

    Raises:
        Refusal: `analyze.demand_invalid` (422): a step that says nothing without a sentence.
    """
    words = words.strip().replace("\x00", "")
    if (not words and action in NEEDS_WORDS) or len(words) > WORDS_MOST:
        raise invalid("words", "length", f"1..{WORDS_MOST}", len(words))
    return words


def check_points(points: Sequence[Place]) -> tuple[Place, ...]:
    """The points, each with a name and on the globe.

    Raises:
        Refusal: `analyze.demand_invalid` (422).
    """
    if len(points) > POINTS_MOST:
        raise invalid("points", "how many", f"0..{POINTS_MOST}", len(points))
    for place, point in enumerate(points):
        lon, lat = point.at
        if not point.name.strip():
            raise invalid(f"points.{place}.name", "a name", "1..", 0)
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise invalid(f"points.{place}.at", "[lon, lat] WGS-84", "-180..180, -90..90", list(point.at))
    return tuple(points)


def invalid(operand: str, rule: str, expected: object, actual: object) -> Refusal:
    """A field of a need that breaks a rule."""
    return Refusal("analyze.demand_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual)


# --- accuracy -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """What a scene's card promises from measurement. None where nobody has measured it.

    Attributes:
        error: relative error of its figures, the worst of those measured.
        recall, precision: of its incidents, over all footage measured.
        meets: whether the error is within what the department can live with; None: cannot be said.
    """

    error: float | None
    recall: float | None
    precision: float | None
    meets: bool | None


def expected(card: SceneCard, error_most: float | None) -> Expected:
    """What can be expected of a scene, as measured; nothing that was not."""
    errors = [one.error for one in card.accuracy if one.error is not None]
    error = max(errors, default=None)
    truth, found, wrong = (sum(getattr(one, name) for one in card.accuracy) for name in ("truth", "found", "wrong"))
    meets = None if error is None or error_most is None else error <= error_most
    return Expected(
        error, found / truth if truth else None, found / (found + wrong) if found + wrong else None, meets
    )  # fmt: skip


def footage(accuracy: Sequence[Accuracy], language: str) -> list[str]:
    """What it was measured on, in one language."""
    return [one.footage_en if language.startswith("en") else one.footage_zh for one in accuracy]
