"""Reports held against the truth: which events were found, how late, and which reports are none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scipy.special import gammaincinv

from bench.incidents_run import Outcome, Report, folded
from bench.staging import Event, Staged
from commonsight.analyze.scenes.model import Fold, SceneCard

EARLY = 1.0
"""s that a report may come before its event: clocks of pictures are seconds apart."""


@dataclass
class Judged:
    """What a scene did over its clips.

    truth, found, wrong: events, those of them reported in time, and reports that are none. Counted figures add theirs:
    what was counted of what was there, and what was counted beyond it. delays: s from an event's beginning to its
    report. errors: relative errors of figures that are no counts; `unknown` of them were not given at all.
    """

    truth: int = 0
    found: int = 0
    wrong: int = 0
    events: int = 0
    delays: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    absolute: list[float] = field(default_factory=list)
    unknown: int = 0
    clips: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    looks: int = 0
    cost: float = 0.0

    @property
    def precision(self) -> float | None:
        reported = self.found + self.wrong
        return self.found / reported if reported else None

    @property
    def recall(self) -> float | None:
        return self.found / self.truth if self.truth else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when there is no truth to find."""
        if not self.truth:
            return None
        return 2 * self.found / (2 * self.found + self.wrong + self.truth - self.found)


def take(judged: Judged, clip: Staged, card: SceneCard, outcome: Outcome) -> None:
    """Add a clip to what a scene did."""
    pairs = matched(outcome.reports, clip.truth)
    delays = [report.at - event.began for report, event in pairs]
    wrong = [report for report in outcome.reports if all(report is not other for other, _ in pairs)]
    judged.truth += len(clip.truth)
    judged.events += len(clip.truth)
    judged.found += len(pairs)
    judged.wrong += len(wrong)
    judged.delays += delays
    judged.seconds += outcome.seconds
    judged.looks += outcome.looks
    judged.cost += outcome.cost
    row: dict[str, Any] = {
        "clip": clip.name,
        "boxes": clip.boxes,
        "ground": clip.ground,
        "events": len(clip.truth),
        "found": len(pairs),
        "wrong": [{"incident": report.incident, "at": round(report.at, 1), "key": report.key} for report in wrong],
        "delays": [round(delay, 1) for delay in delays],
    }
    measures = {measure.code: measure for measure in card.measures}
    for one in clip.expected:
        measure = measures[one.measure]
        got = folded(outcome, measure, one.target, one.kind, one.since, one.until)
        row.setdefault("figures", []).append(
            {"measure": one.measure, "target": one.target, "kind": one.kind, "true": round(one.value, 4),
             "got": None if got is None else round(got, 4)}
        )  # fmt: skip
        if measure.fold is Fold.SUM:
            count = 0.0 if got is None else got
            judged.truth += round(one.value)
            judged.found += round(min(count, one.value))
            judged.wrong += round(max(count - one.value, 0))
        elif got is None:
            judged.unknown += 1
        else:
            judged.absolute.append(abs(got - one.value))
            if one.value:
                judged.errors.append(abs(got - one.value) / abs(one.value))
    judged.clips.append(row)


def matched(reports: Sequence[Report], truth: Sequence[Event]) -> list[tuple[Report, Event]]:
    """Each event with the first report that is of it; a second report of the same event stays without one."""
    left = list(reports)
    pairs = []
    for event in sorted(truth, key=lambda one: one.began):
        for report in left:
            if is_of(report, event):
                pairs.append((report, event))
                left = [other for other in left if other is not report]
                break
    return pairs


def is_of(report: Report, event: Event) -> bool:
    """Whether a report is of an event: its kind, in time, in place."""
    if report.incident != event.incident:
        return False
    if not event.began - EARLY <= report.at <= event.began + event.tolerance:
        return False
    if event.box is None or not report.boxes:
        return True
    return any(
        min(box[2], event.box[2]) > max(box[0], event.box[0]) and min(box[3], event.box[3]) > max(box[1], event.box[1])
        for box in report.boxes
    )


def upper(count: int, hours: float) -> float:
    """The rate an hour that the true one stays below at 95 %, exactly for a Poisson count (one-sided)."""
    return float(gammaincinv(count + 1, 0.95)) / hours if hours > 0 else math.inf


def quantile(values: Sequence[float], part: float) -> float | None:
    """The value below which this part lies, without interpolation; None of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else None
