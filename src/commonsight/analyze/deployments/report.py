"""What came of a deployment: figures, incidents, coverage, what faulty cameras cost. Pure: rows in, a report out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.deployments.watching import Span
from commonsight.analyze.scenes.model import Fold, Measured, SceneCard

ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a scene, of one camera or of all. coverage: share of the time with figures really watched."""

    scene: str
    measure: Measured
    value: float | None
    coverage: float
    cameras: int
    camera_id: UUID | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Incidents:
    """What incidents came to. Minutes are medians; None where none got so far."""

    total: int
    cases: int
    real: int
    false: int
    open: int
    taken_minutes: float | None
    taken: int
    closed_minutes: float | None
    closed: int


@dataclass(frozen=True, slots=True)
class Watched:
    """How well a camera was watched: shares of the time it was looked after; minutes in which it was not, and why.

    missed: of the minutes not watched, those in which the camera did not work.
    """

    camera_id: UUID
    coverage: float | None
    unwatched: float
    faulty: float
    missed: float


def fold_days(days: Mapping[date, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Several days' figures as one: sums add up, means weigh by the time watched, the last one is the latest day's."""
    folded: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for _, rows in sorted(days.items()):
        for row in rows:
            key = (row["camera"], row["scene"], row["measure"], row["class"])
            before = folded.get(key)
            folded[key] = dict(row) if before is None else _added(before, row)
    return [folded[key] for key in sorted(folded)]


def _added(before: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(before) | {
        "total": before["total"] + row["total"], "most": max(before["most"], row["most"]), "last": row["last"],
        "mean": _mean([before, row]), "watched": before["watched"] + row["watched"],
        "seconds": before["seconds"] + row["seconds"],
    }  # fmt: skip


def _mean(rows: Sequence[Mapping[str, Any]]) -> float | None:
    known = [row for row in rows if row["mean"] is not None and row["watched"] > 0]
    weight = sum(row["watched"] for row in known)
    return sum(row["mean"] * row["watched"] for row in known) / weight if weight else None


def figures(
    rows: Iterable[Mapping[str, Any]], cards: Mapping[str, SceneCard], *, by_camera: bool = False,
    day: date | None = None,
) -> list[Figure]:  # fmt: skip
    """The measures of the scenes over all cameras, or camera by camera, in the cards' order.

    Sums add up over cameras, largest values are the largest of any, means and last values are means over cameras,
    weighed by the time watched. Where a scene gives a measure for all classes together, that one counts.
    """
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["scene"], row["measure"], row["camera"] if by_camera else ""), []).append(row)
    found = []
    for (scene, code, camera), members in groups.items():
        card = cards.get(scene)
        measure = next((one for one in card.measures if one.code == code), None) if card else None
        if measure is None:
            continue
        together = [row for row in members if row["class"] == ALL] or members
        seconds = sum(row["seconds"] for row in together)
        found.append(
            Figure(
                scene, measure, _value(measure, together),
                min(1.0, sum(row["watched"] for row in together) / seconds) if seconds else 0.0,
                len({row["camera"] for row in together}), UUID(camera) if camera else None, day,
            )
        )  # fmt: skip
    order = {scene: place for place, scene in enumerate(cards)}
    return sorted(found, key=lambda one: (order[one.scene], one.measure.code, str(one.camera_id)))


def _value(measure: Measured, rows: Sequence[Mapping[str, Any]]) -> float | None:
    match measure.fold:
        case Fold.SUM:
            return float(sum(row["total"] for row in rows))
        case Fold.MAX:
            return float(max(row["most"] for row in rows))
        case Fold.LAST:
            return float(sum(row["last"] for row in rows) / len(rows))
        case Fold.MEAN:
            return _mean(rows)


def incidents(rows: Iterable[Any], case_ended: frozenset[str] = frozenset({"closed", "false_alarm"})) -> Incidents:
    """What a deployment's incidents came to: times from their beginning until somebody took them, and until closed.

    A case that holds several incidents counts for each of them, from that one's own beginning.
    """
    listed = list(rows)
    taken = [(row.taken_at - row.began_at).total_seconds() / 60 for row in listed if row.taken_at]
    closed = [(row.closed_at - row.began_at).total_seconds() / 60 for row in listed if row.closed_at]
    return Incidents(
        total=len(listed),
        cases=len({row.case_id for row in listed if row.case_id}),
        real=sum(row.label is True for row in listed),
        false=sum(row.label is False or row.case_state == "false_alarm" for row in listed),
        open=sum(row.case_id is not None and row.case_state not in case_ended for row in listed),
        taken_minutes=median(max(0.0, one) for one in taken) if taken else None,
        taken=len(taken),
        closed_minutes=median(max(0.0, one) for one in closed) if closed else None,
        closed=len(closed),
    )


def watched(coverage: Mapping[UUID, tuple[float, float]], spans: Iterable[Span], until: datetime) -> list[Watched]:
    """How well each camera was watched, the worst first; one nobody looked after yet has coverage None.

    Args:
        coverage: of each camera the seconds it was looked after, and those of them watched.
        until: end of spans that last.
    """
    of: dict[tuple[UUID, str], list[tuple[datetime, datetime]]] = {}
    for span in spans:
        of.setdefault((span.camera_id, span.kind), []).append((span.begin, min(span.end or until, until)))
    found = [
        Watched(
            camera_id,
            min(1.0, seen / sampled) if sampled > 0 else None,
            _minutes(of.get((camera_id, "unwatched"), [])),
            _minutes(of.get((camera_id, "faulty"), [])),
            common_minutes(of.get((camera_id, "unwatched"), []), of.get((camera_id, "faulty"), [])),
        )
        for camera_id, (sampled, seen) in coverage.items()
    ]
    return sorted(found, key=lambda one: (one.coverage is None, one.coverage or 0.0, str(one.camera_id)))


def _minutes(spans: Sequence[tuple[datetime, datetime]]) -> float:
    return sum(max(0.0, (end - begin).total_seconds()) for begin, end in spans) / 60


def common_minutes(ours: Sequence[tuple[datetime, datetime]], theirs: Sequence[tuple[datetime, datetime]]) -> float:
    """Minutes that lie in a span of each of two lists; the spans of one list do not overlap."""
    total = 0.0
    for begin, end in ours:
        for other_begin, other_end in theirs:
            total += max(0.0, (min(end, other_end) - max(begin, other_begin)).total_seconds())
    return total / 60


def mean_coverage(coverage: Mapping[UUID, tuple[float, float]]) -> float | None:
    """Over all cameras: the share of the time looked after that was watched; None before the first look."""
    sampled = sum(one for one, _ in coverage.values())
    return min(1.0, sum(seen for _, seen in coverage.values()) / sampled) if sampled > 0 else None
