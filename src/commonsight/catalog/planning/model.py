"""Pure types of planning."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from commonsight.catalog.areas import Point
from commonsight.catalog.model import Health

ASSUMED_DISTANCE: Final = 50.0
"""How far a camera is taken to see, metres, where the file does not say and somebody asks to assume."""

ASSUMED_ANGLE: Final = 60.0
"""How wide it is taken to see, degrees."""

DUPLICATE_SHARE: Final = 0.5
"""A camera that sees this share of what a planned one would see makes it a duplicate."""

TURNING: Final = frozenset({"dome", "half_dome", "remote", "remote_half_dome", "panoramic"})
"""Kinds that look all round, or can be turned to."""


class State(StrEnum):
    """What became of a planned point. `saved`: not built, because it is covered already."""

    PLANNED = "planned"
    BUILT = "built"
    SAVED = "saved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of view: from where, in which direction (degrees from north), how wide (degrees), how far (metres)."""

    point: Point
    direction: float
    angle: float
    distance: float


@dataclass(frozen=True, slots=True)
class Watcher:
    """An existing camera with its field of view.

    `known`: the whole field is on file; otherwise parts of it are assumed. `field` is None when it cannot even be
    assumed: a fixed camera whose direction nobody filed.
    """

    id: UUID
    code: str
    name: str
    health: Health
    point: Point
    field: Field | None
    known: bool


@dataclass(frozen=True, slots=True)
class Overlap:
    """What one camera sees of a planned field: its share of it, and whether it sees the planned place itself."""

    watcher: Watcher
    share: float
    metres: float
    bearing: float
    sees_point: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """What existing cameras see of a planned field.

    Shares are of its area, 0..1: `seen` by cameras whose field is on file, `working` by those of them that worked at
    the last check, `assumed` by these and those whose field is partly assumed. `unknown`: cameras near it of which
    nobody knows where they look.
    """

    area: float
    seen: float
    working: float
    assumed: float
    overlaps: tuple[Overlap, ...]
    unknown: int

    @property
    def duplicates(self) -> tuple[Overlap, ...]:
        """Cameras with a known field that see so much of it that another one adds little."""
        return tuple(o for o in self.overlaps if o.watcher.known and o.share >= DUPLICATE_SHARE)


@dataclass(frozen=True, slots=True)
class Blind:
    """An area as a grid: shares of its cells, 0..1, and the centres of those that nobody sees.

    `seen`, `working`, `assumed` as in `Coverage`; `twice`: by two or more cameras whose fields are on file.
    """

    cells: int
    cell_metres: float
    seen: float
    working: float
    assumed: float
    twice: float
    blind: tuple[Point, ...]
    cameras: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A point that somebody wants to build. `cost`: estimate in yuan; `evidence`: coverage when it was decided."""

    id: UUID
    name: str
    region: str
    region_name: str | None
    field: Field
    state: State
    cost: Decimal | None
    note: str
    by_id: UUID | None
    by_name: str
    organisation: str
    created_at: datetime
    updated_at: datetime
    version: int
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    evidence: dict[str, Any] | None = None
