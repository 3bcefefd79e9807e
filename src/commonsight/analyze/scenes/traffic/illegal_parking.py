"""A vehicle parks where none may: a zone, minutes, hours of the day, and a grace while people get in or out."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.traffic.area import Area, areas, relative
from commonsight.analyze.scenes.traffic.course import Courses
from commonsight.analyze.scenes.traffic.spots import Spot, Spots, people_at

DUTY_LEAST = 0.25
"""Share of looks with a box: below it something else flickers there."""


class IllegalParking:
    """Times what stands in a zone; a car that is parked is told once, however often the detector loses it."""

    card = packaged("illegal_parking")

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._settings = {each.code: each.default for each in self.card.parameters} | dict(setup.settings)
        self._zone = ZoneInfo(setup.zone)
        self._lasting = Lasting()
        self._begin((0, 0))

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        told: list[Sighting] = []
        if look.size != self._frame:
            told = self._lasting.end_all(look.at)
            self._begin(look.size)
        self._courses.take(look.tracks, look.time)
        for spot in self._spots.take(look, self._courses):
            told += self._lasting.end(spot.name, spot.confirmed_at)
            self._counted.pop(spot.key, None)
            self._graced.pop(spot.key, None)
        forbidden = self.forbidden(look.at)
        if not forbidden:
            told += self._lasting.end_all(look.at)
        figures, afoot = [], False
        for area in self._areas:
            parked = 0
            for spot in self._spots.all.values():
                if not area.vehicles(spot.foot[None], np.array([int(spot.votes.argmax())]))[0]:
                    continue
                counted = self._count(look, spot, forbidden)
                over = counted >= 60 * self._settings["minutes"] and spot.duty >= DUTY_LEAST
                if not forbidden or not (over or spot.name in self._lasting):
                    afoot |= forbidden and spot.arrived and people_at(look, spot)
                    continue
                parked += 1
                detail = {
                    "kind": spot.kind,
                    "minutes": round(spot.stood(look.time) / 60, 1),
                    "grace_seconds": round(self._graced.get(spot.key, 0.0)),
                }
                told += self._lasting.hold(
                    spot.name, self.card.code, area.zone.id, look.at, self._score(spot),
                    (relative(spot.box, look.size),), detail, since=spot.since_at,
                )  # fmt: skip
            figures.append(Figure(area.zone.id, "parked", "all", float(parked)))
        return Seen(figures, told, afoot) if figures or told else NOTHING

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """All is over."""
        return self._lasting.end_all(at)

    def forbidden(self, at: datetime) -> bool:
        """May nobody park at this moment? Hours of the region's day; the same hour twice means all day."""
        begin, end = self._settings["from_hour"], self._settings["to_hour"]
        if begin % 24 == end % 24:
            return True
        local = at.astimezone(self._zone)
        hour = local.hour + local.minute / 60 + local.second / 3600
        return begin <= hour < end if begin < end else hour >= begin or hour < end

    def _begin(self, frame: tuple[int, int]) -> None:
        self._frame = frame
        self._courses = Courses()
        self._spots = Spots(self._settings["lost_seconds"])
        self._areas: list[Area] = areas(self.setup.zones, frame) if frame[0] else []
        self._counted: dict[int, tuple[float, float]] = {}
        self._graced: dict[int, float] = {}

    def _count(self, look: Look, spot: Spot, forbidden: bool) -> float:
        """Seconds of standing that count: within the hours, less the grace while people get in or out."""
        before, last = self._counted.get(spot.key, (0.0, spot.since))
        elapsed = max(look.time - last, 0.0)
        if forbidden:
            used = self._graced.get(spot.key, 0.0)
            if people_at(look, spot) and used < self._settings["grace_seconds"]:
                self._graced[spot.key] = min(used + elapsed, self._settings["grace_seconds"])
                elapsed = max(used + elapsed - self._settings["grace_seconds"], 0.0)
            before += elapsed
        self._counted[spot.key] = (before, look.time)
        return before

    @staticmethod
    def _score(spot: Spot) -> float:
        return round(min(1.0, (0.6 if spot.arrived else 0.5) + 0.4 * spot.duty), 2)
