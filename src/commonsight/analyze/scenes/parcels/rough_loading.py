"""Rough loading: parcels thrown, or dropped from a height, again and again within minutes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Box, Lasting
from commonsight.analyze.scenes.model import Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.parcels.flights import Flight, Flights
from commonsight.analyze.scenes.parcels.thrown_parcel import anybody, zone_of

KEPT: Final = 256


@dataclass(slots=True)
class _Handled:
    """What was thrown or dropped in one zone lately: (when, score, where)."""

    lately: deque[tuple[datetime, float, Box]] = field(default_factory=lambda: deque(maxlen=KEPT))
    throws: int = 0
    drops: int = 0


class RoughLoading:
    """The scene `rough_loading`."""

    card = packaged("rough_loading")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._flights = Flights(setup.settings["score"])
        self._lasting = Lasting()
        self._handled = {zone.id: _Handled() for zone in setup.zones}

    def see(self, look: Look) -> Seen:
        """Look for flights while somebody is in a zone, and count what was rough."""
        close = self._flights.look(look)
        at_work = anybody(self._setup, self._flights)
        rough: dict[str, list[Flight]] = {zone.id: [] for zone in self._setup.zones}
        if at_work:
            for flight in self._flights.take(look):
                zone = zone_of(self._setup, flight)
                if zone is not None and self._is_rough(flight):
                    rough[zone].append(flight)
        figures: list[Figure] = []
        sightings: list[Sighting] = []
        for zone, flights in rough.items():
            throws = sum(flight.kind == "throw" for flight in flights)
            figures.append(Figure(zone, "rough_throws", "all", float(throws)))
            figures.append(Figure(zone, "rough_drops", "all", float(len(flights) - throws)))
            figures += [Figure(zone, "highest", "all", flight.fall) for flight in flights]
            if at_work:
                figures.append(Figure(zone, "rough_close", "all", float(close)))
            sightings += self._tell(zone, flights, look)
        return Seen(figures, sightings, at_work)

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Nobody looks any more."""
        return self._lasting.end_all(at)

    def _is_rough(self, flight: Flight) -> bool:
        settings = self._setup.settings
        return flight.fall >= settings["height"] or (flight.kind == "throw" and flight.far >= settings["far"])

    def _tell(self, zone: str, flights: Sequence[Flight], look: Look) -> list[Sighting]:
        settings, handled = self._setup.settings, self._handled[zone]
        for flight in flights:
            ended = look.at - timedelta(seconds=look.time - flight.ended)
            handled.lately.append((ended, flight.score, flight.box))
            handled.throws += flight.kind == "throw"
            handled.drops += flight.kind == "drop"
        window = timedelta(minutes=settings["minutes"])
        while handled.lately and look.at - handled.lately[0][0] > window:
            handled.lately.popleft()
        lasts = zone in self._lasting
        if lasts and not handled.lately:
            handled.throws = handled.drops = 0
            return self._lasting.end(zone, look.at)
        if len(handled.lately) < settings["times"] and not lasts:
            if not handled.lately:
                handled.throws = handled.drops = 0
            return []
        score = float(np.mean([score for _, score, _ in handled.lately]))
        boxes = [box for _, _, box in list(handled.lately)[-3:]]
        detail = {"rough_throws": handled.throws, "rough_drops": handled.drops, "minutes": settings["minutes"]}
        return self._lasting.hold(zone, "rough_loading", zone, look.at, score, boxes, detail)
