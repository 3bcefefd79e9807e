"""What is done with one picture: detect, follow, count. Runs in the inference thread; knows no network, no database."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from commonsight.analyze.count import Crossing, LineCounter, ZoneCounter
from commonsight.analyze.kalman import Floats
from commonsight.analyze.model import Analysis
from commonsight.analyze.road_users import CLASSES, road_users
from commonsight.analyze.track import Tracker, Tracks
from commonsight.vision.decode import Frame
from commonsight.vision.model import Detections

TICKS: Final = 90_000
"""Presentation time stamps are in these, a second."""
SHOWN_SECONDS: Final = 0.3
"""A box is shown to viewers until its track has been silent this long."""
JUMP_SECONDS: Final = 10.0
"""A stream whose time jumps further than this is another stream: tracks do not survive it."""


class Detects(Protocol):
    """What this module needs of `vision.detect.Detector`."""

    def detect(self, picture: Any, score: float | None = None) -> Detections:
        """Road users in a picture."""
        ...


@dataclass(frozen=True, slots=True)
class Looked:
    """What one picture gave.

    Attributes:
        pts: of the picture, 90 kHz ticks.
        crossings: that became certain with it.
        zones: road users standing in each zone, (zones, 6).
        present: road users in the whole picture by class, (6,).
        seconds: watched since the picture before; 0 when the gap was too long to have watched it.
        boxes: [x0, y0, x1, y1 relative, class, score, track] for viewers.
    """

    pts: int
    crossings: tuple[Crossing, ...]
    zones: Floats
    present: Floats
    seconds: float
    boxes: tuple[tuple[Any, ...], ...]


class Looker:
    """Follows and counts in the pictures of one camera.

    Args:
        analysis: lines and zones.
        score: detections below it are not used.
        gap_seconds: pictures further apart than this leave a gap that was not watched.
    """

    def __init__(self, analysis: Analysis, *, score: float, gap_seconds: float) -> None:
        self._analysis = analysis
        self._score = score
        self._gap = gap_seconds
        self._tracker = Tracker()
        self._lines: LineCounter | None = None
        self._zones: ZoneCounter | None = None
        self._frame = (0, 0)
        self._time: float | None = None

    def look(self, detector: Detects, frame: Frame) -> Looked:
        """Take in the next picture."""
        return self.take(detector.detect(frame, self._score), frame.pts, (frame.width, frame.height))

    def take(self, detections: Detections, pts: int, size: tuple[int, int]) -> Looked:
        """Take in what was detected in the next picture of `size` (width, height) pixels."""
        time = pts / TICKS
        if self._time is None or size != self._frame or not 0 <= time - self._time <= JUMP_SECONDS:
            self._restart(size)
            elapsed = 0.0
        else:
            elapsed = time - self._time
        self._time = time
        assert self._lines is not None
        assert self._zones is not None
        tracks = self._tracker.update(road_users(detections), time, size)
        crossings = self._lines.update(tracks, time)
        there = tracks.believed & (time - tracks.last <= SHOWN_SECONDS)
        return Looked(
            pts=pts,
            crossings=tuple(crossings),
            zones=self._zones.present(tracks, time),
            present=np.bincount(tracks.kind[there], minlength=len(CLASSES)).astype(np.float64),
            seconds=elapsed if elapsed <= self._gap else 0.0,
            boxes=_boxes(tracks, there, size),
        )

    def _restart(self, size: tuple[int, int]) -> None:
        self._frame = size
        self._tracker = Tracker()
        self._lines = LineCounter([(line.a, line.b) for line in self._analysis.lines], size)
        self._zones = ZoneCounter([zone.polygon for zone in self._analysis.zones], size)


def _boxes(tracks: Tracks, there: Any, size: tuple[int, int]) -> tuple[tuple[Any, ...], ...]:
    scale = np.array([*size, *size], dtype=np.float64)
    relative = np.clip(tracks.xyxy[there] / scale, 0, 1).round(4)
    rows = zip(relative.tolist(), tracks.kind[there], tracks.score[there], tracks.id[there], strict=True)
    return tuple((*box, CLASSES[kind], round(float(score), 2), int(track)) for box, kind, score, track in rows)
