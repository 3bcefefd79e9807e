"""Pure types of repair."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Reason(StrEnum):
    """Why a value is proposed; the words stand in `messages.toml` as `catalog.repair_<reason>`."""

    SWAPPED = "swapped"
    DECLARED = "declared"
    POLE = "pole"
    WRITTEN = "written"
    REGION = "region"
    CODE_PLACE = "code_place"
    CODE_NAME = "code_name"
    PREFIX = "prefix"
    SPELLING = "spelling"
    SIMILAR = "similar"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One value to be put right.

    Args:
        was: what stands there ("" for nothing); applied only while it still does.
        becomes: what is proposed; for `archived` it is "true".
        source: what it was taken from, e.g. the identifier of the other record.
        confidence: 0..1.
        certain: follows from the record itself; may be applied by rule where somebody said so.
    """

    camera_id: str
    field: str
    rule: str
    was: str
    becomes: str
    reason: Reason
    confidence: float
    certain: bool = False
    source: str = ""


class State(StrEnum):
    """Where a batch is."""

    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


class Outcome:
    """What became of an item; the numbers are stored."""

    WAITING, APPLIED, CONFLICT, UNDONE, KEPT = range(5)


@dataclass(frozen=True, slots=True)
class Batch:
    """Proposals that were applied together, and can be taken back together."""

    id: UUID
    state: State
    by_name: str
    why: str
    regions: tuple[str, ...]
    total: int
    applied: int
    conflicts: int
    undone: int
    kept: int
    made_at: datetime
    ended_at: datetime | None
    undone_at: datetime | None
    undone_by: str | None
