"""Pure types of imports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from commonsight.places.coordinates import System
from commonsight.problem import Refusal

ROWS_MOST: Final = 300_000
"""Rows of one file."""

BYTES_MOST: Final = 200_000_000
"""Bytes of one file, as sent."""

CELL_MOST: Final = 2_000
"""Characters of one cell."""

COLUMNS_MOST: Final = 100
"""Columns of one file, known or not."""

PROBLEMS_MOST: Final = 10_000
"""Problems kept of one file; all are counted."""

PROBLEMS_A_ROW: Final = 20


class Format(StrEnum):
    """What a file may be."""

    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES: Final = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
}


class State(StrEnum):
    """Where an import stands."""

    RECEIVING = "receiving"
    CHECKING = "checking"
    CHECKED = "checked"
    COMMITTING = "committing"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"
    DISCARDED = "discarded"


class Existing(StrEnum):
    """What becomes of rows whose camera is on file already."""

    CHANGE = "change"
    SKIP = "skip"
    REFUSE = "refuse"


class Action(StrEnum):
    """What a row does to the camera file. `restore`: the camera had been archived and comes back."""

    ADD = "add"
    CHANGE = "change"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file: its number as a person sees it there, and the cells by heading."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell. `facts` as in a Refusal: rule, operand, expected, actual."""

    row: int
    field: str
    code: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, row: int, refusal: Refusal, *, field: str | None = None) -> "Problem":
        """The refusal of a cell in `row`."""
        return cls(row, field or refusal.operand or "", refusal.code, refusal.facts())


@dataclass(slots=True)
class Row:
    """A row that was read: `fields` are columns of the camera file with values that JSON and PostgreSQL take.

    Beside columns, `platform` and `organisation` hold names that are still to be looked up. `deferred`: why
    an identifier or an address may not be set; where it is on file already, as those of lower platforms' cameras are,
    it may stay.
    """

    number: int
    fields: dict[str, Any] = field(default_factory=dict)
    deferred: dict[str, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the person who brings a file may do."""

    regions: tuple[str, ...]
    convert: bool
    loopback: bool


@dataclass(frozen=True, slots=True)
class Import:
    """One file on its way into the camera file. `rows` is None until it is read; `done`: rows worked on in `state`;
    `rows_gone`: what it wrote is not kept any more, so it cannot be undone.
    """

    id: UUID
    name: str
    format: Format
    state: State
    existing: Existing
    system: System | None
    by_id: UUID | None
    by_name: str
    rights: Rights
    bytes: int
    parts: int
    rows: int | None
    done: int
    added: int
    changed: int
    restored: int
    same: int
    refused: int
    unknown_columns: tuple[str, ...]
    problem: dict[str, Any] | None
    created_at: datetime
    state_at: datetime
    committed_at: datetime | None
    rows_gone: bool = False

    @property
    def writes(self) -> int:
        """Rows that a commit writes."""
        return self.added + self.changed + self.restored


def is_new(held: int, offset: int, piece: int, most: int) -> bool:
    """Whether a piece of an upload is to be kept: False for an empty one, and for one that came already.

    Args:
        held: bytes kept so far; offset: where the piece begins; piece: its bytes; most: bytes of a whole file.

    Raises:
        Refusal: `catalog.import_offset` (409) when it does not begin where the file ends; `catalog.file_too_large`.
    """
    if offset + piece == held and offset < held:
        return False
    if offset != held:
        raise Refusal(
            "catalog.import_offset", status=409, rule="pieces in order", operand="offset", expected=held, actual=offset
        )
    if held + piece > most:
        raise Refusal(
            "catalog.file_too_large", status=413, rule="bytes of one file", operand="file", expected=most,
            actual=held + piece,
        )  # fmt: skip
    return piece > 0
