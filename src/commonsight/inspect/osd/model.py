"""What is read of a camera's on-screen text, and what it means: pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from commonsight.inspect.osd import clock, label
from commonsight.inspect.osd.clock import Clock, Difference, Hint
from commonsight.inspect.osd.label import Match
from commonsight.vision.ocr.model import Box, Line
from commonsight.vision.picture import Plane

SAME_TEXT: Final = 0.8
"""A remembered place that shows a text this alike to the last one is still the label's."""
CLOCK_SURE: Final = 0.8
"""A clock read with less confidence is not read: a wrong digit would accuse a camera."""
TEXT_KEPT: Final = 120


class Part(StrEnum):
    """What a line of text in the picture is."""

    CLOCK = "clock"
    LABEL = "label"
    OTHER = "other"


class State(StrEnum):
    """What came of reading: a clock; text but no clock; no text at all."""

    CLOCK = "clock"
    TEXT = "text"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Written:
    """One line in the picture: what it is, what it says, where it stands (shares of the picture)."""

    part: Part
    text: str
    confidence: float
    box: Box

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return {
            "part": self.part.value, "text": self.text[:TEXT_KEPT], "confidence": round(self.confidence, 3),
            "box": [round(side, 4) for side in self.box],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """What reading must know of a camera.

    `names`: as the catalogue calls it, and its address. `regions`: names of the regions it is in, the widest first.
    `remembered`: clock and label of the last reading.
    """

    id: UUID
    names: tuple[str, ...]
    regions: tuple[str, ...]
    remembered: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one picture. `searched`: the bands were searched, not only the remembered places read."""

    camera_id: UUID
    at: datetime
    lines: tuple[Written, ...]
    clock: Clock | None
    difference: Difference | None
    hint: Hint | None
    match: Match | None
    searched: bool

    @property
    def state(self) -> State:
        """What came of it."""
        if self.clock is not None:
            return State.CLOCK
        return State.TEXT if self.lines else State.NOTHING

    def text_of(self, part: Part) -> str:
        """What the lines of this part say, joined."""
        return " ".join(line.text for line in self.lines if line.part is part)

    def scores(self) -> dict[str, float]:
        """Scores of the items of diagnosis. What could not be read is left out: unknown is not well.

        A picture with a legible clock and no other text lacks its label, as unlike its name as can be.
        """
        scores: dict[str, float] = {}
        if self.difference is not None:
            scores["osd_clock"] = self.difference.least
        if self.match is not None:
            scores["osd_label"] = 1.0 - self.match.likeness
        elif self.clock is not None and self.searched:
            scores["osd_label"] = 1.0
        return scores

    def details(self) -> dict[str, dict[str, Any]]:
        """What people are shown beside the scores."""
        found: dict[str, dict[str, Any]] = {}
        if self.difference is not None:
            found["osd_clock"] = {
                "text": self.text_of(Part.CLOCK)[:TEXT_KEPT],
                "difference": round(self.difference.seconds, 1),
                "error": round(self.difference.error, 1),
                "hint": None if self.hint is None else self.hint.value,
            }
        if "osd_label" in self.scores():
            match = self.match
            found["osd_label"] = {
                "text": "" if match is None else match.text[:TEXT_KEPT],
                "name": "" if match is None else match.name[:TEXT_KEPT],
            }
        return found


class Looker(Protocol):
    """What finds and reads text; `vision.ocr.look.TextLooker` is one."""

    def bands(self, luma: Plane) -> list[Line]: ...
    def whole(self, luma: Plane) -> list[Line]: ...
    def at(self, luma: Plane, places: Sequence[Box]) -> list[Line]: ...


def read(looker: Looker, luma: Plane, subject: Subject, at: datetime, offset: timedelta) -> Reading:
    """Read the clock and the label of one picture.

    Where both stood the last time is read first, which takes little; only when something else stands there the bands at
    the top and the bottom are searched, and of a camera never read before the whole picture when these are empty.

    Args:
        luma: brightness, uint8 (height, width).
        at: when the picture's last byte came, aware.
        offset: of the region's local time from UTC at that moment.
    """
    near = (at + offset).replace(tzinfo=None)
    if subject.remembered:
        lines = looker.at(luma, [one.box for one in subject.remembered])
        found = _understood(subject, lines, at, near, searched=False)
        if _still(subject.remembered, found):
            return found
    lines = looker.bands(luma) or ([] if subject.remembered else looker.whole(luma))
    return _understood(subject, lines, at, near, searched=True)


def _understood(subject: Subject, lines: Sequence[Line], at: datetime, near: datetime, *, searched: bool) -> Reading:
    lines = [line for line in lines if line.text.strip()]
    shown = clock.read([line.text if line.confidence >= CLOCK_SURE else "" for line in lines], near)
    clocks = () if shown is None else shown.lines
    texts = [line.text for number, line in enumerate(lines) if number not in clocks]
    match = label.best(texts, subject.names, subject.regions)
    difference = None if shown is None else clock.difference(shown, near)
    written = tuple(
        Written(_part(number, line, clocks, match), line.text, line.confidence, line.box)
        for number, line in enumerate(lines)
    )
    return Reading(
        subject.id, at, written, shown, difference,
        None if shown is None or difference is None else clock.hint(shown, difference), match, searched,
    )  # fmt: skip


def _part(number: int, line: Line, clocks: Sequence[int], match: Match | None) -> Part:
    if number in clocks:
        return Part.CLOCK
    return Part.LABEL if match is not None and line.text in match.text else Part.OTHER


def _still(before: Sequence[Written], found: Reading) -> bool:
    """Whether the remembered places still show what they showed: the clock a clock, the label its text."""
    parts = {one.part for one in before}
    if Part.CLOCK in parts and found.clock is None:
        return False
    old = " ".join(one.text for one in before if one.part is Part.LABEL)
    new = " ".join(line.text for line in found.lines if line.part is not Part.CLOCK)
    return Part.LABEL not in parts or label.likeness(new, old) >= SAME_TEXT
