"""A picture as scenes are given it: nothing is computed before somebody asks, and nothing twice."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np

from commonsight.analyze.road_users import CLASSES, RoadUsers
from commonsight.analyze.track import Tracks
from commonsight.vision.decode import Frame
from commonsight.vision.picture import Bgr, Plane

NOBODY: Final = RoadUsers(np.zeros((0, 4)), np.zeros(0), np.zeros((0, len(CLASSES))))


class Glance:
    """One decoded picture; what `analyze.scenes.model.Look` asks for.

    Args:
        frame: the picture. Its pixels are the decoder's: a glance is not kept beyond the next one.
        at: of the picture, UTC.
        time: of the picture, s on the stream's own clock.
        elapsed: seconds watched since the glance before; 0 after a gap that was not watched.
        see: finds the road users; called once at most.
        follow: takes the road users and gives the tracks; None: nobody follows them, so there are none.
    """

    def __init__(
        self,
        frame: Frame,
        at: datetime,
        time: float,
        elapsed: float,
        see: Callable[[], RoadUsers],
        follow: Callable[[RoadUsers], Tracks] | None = None,
    ) -> None:
        self._frame, self._at, self._time, self._elapsed = frame, at, time, elapsed
        self._see, self._follow = see, follow
        self._users: RoadUsers | None = None
        self._tracks: Tracks | None = None
        self._luma: dict[tuple[int, int], Plane] = {}
        self._bgr: dict[tuple[int, int], Bgr] = {}

    @property
    def time(self) -> float:
        return self._time

    @property
    def at(self) -> datetime:
        return self._at

    @property
    def elapsed(self) -> float:
        return self._elapsed

    @property
    def size(self) -> tuple[int, int]:
        return self._frame.width, self._frame.height

    @property
    def users(self) -> RoadUsers:
        """People and vehicles; the detector runs when the first one asks."""
        if self._users is None:
            self._users = self._see()
        return self._users

    @property
    def tracks(self) -> Tracks:
        """The same followed. A camera without a follower has none, whoever is in its picture."""
        if self._tracks is None:
            self._tracks = Tracks.none() if self._follow is None else self._follow(self.users)
        return self._tracks

    @property
    def seen(self) -> RoadUsers:
        """The road users, if anybody has asked for them."""
        return NOBODY if self._users is None else self._users

    def luma(self, width: int, height: int) -> Plane:
        """Brightness at this size, uint8 (height, width). Read only: whoever asks next gets the same array."""
        key = (width, height)
        if key not in self._luma:
            self._luma[key] = _locked(self._frame.grey(width, height))
        return self._luma[key]

    def bgr(self, width: int, height: int) -> Bgr:
        """In colour at this size, uint8 (height, width, 3). Read only."""
        key = (width, height)
        if key not in self._bgr:
            self._bgr[key] = _locked(self._frame.bgr(width, height))
        return self._bgr[key]


def _locked(pixels: Plane) -> Plane:
    """So that one scene cannot draw into what the next one sees."""
    pixels.flags.writeable = False
    return pixels
