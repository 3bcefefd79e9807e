"""Left objects: somebody was there, went, and something stays."""

from datetime import datetime
from typing import Final

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.city.things import Thing, Things
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Look, Seen, Setup, Sighting

WHOLE: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class LeftObject:
    """One thing at a time that was brought and is alone for `seconds`."""

    card = packaged("left_object")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._seconds = setup.settings["seconds"]
        self._most = setup.settings["largest"]
        self._brought = setup.settings["brought"]
        self._zones = setup.zones
        self._things = Things([zone.polygon for zone in setup.zones] or [WHOLE])
        self._lasting = Lasting()
        self._told: set[int] = set()

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        change, things = self._things.update(look, watch=True)
        if change is None:
            return NOTHING
        said: list[Sighting] = []
        present = {thing.id for thing in things}
        for gone in sorted(self._told - present):
            self._told.remove(gone)
            said += self._lasting.end(f"thing-{gone}", look.at)
        for thing in things:
            key = f"thing-{thing.id}"
            fits = self._fits(thing) and (key in self._lasting or min(thing.alone, thing.age) >= self._seconds)
            if fits and self._things.stands(thing, change, look.time):
                self._told.add(thing.id)
                detail = {"seconds": round(thing.age), "alone": round(thing.alone), "seen_brought": thing.brought >= 1}
                said += self._lasting.hold(
                    key, "left_object", self._target(thing), look.at, _score(thing), (thing.box,), detail
                )
            elif key in self._lasting:
                said += self._lasting.end(key, look.at)
                self._told.remove(thing.id)
        return Seen((), said, any(self._fits(thing) for thing in things))

    def leave(self, at: datetime) -> list[Sighting]:
        """Whatever lies there, nobody looks any more."""
        return self._lasting.end_all(at)

    def _fits(self, thing: Thing) -> bool:
        share = float(thing.mask.mean())
        return share <= self._most and not thing.is_somebody and thing.brought >= self._brought

    def _target(self, thing: Thing) -> str:
        for place, zone in enumerate(self._zones):
            if (self._things.area(place) & thing.mask).any():
                return zone.id
        return self._setup.id


def _score(thing: Thing) -> float:
    return 0.5 + 0.3 * thing.brought + 0.2 * (1 - thing.somebody / max(thing.looks, 1))
