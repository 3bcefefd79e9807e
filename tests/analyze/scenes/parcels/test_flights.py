"""What leaves a hand, as rows of points and as small drawn pictures."""

import numpy as np
import pytest

from commonsight.analyze.scenes.parcels.blobs import Differences, blobs
from commonsight.analyze.scenes.parcels.flights import Point, judge
from commonsight.analyze.scenes.parcels.parabola import expected, fit

SIZE = (480, 270)
TALL = 100.0
BODY = np.array([90.0, 130.0, 130.0, 230.0])
"""Feet at (110, 230), hands some 60 pixels above them."""


def flight(
    start: tuple[float, float], speed: tuple[float, float], seconds: float, fps: float = 15.0, gravity: float = 1.0
) -> list[tuple[float, float, float]]:
    """Points of something let go at `start` (pixels) with `speed` (pixels/s across, up)."""
    random = np.random.default_rng(7)
    times = np.arange(0, seconds, 1 / fps)
    x = start[0] + speed[0] * times
    y = start[1] - speed[1] * times + gravity * expected(TALL) * times**2 / 2
    return [
        (float(t), *map(float, p + random.normal(0, 0.6, 2))) for t, p in zip(times, np.stack([x, y], 1), strict=True)
    ]


def judged(points: list[tuple[float, float, float]], alone: bool = True) -> str | None:
    found = judge(BODY, things(points, alone), SIZE)
    return None if found is None else found.kind


def things(points: list[tuple[float, float, float]], alone: bool = True, spread: float = 0.0) -> list[Point]:
    """Blobs of one size and brightness, or of sizes that alternate by `spread`."""
    return [Point(*row, 12 * (1 + spread * (-1) ** place), 180.0, alone) for place, row in enumerate(points)]


@pytest.mark.parametrize("fps", [10.0, 15.0, 25.0])
@pytest.mark.parametrize("speed", [(200.0, 120.0), (-150.0, 200.0), (260.0, 20.0)])
def test_what_flies_and_falls_is_a_throw(speed: tuple[float, float], fps: float) -> None:
    began = (140.0, 160.0) if speed[0] > 0 else (80.0, 160.0)
    down = (speed[1] + np.sqrt(speed[1] ** 2 + 2 * expected(TALL) * 60)) / expected(TALL)
    away = [(t, x + 200 if speed[0] < 0 else x, y) for t, x, y in flight(began, speed, float(down), fps)]
    body = BODY + np.array([200, 0, 200, 0]) if speed[0] < 0 else BODY
    found = judge(body, things(away), SIZE)
    assert found is not None
    assert found.kind == "throw"
    assert found.far > 0.6
    assert 0.5 < found.score <= 1


def test_what_falls_beside_somebody_is_a_drop() -> None:
    assert judged(flight((135, 150), (0, 0), 0.5), alone=False) == "drop"


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (flight((140, 170), (200, 15), 0.6, gravity=0.0), "a bird does not fall"),
        (flight((140, 160), (60, -80), 0.7, gravity=0.0), "put down at one pace"),
        (flight((135, 222), (250, 120), 0.5), "kicked: it begins at the feet"),
        (flight((140, 160), (150, 350), 0.4), "still rising"),
        (flight((140, 160), (200, 120), 0.15), "too short to tell"),
        (flight((440, 160), (200, 120), 0.35), "out of the picture before it came down"),
        ([(t, x, y + 40 * np.sin(t * 20)) for t, x, y in flight((140, 150), (50, 0), 0.8, gravity=0)], "an arm swings"),
    ],
)
def test_near_misses_are_no_flights(points: list[tuple[float, float, float]], why: str) -> None:
    assert judged(points) is None, why


def test_a_throw_leaves_everybody() -> None:
    assert judged(flight((140, 160), (200, 120), 0.7), alone=False) is None


def test_a_thing_is_of_one_size_all_the_way() -> None:
    thrown = flight((140, 160), (200, 120), 0.7)
    assert judge(BODY, things(thrown, spread=0.1), SIZE) is not None
    assert judge(BODY, things(thrown, spread=0.5), SIZE) is None


def test_what_goes_on_has_not_come_down() -> None:
    falls = flight((140, 160), (200, 60), 0.4)
    t, x, y = falls[-1]
    onwards = [(t + n / 15, x + 200 * n / 15, y) for n in range(1, 6)]
    assert judged(falls) == "throw"
    assert judged([*falls, *onwards]) is None


def test_the_longest_piece_that_falls_is_the_flight() -> None:
    held = [(n / 15, 130 + 3.0 * (n % 2), 165.0 - n) for n in range(4)]
    thrown = [(t + 4 / 15, x, y) for t, x, y in flight((140, 160), (180, 100), 0.6)]
    found = fit(np.array([*held, *thrown]), TALL)
    assert found is not None
    assert 2 <= found.first <= 5
    assert found.last == len(held) + len(thrown) - 1


class TestBlobs:
    @staticmethod
    def picture(at: tuple[int, int] | None, light: int = 0) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        random = np.random.default_rng(3)
        plane = np.clip(random.normal(110, 2, (120, 160)) + light, 0, 255).astype(np.uint8)
        if at is not None:
            plane[at[1] - 5 : at[1] + 5, at[0] - 6 : at[0] + 6] = 200
        return plane

    def test_what_is_only_in_the_middle_picture(self) -> None:
        [found] = blobs(self.picture((30, 50)), self.picture((60, 40)), self.picture((90, 60)))
        assert (found.x, found.y) == pytest.approx((59.5, 39.5), abs=1)
        assert found.area == pytest.approx(120, abs=10)

    def test_what_stands_is_not_seen(self) -> None:
        assert blobs(*(self.picture((60, 40)) for _ in range(3))) == []

    def test_a_change_of_light_is_no_blob(self) -> None:
        assert blobs(self.picture(None), self.picture(None, 60), self.picture(None)) == []

    def test_each_picture_is_told_once_when_one_after_it_is_there(self) -> None:
        differences, told = Differences(), []
        for index in range(12):
            told += [time for time, _ in differences.take(self.picture((20 + 10 * index, 60)), index / 15)]
        assert told == sorted(set(told))
        assert told[0] == pytest.approx(3 / 15)
        assert told[-1] == pytest.approx(8 / 15)

    def test_pictures_too_far_apart_show_nothing(self) -> None:
        differences = Differences()
        assert not [each for n in range(6) for each in differences.take(self.picture((20 + 20 * n, 60)), n * 0.5)]
