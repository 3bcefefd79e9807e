"""What evidence is: pure types and rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from commonsight.analyze.incidents.model import Incident
from commonsight.settings import Incidents as Settings

SEGMENT_WAIT: Final = timedelta(seconds=90)
"""Recorders file a segment when it is whole; so long after the clip's end it is looked for the last time."""


class Kind(StrEnum):
    """A picture with its boxes, or a few seconds of film."""

    STILL = "still"
    CLIP = "clip"


class State(StrEnum):
    """`WANTED` until somebody has tried; `NONE`: there is none, and why; `GONE`: its time was over."""

    WANTED = "wanted"
    KEPT = "kept"
    NONE = "none"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece. `masked`: the policy it was held to, "" for none. `began_at`, `ended_at`: what it really shows."""

    id: UUID
    incident_id: UUID
    kind: Kind
    state: State
    reason: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    masked: str
    began_at: datetime
    ended_at: datetime
    made_at: datetime | None


def span_of(incident: Incident, settings: Settings) -> tuple[datetime, datetime]:
    """What the clip of an incident is to show."""
    begin = incident.began_at - timedelta(seconds=settings.before_seconds)
    return begin, incident.began_at + timedelta(seconds=settings.after_seconds)


def covers(kept: str, asked: str | None) -> bool:
    """Whether what was taken out of evidence before it was kept is all that a permit wants taken out."""
    return asked is None or kept in (asked, "faces_plates")


def covered(spans: Sequence[tuple[datetime, datetime]], begin: datetime, end: datetime) -> float:
    """Share of a span that pieces cover; they are sorted and do not overlap."""
    whole = (end - begin).total_seconds()
    held = sum(max(0.0, (min(high, end) - max(low, begin)).total_seconds()) for low, high in spans)
    return min(held / whole, 1.0) if whole > 0 else 0.0
