"""The contract of scenes: what one declares, what it is given with each picture, what it gives back. Pure types.

A scene (场景) is a plug-in for one kind of thing worth seeing: a queue, a car parked where none may stand, rubbish that
piles up. It keeps no clock, opens nothing and writes nothing. The engine hands it pictures in order of time, as often
as the budget allows; it gives back figures and sightings. A package brings scenes by entry points of the group
`commonsight.scenes`: each names a class with the methods of `Scene`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.road_users import RoadUsers
from commonsight.analyze.track import Tracks
from commonsight.vision.picture import Bgr, Plane

GROUP: Final = "commonsight.scenes"
"""Entry points of this group are scenes."""

Floats = NDArray[np.float64]


class Decoding(StrEnum):
    """How much of a stream has to be decoded, cheapest first."""

    KEYFRAMES = "keyframes"
    """One picture every few seconds; enough for density, presence, piling."""
    REFERENCE = "reference"
    """Without the frames nothing else refers to."""
    FULL = "full"


class Fold(StrEnum):
    """How the figures of one interval become one."""

    SUM = "sum"
    MEAN = "mean"
    """Over the time watched: each value counts for the seconds since the look before."""
    MAX = "max"
    LAST = "last"


class Phase(StrEnum):
    """Where a sighting is in its life."""

    BEGAN = "began"
    STILL = "still"
    """Told at most every `STILL_SECONDS`, so that nobody takes it for over."""
    ENDED = "ended"


STILL_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Needs:
    """What a scene needs to be as accurate as its card says.

    Attributes:
        slowest_seconds: longest time between two pictures; the budget gives it no less often.
        burst_seconds: time between pictures it asks for while it says that something is afoot (`Seen.afoot`).
        decoding: cheapest decoding that gives pictures that often.
        classes: classes of the detector; empty: it looks at the picture itself and needs no detector.
        tracks: whether the objects must be followed from picture to picture.
        ground: whether it needs the way from the picture to metres on the ground.
    """

    slowest_seconds: float
    burst_seconds: float
    decoding: Decoding
    classes: tuple[str, ...] = ()
    tracks: bool = False
    ground: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a scene.

    Attributes:
        unit: "s", "m", "km/h", "people", "share" …; "" for a bare number.
        least, most: bounds, both allowed.
        tuned: whether answers "false alarm" may move it, within the bounds. `stricter` says in which direction there
            are fewer alarms: +1 or -1.
    """

    code: str
    zh: str
    en: str
    unit: str
    default: float
    least: float
    most: float
    tuned: bool = False
    stricter: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure the scene gives. `definition_zh`, `definition_en`: what a person is told who asks how we know."""

    code: str
    zh: str
    en: str
    unit: str
    fold: Fold
    definition_zh: str
    definition_en: str


@dataclass(frozen=True, slots=True)
class IncidentKind:
    """An incident the scene may report. severity: 1 gravest to 4."""

    code: str
    zh: str
    en: str
    severity: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What was measured, on what, and when not to believe it.

    Attributes:
        footage: what it was measured on, and how much of it.
        truth, found, wrong: events in the truth, of them found, and reports that are none.
        hours: unique hours of footage without events, for the false alarms; `alarms` in them.
        error: mean absolute relative error of the figure, for scenes that give figures; None otherwise.
    """

    footage_zh: str
    footage_en: str
    truth: int
    found: int
    wrong: int
    hours: float
    alarms: int
    error: float | None = None


@dataclass(frozen=True, slots=True)
class SceneCard:
    """What a scene is, as people read it and as the engine obeys it. Read from `cards/<code>.toml`.

    Attributes:
        area: "traffic", "people", "city", "parcels" or "environment".
        targets: what is drawn for it: "zone", "line", or both; at least `targets_least` of them.
        model: a detector's card of its own; None: the camera's.
    """

    code: str
    area: str
    zh: str
    en: str
    what_zh: str
    what_en: str
    limits_zh: tuple[str, ...]
    limits_en: tuple[str, ...]
    needs: Needs
    targets: tuple[str, ...]
    targets_least: int
    parameters: tuple[Parameter, ...]
    measures: tuple[Measured, ...]
    incidents: tuple[IncidentKind, ...]
    accuracy: tuple[Accuracy, ...] = ()
    model: str | None = None


class Ground(Protocol):
    """The way from the picture to the ground plane of one camera."""

    def metres(self, points: Floats) -> Floats:
        """Points (N, 2) in 0..1 of the picture as metres (N, 2) on the ground; not finite beyond the horizon."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """One scene on one camera.

    Attributes:
        id: of this scene on this camera; the same scene may watch two places.
        settings: every parameter of the card, by code; what nobody set has its default.
        model: weights for the detector this scene uses, where the card allows another.
    """

    id: str
    scene: str
    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    ground: Ground | None = None
    zone: str = "Asia/Shanghai"
    """Time zone of hours and of quiet times."""


class Look(Protocol):
    """One picture, with what the engine has found in it. Nothing is computed before a scene asks for it."""

    @property
    def time(self) -> float:
        """Of the picture, s on the stream's own clock; rises."""
        ...

    @property
    def at(self) -> datetime:
        """Of the picture, UTC."""
        ...

    @property
    def elapsed(self) -> float:
        """Seconds watched since the look before; 0 for the first one and after a gap that was not watched."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels: the unit of `users` and `tracks`."""
        ...

    @property
    def users(self) -> RoadUsers:
        """People and vehicles in this picture."""
        ...

    @property
    def tracks(self) -> Tracks:
        """The same followed from picture to picture; empty where the setup's scenes do not ask for tracks."""
        ...

    def luma(self, width: int, height: int) -> Plane:
        """Brightness at this size, uint8 (height, width); the same size twice costs nothing more."""
        ...

    def bgr(self, width: int, height: int) -> Bgr:
        """The picture in colour at this size, uint8 (height, width, 3)."""
        ...


@dataclass(frozen=True, slots=True)
class Figure:
    """One value at one moment. `target`: id of a zone or line, or the setup's own id; `kind`: a class, or "all"."""

    target: str
    measure: str
    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something somebody should handle.

    Attributes:
        key: tells the same thing from another one of this setup while it lasts: "car-17", "zone-2-bag".
        incident: code of an `IncidentKind` of the card.
        at: when it began, respectively ended.
        score: 0..1, how sure; comparable within one scene.
        boxes: where, (x0, y0, x1, y1) in 0..1 of the picture.
        detail: figures that go into the words (speed, seconds stopped, level …); JSON values only.
    """

    key: str
    incident: str
    target: str
    phase: Phase
    at: datetime
    score: float
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one picture gave a scene.

    afoot: something may be about to happen: the engine looks closer for a while, if the budget allows.
    """

    figures: Sequence[Figure] = ()
    sightings: Sequence[Sighting] = ()
    afoot: bool = False


NOTHING: Final = Seen()


class Scene(Protocol):
    """A scene at work on one camera. Made anew when the setup changes or the stream's picture does.

    Bounded: whatever it keeps is pruned; it may live for months.
    """

    card: SceneCard

    def __init__(self, setup: Setup) -> None: ...

    def see(self, look: Look) -> Seen:
        """Take in the next picture. Never raises for what a picture shows."""
        ...

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """The camera is given back or the setup changes: `ended` for what still lasts."""
        ...
