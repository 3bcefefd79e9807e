"""Collecting: a few good looks at everybody who passes become one row, and the pictures are let go at once."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

import numpy as np

from commonsight.analyze.kalman import Floats
from commonsight.analyze.road_users import CLASSES, PEOPLE, overlaps
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.traffic.area import Area, areas, relative
from commonsight.analyze.traits import colour
from commonsight.analyze.traits.model import COLOURS, SCENE, Trait
from commonsight.analyze.traits.plates import Reads
from commonsight.records.base import uuid7
from commonsight.vision.picture import Bgr

LOOKS_MOST: Final = 6
"""Looks at one road user: more say nothing new."""
LOOK_SECONDS: Final = 0.6
"""Between two of them: a picture later everything is the same."""
SIDE_LEAST: Final = 36.0
"""A box whose shorter side is less, pixels, shows no colours."""
HIDDEN_MOST: Final = 0.2
"""Nobody is looked at of whom another box hides more."""
PLATE_WIDE: Final = 110.0
"""A vehicle narrower than this has no readable plate, pixels."""
PLATE_LOOKS: Final = 3
STAY_SECONDS: Final = 60.0
"""Who is still there then gets a row; what parks gets one and not one an hour."""
PARKED_SECONDS: Final = 900.0
"""A track that begins where one was told of within this time, and never moved, is the same parked vehicle ..."""
PARKED_OVERLAP: Final = 0.5
"""... if their boxes overlap by this share."""
MOVED_SIZES: Final = 0.5
KEPT_MOST: Final = 2_000
"""Rows that wait for the database; beyond it the oldest are given up."""


@dataclass(slots=True)
class _Seen:
    """One track: what its looks said so far."""

    began_at: datetime
    born: float
    ended_at: datetime
    kind: int
    score: float
    last_look: float = -1e9
    looks: int = 0
    plate_looks: int = 0
    body: Floats = field(default_factory=lambda: np.zeros(len(COLOURS)))
    upper: Floats = field(default_factory=lambda: np.zeros(len(COLOURS)))
    lower: Floats = field(default_factory=lambda: np.zeros(len(COLOURS)))
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    area: float = 0.0
    plates: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    plate_scores: dict[str, float] = field(default_factory=dict)
    plate_colours: dict[str, str | None] = field(default_factory=dict)
    moved: bool = False
    last: Floats = field(default_factory=lambda: np.zeros(4))
    told: bool = False


class Collector:
    """Everybody who passes one camera.

    Args:
        reader: reads plates; None: none are read.
    """

    def __init__(self, setup: Setup, reader: Reads | None = None) -> None:
        self._setup, self._reader = setup, reader
        self._people = setup.settings.get("people", 1.0) > 0
        self._vehicles = setup.settings.get("vehicles", 1.0) > 0
        self._frame = (0, 0)
        self._areas: list[Area] = []
        self._seen: dict[int, _Seen] = {}
        self._parked: deque[tuple[float, Floats]] = deque(maxlen=256)
        self._ready: deque[Trait] = deque(maxlen=KEPT_MOST)

    def take(self, look: Look) -> int:
        """Take in a look; returns how many rows it made."""
        if look.size != self._frame:
            self._frame, self._areas = look.size, areas(self._setup.zones, look.size)
            self._seen.clear()
        tracks = look.tracks
        gain: float | None = None
        measured = False
        before = len(self._ready)
        for row in np.flatnonzero(tracks.seen & tracks.believed).tolist():
            if not self._wanted(int(tracks.kind[row]), tracks.at[row]):
                continue
            seen = self._seen.setdefault(
                int(tracks.id[row]), _Seen(look.at, look.time, look.at, int(tracks.kind[row]), 0.0)
            )
            seen.ended_at, seen.kind = look.at, int(tracks.kind[row])
            seen.last = tracks.box[row].copy()
            seen.moved |= bool(tracks.path[row] > MOVED_SIZES * tracks.size[row])
            seen.score = max(seen.score, float(tracks.score[row]))
            if self._good(look, row, seen):
                if not measured:
                    gain, measured = (
                        colour.light(look.luma(160, max(round(160 * look.size[1] / look.size[0]), 1))),
                        True,
                    )
                self._measure(look, tracks.box[row], seen, gain)
            if look.time - seen.born >= STAY_SECONDS:
                self._tell(seen, look.time)
        alive = set(tracks.id.tolist())
        for gone in [number for number in self._seen if number not in alive]:
            self._tell(self._seen.pop(gone), look.time)
        return len(self._ready) - before

    def drain(self) -> list[Trait]:
        """The rows made since the last time. May be called from another thread."""
        found = []
        while self._ready:
            found.append(self._ready.popleft())
        return found

    def leave(self) -> None:
        """Nobody looks any more: who was seen gets a row."""
        for seen in self._seen.values():
            self._tell(seen, seen.last_look)
        self._seen.clear()

    def _wanted(self, kind: int, at: Floats) -> bool:
        allowed = self._people if kind == PEOPLE else self._vehicles
        return allowed and any(bool(area.holds(at[None])[0]) for area in self._areas)

    def _good(self, look: Look, row: int, seen: _Seen) -> bool:
        """Is this a look worth having: large enough, whole, not hidden, not just taken?"""
        if seen.looks >= LOOKS_MOST or look.time - seen.last_look < LOOK_SECONDS:
            return False
        tracks = look.tracks
        x0, y0, x1, y1 = tracks.box[row]
        width, height = look.size
        if min(x1 - x0, y1 - y0) < SIDE_LEAST or x0 < 2 or y0 < 2 or x1 > width - 2 or y1 > height - 2:
            return False
        others = tracks.seen & (np.arange(len(tracks)) != row) & (tracks.box[:, 3] > y1)
        if not others.any():
            return True
        return bool(overlaps(tracks.box[row][None], tracks.box[others])[1].max() <= HIDDEN_MOST)

    def _measure(self, look: Look, box: Floats, seen: _Seen, gain: float | None) -> None:
        seen.last_look, seen.looks = look.time, seen.looks + 1
        area = float((box[2] - box[0]) * (box[3] - box[1]))
        if area > seen.area:
            seen.area, seen.box = area, relative(box, look.size)
        x0, y0, x1, y1 = (round(float(value)) for value in box)
        crop: Bgr = look.bgr(*look.size)[max(y0, 0) : y1, max(x0, 0) : x1]
        if gain is not None and seen.kind == PEOPLE:
            seen.upper += colour.shares(colour.part(crop, colour.UPPER), gain, colour.CLOTHES_WEIGHT)
            seen.lower += colour.shares(colour.part(crop, colour.LOWER), gain, colour.CLOTHES_WEIGHT)
        elif gain is not None:
            seen.body += colour.shares(colour.part(crop, colour.BODY), gain, colour.BODY_WEIGHT)
        if (
            self._reader is None or seen.kind == PEOPLE or seen.plate_looks >= PLATE_LOOKS or x1 - x0 < PLATE_WIDE
        ):  # fmt: skip
            return
        seen.plate_looks += 1
        plate = self._reader.read(np.ascontiguousarray(crop), gain or 1.0)
        if plate is not None:
            seen.plates[plate.text] += plate.score
            seen.plate_scores[plate.text] = max(seen.plate_scores.get(plate.text, 0.0), plate.score)
            seen.plate_colours[plate.text] = plate.colour

    def _known(self, seen: _Seen, time: float) -> bool:
        """Is it what stood here before, under a new number?"""
        recent = [box for told, box in self._parked if time - told <= PARKED_SECONDS]
        if seen.moved or not recent:
            return False
        return bool(overlaps(seen.last[None], np.stack(recent))[0].max() >= PARKED_OVERLAP)

    def _tell(self, seen: _Seen, time: float) -> None:
        # Nobody gets a row who was never seen well: a row without any trait finds nobody.
        if seen.told or not seen.looks:
            return
        seen.told = True
        known = self._known(seen, time)
        self._parked.append((time, seen.last))
        if known:
            return
        body, upper, lower = ((None, 0.0) if not each.any() else colour.winner(each / max(each.sum(), 1e-9))
                              for each in (seen.body, seen.upper, seen.lower))  # fmt: skip
        plate = max(seen.plates, key=lambda text: (seen.plates[text], text)) if seen.plates else None
        self._ready.append(
            Trait(
                id=uuid7(),
                began_at=seen.began_at,
                ended_at=seen.ended_at,
                kind=CLASSES[seen.kind],
                score=round(seen.score, 3),
                box=seen.box,
                colour=body[0],
                upper=upper[0],
                lower=lower[0],
                colour_share=round(upper[1] if seen.kind == PEOPLE else body[1], 3),
                plate=plate,
                plate_colour=None if plate is None else seen.plate_colours[plate],
                plate_score=0.0 if plate is None else seen.plate_scores[plate],
            )
        )


class Traits:
    """The scene `traits`: gives no sightings, only how many rows it made; the rows themselves go their own way."""

    card = packaged(SCENE)
    reader: ClassVar[Callable[[], Reads | None] | None] = None
    """Gives what reads plates; set by the worker, whose inference thread alone uses it."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        reader = type(self).reader if setup.settings.get("plates", 0.0) > 0 else None
        self.collector = Collector(setup, None if reader is None else reader())

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        made = self.collector.take(look)
        return Seen([Figure(self.setup.id, "collected", "all", float(made))]) if look.elapsed or made else NOTHING

    def drain(self) -> list[Trait]:
        """The rows made since the last time."""
        return self.collector.drain()

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Nothing lasts; who was seen gets a row."""
        del at
        self.collector.leave()
        return ()
