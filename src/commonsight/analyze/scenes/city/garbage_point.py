"""A garbage collection point: bins that overflow, bags beside them, and who comes when it is closed.

Lines are the rims of bins: what stands above one and stays is overflow. Zones are the ground beside them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from commonsight.analyze.model import Line, Point
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.city.compare import Bools
from commonsight.analyze.scenes.city.things import Thing, Things
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting

ABOVE: Final = 1 / 3
"""What is looked at above a rim, in lengths of its line."""
COLUMNS: Final = 24
"""Places along a rim at which something stands above it or not."""


class GarbagePoint:
    """Overflow for each rim; bags and dumping for each thing beside the bins."""

    card = packaged("garbage_point")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._settings = setup.settings
        self._zone = ZoneInfo(setup.zone)
        self._things: Things | None = None
        self._size = (0, 0)
        self._lasting = Lasting()
        self._closed_things: dict[int, bool] = {}
        self._told: set[int] = set()

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        said: list[Sighting] = []
        if self._things is None or look.size != self._size:
            said += self._lasting.end_all(look.at)
            self._size, self._closed_things, self._told = look.size, {}, set()
            rims = [above(line, look.size) for line in self._setup.lines]
            self._things = Things([*rims, *(zone.polygon for zone in self._setup.zones)])
        change, things = self._things.update(look, watch=True)
        if change is None:
            return Seen((), said) if said else NOTHING
        closed = not is_open(look.at.astimezone(self._zone), self._settings["open_from"], self._settings["open_until"])
        sound = [thing for thing in things if not thing.is_somebody and self._things.stands(thing, change, look.time)]
        # Whether a thing came out of hours is settled when it comes, not when it has lain long enough.
        known = self._closed_things
        self._closed_things = {thing.id: known.get(thing.id, closed) for thing in things}
        figures = []
        for place, line in enumerate(self._setup.lines):
            rim = self._things.area(place)
            share = self._rim(line, rim, sound, 0.0)
            figures.append(Figure(line.id, "rim_share", "all", share))
            said += self._overflow(line, rim, sound, share, look)
        said += self._beside(sound, look)
        return Seen(figures, said, bool(things))

    def leave(self, at: datetime) -> list[Sighting]:
        """Whatever lies there, nobody looks any more."""
        return self._lasting.end_all(at)

    def _overflow(self, line: Line, rim: Bools, sound: list[Thing], share: float, look: Look) -> list[Sighting]:
        key = f"{line.id}-rim"
        least = self._settings["rim"]
        old = self._rim(line, rim, sound, self._settings["seconds"])
        if old < least and not (key in self._lasting and share >= least / 2):
            return self._lasting.end(key, look.at)
        boxes = tuple(thing.box for thing in sound if (thing.mask & rim).any())
        score = min(1.0, 0.5 + share / 2)
        return self._lasting.hold(key, "overflow", line.id, look.at, score, boxes, {"share": round(share, 3)})

    def _beside(self, sound: list[Thing], look: Look) -> list[Sighting]:
        said: list[Sighting] = []
        held = {thing.id: self._zone_of(thing) for thing in sound}
        for thing in sound:
            target = held[thing.id]
            closed = self._closed_things[thing.id]
            if target is None and not (closed and self._setup.lines):
                continue
            incident = "out_of_hours" if closed else "bag_beside"
            wait = self._settings["dump_seconds" if closed else "seconds"]
            if thing.age >= wait and (not closed or thing.brought > 0):
                detail = {"seconds": round(thing.age), "seen_brought": thing.brought >= 1}
                score = 0.6 + 0.4 * thing.brought
                key = f"thing-{thing.id}"
                where = target or self._setup.lines[0].id
                said += self._lasting.hold(key, incident, where, look.at, score, (thing.box,), detail)
                self._told.add(thing.id)
        for gone in sorted(self._told - held.keys()):
            self._told.remove(gone)
            said += self._lasting.end(f"thing-{gone}", look.at)
        return said

    def _zone_of(self, thing: Thing) -> str | None:
        assert self._things is not None
        for place, zone in enumerate(self._setup.zones):
            area = self._things.area(len(self._setup.lines) + place)
            if (thing.mask & area).sum() * 2 >= thing.mask.sum():
                return zone.id
        return None

    def _rim(self, line: Line, rim: Bools, sound: Iterable[Thing], age: float) -> float:
        """Share of the line's length with something above it that was seen for `age` s."""
        covered = np.zeros_like(rim)
        for thing in sound:
            if thing.age >= age:
                covered |= thing.mask & rim
        if not covered.any():
            return 0.0
        rows, columns = covered.shape
        y, x = np.nonzero(covered)
        points = np.column_stack([(x + 0.5) / columns, (y + 0.5) / rows])
        a, along = np.array(line.a), np.array(line.b) - np.array(line.a)
        place = (points - a) @ along / (along @ along)
        half = 0.5 * abs(along[0]) / columns / (along @ along) + 0.5 * abs(along[1]) / rows / (along @ along)
        spots = (np.arange(COLUMNS) + 0.5) / COLUMNS
        return float((np.abs(spots[:, None] - place[None]) <= half).any(axis=1).mean())


def above(line: Line, size: tuple[int, int]) -> tuple[Point, ...]:
    """The strip over a line, up in the picture: its four corners in 0..1. size: of the picture, whose shape matters."""
    (ax, ay), (bx, by) = line.a, line.b
    length = float(np.hypot((bx - ax) * size[0], (by - ay) * size[1]))
    up = ABOVE * length / size[1]
    return (ax, ay), (bx, by), (bx, max(by - up, 0.0)), (ax, max(ay - up, 0.0))


def is_open(local: datetime, start: float, end: float) -> bool:
    """Whether a local time lies within opening hours; past midnight when `end` is before `start`."""
    hour = local.hour + local.minute / 60 + local.second / 3600
    if start == end:
        return True
    return start <= hour < end if start < end else hour >= start or hour < end
