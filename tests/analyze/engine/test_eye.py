"""Where the detector looks: around what is watched, where something has changed, and not at all where nothing has."""

from typing import Any

import numpy as np

from commonsight.analyze.engine.eye import Eye, EyeSettings
from commonsight.vision.model import Detections
from commonsight.vision.picture import Plane
from tests.analyze.world import detections

SIZE = (640, 480)
STILL = np.full((480, 640), 90, np.uint8)


class Drawn:
    """A picture of one bright square on grey; `Detecting` finds bright squares."""

    def __init__(self, seconds: float, *squares: tuple[int, int], base: int = 90) -> None:
        self.width, self.height = SIZE
        self.pts = int(seconds * 90_000)
        self.picture = np.full((480, 640), base, np.uint8)
        for x, y in squares:
            self.picture[y : y + 40, x : x + 40] = 250

    def luma(self, step: int = 1) -> Plane:
        return np.ascontiguousarray(self.picture[::step, ::step])

    def planes(self, width: int, height: int) -> tuple[Plane, Plane, Plane]:
        rows = np.arange(height) * 480 // height
        columns = np.arange(width) * 640 // width
        plane = self.picture[rows][:, columns]
        return plane, plane, plane


class Detecting:
    """Finds every bright square of the picture it is given, and remembers how much it was given."""

    multiple = 32

    def __init__(self) -> None:
        self.given: list[tuple[int, int]] = []

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return 416, 320

    def detect(self, picture: Any, score: float | None = None, *, size: tuple[int, int] | None = None) -> Detections:
        assert size == (picture.width, picture.height)
        self.given.append(size)
        bright = picture.planes(*size)[0] > 200
        boxes, left = [], bright.copy()
        while left.any():
            y, x = np.argwhere(left)[0]
            box = (max(x - 30, 0), y, x + 30, y + 32)
            part = np.argwhere(left[box[1] : box[3], box[0] : box[2]]) + np.array([box[1], box[0]])
            low, high = part.min(axis=0), part.max(axis=0) + 1
            boxes.append([low[1], low[0], high[1], high[0]])
            left[box[1] : box[3], box[0] : box[2]] = False
        return detections(boxes)


def eye(**settings: Any) -> Eye:
    made = Eye(score=0.3, watched=((0.4, 0.4, 0.6, 0.6),), settings=EyeSettings(**({"scale": 1.0} | settings)))
    made.restart(SIZE)
    return made


def look(eye: Eye, detector: Detecting, picture: Drawn) -> list[list[int]]:
    eye.changed(picture)
    users = eye.see(detector, picture)
    return sorted(users.xyxy.round(-1).astype(int).tolist())


def test_what_stands_still_is_not_looked_at_again_and_keeps_its_box() -> None:
    made, detector = eye(region=False), Detecting()
    first = look(made, detector, Drawn(0.0, (300, 200)))
    again = look(made, detector, Drawn(0.4, (300, 200)))
    assert first == again == [[300, 200, 340, 240]]
    assert len(detector.given) == 1
    assert made.looked == 0.0


def test_only_where_something_moves_is_looked_and_the_others_keep_their_boxes() -> None:
    made, detector = eye(region=False), Detecting()
    look(made, detector, Drawn(0.0, (100, 100), (480, 380)))
    found = look(made, detector, Drawn(0.4, (130, 100), (480, 380)))
    assert len(found) == 2
    assert found[1] == [480, 380, 520, 420]
    whole, part = (width * height for width, height in detector.given)
    assert part < whole / 4


def test_somebody_who_leaves_leaves_no_box_behind() -> None:
    made, detector = eye(region=False), Detecting()
    look(made, detector, Drawn(0.0, (300, 200)))
    assert look(made, detector, Drawn(0.4)) == []
    assert look(made, detector, Drawn(0.8)) == []


def test_a_light_that_changes_everywhere_is_no_movement() -> None:
    made, detector = eye(region=False), Detecting()
    look(made, detector, Drawn(0.0, (300, 200)))
    assert not made.changed(Drawn(0.4, (300, 200), base=91))
    darker = Drawn(0.4)
    darker.picture = (STILL.astype(int) - 40).astype(np.uint8)
    bright = eye(region=False)
    look(bright, detector, Drawn(0.0))
    assert not bright.changed(darker)


def test_everything_is_looked_at_again_after_a_while() -> None:
    made, detector = eye(region=False, again_seconds=4.0), Detecting()
    for tenth in range(0, 100, 4):
        look(made, detector, Drawn(tenth / 10, (300, 200)))
    assert len(detector.given) == 3


def test_a_patrol_does_not_look_at_everything_each_time() -> None:
    made, detector = eye(region=False), Detecting()
    for seconds in range(0, 160, 10):
        look(made, detector, Drawn(seconds, (300, 200)))
    assert len(detector.given) == 2


def test_only_around_what_is_watched_is_looked_where_compute_is_short() -> None:
    made, detector = eye(), Detecting()
    assert look(made, detector, Drawn(0.0, (300, 200), (20, 420))) == [[300, 200, 340, 240]]
    assert 0.2 < made.looked < 0.6
    made.narrow(region=False)
    assert len(look(made, detector, Drawn(0.4, (300, 200), (20, 420)))) == 2


def test_a_network_of_one_size_gets_whole_pictures_only() -> None:
    made, detector = eye(), Detecting()
    detector.multiple = 0
    look(made, detector, Drawn(0.0, (300, 200)))
    look(made, detector, Drawn(0.4, (330, 200)))
    assert detector.given == [(416, 320), (416, 320)]
