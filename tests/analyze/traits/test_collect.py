"""Everybody who passes gets one row; nobody's picture is kept."""

from dataclasses import fields
from typing import Any

import numpy as np

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.traits.collect import Collector, Traits
from commonsight.analyze.traits.model import Trait
from commonsight.analyze.traits.plates import Plate
from tests.analyze.scenes.traffic.road import SIZE, Picture, User, drive, looks, stop

from .test_colour import PAINT

PAINTS = tuple(PAINT)


class Coloured:
    """A picture of the road in which each user is painted all over in the colour its shade names."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def __getattr__(self, name: str) -> Any:
        return getattr(self._picture, name)

    def bgr(self, width: int, height: int) -> Any:
        shown = np.full((height, width, 3), 110, np.uint8)
        for box, shade in self._picture.painted:
            x0, y0, x1, y1 = (max(round(float(value)), 0) for value in box)
            shown[y0:y1, x0:x1] = PAINT[PAINTS[shade % len(PAINTS)]][::-1]
        return shown

    def luma(self, width: int, height: int) -> Any:
        return np.linspace(40, 225, width * height).reshape(height, width).astype(np.uint8)


class Reader:
    """Reads what it was told to, look after look."""

    def __init__(self, *texts: str | None) -> None:
        self.texts = list(texts)
        self.asked = 0

    def read(self, vehicle: Any, gain: float) -> Plate | None:
        self.asked += 1
        text = self.texts.pop(0) if self.texts else None
        return None if text is None else Plate(text, 0.9, "blue")


def collected(collector: Collector, users: list[User], seconds: float, every: float = 0.5) -> list[Trait]:
    for picture in looks(users, seconds, every=every):
        collector.take(Coloured(picture))  # type: ignore[arg-type]
    collector.leave()
    return collector.drain()


def setup(zones: tuple[Zone, ...] = (), **settings: float) -> Setup:
    return Setup("s", "traits", zones, (), {"vehicles": 1.0, "people": 1.0, "plates": 0.0, "days": 3.0, **settings})


def test_a_car_and_a_person_have_one_row_each_with_their_colours() -> None:
    car = User(drive(-40, 430, 120, 0, 12), "car", 130, 80, shade=PAINTS.index("red"))
    walker = User(drive(100, 250, 40, 0, 15), "person", 44, 120, shade=PAINTS.index("blue"))
    rows = {row.kind: row for row in collected(Collector(setup()), [car, walker], 16)}
    assert set(rows) == {"car", "person"}
    assert rows["car"].colour == "red"
    assert rows["car"].upper is None
    assert (rows["person"].upper, rows["person"].lower) == ("blue", "blue")
    assert rows["person"].colour is None


def test_the_plate_most_looks_agree_on_wins_and_readings_are_few() -> None:
    reader = Reader("桂A12345", "桂A12845", "桂A12345", "桂A00000")
    car = User(drive(-40, 430, 100, 0, 12), "car", 150, 90)
    [row] = collected(Collector(setup(), reader), [car], 12)
    assert row.plate == "桂A12345"
    assert row.plate_colour == "blue"
    assert reader.asked == 3


def test_who_is_small_hidden_or_outside_the_zone_has_none() -> None:
    zone = Zone("near", "near", ((0.0, 0.7), (1.0, 0.7), (1.0, 1.0), (0.0, 1.0)))
    small = User(drive(-40, 430, 120, 0, 12), "car", 40, 22)
    outside = User(drive(-40, 250, 120, 0, 12), "car", 130, 80)
    assert collected(Collector(setup((zone,))), [small, outside], 12) == []


def test_people_or_vehicles_are_collected_only_where_switched_on() -> None:
    car, walker = User(drive(-40, 430, 120, 0, 12), "car", 130, 80), User(drive(50, 250, 40, 0, 15), "person", 44, 120)
    assert {row.kind for row in collected(Collector(setup(people=0.0)), [car, walker], 14)} == {"car"}


def test_one_that_parks_has_one_row_and_not_one_an_hour() -> None:
    car = User(stop(500, 430, 100, 2, 8), "car", 130, 80, shade=1)
    rows = collected(Collector(setup()), [car], 200, every=1.0)
    assert len(rows) == 1


def test_the_scene_hands_rows_on_and_keeps_no_picture() -> None:
    scene = Traits(setup())
    for picture in looks([User(drive(-40, 430, 150, 0, 9), "car", 130, 80)], 14):
        seen = scene.see(Coloured(picture))  # type: ignore[arg-type]
        assert not seen.sightings
    [row] = scene.drain()
    assert scene.drain() == []
    assert not any(isinstance(getattr(row, field.name), bytes | np.ndarray) for field in fields(row))
    assert row.box[2] <= 1.0
    assert SIZE[0] > 1
