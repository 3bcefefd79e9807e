"""A small classifier that tells a scene's false alarms from real incidents: logistic regression, trained here. Pure.

It sees what is known when an incident begins: how sure the scene is, where and how large the boxes are, when in the
day, and the figures the scene tells. A dozen weights that a person can read, not a network.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.training.model import share_of

Floats = NDArray[np.float64]

PLAIN: Final = ("score", "boxes", "x", "y", "bottom", "width", "height", "area", "aspect", "day_sin", "day_cos")
FIGURES_MOST: Final = 16
RIDGE: Final = 1.0
"""Penalty on weights of standardised features: with few samples it keeps them small."""
ROUNDS_MOST: Final = 50
FOLDS: Final = 5
KEEP: Final = 0.95
"""Of the true incidents it learns from, so many at least must pass the threshold it chooses."""


@dataclass(frozen=True, slots=True)
class Head:
    """A trained filter. Missing figures count as the mean (weight times zero)."""

    features: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    zone: str

    def probability(self, first: Mapping[str, Any], at: datetime) -> float:
        """How probable it is, 0..1, that an incident that began like this is real."""
        known = features_of(first, at, self.zone)
        total = self.bias
        for name, mean, spread, weight in zip(self.features, self.mean, self.spread, self.weights, strict=True):
            value = known.get(name)
            if value is not None:
                total += weight * (value - mean) / spread
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def passes(self, probability: float) -> bool:
        """Whether it counts as real."""
        return probability >= self.threshold

    def as_json(self) -> dict[str, Any]:
        """Stored form."""
        return {
            "features": list(self.features), "mean": list(self.mean), "spread": list(self.spread),
            "weights": list(self.weights), "bias": self.bias, "threshold": self.threshold, "zone": self.zone,
        }  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Head":
        """What `as_json` made."""
        return cls(
            tuple(kept["features"]), tuple(kept["mean"]), tuple(kept["spread"]), tuple(kept["weights"]),
            float(kept["bias"]), float(kept["threshold"]), str(kept["zone"]),
        )  # fmt: skip


def features_of(first: Mapping[str, Any], at: datetime, zone: str) -> dict[str, float]:
    """What is known of an incident as it begins, by name; figures of the scene as `detail.<code>`."""
    local = at.astimezone(ZoneInfo(zone))
    turn = 2 * math.pi * (local.hour * 60 + local.minute) / 1_440
    boxes = [box for box in first.get("boxes", []) if len(box) == 4]
    found = {
        "score": float(first.get("score", 0.0)), "boxes": float(len(boxes)),
        "day_sin": math.sin(turn), "day_cos": math.cos(turn),
    }  # fmt: skip
    if boxes:
        x0, y0, x1, y1 = max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
        width, height = max(x1 - x0, 1e-6), max(y1 - y0, 1e-6)
        found |= {
            "x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "bottom": y1, "width": width, "height": height,
            "area": math.sqrt(width * height), "aspect": math.log(width / height),
        }  # fmt: skip
    for name, value in sorted(first.get("detail", {}).items())[:FIGURES_MOST]:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            found[f"detail.{name}"] = float(value)
    return found


Example = tuple[Mapping[str, Any], datetime]
"""What `features_of` takes."""


def train(examples: Sequence[Example], labels: Sequence[bool], groups: Sequence[str], zone: str) -> Head:
    """Fit a head and choose its threshold.

    The threshold keeps `KEEP` of the true incidents, judged by models that have not seen their group (a day of a
    camera), so that it is not chosen on what was learned by heart. The same examples give the same head.
    """
    known = [features_of(first, at, zone) for first, at in examples]
    names = sorted({name for each in known for name in each})
    rows = np.array([[each.get(name, np.nan) for name in names] for each in known], np.float64)
    truth = np.array(labels, np.float64)
    mean, spread, weights, bias = _fit(rows, truth)
    kept = np.sort(_out_of_fold(rows, truth, groups)[truth > 0.5])
    threshold = float(kept[math.floor((1 - KEEP) * len(kept))]) if len(kept) else 0.0
    return Head(
        tuple(names), _plain(mean), _plain(spread), _plain(weights), round(bias, 6), round(min(threshold, 0.5), 6), zone
    )


def evaluate(head: Head, examples: Sequence[Example], labels: Sequence[bool]) -> dict[str, Any]:
    """What the head does to incidents it has not seen: false alarms taken away, true ones kept, with intervals."""
    passed = [head.passes(head.probability(first, at)) for first, at in examples]
    real = [ok for ok, label in zip(passed, labels, strict=True) if label]
    wrong = [ok for ok, label in zip(passed, labels, strict=True) if not label]
    through = sum(passed)
    return {
        "false_removed": share_of(sum(not ok for ok in wrong), len(wrong)).as_json(),
        "true_kept": share_of(sum(real), len(real)).as_json(),
        "precision": share_of(sum(real), through).as_json(),
        "precision_before": share_of(len(real), len(labels)).as_json(),
    }


def _fit(rows: Floats, truth: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Ridge-penalised logistic regression by Newton's method: mean, spread and weight of each column, and the bias.

    Labels count for half of the whole each, so that a scene with many false alarms does not learn to say no.
    """
    mean = np.nan_to_num(_column(rows, np.nanmean))
    spread = _column(rows, np.nanstd)
    spread = np.where(np.isfinite(spread) & (spread > 1e-9), spread, 1.0)
    design = np.nan_to_num((rows - mean) / spread)
    design = np.hstack([design, np.ones((len(design), 1))])
    positives = max(truth.sum(), 1.0)
    negatives = max(len(truth) - truth.sum(), 1.0)
    balance = np.where(truth > 0.5, len(truth) / (2 * positives), len(truth) / (2 * negatives))
    penalty = np.full(design.shape[1], RIDGE)
    penalty[-1] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(ROUNDS_MOST):
        probability = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (balance * (probability - truth)) + penalty * weights
        curve = (design * (balance * probability * (1 - probability))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return mean, spread, weights[:-1], float(weights[-1])


def _column(rows: Floats, measure: Any) -> Floats:
    """A measure of each column's known values; NaN for a column without any."""
    return np.array([measure(column[~np.isnan(column)]) if (~np.isnan(column)).any() else np.nan for column in rows.T])


def _out_of_fold(rows: Floats, truth: Floats, groups: Sequence[str]) -> Floats:
    """The probability of each example by a model that has not seen its group."""
    order = {group: place % FOLDS for place, group in enumerate(sorted(set(groups)))}
    fold = np.array([order[group] for group in groups])
    found = np.full(len(truth), 0.5)
    for number in range(FOLDS):
        asked = fold == number
        if not asked.any() or len(set(truth[~asked])) < 2:
            continue
        mean, spread, weights, bias = _fit(rows[~asked], truth[~asked])
        design = np.nan_to_num((rows[asked] - mean) / spread)
        found[asked] = 1 / (1 + np.exp(-np.clip(design @ weights + bias, -30, 30)))
    return found


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)
