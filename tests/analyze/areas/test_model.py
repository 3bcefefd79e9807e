from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.analyze.areas.model import (
    BALANCE,
    DRIFT,
    Area,
    Gate,
    Level,
    Minute,
    Standing,
    advance,
    counted,
    last_zero,
    learned,
    level,
    turned,
    unknown,
    usual,
)

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CAMERA = UUID(int=1)
AREA = Area(UUID(int=9), "青秀山", "450103", 1000, (Gate(CAMERA, "north"), Gate(CAMERA, "south")), NOON)


def flows(*pairs: tuple[float, float]) -> Standing:
    """A minute for each (in, out), through one gate."""
    standing = counted(NOON, 0, exact=True)
    for into, out in pairs:
        standing = advance(standing, standing.at + MINUTE, [Minute(into, out, 0, 1.0)], [0.0], AREA)
    return standing


def test_inside_is_in_minus_out_of_all_gates() -> None:
    gates = [Minute(30, 5, 0, 1.0), Minute(10, 15, 2, 1.0)]
    found = advance(counted(NOON, 100, exact=False), NOON + MINUTE, gates, [0, 0], AREA)
    assert found.inside == 120
    assert found.coverage == 1.0
    assert (found.into_now, found.out_now) == (40, 20)


def test_nobody_is_below_zero() -> None:
    assert flows((5, 30), (10, 0)).inside == 10


def test_the_error_grows_with_crossings_and_with_what_nobody_saw() -> None:
    few, many = flows((5, 5)), flows(*[(5, 5)] * 60)
    assert 0 < few.error(0.02) < many.error(0.02)
    seen = advance(few, few.at + MINUTE, [Minute(5, 5, 0, 1.0)], [10.0], AREA)
    half = advance(few, few.at + MINUTE, [Minute(5, 5, 0, 0.5)], [10.0], AREA)
    none = advance(few, few.at + MINUTE, [None], [10.0], AREA)
    assert seen.error(0.02) < half.error(0.02) < none.error(0.02) + 2
    assert none.coverage == 0
    assert none.unseen == 10


def test_an_empty_hour_is_sure_a_count_nearly_and_a_beginning_is_not() -> None:
    assert counted(NOON, 0, exact=True).error(0.02) == 0
    assert counted(NOON, 500, exact=False).error(0.02) == pytest.approx(10)
    start = unknown(AREA, NOON)
    assert start.error(0.02) == pytest.approx(100)
    assert not start.settled


def test_learning_pulls_the_drift_of_later_days_towards_nothing() -> None:
    """Of 1,000 who go out each day the gates see 940: after some days the balance makes up for it."""
    area, left = AREA, []
    for _ in range(25):
        day = counted(NOON, 0, exact=True)
        for hour in range(10):
            into, out = (100.0, 0.0) if hour < 5 else (100.0, 188.0)
            day = advance(day, day.at + MINUTE, [Minute(into, out, 0, 1.0)], [0.0], area)
        left.append(day.inside)
        area = learned(area, day, 0)
    assert left[0] == pytest.approx(60)
    assert left[-1] < 3
    assert area.balance == pytest.approx(1000 / 940, rel=0.01)
    assert area.drift < 0.02


def test_a_quiet_day_teaches_nothing() -> None:
    assert learned(AREA, flows((20, 5)), 0) == AREA


@given(st.floats(0, 1e6), st.floats(200, 1e6), st.floats(0, 1e6), st.floats(1, 1e6))
def test_what_is_learned_stays_within_bounds(inside: float, gross: float, truth: float, out: float) -> None:
    found = learned(AREA, Standing(NOON, inside, gross=gross, out=out, settled=True), truth)
    assert BALANCE[0] <= found.balance <= BALANCE[1]
    assert DRIFT[0] <= found.drift <= DRIFT[1]


@pytest.mark.parametrize(
    ("before", "inside", "after"),
    [
        (Level.CALM, 799, Level.CALM),
        (Level.CALM, 800, Level.WARNING),
        (Level.WARNING, 760, Level.WARNING),
        (Level.WARNING, 749, Level.CALM),
        (Level.WARNING, 1000, Level.ALARM),
        (Level.CALM, 1200, Level.ALARM),
        (Level.ALARM, 960, Level.ALARM),
        (Level.ALARM, 949, Level.WARNING),
        (Level.ALARM, 700, Level.CALM),
    ],
)
def test_levels_begin_at_their_share_and_end_below_it(before: Level, inside: float, after: Level) -> None:
    assert level(replace(AREA, level=before), inside) is after


def test_the_empty_hour_is_the_last_one_in_local_time() -> None:
    # 4:00 in Asia/Shanghai is 20:00 UTC of the day before.
    assert last_zero(AREA, NOON) == datetime(2026, 4, 30, 20, 0, tzinfo=UTC)
    assert last_zero(AREA, datetime(2026, 4, 30, 19, 59, tzinfo=UTC)) == datetime(2026, 4, 29, 20, 0, tzinfo=UTC)
    assert last_zero(replace(AREA, zero=None), NOON) is None


def test_a_gate_may_be_drawn_the_other_way_round() -> None:
    figures = {"visitors_in": (3.0, 0.9), "visitors_out": (8.0, 0.8), "visitors_inferred": (1.0, 0.8)}
    assert turned(Gate(CAMERA, "n"), figures) == Minute(3, 8, 1, 0.8)
    assert turned(Gate(CAMERA, "n", "out"), figures) == Minute(8, 3, 1, 0.8)
    assert turned(Gate(CAMERA, "n"), {}) is None


def test_usual_is_what_passes_while_watched() -> None:
    assert usual([Minute(5, 5, 0, 0.5), None, Minute(10, 0, 0, 0.5)]) == 20
    assert usual([None]) == 0
