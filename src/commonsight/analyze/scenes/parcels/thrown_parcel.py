"""A parcel is thrown: it leaves somebody's hands in a zone, flies at least so far, and comes down."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from commonsight.analyze.count import inside
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.parcels.flights import Flight, Flights
from commonsight.analyze.scenes.parcels.parabola import TALL


class ThrownParcel:
    """The scene `thrown_parcel`."""

    card = packaged("thrown_parcel")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._flights = Flights(setup.settings["score"])
        self._lasting = Lasting()
        self._thrown: dict[str, tuple[int, datetime]] = {}
        """By zone: how many in a row, and when the last came down."""

    def see(self, look: Look) -> Seen:
        """Look for flights while somebody is in a zone."""
        close = self._flights.look(look)
        at_work = anybody(self._setup, self._flights)
        thrown: dict[str, list[Flight]] = {zone.id: [] for zone in self._setup.zones}
        if at_work:
            for flight in self._flights.take(look):
                zone = zone_of(self._setup, flight)
                if flight.kind == "throw" and flight.far >= self._setup.settings["far"] and zone is not None:
                    thrown[zone].append(flight)
        figures: list[Figure] = []
        sightings: list[Sighting] = []
        for zone, flights in thrown.items():
            figures.append(Figure(zone, "throws", "all", float(len(flights))))
            figures += [Figure(zone, "farthest", "all", flight.far * TALL) for flight in flights]
            if at_work:
                figures.append(Figure(zone, "close", "all", float(close)))
            sightings += self._tell(zone, flights, look)
        return Seen(figures, sightings, at_work)

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Nobody looks any more."""
        self._thrown.clear()
        return self._lasting.end_all(at)

    def _tell(self, zone: str, flights: Sequence[Flight], look: Look) -> list[Sighting]:
        """Throws one after the other are one incident: it ends when nothing has flown for a while."""
        told: list[Sighting] = []
        count, last = self._thrown.get(zone, (0, look.at))
        for flight in flights:
            began = look.at - timedelta(seconds=look.time - flight.began)
            count, last = count + 1, look.at - timedelta(seconds=look.time - flight.ended)
            detail = {"throws": count, "farthest": round(flight.far * TALL, 1)}
            told += self._lasting.hold(
                zone, "thrown_parcel", zone, look.at, flight.score, [flight.box], detail, began
            )  # fmt: skip
        if count and (look.at - last).total_seconds() >= self._setup.settings["quiet"]:
            self._thrown.pop(zone, None)
            return told + self._lasting.end(zone, last)
        if count:
            self._thrown[zone] = (count, last)
        return told


def anybody(setup: Setup, flights: Flights) -> bool:
    """Is somebody in one of the zones?"""
    people = flights.people
    if people is None:
        return False
    feet = np.stack([(people.box[:, 0] + people.box[:, 2]) / 2, people.box[:, 3]], axis=1)
    return any(bool(inside(np.array(zone.polygon), feet).any()) for zone in setup.zones)


def zone_of(setup: Setup, flight: Flight) -> str | None:
    """The zone in which the person stands it came from."""
    feet = np.array([flight.feet])
    return next((zone.id for zone in setup.zones if inside(np.array(zone.polygon), feet)[0]), None)
