"""What is new and stays grows old; what passes, light and noise never do."""

import sys
from typing import Any

import numpy as np
from scipy import ndimage

from commonsight.analyze.scenes.city.background import Background, Change
from tests.analyze.scenes.place import Put, looks

BAG = (100, 100, 132, 132)
CELLS = np.s_[13:16, 13:16]
"""Cells wholly under the bag."""


def last(*things: Put, **given: Any) -> Change:
    background = Background()
    change = None
    for picture in looks(things, **given):
        change = background.see(picture)  # type: ignore[arg-type]
    assert change is not None
    return change


def test_what_stays_grows_as_old_as_it_is_and_the_rest_of_the_place_not_at_all() -> None:
    change = last(Put(BAG, 30))
    assert (change.age[CELLS] >= 44).all()
    assert (change.since[CELLS] == 30).all()
    change.age[12:17, 12:17] = 0
    assert change.age.max() == 0


def test_what_passes_before_it_makes_it_wait_and_not_begin_anew() -> None:
    passing = [Put((60 + 20 * n, 80, 140 + 20 * n, 150), 50 + 2 * n, 52 + 2 * n, (150, 90, 60)) for n in range(5)]
    change = last(Put(BAG, 30), *passing)
    assert (change.age[CELLS] >= 30).all()


def test_what_only_passes_never_grows_old() -> None:
    passing = [Put((n * 71 % 190, 60, n * 71 % 190 + 50, 150), n * 2, n * 2 + 2, (150, 90, 60)) for n in range(10, 40)]
    assert last(*passing).age.max() <= 4


def test_light_that_fades_by_half_and_turns_yellow_is_nothing_new() -> None:
    def evening(pixels: Any, time: float) -> Any:
        part = time / 80
        return pixels * (1 - 0.5 * part) * np.array([1 - 0.15 * part, 1, 1 + 0.1 * part])

    assert last(light=evening).age.max() == 0


def test_a_lamp_switched_on_is_nothing_new() -> None:
    assert last(light=lambda pixels, time: pixels * (1.6 if time >= 40 else 1.0)).age.max() == 0


def test_a_thing_is_seen_through_changing_light() -> None:
    change = last(Put(BAG, 30), light=lambda pixels, time: pixels * (0.75 + 0.25 * np.cos(time / 9)))
    assert (change.age[CELLS] >= 40).all()


def test_what_is_taken_away_is_gone_within_two_looks() -> None:
    assert last(Put(BAG, 30, 74)).age.max() == 0


def test_a_camera_that_is_turned_learns_its_new_place() -> None:
    other = np.random.default_rng(1).integers(30, 220, (20, 30, 1)).repeat(8, axis=0).repeat(8, axis=1)
    elsewhere = ndimage.shift(other, (4, 4, 0), mode="wrap") * np.ones(3)
    background = Background()
    turned = [
        background.see(picture)  # type: ignore[arg-type]
        for picture in looks(seconds=100, light=lambda pixels, time: elsewhere if time >= 40 else pixels)
    ]
    assert turned[19] is not None
    assert turned[25] is None
    assert turned[-1] is not None
    assert turned[-1].age.max() == 0


def test_its_memory_does_not_grow() -> None:
    def size(background: Background) -> int:
        return sum(sys.getsizeof(value) for value in vars(background).values())

    background, sizes = Background(), []
    for picture in looks([Put((8 * n, 90, 8 * n + 30, 130), 6 * n, 6 * n + 9) for n in range(4, 20)], seconds=160):
        background.see(picture)  # type: ignore[arg-type]
        sizes.append(size(background))
    assert max(sizes[40:]) == sizes[40]
