"""Rates of bench-diagnosis: how well a score parts faults from clean pictures, thresholds found without the clip they
are tried on, intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from commonsight.inspect.diagnosis.model import Item, items

LEAN = 0.25
"""How far a threshold leans from the gross faults towards clean pictures."""


@dataclass(frozen=True)
class Look:
    """One picture that was measured. `item` "" for a clean one; `rank` of `ranks` strengths; `peer`: what it says."""

    clip: str
    item: str
    strength: str
    rank: int
    ranks: int
    scores: Mapping[str, float]
    peer: Mapping[str, bool] = field(default_factory=dict)


def area(item: Item, faulty: Sequence[float], clean: Sequence[float]) -> float | None:
    """Area under the ROC: the chance that a fault scores worse than a clean picture. None without both."""
    if not faulty or not clean:
        return None
    worse, better = np.array(faulty)[:, None], np.array(clean)[None, :]
    if item.worse == "below":
        worse, better = -worse, -better
    return float((worse > better).mean() + 0.5 * (worse == better).mean())


def curve(item: Item, faulty: Sequence[float], clean: Sequence[float]) -> list[tuple[float, float]]:
    """The ROC at a few rates of false alarms: (false-alarm rate allowed, share of the faults found)."""
    points = []
    for allowed in (0.0, 0.01, 0.05, 0.1, 0.2):
        best = 0.0
        for threshold in _between([*faulty, *clean]):
            if np.mean([item.faulty(score, threshold) for score in clean]) <= allowed:
                best = max(best, float(np.mean([item.faulty(score, threshold) for score in faulty])))
        points.append((allowed, round(best, 4)))
    return points


def choose(item: Item, gross: Sequence[float], clean: Sequence[float]) -> float:
    """A threshold from some pictures: a quarter of the way from where nine tenths of the gross faults lie to the worst
    clean picture. Where the two overlap, the worst clean picture decides: a false alarm sends somebody out for nothing.
    """
    if not gross or not clean:
        return item.day
    above = item.worse == "above"
    fault = float(np.percentile(gross, 10 if above else 90))
    worst = max(clean) if above else min(clean)
    overlap = fault <= worst if above else fault >= worst
    return worst if overlap else fault + LEAN * (worst - fault)


def _between(scores: Sequence[float]) -> list[float]:
    """Thresholds that part these scores differently, and one beyond either end."""
    kinds = sorted(set(scores))
    return [kinds[0] - 1, *((one + two) / 2 for one, two in pairwise(kinds)), kinds[-1] + 1]


def left_out(looks: Sequence[Look]) -> dict[str, dict[str, float]]:
    """For each clip the thresholds that the other clips give: clip -> item -> threshold."""
    made: dict[str, dict[str, float]] = {}
    for clip in sorted({look.clip for look in looks}):
        others = [look for look in looks if look.clip != clip]
        made[clip] = {
            code: choose(item, scores([look for look in others if gross(look)], code, code), scores(others, "", code))
            for code, item in items().items()
        }
    return made


def gross(look: Look) -> bool:
    """Whether a fault is among the stronger half of its strengths."""
    return look.rank * 2 >= look.ranks


def scores(looks: Sequence[Look], injected: str, code: str) -> list[float]:
    """The scores of one item on pictures with one fault injected ("" for clean ones)."""
    return [look.scores[code] for look in looks if look.item == injected and code in look.scores]


def reported(look: Look, limits: Mapping[str, float]) -> set[str]:
    """The items that a look reports with these thresholds, consequences of others left out."""
    faulty = {
        code: item
        for code, item in items().items()
        if code in look.scores and item.faulty(look.scores[code], limits.get(code, item.day))
    }
    silenced: set[str] = set()
    for code, item in faulty.items():
        if code not in silenced:
            silenced |= item.silences
    return set(faulty) - silenced


def share(hits: Sequence[bool]) -> dict[str, float | int] | None:
    """A share with its 95 % interval (Wilson)."""
    n = len(hits)
    if n == 0:
        return None
    k, z = sum(hits), 1.96
    middle = (k / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {
        "share": round(k / n, 4),
        "low": round(max(0.0, middle - half), 4),
        "high": round(min(1.0, middle + half), 4),
        "n": n,
    }
