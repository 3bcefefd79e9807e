"""Folding the figures of scenes by the minute."""

import pytest

from commonsight.analyze.engine.figures import KEYS_MOST, Figures
from commonsight.analyze.scenes.model import Figure, Fold, Measured, Setup

SETUP = Setup("jam", "congestion")


def given(fold: Fold, value: float, target: str = "lane") -> tuple[Setup, Figure, Measured]:
    return SETUP, Figure(target, fold.value, "all", value), Measured(fold.value, "", "", "", fold, "", "")


@pytest.mark.parametrize(
    ("fold", "expected"),
    [(Fold.SUM, 12.0), (Fold.MAX, 6.0), (Fold.LAST, 2.0), (Fold.MEAN, (4 * 1 + 6 * 1 + 2 * 8) / 10)],
)
def test_values_become_one_as_the_measure_says(fold: Fold, expected: float) -> None:
    figures = Figures()
    for value, seconds in ((4.0, 1.0), (6.0, 1.0), (2.0, 8.0)):
        figures.add([given(fold, value)], seconds)
    [row] = figures.rows.values()
    assert row.value == pytest.approx(expected)
    assert row.scene == "congestion"
    assert figures.watched == 10.0


@pytest.mark.parametrize(
    ("fold", "expected"), [(Fold.SUM, 9.0), (Fold.MAX, 6.0), (Fold.LAST, 3.0), (Fold.MEAN, (6 * 30 + 3 * 15) / 45)]
)
def test_a_worker_that_takes_over_goes_on_where_the_other_stopped(fold: Fold, expected: float) -> None:
    figures = Figures({("lane", fold.value, "all"): (6.0, 0.5)})
    figures.add([given(fold, 3.0)], 15.0)
    [row] = figures.rows.values()
    assert row.value == pytest.approx(expected)
    assert figures.watched == pytest.approx(45.0)


def test_a_scene_that_names_ever_new_targets_stays_bounded() -> None:
    figures = Figures()
    figures.add([given(Fold.SUM, 1.0, f"t{n}") for n in range(KEYS_MOST + 50)], 1.0)
    assert len(figures.rows) == KEYS_MOST
