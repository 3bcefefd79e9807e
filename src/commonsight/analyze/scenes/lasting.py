"""Sightings that last: said once when they begin, now and then while they do, once when they end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from commonsight.analyze.scenes.model import STILL_SECONDS, Phase, Sighting

Box = tuple[float, float, float, float]

MOST: Final = 64
"""Sightings of one setup that last at the same time; further ones are not begun until one has ended."""


@dataclass(slots=True)
class _Held:
    incident: str
    target: str
    told: datetime
    score: float
    boxes: tuple[Box, ...]
    detail: Mapping[str, Any]


class Lasting:
    """What lasts of one setup, by key."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._held

    def hold(
        self,
        key: str,
        incident: str,
        target: str,
        at: datetime,
        score: float,
        boxes: Sequence[Box] = (),
        detail: Mapping[str, Any] | None = None,
        since: datetime | None = None,
    ) -> list[Sighting]:
        """It is so at `at`: says that it began (at `since`, when that was earlier), every `STILL_SECONDS` that it is
        so still, otherwise nothing."""
        now = _Held(incident, target, at, min(max(score, 0.0), 1.0), tuple(boxes), dict(detail or {}))
        before = self._held.get(key)
        if before is None:
            if len(self._held) >= MOST:
                return []
            self._held[key] = now
            return [_sighting(key, now, Phase.BEGAN, since or at)]
        if (at - before.told).total_seconds() >= STILL_SECONDS:
            self._held[key] = now
            return [_sighting(key, now, Phase.STILL, at)]
        before.score, before.boxes, before.detail = now.score, now.boxes, now.detail
        return []

    def end(self, key: str, at: datetime) -> list[Sighting]:
        """It is over, with what was last known of it; nothing if it had not begun."""
        before = self._held.pop(key, None)
        return [] if before is None else [_sighting(key, before, Phase.ENDED, at)]

    def end_all(self, at: datetime) -> list[Sighting]:
        """Everything is over: the camera is given back."""
        return [each for key in list(self._held) for each in self.end(key, at)]


def _sighting(key: str, held: _Held, phase: Phase, at: datetime) -> Sighting:
    return Sighting(key, held.incident, held.target, phase, at, held.score, held.boxes, held.detail)
