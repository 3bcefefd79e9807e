"""A scene at work on a clip: what it reported, when, and what its figures came to.

The scene gets what the product's engine would give it: the engine's own picture over a decoded frame, the product's
tracker, boxes from the product's detector unless the clip brings them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import process_time

from bench.staging import Shot, Staged
from bench.staging.codec import through
from commonsight.analyze.engine.picture import NOBODY, Glance
from commonsight.analyze.road_users import RoadUsers, road_users
from commonsight.analyze.scenes.model import Figure, Fold, Look, Measured, Phase, Scene
from commonsight.analyze.track import Tracker
from commonsight.vision.decode import Frame
from commonsight.vision.detect import Detector

SCORE = 0.3
"""The product's default: boxes below are not used."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Report:
    """A sighting that began: what, when on the clip's clock it was said, where, how sure."""

    incident: str
    at: float
    boxes: tuple[Box, ...]
    score: float
    key: str


@dataclass
class Folded:
    """Figures of one measure becoming one, by the measure's fold."""

    fold: Fold
    total: float = 0.0
    weight: float = 0.0
    most: float = float("-inf")
    last: float = 0.0
    count: int = 0

    def add(self, value: float, seconds: float) -> None:
        """Take in a value that held for so many seconds."""
        self.total += value if self.fold is Fold.SUM else value * seconds
        self.weight += seconds
        self.most, self.last, self.count = max(self.most, value), value, self.count + 1

    @property
    def value(self) -> float | None:
        """What they came to; None of none."""
        if self.fold is Fold.SUM:
            return self.total
        if not self.count:
            return None
        if self.fold is Fold.MEAN:
            return self.total / self.weight if self.weight else self.last
        return self.most if self.fold is Fold.MAX else self.last


@dataclass
class Outcome:
    """What came of a clip.

    reports: in order of time. ended: (time, key). figures: (s, elapsed, figure). seconds: of the clip; looks: pictures;
    cost: s of a core in the scene itself, without decoding, detecting and following.
    """

    reports: list[Report] = field(default_factory=list)
    ended: list[tuple[float, str]] = field(default_factory=list)
    figures: list[tuple[float, float, Figure]] = field(default_factory=list)
    seconds: float = 0.0
    looks: int = 0
    cost: float = 0.0


See = Callable[[Frame, Shot | None], RoadUsers]


def seeing(detector: Detector | None) -> See:
    """Boxes of a picture: those given with it, else what the detector finds; nobody without a detector."""

    def see(frame: Frame, shot: Shot | None) -> RoadUsers:
        if shot is not None and shot.users is not None:
            return shot.users
        return NOBODY if detector is None else road_users(detector.detect(frame, SCORE))

    return see


class Watching:
    """One scene looking at one camera, picture by picture."""

    def __init__(self, scene: Scene, *, every: float = 0.0, burst: float | None = None) -> None:
        """every: s between the pictures it is shown at least; 0: all it is given. burst: the same while it says that
        something is afoot; None: as ever."""
        self._scene = scene
        self._every, self._usual = every, every
        self._burst = every if burst is None else burst
        self._tracker = Tracker() if scene.card.needs.tracks else None
        self._time: float | None = None
        self.outcome = Outcome()

    def due(self, time: float) -> bool:
        """Whether a picture of this moment is shown to it."""
        return self._time is None or time - self._time >= self._every - 1e-6

    def show(self, frame: Frame, time: float, at: datetime, see: Callable[[], RoadUsers]) -> None:
        """The next picture."""
        elapsed = 0.0 if self._time is None else time - self._time
        self._time = time
        tracker, size = self._tracker, (frame.width, frame.height)
        follow = None if tracker is None else lambda users: tracker.update(users, time, size)
        spent = 0.0

        def timed() -> RoadUsers:
            nonlocal spent
            since = process_time()
            found = see()
            spent += process_time() - since
            return found

        look: Look = Glance(frame, at, time, elapsed, timed, follow)
        if tracker is not None:
            # A follower that is asked only now and then would lose everybody in between, in the product as here.
            _ = look.tracks
        began, spent = process_time(), 0.0
        seen = self._scene.see(look)
        self.outcome.cost += process_time() - began - spent
        self._every = self._burst if seen.afoot else self._usual
        self.outcome.looks += 1
        self.outcome.seconds = time
        for one in seen.sightings:
            if one.phase is Phase.BEGAN:
                self.outcome.reports.append(Report(one.incident, time, one.boxes, one.score, one.key))
            elif one.phase is Phase.ENDED:
                self.outcome.ended.append((time, one.key))
        self.outcome.figures += [(time, elapsed, figure) for figure in seen.figures]


def run(clip: Staged, scene: Scene, see: See) -> Outcome:
    """Show a clip to a scene, from its first picture to its last."""
    watching = Watching(scene)
    for shot, frame in through(clip):
        watching.show(frame, shot.pts, clip.at + timedelta(seconds=shot.pts), lambda s=shot, f=frame: see(f, s))  # type: ignore[misc]
    return watching.outcome


def folded(
    outcome: Outcome, measure: Measured, target: str, kind: str, since: float, until: float | None
) -> float | None:
    """What the figures of one target and class came to between two moments. A sum of nothing is 0."""
    made = Folded(measure.fold)
    for time, elapsed, figure in outcome.figures:
        of = (figure.target, figure.measure, figure.kind) == (target, measure.code, kind)
        if of and since <= time and (until is None or time <= until):
            made.add(figure.value, elapsed)
    return made.value
