"""How the detector looks at the pictures of one camera: whether at all, at which part, how finely.

Three things save the detector's time on a fixed camera:

* **Region**: only around what is watched. A line in the middle of a square needs no look at the sky.
* **Motion**: within the region only where something has changed since the detector last looked there; what stands still
  keeps the box it had. Nothing has changed: the detector does not run at all.
* **Scale**: how finely the picture is looked at, found out for each camera from its own pictures (`calibration`).

Change is seen on a strided plane of brightness: no colour is converted, so it costs a fraction of a millisecond.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeGuard

from commonsight.analyze.engine.calibration import Calibration
from commonsight.analyze.engine.picture import NOBODY
from commonsight.analyze.engine.region import Bools, Box, Grid, Share, area_of, joined
from commonsight.analyze.road_users import RoadUsers, road_users
from commonsight.vision.model import Detections
from commonsight.vision.picture import Plane


class Detects(Protocol):
    """What the engine needs of `vision.detect.Detector`."""

    def detect(self, picture: Any, score: float | None = None) -> Detections:
        """Road users in a picture."""
        ...


class Sized(Detects, Protocol):
    """A detector that may be given pictures of any size."""

    @property
    def multiple(self) -> int: ...
    def fit(self, width: int, height: int) -> tuple[int, int]: ...
    def detect(
        self, picture: Any, score: float | None = None, *, size: tuple[int, int] | None = None
    ) -> Detections: ...


class Pixels(Protocol):
    """What an eye needs of `vision.decode.Frame`."""

    width: int
    height: int
    pts: int

    def planes(self, width: int, height: int) -> tuple[Plane, Plane, Plane]: ...
    def luma(self, step: int = 1) -> Plane: ...


@dataclass(frozen=True, slots=True)
class EyeSettings:
    """How an eye looks.

    Attributes:
        region, motion, gate: the levers: look around what is watched only, where something has changed only, and not at
            all where nothing has.
        margin: looked at around what is watched, in shares of the network's side: road users must be seen before and
            after a line.
        headroom: the same above, times `margin`: what stands on a line reaches up.
        change: mean difference of a block's brightness (0..255) that is a change and not noise.
        context: looked at around a change, shares of the network's side: a detector wants to see some of the street.
        again_seconds, again_looks: everything in the region is looked at again after this long and so many looks,
            whether it has changed or not; a patrol that looks every ten seconds does so less often.
        scale: 1: as finely as the network was trained for; 2: twice that, for four times the work; None: found out by
            calibration, 1 until then.
    """

    region: bool = True
    motion: bool = True
    gate: bool = True
    margin: float = 0.14
    headroom: float = 1.2
    change: float = 12.0
    context: float = 0.06
    again_seconds: float = 4.0
    again_looks: int = 8
    scale: float | None = None


class Part:
    """A part of a picture at the size it enters the network; `vision.picture.Picture`.

    Args:
        whole: blue, green and red of the whole picture, scaled.
        box: the part, pixels of `whole`.
    """

    def __init__(self, whole: Sequence[Plane], box: Box) -> None:
        self._whole, self._box = whole, box
        self.width, self.height = box[2] - box[0], box[3] - box[1]

    def planes(self, width: int, height: int) -> tuple[Plane, Plane, Plane]:
        """The part; it is asked for in no other size than its own."""
        if (width, height) != (self.width, self.height):
            raise ValueError(f"asked for {width} x {height}, the part is {self.width} x {self.height}")
        x0, y0, x1, y1 = self._box
        blue, green, red = (plane[y0:y1, x0:x1] for plane in self._whole)
        return blue, green, red


def _takes_parts(detector: Detects) -> TypeGuard[Sized]:
    """Whether a detector can be given a part of a picture at a size of our choosing."""
    return hasattr(detector, "fit")


class Eye:
    """Looks with a detector at the pictures of one camera.

    Args:
        score: detections below it are not used.
        watched: (x0, y0, x1, y1) in 0..1 of what is watched; empty: the whole picture is.
    """

    def __init__(
        self, *, score: float, watched: Sequence[Share] = (),
        settings: EyeSettings | None = None,
    ) -> None:  # fmt: skip
        self._score = score
        self._watched = tuple(watched)
        self.settings = settings or EyeSettings()
        self._users: RoadUsers = NOBODY
        self._grid: Grid | None = None
        self._size = (0, 0)
        self._before: Plane | None = None
        self._now: Plane | None = None
        self._moved: Bools | None = None
        self._all_at = self._since = 0
        self.calibration = Calibration()
        self.looked = 0.0
        """Share of the picture the detector was last given."""

    def restart(self, size: tuple[int, int]) -> None:
        """The pictures are those of another stream, of this size."""
        self._size, self._grid = size, None
        self._users, self._before, self._moved = NOBODY, None, None

    def changed(self, frame: Pixels) -> bool:
        """Whether anything has changed where the camera is watched since the detector last looked there."""
        grid = self._grid
        if grid is None:
            grid = self._grid = self._new_grid()
        now = grid.brightness(frame)
        moved = None if self._before is None else grid.moved(self._before, now, self.settings.change)
        self._now = now
        self._moved = moved
        return moved is None or bool(moved.any())

    def see(self, detector: Detects, frame: Pixels, found: Detections | None = None) -> RoadUsers:
        """The road users in a picture. `changed` was asked of it before."""
        if found is None and _takes_parts(detector):
            return self._see(detector, frame)
        self.looked = 1.0
        self._users = road_users(detector.detect(frame, self._score) if found is None else found)
        return self._users

    def _see(self, detector: Sized, frame: Pixels) -> RoadUsers:
        settings, grid, moved = self.settings, self._grid, self._moved
        assert grid is not None
        since = abs(frame.pts - self._all_at) / 90_000
        self._since += 1
        whole = moved is None or (since >= settings.again_seconds and self._since >= settings.again_looks)
        if not whole and settings.gate and moved is not None and not moved.any():
            self.looked = 0.0
            return self._users
        if settings.scale is None and detector.multiple and self.calibration.due(frame.pts / 90_000):
            self._calibrate(detector, frame, grid)
        size = self._network(detector, self.scale)
        # A network of one size gets the whole picture: a part would be stretched to that size and cost the same.
        region = area = grid.area(size, detector.multiple) if detector.multiple else (0, 0, *size)
        if detector.multiple and not whole and settings.motion and moved is not None and moved.any():
            context = settings.context * max(size)
            area = grid.part(moved, self._users.xyxy, size, detector.multiple, context)
        if area == region:
            self._all_at, self._since, self._before = frame.pts, 0, self._now
        elif self._before is not None and self._now is not None:
            # Where the detector looks, the present is what later pictures are compared with.
            self._before = grid.replace(self._before, self._now, area, size)
        self.looked = area_of(area) / (size[0] * size[1])
        part = Part(frame.planes(*size), area)
        users = road_users(detector.detect(part, self._score, size=(part.width, part.height)))
        self._users = joined(users, area, size, NOBODY if area == region else self._users, self._size)
        return self._users

    def _new_grid(self) -> Grid:
        settings = self.settings
        return Grid(self._size, self._watched if settings.region else (), settings.margin, settings.headroom)

    @property
    def scale(self) -> float:
        """How finely it looks."""
        return self.calibration.scale() if self.settings.scale is None else self.settings.scale

    def narrow(self, *, region: bool) -> None:
        """Look around what is watched only, or at the whole picture again."""
        if region is not self.settings.region:
            self.settings = replace(self.settings, region=region)
            self.restart(self._size)

    def _calibrate(self, detector: Sized, frame: Pixels, grid: Grid) -> None:
        found = {}
        for scale in self.calibration.scales:
            size = self._network(detector, scale)
            area = grid.area(size, detector.multiple)
            part = Part(frame.planes(*size), area)
            users = road_users(detector.detect(part, self._score, size=(part.width, part.height)))
            found[scale] = grid.at_targets(joined(users, area, size, NOBODY, self._size))
        self.calibration.add(found)

    def _network(self, detector: Sized, scale: float) -> tuple[int, int]:
        """Size at which the whole picture would enter the network."""
        width, height = detector.fit(*self._size)
        if scale == 1 or detector.multiple == 0:
            return width, height
        multiple = detector.multiple
        return (
            max(round(width * scale / multiple), 1) * multiple,
            max(round(height * scale / multiple), 1) * multiple,
        )
