"""Samples, the honest split of a dataset, and shares with their intervals: pure types and rules."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.analyze.scenes.accuracy import wilson
from commonsight.problem import Refusal

HELD_SHARE: Final = 0.3
"""Of each label, so much is held out."""
DATASET_MOST: Final = 20_000
LABEL_LEAST: Final = 5
"""Samples of each label, in each part: with fewer nothing can be said."""

PROMOTED: Final = "analyze.candidate_promoted"
ROLLED_BACK: Final = "analyze.candidate_rolled_back"
DATASET_MADE: Final = "analyze.dataset_made"


class Part(StrEnum):
    """What a sample is for: to learn from, or to be asked about afterwards."""

    TRAIN = "train"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled incident. `first`: as it began (score, boxes, detail); `picture`: a file's name, "" for none."""

    id: UUID
    incident_id: UUID
    camera_id: UUID
    place: str
    scene: str
    incident: str
    label: bool
    at: datetime
    first: Mapping[str, Any]
    boxes: tuple[tuple[float, float, float, float], ...]
    picture: str
    sha256: str
    width: int
    height: int
    excluded: bool


def split(samples: Sequence[Sample], zone: str, share: float = HELD_SHARE) -> dict[UUID, Part]:
    """Which part each sample belongs to.

    A day of a camera stays whole: two pictures of one parked car, one to learn from and one to be asked about, would
    prove nothing. The order of the days is a hash's, so the same samples give the same parts.
    """
    days: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in samples:
        day = sample.at.astimezone(ZoneInfo(zone)).date().isoformat()
        days[str(sample.camera_id), day].append(sample)
    wanted = {label: share * sum(sample.label is label for sample in samples) for label in (True, False)}
    held = {True: 0, False: 0}
    parts: dict[UUID, Part] = {}
    for key in sorted(days, key=lambda key: hashlib.sha256("/".join(key).encode()).digest()):
        group = days[key]
        own = {label: sum(sample.label is label for sample in group) for label in held}
        # Held out while a label it has is still short, unless that would take much more than is wanted of the other.
        short = any(own[label] and held[label] < wanted[label] for label in held)
        heavy = any(held[label] + own[label] > 2 * wanted[label] + 1 for label in held if own[label])
        part = Part.HELD if short and not heavy else Part.TRAIN
        for sample in group:
            parts[sample.id] = part
        if part is Part.HELD:
            held = {label: held[label] + own[label] for label in held}
    return parts


def counts(samples: Sequence[Sample], parts: Mapping[UUID, Part]) -> dict[str, int]:
    """How many samples of each label are in each part: `train_true`, `train_false`, `held_true`, `held_false`."""
    found = {f"{part.value}_{str(label).lower()}": 0 for part in Part for label in (True, False)}
    for sample in samples:
        found[f"{parts[sample.id].value}_{str(sample.label).lower()}"] += 1
    return found | {"pictures": sum(bool(sample.picture) for sample in samples)}


def refuse_few(counted: Mapping[str, int]) -> None:
    """Refuse to conclude anything from too little.

    Raises:
        Refusal: `analyze.training_few` (409) naming the part and the label that are short.
    """
    for name in ("train_true", "train_false", "held_true", "held_false"):
        if counted.get(name, 0) < LABEL_LEAST:
            raise Refusal(
                "analyze.training_few", status=409, rule="samples of each label in each part", operand=name,
                expected=LABEL_LEAST, actual=counted.get(name, 0),
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """So many of `n`, with a 95 % interval (Wilson). `value` None: of nothing."""

    value: float | None
    low: float
    high: float
    k: int
    n: int

    def as_json(self) -> dict[str, Any]:
        """For the database and the page."""
        return {"value": self.value, "low": self.low, "high": self.high, "k": self.k, "n": self.n}


def share_of(k: int, n: int) -> Share:
    """A share with its interval, to four digits."""
    if n == 0:
        return Share(None, 0.0, 1.0, 0, 0)
    low, high = wilson(k, n)
    return Share(round(k / n, 4), round(low, 4), round(high, 4), k, n)
