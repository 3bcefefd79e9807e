"""Piled garbage: clutter that came, has texture, and covers more of a zone than it may for longer than it may."""

from datetime import datetime
from typing import Final

import numpy as np

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.city.background import Change
from commonsight.analyze.scenes.city.compare import Bools
from commonsight.analyze.scenes.city.things import Thing, Things
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting

TEXTURE: Final = 7.0
"""Steps of brightness within a cell; asphalt after a coder has two or three, a sack or a heap ten and more."""
LOOKS: Final = 3
"""Looks of the detector until a thing may count: who stands there for a moment is no clutter."""
CLEARED: Final = 0.5
"""What lasts ends below this part of the share it begins at, so that it does not begin and end in turn."""


class Garbage:
    """One incident a zone, however many pieces lie in it."""

    card = packaged("garbage")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._seconds = setup.settings["seconds"]
        self._share = setup.settings["share"]
        self._things = Things([zone.polygon for zone in setup.zones])
        self._lasting = Lasting()
        self._first: dict[str, float] = {}

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        change, things = self._things.update(look, watch=bool(self._first))
        if change is None:
            return NOTHING
        clutter = [thing for thing in things if self._is_clutter(thing, change, look.time)]
        figures: list[Figure] = []
        said: list[Sighting] = []
        # The detector is asked from the first piece on: whether it is somebody is known by the time it counts.
        self._first = {str(thing.id): thing.since for thing in things}
        for place, zone in enumerate(self._setup.zones):
            area = self._things.area(place)
            inside = [thing for thing in clutter if (thing.mask & area).sum() * 2 >= thing.mask.sum()]
            share = _share(inside, area, 0.0)
            old = _share(inside, area, self._seconds)
            figures.append(Figure(zone.id, "clutter_share", "all", share))
            key = f"{zone.id}-clutter"
            if old >= self._share or (key in self._lasting and share >= CLEARED * self._share):
                score = min(1.0, 0.5 + 0.5 * min(share / self._share - 1, 1)) if share > self._share else 0.5
                detail = {"share": round(share, 3), "pieces": len(inside), "growth": round(share - old, 3)}
                boxes = tuple(thing.box for thing in inside)
                said += self._lasting.hold(key, "garbage", zone.id, look.at, score, boxes, detail)
            else:
                said += self._lasting.end(key, look.at)
        return Seen(figures, said, bool(things) and not said)

    def leave(self, at: datetime) -> list[Sighting]:
        """Whatever lies there, nobody looks any more."""
        return self._lasting.end_all(at)

    def _is_clutter(self, thing: Thing, change: Change, time: float) -> bool:
        if thing.looks < LOOKS or thing.is_somebody or float(np.median(change.now.rough[thing.mask])) < TEXTURE:
            return False
        return self._things.stands(thing, change, time)


def _share(things: list[Thing], area: Bools, age: float) -> float:
    """Share of an area's cells under things seen for at least `age` s."""
    covered = np.zeros_like(area)
    for thing in things:
        if thing.age >= age:
            covered |= thing.mask
    return float((covered & area).sum() / max(int(area.sum()), 1))
