"""Pure types of the camera file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from commonsight.places.coordinates import System


class Health(IntEnum):
    """What the last checks showed. The numbers are stored and sent to maps; the words go everywhere else."""

    UNKNOWN = 0
    WORKS = 1
    BAD = 2
    OFFLINE = 3

    @property
    def word(self) -> str:
        """`unknown`, `works`, `bad` or `offline`."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Health":
        """The state with this word. Raises KeyError."""
        return cls[word.upper()]


class Sort(StrEnum):
    """The orders a list can be read in; `-` turns one round. `health_at` puts never-checked cameras first."""

    NAME = "name"
    NAME_DOWN = "-name"
    CODE = "code"
    CODE_DOWN = "-code"
    HEALTH_AT = "health_at"
    HEALTH_AT_DOWN = "-health_at"

    @property
    def field(self) -> str:
        """The column's name."""
        return self.value.lstrip("-")

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cameras are meant.

    `regions` are the prefixes that remain of the wish inside the caller's scope; none of them means no camera at all.
    `group`: in a business group or virtual organisation, or below it: (platform it is reported by, its identifier).
    `selection`: a member of this set (`selection_store`). `archived`: those out of use instead of those in use.
    """

    regions: tuple[str, ...]
    health: Health | None = None
    q: str = ""
    platform: UUID | None = None
    kind: str | None = None
    sector: str | None = None
    place: str | None = None
    group: tuple[UUID, str] | None = None
    selection: UUID | None = None
    has_source: bool | None = None
    analysis: bool | None = None
    demo: bool | None = None
    archived: bool = False

    @property
    def in_facets(self) -> bool:
        """Whether the index of facets alone can tell how many there are."""
        marks = (self.has_source, self.analysis, self.demo, self.group, self.selection)
        return not self.q.strip() and not self.archived and all(mark is None for mark in marks)

    @property
    def in_counts(self) -> bool:
        """Whether nothing but place and health narrows the choice, so that kept counts answer."""
        words = (self.kind, self.sector, self.place)
        return self.in_facets and self.platform is None and all(word is None for word in words)


@dataclass(frozen=True, slots=True)
class Named:
    """Something with an id and a name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class CameraRow:
    """A camera as lists show it. `point` is (lon, lat), WGS-84 degrees; `health_at`: since when it is in this state."""

    id: UUID
    code: str
    name: str
    region: str
    region_name: str | None
    address: str
    platform: Named | None
    organisation: str | None
    kind: str
    sector: str
    place: str
    point: tuple[float, float] | None
    health: Health
    health_at: datetime | None
    has_source: bool
    analysis: bool
    demo: bool


@dataclass(frozen=True, slots=True)
class View:
    """Where a camera looks, as far as it is on file.

    `direction`: degrees clockwise from north, 0..360; `field_angle`: horizontal, degrees; `distance`: metres.
    """

    direction: float | None = None
    field_angle: float | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera with everything the file holds about it, but never its password.

    `file`: the fields of `rules/fields.toml` that have no column of their own, by code.
    """

    row: CameraRow
    system: System
    original: tuple[float, float] | None
    view: View
    protocol: str | None
    url: str | None
    username: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    file: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Total:
    """How many a list has in all: exact, or at least so many when counting on would cost too much."""

    count: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """Cameras by health."""

    total: int = 0
    works: int = 0
    bad: int = 0
    offline: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A region with the cameras inside it. `children` counts the regions directly below."""

    code: str
    name: str
    level: int
    children: int
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Box:
    """A window on the map in WGS-84 degrees: west < east, south < north."""

    west: float
    south: float
    east: float
    north: float
