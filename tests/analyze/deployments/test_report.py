"""Figures folded over days and cameras, times of incidents, coverage and what faulty cameras cost."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from commonsight.analyze.deployments import report
from commonsight.analyze.deployments.watching import Span
from commonsight.analyze.scenes.cards import packaged

NOON = datetime(2026, 10, 1, 4, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
CARDS = {"visitors": packaged("visitors"), "congestion": packaged("congestion")}


def row(camera: UUID, scene: str, measure: str, kind: str = "all", **more: Any) -> dict[str, Any]:
    return {
        "camera": str(camera), "scene": scene, "measure": measure, "class": kind, "total": 10.0, "most": 4.0,
        "mean": 2.0, "last": 3.0, "watched": 60.0, "seconds": 60.0,
    } | more  # fmt: skip


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def test_sums_add_up_and_means_weigh_by_the_time_watched() -> None:
    days = {
        date(2026, 10, 1): [row(ONE, "congestion", "speed", mean=20.0, watched=30.0)],
        date(2026, 10, 2): [
            row(ONE, "congestion", "speed", mean=60.0, watched=10.0), row(TWO, "visitors", "visitors_in"),
        ],
    }  # fmt: skip
    folded = report.fold_days(days)
    found = {one.measure.code: one for one in report.figures(folded, CARDS)}
    assert found["speed"].value == pytest.approx(30.0)
    assert found["speed"].coverage == pytest.approx(40 / 120)
    assert found["visitors_in"].value == 10.0


def test_the_measure_for_all_classes_counts_where_there_is_one() -> None:
    rows = [row(ONE, "visitors", "visitors_in", "all", total=7.0), row(ONE, "visitors", "visitors_in", "person")]
    (figure,) = report.figures(rows, CARDS)
    assert figure.value == 7.0
    assert report.figures([row(ONE, "visitors", "gone"), row(ONE, "gone", "visitors_in")], CARDS) == []


def incident(taken: float | None, closed: float | None, label: bool | None = None, state: str = "closed") -> Any:
    return SimpleNamespace(
        began_at=NOON, taken_at=None if taken is None else minutes(taken), case_id=ONE, label=label, case_state=state,
        closed_at=None if closed is None else minutes(closed),
    )  # fmt: skip


def test_times_are_medians_of_those_that_got_so_far() -> None:
    sums = report.incidents([incident(2, 10, True), incident(4, None, None, "open"), incident(90, 30, False)])
    assert (sums.total, sums.real, sums.false, sums.open) == (3, 1, 1, 1)
    assert (sums.taken_minutes, sums.closed_minutes, sums.closed) == (4, 20, 2)
    assert report.incidents([]).taken_minutes is None


def test_missed_is_what_was_not_watched_while_the_camera_was_faulty() -> None:
    spans = [
        Span(ONE, "unwatched", minutes(0), minutes(30)), Span(ONE, "faulty", minutes(10), minutes(50)),
        Span(ONE, "unwatched", minutes(40), None),
    ]  # fmt: skip
    coverage = {ONE: (3600.0, 900.0), TWO: (0.0, 0.0)}
    worst, unknown = report.watched(coverage, spans, minutes(60))
    assert (worst.camera_id, worst.coverage, worst.unwatched, worst.missed) == (ONE, 0.25, 50, 30)
    assert unknown.coverage is None
    assert report.mean_coverage(coverage) == 0.25
    assert report.mean_coverage({TWO: (0.0, 0.0)}) is None
