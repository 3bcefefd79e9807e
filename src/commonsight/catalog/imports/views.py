"""What the HTTP interface says about imports."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.catalog.imports.columns import columns
from commonsight.catalog.imports.model import Action, Existing, Format, Import, Problem, State
from commonsight.places.coordinates import System
from commonsight.text import say

RUNNING = (State.COMMITTING, State.UNDOING)
ENDED = (State.COMMITTED, State.UNDONE, State.FAILED, State.DISCARDED)


class FileProblem(BaseModel):
    """Why a file could not be read."""

    code: str
    message: str
    facts: dict[str, Any]


class ImportOut(BaseModel):
    """An import and how far it is."""

    id: UUID
    name: str
    format: Format
    state: State
    existing: Existing
    coordinates: System | None = Field(description="system named for the whole file")
    made_at: datetime
    made_by: str
    finished_at: datetime | None = Field(description="when it was written, undone, failed or given up")
    bytes: int
    rows: int = Field(description="rows of the file; 0 until it is read")
    good: int = Field(description="rows that write something or have nothing to write")
    bad: int = Field(description="rows that were refused")
    new: int
    changed: int
    restored: int = Field(description="archived cameras that come back")
    unchanged: int
    done: int = Field(description="rows worked on in this state")
    total: int = Field(description="rows to be worked on in this state; 0 while nobody can say")
    remaining_seconds: int | None = Field(description="estimate; null while nobody can say")
    can_undo: bool
    unknown_columns: list[str] = Field(description="headings that mean no column")
    problem: FileProblem | None = Field(description="why the file could not be read")

    @classmethod
    def of(cls, made: Import, now: datetime, language: str) -> Self:
        """The import as its reader's language tells it."""
        running = made.state in RUNNING
        total = made.writes if running else made.rows or 0
        remaining = None
        if running and made.done:
            seconds = max((now - made.state_at).total_seconds(), 0.0)
            remaining = round(seconds / made.done * max(total - made.done, 0))
        problem = None
        if made.problem is not None:
            facts = {key: value for key, value in made.problem.items() if key != "code"}
            problem = FileProblem(
                code=made.problem["code"], message=say(made.problem["code"], language, **facts), facts=facts
            )
        return cls(
            id=made.id,
            name=made.name,
            format=made.format,
            state=made.state,
            existing=made.existing,
            coordinates=made.system,
            made_at=made.created_at,
            made_by=made.by_name,
            finished_at=made.state_at if made.state in ENDED else None,
            bytes=made.bytes,
            rows=made.rows or 0,
            good=made.writes + made.same,
            bad=made.refused,
            new=made.added,
            changed=made.changed,
            restored=made.restored,
            unchanged=made.same,
            done=made.done,
            total=total,
            remaining_seconds=remaining,
            can_undo=made.state is State.COMMITTED and not made.rows_gone,
            unknown_columns=list(made.unknown_columns),
            problem=problem,
        )


class ReceivedOut(BaseModel):
    """How much of the file is there."""

    bytes: int


class CommitIn(BaseModel):
    """What is to be written."""

    model_config = ConfigDict(extra="forbid")

    whole: bool = Field(default=False, description="write nothing when any row was refused, instead of the others")


class ProblemOut(BaseModel):
    """What is wrong with one cell."""

    row: int = Field(description="as a person counts rows in the file")
    field: str = Field(examples=["lon"])
    column: str = Field(examples=["经度"], description="the field's heading in the caller's language")
    code: str
    message: str
    rule: str | None
    expected: Any
    value: str | None = Field(description="what the cell holds; never a password")

    @classmethod
    def of(cls, problem: Problem, language: str) -> Self:
        """The problem as its reader's language tells it."""
        column = columns().get(problem.field)
        facts = problem.facts
        return cls(
            row=problem.row,
            field=problem.field,
            column=problem.field if column is None else column.heading(language),
            code=problem.code,
            message=say(problem.code, language, **({"operand": problem.field} | facts)),
            rule=facts.get("rule"),
            expected=facts.get("expected"),
            value=None if facts.get("actual") is None else str(facts["actual"]),
        )


class RowOut(BaseModel):
    """What one row does."""

    row: int
    action: Action
    camera_id: UUID
    code: str | None = Field(description="null until a new camera is given one")
    name: str | None
    fields: list[str] = Field(description="columns that are written")
    outcome: str = Field(description="waiting, written, refused, undone, kept")


OUTCOMES = ("waiting", "written", "refused", "undone", "kept")
_OURS = frozenset(
    {"grams", "cell", "health", "unit_id", "platform_id", "location", "original", "protocol", "archived_at"}
)
_SHOWN = {"location": "point", "platform_id": "platform", "secret": "password"}


def shown_fields(fields: dict[str, Any]) -> list[str]:
    """Names of columns as people know them, without those that follow from others."""
    return sorted({_SHOWN.get(name, name) for name in fields if name not in _OURS})
