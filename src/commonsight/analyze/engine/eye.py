"""How the detector looks at the pictures of one camera: whether at all, at which part, how finely."""

from typing import Any, Protocol

from commonsight.analyze.engine.picture import NOBODY
from commonsight.analyze.road_users import RoadUsers, road_users
from commonsight.vision.decode import Frame
from commonsight.vision.model import Detections


class Detects(Protocol):
    """What the engine needs of `vision.detect.Detector`."""

    def detect(self, picture: Any, score: float | None = None) -> Detections:
        """Road users in a picture."""
        ...


class Eye:
    """Looks with a detector at the pictures of one camera.

    Args:
        score: detections below it are not used.
    """

    def __init__(self, *, score: float) -> None:
        self._score = score
        self._users: RoadUsers = NOBODY

    def restart(self, size: tuple[int, int]) -> None:
        """The pictures are those of another stream, of this size."""
        del size
        self._users = NOBODY

    def changed(self, frame: Frame) -> bool:
        """Whether anything has changed where the camera is watched since the detector last looked."""
        del frame
        return True

    def see(self, detector: Detects, frame: Frame, found: Detections | None = None) -> RoadUsers:
        """The road users in a picture."""
        self._users = road_users(detector.detect(frame, self._score) if found is None else found)
        return self._users
