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


class ImportIn(BaseModel):
    """A file that is going to come."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, examples=["青秀区摄像机.xlsx"])
    format: Format | None = Field(default=None, description="told from the name when left out")
    existing: Existing = Field(
        default=Existing.CHANGE, description="what becomes of rows whose camera is on file: change, skip or refuse them"
    )
    system: System | None = Field(
        default=None,
        description="coordinate system of rows that name none, if the source says so; anything but WGS-84 needs "
        "`cameras.convert`",
    )


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
    system: System | None = Field(description="coordinate system named for the whole file")
    by: str
    bytes: int
    rows: int | None = Field(description="rows of the file; null until it is read")
    done: int = Field(description="rows worked on in this state")
    total: int | None = Field(description="rows to be worked on in this state; null while nobody can say")
    progress: float | None = Field(description="0..1; null while nobody can say")
    remaining_seconds: int | None = Field(description="estimate; null while nobody can say")
    added: int
    changed: int
    restored: int = Field(description="archived cameras that come back")
    same: int = Field(description="rows that change nothing")
    refused: int
    unknown_columns: list[str] = Field(description="headings that mean no column")
    problem: FileProblem | None = Field(description="why the file could not be read")
    can_undo: bool
    created_at: datetime
    state_at: datetime = Field(description="since when it is in this state")
    committed_at: datetime | None

    @classmethod
    def of(cls, made: Import, now: datetime, language: str) -> Self:
        """The import as its reader's language tells it."""
        running = made.state in RUNNING
        total = made.writes if running else made.rows
        remaining = None
        if running and total and made.done:
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
            system=made.system,
            by=made.by_name,
            bytes=made.bytes,
            rows=made.rows,
            done=made.done,
            total=total,
            progress=None if not total else min(made.done / total, 1.0),
            remaining_seconds=remaining,
            added=made.added,
            changed=made.changed,
            restored=made.restored,
            same=made.same,
            refused=made.refused,
            unknown_columns=list(made.unknown_columns),
            problem=problem,
            can_undo=made.state is State.COMMITTED and not made.rows_gone,
            created_at=made.created_at,
            state_at=made.state_at,
            committed_at=made.committed_at,
        )


class ReceivedOut(BaseModel):
    """How much of the file is there."""

    bytes: int


class CommitIn(BaseModel):
    """What is to be written."""

    model_config = ConfigDict(extra="forbid")

    skip_refused: bool = Field(default=False, description="write the other rows although some were refused")


class ProblemOut(BaseModel):
    """What is wrong with one cell."""

    row: int = Field(description="as a person counts rows in the file")
    field: str = Field(examples=["lon"])
    column: str = Field(examples=["经度"], description="the field's heading in the caller's language")
    code: str
    message: str
    rule: str | None
    expected: Any
    actual: Any = Field(description="what the cell holds; never a password")

    @classmethod
    def of(cls, problem: Problem, language: str) -> Self:
        """The problem as its reader's language tells it."""
        column = columns().get(problem.field)
        heading = problem.field if column is None else column.heading(language)
        facts = problem.facts
        return cls(
            row=problem.row,
            field=problem.field,
            column=heading,
            code=problem.code,
            message=say(problem.code, language, **(facts | {"operand": heading})),
            rule=facts.get("rule"),
            expected=facts.get("expected"),
            actual=facts.get("actual"),
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
