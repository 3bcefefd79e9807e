"""Water on a road, a level on a gauge, fog before a house: figures against what was drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.environment.staff_gauge import STEPS, StaffGauge, edge
from commonsight.analyze.scenes.environment.visibility import Visibility
from commonsight.analyze.scenes.environment.waterlogging import Waterlogging
from commonsight.analyze.scenes.model import Setup
from tests.analyze.scenes.place import SIZE, Put, began, ended, figures, ground, looks, run

ROAD = Zone("road", "road", ((0.0, 0.52), (1.0, 0.52), (1.0, 1.0), (0.0, 1.0)))
KERB = Line("kerb", "kerb", (0.02, 0.5), (0.98, 0.5))


def water(top: Callable[[float], float]) -> Callable[[Any, float], Any]:
    """Ripples of one brightness from a row down."""

    def light(pixels: Any, time: float) -> Any:
        row = int(top(time))
        if row < pixels.shape[0]:
            own = np.random.default_rng(int(time * 10) + 1)
            wave = ndimage.gaussian_filter(own.normal(0, 1, pixels.shape[:2]), (2, 6))
            pixels = pixels.copy()
            pixels[row:] = 150 + (wave / wave.std() * 5)[row:, :, None]
        return pixels

    return light


def flooded(light: Any, *things: Put, lines: tuple[Line, ...] = (KERB,)) -> tuple[Any, Any]:
    setup = Setup("s", "waterlogging", (ROAD,), lines, {"seconds": 20, "share": 0.3})
    return run(Waterlogging(setup), looks(things, seconds=140, light=light))


def test_water_over_the_kerb_is_told_and_ends_when_it_has_gone() -> None:
    told, given = flooded(water(lambda time: 74 if 40 <= time < 100 else 999))
    [(when, incident)] = began(told)
    assert incident == "waterlogging"
    assert 60 <= when <= 100
    [over] = ended(told)
    assert 100 <= over <= 136
    assert max(figures(given, "water_share")) > 0.9
    assert min(figures(given, "edge_visible")) < 0.2


def test_a_road_that_is_only_wet_or_in_the_shade_keeps_its_detail_and_is_dry() -> None:
    def wet(pixels: Any, time: float) -> Any:
        made = pixels.copy()
        if time >= 40:
            made[80:] *= 0.6
        return made

    told, given = flooded(wet)
    assert told == []
    assert max(figures(given, "water_share")) < 0.05


def test_water_that_leaves_the_kerb_dry_is_not_yet_waterlogging() -> None:
    told, given = flooded(water(lambda time: 110 if time >= 40 else 999))
    assert told == []
    assert figures(given, "water_share")[-1] == pytest.approx(50 / 77, abs=0.12)


def test_cars_that_stand_on_the_road_are_no_water() -> None:
    parked = [Put((10 + 57 * n, 90, 60 + 57 * n, 150), 40, kind="car") for n in range(4)]
    told, given = flooded(lambda pixels, _: pixels, *parked, lines=())
    assert told == []
    assert max(figures(given, "water_share")) < 0.1


def strips(level: float, seed: int = 1, looks: int = 4) -> Any:
    """Looks at a scale whose marks end at a step, (looks, STEPS, 9)."""
    random = np.random.default_rng(seed)
    cut = int(level * STEPS)
    board = np.where(np.arange(STEPS) // 4 % 2, 220.0, 90.0)[:, None] * np.ones(9)
    made = []
    for _ in range(looks):
        surface = ndimage.gaussian_filter1d(random.normal(0, 1, (STEPS, 9)), 6, axis=0) * 25 + 85
        made.append(np.where((np.arange(STEPS) < cut)[:, None], surface, board) + random.normal(0, 2, (STEPS, 9)))
    return np.stack(made)


@pytest.mark.parametrize("level", [0.2, 0.45, 0.8])
def test_the_edge_is_where_the_marks_end_within_its_own_error(level: float) -> None:
    found = edge(strips(level))
    assert found is not None
    true = level * 1.16 - 0.08
    assert abs(found.at - true) <= max(found.error, 0.03)
    assert found.error < 0.1


def test_a_scale_without_water_and_water_without_a_scale_have_no_edge() -> None:
    assert edge(strips(0.0)) is None
    assert edge(strips(1.0)) is None
    turned = strips(0.5)[:, ::-1]
    assert edge(turned) is None, "marks below and water above is something else"


def test_a_level_in_metres_and_its_alarm() -> None:
    line = Line("gauge", "gauge", (0.5, 0.9), (0.5, 0.1))
    settings = {"low_m": 2.0, "high_m": 4.0, "alarm_m": 3.0, "seconds": 10.0}
    board = ground()
    for row in range(0, SIZE[1], 4):
        board[row : row + 2, 108:132] = 225
        board[row + 2 : row + 4, 108:132] = 60

    def level(time: float) -> float:
        return 3.4 if 80 <= time < 160 else 2.5

    def wet(pixels: Any, time: float) -> Any:
        row = (0.9 - 0.8 * (level(time) - 2.0) / 2.0) * SIZE[1]
        return water(lambda _: row)(pixels, time)

    told, given = run(
        StaffGauge(Setup("s", "staff_gauge", (), (line,), settings)),
        looks(seconds=280, every=5, light=wet, place=board),
    )
    levels = figures(given, "level")
    assert levels[12] == pytest.approx(2.5, abs=0.06)
    assert levels[30] == pytest.approx(3.4, abs=0.06)
    [(when, incident)] = began(told)
    assert incident == "level_high"
    assert 85 <= when <= 120
    [over] = ended(told)
    assert 160 <= over <= 190


NEAR = Zone("near", "near", ((0.05, 0.05), (0.4, 0.05), (0.4, 0.45), (0.05, 0.45)))
FAR = Zone("far", "far", ((0.55, 0.05), (0.9, 0.05), (0.9, 0.45), (0.55, 0.45)))
AIR = {"near_m": 50.0, "far_m": 300.0, "least_m": 400.0, "kept": 0.35, "seconds": 30.0}


def houses() -> Any:
    board = np.full((SIZE[1], SIZE[0], 3), 150.0)
    for row in range(8, 72, 16):
        for left in (*range(12, 96, 12), *range(132, 216, 12)):
            board[row : row + 8, left : left + 6] = 50
    return board


def fog(metres: Callable[[float], float]) -> Callable[[Any, float], Any]:
    def light(pixels: Any, time: float) -> Any:
        distance = np.where(np.arange(SIZE[0]) < 110, 50.0, 300.0)[None, :, None]
        part = np.exp(-3 / metres(time) * distance)
        return pixels * part + 200 * (1 - part)

    return light


def seen(light: Any, **settings: float) -> tuple[Any, Any]:
    setup = Setup("s", "visibility", (NEAR, FAR), settings={**AIR, **settings})
    return run(Visibility(setup), looks(seconds=300, every=10, light=light, place=houses()))


def test_fog_is_told_in_metres_and_by_contrast_where_distances_are_not_known() -> None:
    thick = fog(lambda time: 300.0 if time >= 100 else 20_000.0)
    told, given = seen(thick)
    [(when, incident)] = began(told)
    assert incident == "low_visibility"
    assert 130 <= when <= 200
    assert figures(given, "visibility")[-1] == pytest.approx(300, rel=0.15)
    told, given = seen(thick, far_m=0.0)
    assert len(began(told)) == 1
    assert figures(given, "visibility") == []


def test_dim_light_and_a_soft_lens_are_no_fog() -> None:
    clear = fog(lambda _: 20_000.0)
    told, given = seen(lambda pixels, time: clear(pixels, time) * (1 - time / 450))
    assert told == []
    assert min(figures(given, "contrast_kept")) > 0.85
    soft = seen(
        lambda pixels, time: (
            ndimage.gaussian_filter(clear(pixels, time), (1, 0, 0)) if time > 100 else clear(pixels, time)
        )
    )
    assert soft[0] == []


def test_in_the_dark_it_says_nothing() -> None:
    assert figures(seen(lambda pixels, _: pixels * 0.1)[1], "contrast_kept") == []
