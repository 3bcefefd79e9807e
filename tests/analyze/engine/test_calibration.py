"""How finely a camera is looked at, decided on its own pictures."""

import numpy as np
import pytest

from commonsight.analyze.engine.calibration import EVERY_SECONDS, SCALES, Calibration
from commonsight.analyze.engine.picture import NOBODY
from commonsight.analyze.road_users import CLASSES, RoadUsers


def users(*at: int) -> RoadUsers:
    boxes = np.array([[x, 10, x + 20, 60] for x in at], np.float64).reshape(-1, 4)
    votes = np.zeros((len(at), len(CLASSES)))
    votes[:, 0] = 0.6
    return RoadUsers(boxes, np.full(len(at), 0.6), votes)


def decided(**found: tuple[int, ...]) -> float:
    calibration = Calibration()
    for number in range(12):
        assert calibration.due(number * EVERY_SECONDS)
        calibration.add({scale: users(*found[name]) for scale, name in zip(SCALES, ("s", "m", "l", "x"), strict=True)})
    assert calibration.done
    return calibration.scale()


@pytest.mark.parametrize(
    ("s", "m", "large", "x", "expected"),
    [
        # All find the same: the cheapest will do.
        ((0, 50), (0, 50), (0, 50), (0, 50), 0.75),
        # The distance is seen by large pictures only.
        ((0,), (0, 50), (0, 50, 100, 150, 200), (0, 50, 100, 150, 200), 1.5),
        # The largest invents: nobody confirms it.
        ((0,), (0, 50, 100), (0, 50, 100), (0, 50, 100, 300, 350, 400), 1.0),
        # A little better is not worth twice the work.
        ((0, 50), (0, 50, 100, 150, 200, 250), (0, 50, 100, 150, 200, 250, 300), (300, 50), 1.0),
    ],
)
def test_the_cheapest_size_that_finds_what_is_there_is_taken(
    s: tuple[int, ...], m: tuple[int, ...], large: tuple[int, ...], x: tuple[int, ...], expected: float
) -> None:
    assert decided(s=s, m=m, l=large, x=x) == expected


def test_an_empty_street_decides_nothing() -> None:
    calibration = Calibration()
    for number in range(100):
        if calibration.due(number * EVERY_SECONDS):
            calibration.add(dict.fromkeys(SCALES, NOBODY))
    assert not calibration.done
    assert calibration.scale() == 1.0


def test_pictures_are_some_time_apart() -> None:
    calibration = Calibration()
    assert [calibration.due(second) for second in (0.0, 5.0, 19.0, 20.0, 21.0)] == [True, False, False, True, False]
