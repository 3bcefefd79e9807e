"""What is done with one picture: detect, follow, count, and let the scenes see it.

Runs in the inference thread; knows no network, no database.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import numpy as np

from commonsight.analyze.count import Crossing, LineCounter, ZoneCounter
from commonsight.analyze.engine.eye import Detects, Eye
from commonsight.analyze.engine.figures import Given
from commonsight.analyze.engine.picture import Glance
from commonsight.analyze.kalman import Floats
from commonsight.analyze.model import Analysis
from commonsight.analyze.road_users import CLASSES, RoadUsers
from commonsight.analyze.scenes.model import Look, Needs, Setup, Sighting
from commonsight.analyze.track import Tracker, Tracks
from commonsight.vision.decode import Frame
from commonsight.vision.model import Detections

TICKS: Final = 90_000
"""Presentation time stamps are in these, a second."""
SHOWN_SECONDS: Final = 0.3
"""A box is shown to viewers until its track has been silent this long."""
JUMP_SECONDS: Final = 10.0
"""Nobody is followed over a longer gap than this: whoever stands there then is somebody else."""
DOUBTFUL: Final = 0.45
"""A road user of a lower score may be none."""


class Run(Protocol):
    """What the scenes of one camera gave for one picture; `scenes.runner.Run`."""

    @property
    def figures(self) -> Sequence[Given]: ...
    @property
    def sightings(self) -> Sequence[tuple[Setup, Sighting]]: ...
    @property
    def afoot(self) -> bool: ...


class Scenes(Protocol):
    """The scenes of one camera; `scenes.runner.Runner`."""

    @property
    def reason(self) -> str | None:
        """A message code when one of them does not run as it should."""
        ...

    def needs_at(self, at: datetime) -> Needs | None:
        """What those need whose hours it is."""
        ...

    def take(self, look: Look) -> Run:
        """Show them a picture."""
        ...

    def leave(self, at: datetime) -> Sequence[tuple[Setup, Sighting]]:
        """The camera is given back: what still lasts ends."""
        ...


@dataclass(frozen=True, slots=True)
class Looked:
    """What one picture gave.

    Attributes:
        pts: of the picture, 90 kHz ticks.
        at: of the picture, UTC.
        crossings: that became certain with it.
        zones: road users standing in each zone, (zones, 6).
        present: road users in the whole picture by class, (6,).
        seconds: watched since the picture before; 0 when the gap was too long to have watched it.
        boxes: [x0, y0, x1, y1 relative, class, score, track] for viewers.
        run: what the scenes gave; `run_seconds` as `seconds`, for them.
        changed: whether anything had changed where it is watched.
        users, doubtful: road users in it, and how many may be none.
        cpu: seconds of a core it took.
    """

    pts: int
    at: datetime
    crossings: tuple[Crossing, ...]
    zones: Floats
    present: Floats
    seconds: float
    boxes: tuple[tuple[Any, ...], ...]
    run: Run | None = None
    run_seconds: float = 0.0
    changed: bool = True
    users: int = 0
    doubtful: int = 0
    cpu: float = 0.0


class Looker:
    """Follows, counts and shows to scenes the pictures of one camera.

    Args:
        analysis: the lines and zones that are counted.
        scenes: what else it is watched for; None: nothing.
        eye: how the detector looks.
        gap_seconds: pictures further apart than this leave a gap in which nothing was counted.
    """

    def __init__(
        self,
        analysis: Analysis,
        scenes: Scenes | None,
        eye: Eye,
        *,
        gap_seconds: float,
    ) -> None:
        self._analysis = analysis
        self._scenes = scenes
        self._eye = eye
        self._gap = gap_seconds
        self._counts = bool(analysis.lines or analysis.zones)
        self._tracker = Tracker()
        self._lines: LineCounter | None = None
        self._zones: ZoneCounter | None = None
        self._frame = (0, 0)
        self._time: float | None = None

    def look(self, detector: Detects, frame: Frame, at: datetime, found: Detections | None = None) -> Looked:
        """Take in the next picture.

        Args:
            at: of the picture, UTC.
            found: what was detected in it already, together with pictures of other cameras.
        """
        began = time.thread_time()
        elapsed = self._elapsed(frame.pts / TICKS, (frame.width, frame.height))
        needs = None if self._scenes is None else self._scenes.needs_at(at)
        follows = self._counts or (needs is not None and needs.tracks)
        changed = self._eye.changed(frame)
        span = 0.0 if needs is None else max(self._gap, 2.5 * needs.slowest_seconds)
        glance = Glance(
            frame,
            at,
            frame.pts / TICKS,
            elapsed if elapsed <= span else 0.0,
            lambda: self._eye.see(detector, frame, found),
            self._follow(frame) if follows else None,
        )
        if follows:
            # A follower that is asked only now and then would lose everybody in between.
            _ = glance.tracks
        looked = self._counted(glance, elapsed) if self._counts else _unseen(len(self._analysis.zones))
        run = None
        if self._scenes is not None:
            # Those whose hours are over end what they saw, so they are shown the picture, too.
            run = self._scenes.take(glance)
        users = glance.seen
        return Looked(
            pts=frame.pts,
            at=at,
            crossings=looked[0],
            zones=looked[1],
            present=looked[2],
            seconds=elapsed if elapsed <= self._gap else 0.0,
            boxes=looked[3],
            run=run,
            run_seconds=glance.elapsed,
            changed=changed,
            users=len(users),
            doubtful=int((users.score < DOUBTFUL).sum()),
            cpu=time.thread_time() - began,
        )

    def _elapsed(self, now: float, size: tuple[int, int]) -> float:
        """Seconds since the picture before; 0 for the first of a stream."""
        before, self._time = self._time, now
        if before is None or size != self._frame or now < before:
            self._eye.restart(size)
            self._restart(size)
            return 0.0
        if now - before > JUMP_SECONDS:
            self._restart(size)
        return now - before

    def _follow(self, frame: Frame) -> "_Follow":
        return _Follow(self._tracker, frame.pts / TICKS, (frame.width, frame.height))

    def _counted(self, glance: Glance, elapsed: float) -> tuple[tuple[Crossing, ...], Floats, Floats, tuple[Any, ...]]:
        """Crossings, road users in zones and in the picture, boxes."""
        assert self._lines is not None
        assert self._zones is not None
        tracks = glance.tracks
        crossings = tuple(self._lines.update(tracks, glance.time))
        there = tracks.believed & (glance.time - tracks.last <= max(SHOWN_SECONDS, min(1.5 * elapsed, self._gap)))
        present = np.bincount(tracks.kind[there], minlength=len(CLASSES)).astype(np.float64)
        return crossings, self._zones.present(tracks, glance.time), present, _boxes(tracks, there, glance.size)

    def _restart(self, size: tuple[int, int]) -> None:
        self._frame = size
        self._tracker = Tracker()
        self._lines = LineCounter([(line.a, line.b) for line in self._analysis.lines], size)
        self._zones = ZoneCounter([zone.polygon for zone in self._analysis.zones], size)


@dataclass(frozen=True, slots=True)
class _Follow:
    """Hands one picture's road users to the tracker."""

    tracker: Tracker
    time: float
    size: tuple[int, int]

    def __call__(self, users: RoadUsers) -> Tracks:
        return self.tracker.update(users, self.time, self.size)


def _unseen(zones: int) -> tuple[tuple[Crossing, ...], Floats, Floats, tuple[Any, ...]]:
    """Of a camera on which nothing is counted."""
    return (), np.zeros((zones, len(CLASSES))), np.zeros(len(CLASSES)), ()


def _boxes(tracks: Tracks, there: Any, size: tuple[int, int]) -> tuple[tuple[Any, ...], ...]:
    scale = np.array([*size, *size], dtype=np.float64)
    relative = np.clip(tracks.xyxy[there] / scale, 0, 1).round(4)
    rows = zip(relative.tolist(), tracks.kind[there], tracks.score[there], tracks.id[there], strict=True)
    return tuple((*box, CLASSES[kind], round(float(score), 2), int(track)) for box, kind, score, track in rows)
