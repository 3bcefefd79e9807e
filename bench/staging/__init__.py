"""Staged clips: pictures in which what happens is known to the pixel and the moment, because we put it there.

Every scene has a module here, named by its code, with

    def clips(seed: int) -> Iterator[Staged]

that gives at least five clips in which the incident happens and three in which something much like it does not. Frames
are drawn lazily, so that a clip costs nothing before it is run and nothing after. The same seed gives the same pixels.

Actors are drawn over real footage out of packages (`staging.footage`) or over drawn places (`staging.drawn`), and what
a camera's coder makes of them is what a scene gets to see (`coded`). Where a detector cannot be expected to know a
drawn person or car, its boxes are given with the errors of a real one (`staging.boxes`); a clip says so in `boxes`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Final, Literal, NamedTuple, Protocol

from commonsight.analyze.road_users import RoadUsers
from commonsight.analyze.scenes.model import Setup
from commonsight.vision.picture import Bgr

SCENES: Final = (
    "vehicle_flow", "congestion", "stopped_vehicle", "wrong_way", "illegal_parking",
    "people_flow", "gathering", "visitors", "dwell", "queue", "intrusion",
    "thrown_parcel", "rough_loading",
    "garbage", "left_object", "garbage_point",
    "waterlogging", "staff_gauge", "visibility",
)  # fmt: skip
"""Scenes that can be staged. smoke_fire is not: without weights there is nothing to measure."""

NOON: Final = datetime(2026, 5, 13, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Asia/Shanghai on a Wednesday: when clips begin, unless they say otherwise."""


class Shot(NamedTuple):
    """One picture of a clip.

    pts: s from the clip's beginning, rising. bgr: uint8 (height, width, 3). users: the boxes a detector would have
    given, pixels; None where the clip leaves that to the real detector or the scene needs none.
    """

    pts: float
    bgr: Bgr
    users: RoadUsers | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One incident that is in the clip.

    Attributes:
        incident: code of the card.
        began, ended: s on the clip's clock; for a moment, both are that moment.
        tolerance: s after `began` by which it must have been reported, the scene's own waiting time included.
        box: where, (x0, y0, x1, y1) in 0..1; a report whose boxes do not touch it is another matter. None: anywhere.
    """

    incident: str
    began: float
    ended: float
    tolerance: float
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A figure that is known for the clip: what the scene's figures between `since` and `until` (None: the clip's end)
    fold to, by the measure's own fold.
    """

    target: str
    measure: str
    kind: str
    value: float
    since: float = 0.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """One clip with its truth.

    Attributes:
        name: short, lower case, of words with hyphens: what is in it.
        frames: drawn when asked for, once.
        fps: pictures a second; at 1 and below each one is a keyframe, as a camera gives them to a keyframe patrol.
        size: width and height, pixels, both even.
        truth: empty for a near miss.
        expected: figures that are known, for scenes that give figures.
        boxes: "given" where `Shot.users` come with the clip, "detected" where the detector has to look, "none" where
            the scene does without. Tracks are made by the product's own tracker in both cases.
        ground: "drawn" or the name of the footage under the actors.
        coded: whether the pictures go through an H.264 encoder and decoder before a scene sees them.
        at: when the clip begins, for hours and quiet times.
    """

    name: str
    frames: Iterator[Shot]
    fps: float
    size: tuple[int, int]
    setup: Setup
    truth: tuple[Event, ...] = ()
    expected: tuple[Expected, ...] = ()
    boxes: Literal["given", "detected", "none"] = "none"
    ground: str = "drawn"
    coded: bool = True
    at: datetime = field(default=NOON)


class Staging(Protocol):
    """What the module of a scene offers."""

    def clips(self, seed: int) -> Iterator[Staged]: ...


def staging(scene: str) -> Staging | None:
    """The module that stages a scene; None when there is none yet."""
    try:
        module: Staging = import_module(f"{__name__}.{scene}")  # type: ignore[assignment]
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{scene}":
            raise
        return None
    return module
