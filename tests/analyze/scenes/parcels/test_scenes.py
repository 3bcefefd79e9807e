"""The scenes over drawn pictures: a body, and a thing that leaves it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from commonsight.analyze.model import Zone
from commonsight.analyze.road_users import CLASSES, RoadUsers
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Decoding, Scene, Seen, Setup
from commonsight.analyze.scenes.parcels.parabola import expected
from commonsight.analyze.scenes.parcels.rough_loading import RoughLoading
from commonsight.analyze.scenes.parcels.thrown_parcel import ThrownParcel
from commonsight.analyze.track import Tracks

SIZE = (320, 180)
FEET, TALL = (80, 160), 70
NOON = datetime(2026, 5, 13, 4, 0, tzinfo=UTC)
YARD = Zone("yard", "Yard", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))


@dataclass
class Drawn:
    """A picture with a body in it, and its box."""

    time: float
    elapsed: float
    plane: Any
    body: tuple[int, int] = FEET
    asked: int = 0

    size = SIZE
    tracks = Tracks.none()

    @property
    def at(self) -> datetime:
        return NOON + timedelta(seconds=self.time)

    @property
    def users(self) -> RoadUsers:
        x, y = self.body
        votes = np.eye(len(CLASSES))[[0]] * 0.8
        return RoadUsers(np.array([[x - 14.0, y - TALL, x + 14.0, y]]), np.array([0.8]), votes)

    def luma(self, width: int, height: int) -> Any:
        assert (width, height) == SIZE
        return self.plane

    def bgr(self, width: int, height: int) -> Any:
        raise AssertionError("flights are seen in brightness")


def pictures(throws: Sequence[float], seconds: float, fps: float = 15.0, speed: float = 150.0) -> Iterator[Drawn]:
    """Somebody stands there; at each of `throws` (s) something leaves the hand, and lies where it came down."""
    random = np.random.default_rng(5)
    ground = random.normal(100, 12, (SIZE[1], SIZE[0]))
    up, floor = 60.0, FEET[1] - 4
    hand = (FEET[0] + 22, FEET[1] - 45)
    fall = expected(TALL)
    landed = (up + np.sqrt(up**2 + 2 * fall * (floor - hand[1]))) / fall
    for index in range(round(seconds * fps)):
        time = index / fps
        plane = ground + random.normal(0, 1.5, ground.shape)
        plane[FEET[1] - TALL : FEET[1], FEET[0] - 10 : FEET[0] + 10] = 60
        for begin in throws:
            gone = min(max(time - begin, 0.0), landed)
            x, y = round(hand[0] + speed * gone), round(hand[1] - up * gone + fall * gone * gone / 2)
            if time >= begin - 1:
                plane[y - 4 : y + 4, x - 5 : x + 5] = 210
        yield Drawn(time, 1 / fps if index else 0.0, np.clip(plane, 0, 255).astype(np.uint8))


def setup(scene: str, **given: float) -> Setup:
    settings = {parameter.code: parameter.default for parameter in packaged(scene).parameters} | given
    return Setup("one", scene, (YARD,), settings=settings)


def run(scene: Scene, looks: Iterator[Drawn]) -> list[tuple[float, Seen]]:
    return [(look.time, scene.see(look)) for look in looks]


def phases(seen: list[tuple[float, Seen]]) -> list[str]:
    return [sighting.phase.value for _, each in seen for sighting in each.sightings]


def total(seen: list[tuple[float, Seen]], measure: str) -> float:
    return sum(figure.value for _, each in seen for figure in each.figures if figure.measure == measure)


def test_a_throw_is_one_incident_that_ends() -> None:
    seen = run(ThrownParcel(setup("thrown_parcel", quiet=3)), pictures([1.5, 3.5], 8))
    assert phases(seen) == ["began", "ended"]
    assert total(seen, "throws") == 2
    [began] = [s for _, each in seen for s in each.sightings if s.phase.value == "began"]
    assert abs((began.at - NOON).total_seconds() - 1.5) < 0.2
    assert began.boxes[0][0] > FEET[0] / SIZE[0]


def test_the_hand_in_another_zone_is_none_of_this_ones_business() -> None:
    corner = Zone("corner", "Corner", ((0.8, 0.5), (1.0, 0.5), (1.0, 1.0), (0.8, 1.0)))
    given = setup("thrown_parcel")
    seen = run(ThrownParcel(Setup("one", "thrown_parcel", (corner,), settings=given.settings)), pictures([1.5], 3))
    assert phases(seen) == []
    assert not any(each.afoot for _, each in seen)


def test_pictures_a_second_apart_show_nothing_and_say_so() -> None:
    seen = run(ThrownParcel(setup("thrown_parcel")), pictures([1.5], 8, fps=1))
    assert phases(seen) == []
    assert total(seen, "close") == 0
    assert all(each.afoot for _, each in seen)


def test_the_card_asks_for_every_picture_in_a_burst() -> None:
    for code in ("thrown_parcel", "rough_loading"):
        needs = packaged(code).needs
        assert needs.decoding is Decoding.FULL
        assert 1 / needs.burst_seconds >= 12


@pytest.mark.parametrize(("throws", "told"), [((1.5, 3.5, 5.5), ["began"]), ((1.5, 3.5), [])])
def test_rough_is_again_and_again(throws: tuple[float, ...], told: list[str]) -> None:
    scene = RoughLoading(setup("rough_loading", times=3, minutes=1))
    seen = run(scene, pictures(throws, throws[-1] + 2))
    assert phases(seen) == told
    assert [each.phase.value for each in scene.leave(NOON)] == ["ended"] * len(told)
