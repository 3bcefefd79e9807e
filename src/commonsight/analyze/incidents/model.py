"""What becomes of sightings: pure types and rules. One thing is one incident, however often a scene tells of it."""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.scenes.model import STILL_SECONDS, Phase, Setup, Sighting
from commonsight.records.base import uuid7

Box = tuple[float, float, float, float]

STALE: Final = timedelta(seconds=5 * STILL_SECONDS)
"""An open incident nobody has told of for so long is over: its worker is gone, or its scene was taken off."""
BOXES_MOST: Final = 20
PEAKS_MOST: Final = 24
WORDS_MOST: Final = 40
"""Sightings of one incident remembered: more than a worker gathers between two writes."""
SEVERITY_UNKNOWN: Final = 3
"""Of an incident whose scene is not installed here any more."""

BEGAN: Final = "analyze.incident_began"
ENDED: Final = "analyze.incident_ended"
LABELLED: Final = "analyze.incident_labelled"


class State(StrEnum):
    """Where an incident is."""

    OPEN = "open"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Merging:
    """When a sighting of one kind is the same thing again. See `merging.toml`."""

    merge: timedelta
    cool_down: timedelta
    overlap: float
    whole: bool
    open_most: int


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that somebody should handle, or that was none. Times UTC; boxes in 0..1 of the picture.

    Attributes:
        again_at: when it began the last time; `times` 2 or more: it went and came within its merge window.
        told_at: the scene's latest word about it.
        words: the latest sightings of it, so that one told twice is known again.
        peaks: least and most of each figure in its detail, and of its score, over its life.
        first: score, boxes and detail as it began: what a filter sees when it has to decide.
        settings: of the scene when it began, by parameter.
        held: why it opened no case: "", "quiet", "cool_down", "filtered" or "storm".
        filtered: what the scene's filter made of it, 0..1 that it is real; None: it has none.
        label: what people said: True an incident, False none, None nothing yet.
    """

    id: UUID
    camera_id: UUID
    place: str
    setup: str
    scene: str
    incident: str
    target: str
    key: str
    state: State
    began_at: datetime
    again_at: datetime
    told_at: datetime
    ended_at: datetime | None
    times: int
    score: float
    severity: int
    boxes: tuple[Box, ...]
    detail: Mapping[str, Any]
    settings: Mapping[str, float]
    worker: str
    epoch: int
    words: tuple[str, ...] = ()
    peaks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)
    case_id: UUID | None = None
    held: str = ""
    filtered: float | None = None
    label: bool | None = None
    opinion: Mapping[str, Any] | None = None


@cache
def _mergings() -> tuple[Merging, dict[str, Merging]]:
    sheet = tomllib.loads((files(__package__) / "merging.toml").read_text("utf-8"))
    said = {code: sheet["default"] | own for code, own in sheet.items()}
    made = {
        code: Merging(
            timedelta(minutes=one["merge_minutes"]), timedelta(minutes=one["cool_down_minutes"]), one["overlap"],
            one["whole"], one["open_most"],
        )
        for code, one in said.items()
    }  # fmt: skip
    return made.pop("default"), made


def merging_of(incident: str) -> Merging:
    """When a sighting of this kind is the same thing again."""
    default, known = _mergings()
    return known.get(incident, default)


def longest_merge() -> timedelta:
    """How far back one has to look for what may go on."""
    default, known = _mergings()
    return max(one.merge for one in (default, *known.values()))


def overlap(ours: Sequence[Box], theirs: Sequence[Box]) -> float:
    """The best intersection over union of any two boxes; 1 when neither has any (the whole target is meant)."""
    if not ours and not theirs:
        return 1.0
    return max((_shared(a, b) for a in ours for b in theirs), default=0.0)


def same_spot(incident: Incident, setup: Setup, sighting: Sighting) -> bool:
    """Whether a sighting is of the same kind, at the same target and, where the kind asks for it, the same spot."""
    if (incident.setup, incident.incident, incident.target) != (setup.id, sighting.incident, sighting.target):
        return False
    rule = merging_of(sighting.incident)
    return rule.whole or overlap(incident.boxes, sighting.boxes) >= rule.overlap


def _shared(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / union if union > 0 else 0.0


@dataclass(slots=True)
class Book:
    """The incidents of one camera that are open or lately over, and what sightings change in them.

    A sighting told again changes nothing. `changed`, `began`, `ended` say what to write and to tell; `refused`: how
    many were not kept because too many are open at once.
    """

    camera_id: UUID
    place: str
    worker: str
    epoch: int
    incidents: dict[UUID, Incident]
    changed: set[UUID] = field(default_factory=set)
    began: list[UUID] = field(default_factory=list)
    ended: list[UUID] = field(default_factory=list)
    refused: int = 0

    @classmethod
    def of(cls, camera_id: UUID, place: str, worker: str, epoch: int, present: Iterable[Incident]) -> "Book":
        return cls(camera_id, place, worker, epoch, {one.id: one for one in present})

    def take(self, setup: Setup, sighting: Sighting, severity: int) -> None:
        """Take in the next sighting."""
        if any(one.epoch > self.epoch for one in self.incidents.values()):
            return  # another worker has the camera by now
        word = _word(sighting)
        if any(word in one.words for one in self.incidents.values() if one.setup == setup.id):
            return  # told again
        own = self._own(setup, sighting)
        if sighting.phase is Phase.ENDED:
            if own is not None and own.state is State.OPEN and sighting.at >= own.again_at:
                self._end(own, sighting.at, sighting)
            return
        if own is not None and own.state is State.OPEN:
            if own.epoch == self.epoch or same_spot(own, setup, sighting):
                self._go_on(own, sighting)
                return
            # A worker that started anew gives its keys anew: this one is another thing's.
            self._end(own, own.told_at)
        former = self._former(setup, sighting)
        if former is not None:
            self._again(former, sighting)
        else:
            self._begin(setup, sighting, severity)

    def _own(self, setup: Setup, sighting: Sighting) -> Incident | None:
        """The incident the scene means by this key: the open one, else the latest."""
        found = [one for one in self.incidents.values() if (one.setup, one.key) == (setup.id, sighting.key)]
        return max(found, key=lambda one: (one.state is State.OPEN, one.again_at, one.id), default=None)

    def _former(self, setup: Setup, sighting: Sighting) -> Incident | None:
        """What this is again: over within the merge window, or left open by a worker that is gone, at the same spot.

        What people have found true and handled does not go on: that it is there again is news.
        """
        merge = merging_of(sighting.incident).merge
        found = [
            one
            for one in self.incidents.values()
            if same_spot(one, setup, sighting)
            and one.label is not True
            and (one.ended_at is not None or one.epoch < self.epoch)
            and one.again_at <= sighting.at <= (one.ended_at or one.told_at) + merge
        ]
        return max(found, key=lambda one: (one.key == sighting.key, one.told_at, one.id), default=None)

    def _end(self, own: Incident, at: datetime, sighting: Sighting | None = None) -> None:
        if sighting is not None:
            told = max(own.told_at, at)
            own = replace(self._told(own, sighting), told_at=told, detail=dict(own.detail) | dict(sighting.detail))
        self._put(replace(own, state=State.OVER, ended_at=at))
        self.ended.append(own.id)

    def _go_on(self, own: Incident, sighting: Sighting) -> None:
        if sighting.at > own.told_at or own.epoch < self.epoch:
            self._put(self._told(own, sighting))

    def _again(self, former: Incident, sighting: Sighting) -> None:
        over = former.state is State.OVER
        self._put(
            replace(
                self._told(former, sighting), key=sighting.key, state=State.OPEN, ended_at=None,
                times=former.times + int(over), again_at=sighting.at if over else former.again_at,
            )
        )  # fmt: skip
        if former.id in self.ended:
            self.ended.remove(former.id)

    def _told(self, own: Incident, sighting: Sighting) -> Incident:
        """An incident with the scene's latest word: where and what it is now, and how sure one ever was."""
        newer = sighting.at >= own.told_at
        return replace(
            own, told_at=max(own.told_at, sighting.at), score=max(own.score, sighting.score), worker=self.worker,
            epoch=self.epoch, boxes=tuple(sighting.boxes[:BOXES_MOST]) if newer and sighting.boxes else own.boxes,
            detail=dict(own.detail) | dict(sighting.detail) if newer else own.detail,
            words=(*own.words, _word(sighting))[-WORDS_MOST:], peaks=_peaks(own.peaks, sighting),
        )  # fmt: skip

    def _begin(self, setup: Setup, sighting: Sighting, severity: int) -> None:
        open_now = sum(one.state is State.OPEN for one in self.incidents.values())
        if open_now >= merging_of(sighting.incident).open_most:
            self.refused += 1
            return
        made = Incident(
            id=uuid7(), camera_id=self.camera_id, place=self.place, setup=setup.id, scene=setup.scene,
            incident=sighting.incident, target=sighting.target, key=sighting.key, state=State.OPEN,
            began_at=sighting.at, again_at=sighting.at, told_at=sighting.at, ended_at=None, times=1,
            score=sighting.score, severity=severity,
            boxes=tuple(sighting.boxes[:BOXES_MOST]), detail=dict(sighting.detail), settings=dict(setup.settings),
            worker=self.worker, epoch=self.epoch, words=(_word(sighting),),
            peaks=_peaks({}, sighting),
            first={
                "score": sighting.score, "boxes": [list(box) for box in sighting.boxes[:BOXES_MOST]],
                "detail": dict(sighting.detail),
            },
        )  # fmt: skip
        self._put(made)
        self.began.append(made.id)

    def _put(self, incident: Incident) -> None:
        self.incidents[incident.id] = incident
        self.changed.add(incident.id)


def _peaks(before: Mapping[str, tuple[float, float]], sighting: Sighting) -> dict[str, tuple[float, float]]:
    """The figures' extremes with one more sighting."""
    peaks = dict(before)
    for name, value in [("score", sighting.score), *sighting.detail.items()]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            continue
        if name in peaks or len(peaks) < PEAKS_MOST:
            low, high = peaks.get(name, (value, value))
            peaks[name] = (min(low, value), max(high, value))
    return peaks


def _word(sighting: Sighting) -> str:
    return f"{sighting.phase.value} {sighting.at.isoformat()} {sighting.key}"
