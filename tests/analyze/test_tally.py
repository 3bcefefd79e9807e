"""The running minute: counting and scenes side by side."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from commonsight.analyze.model import Observation
from commonsight.analyze.scenes.model import Figure, Fold, Measured, Setup
from commonsight.analyze.tally import Tally
from tests.analyze.world import LINE, ZONE

NOW = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
LEVEL = Measured("level", "", "", "", Fold.MEAN, "", "")
SETUP = Setup("jam", "congestion")


def rows(tally: Tally, now: datetime) -> dict[tuple[str, str, str], Observation]:
    return {(o.target, o.measure, o.kind): o for o in tally.page(now).observations}


def tally(minute: dict[tuple[str, str, str], tuple[float, float]] | None = None) -> Tally:
    return Tally(UUID(int=1), "450102", (LINE,), (ZONE,), NOW, minute)


def test_figures_of_scenes_are_written_under_their_scene_with_their_own_coverage() -> None:
    made = tally()
    made.watch(10.0, np.zeros((1, 6)), NOW)
    made.figures([(SETUP, Figure("jam", "level", "all", 3.0), LEVEL)], 30.0, NOW)
    found = rows(made, NOW)
    level = found["jam", "level", "all"]
    assert (level.scene, level.value, level.coverage) == ("congestion", 3.0, 0.5)
    assert found[LINE.id, "crossings_in", "car"].scene == "flow"
    assert round(found[LINE.id, "crossings_in", "car"].coverage, 3) == round(10 / 60, 3)


def test_the_minute_goes_on_after_a_change_of_worker_for_both() -> None:
    first = tally()
    first.watch(12.0, np.zeros((1, 6)), NOW)
    first.figures([(SETUP, Figure("jam", "level", "all", 2.0), LEVEL)], 30.0, NOW)
    written = {key: (o.value, o.coverage) for key, o in rows(first, NOW).items()}
    second = tally(written)
    second.figures([(SETUP, Figure("jam", "level", "all", 8.0), LEVEL)], 15.0, NOW)
    level = rows(second, NOW)["jam", "level", "all"]
    assert level.value == (2.0 * 30 + 8.0 * 15) / 45
    assert level.coverage == 0.75
    assert round(rows(second, NOW)[ZONE.id, "occupancy_max", "car"].coverage, 3) == 0.2
    # The next minute begins at nothing.
    later = NOW + timedelta(minutes=1)
    second.figures([(SETUP, Figure("jam", "level", "all", 1.0), LEVEL)], 6.0, later)
    assert {o.value for o in second.page(later).observations if o.measure == "level"} == {level.value, 1.0}


def test_a_scene_does_not_write_over_what_is_counted() -> None:
    made = tally()
    same = Measured("crossings_in", "", "", "", Fold.SUM, "", "")
    made.figures([(SETUP, Figure(LINE.id, "crossings_in", "car", 99.0), same)], 5.0, NOW)
    assert rows(made, NOW)[LINE.id, "crossings_in", "car"].value == 0.0
