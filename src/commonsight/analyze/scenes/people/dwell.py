"""How long people stay in a zone: the distribution, with the stays nobody saw whole told apart."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.people.persons import PERSON, Border
from commonsight.analyze.scenes.people.stays import Stay, Stays

BOUNDS: Final = (30.0, 60.0, 180.0, 600.0, 1800.0)
BINS: Final = ("0-30", "30-60", "60-180", "180-600", "600-1800", "1800-")
"""Classes of the distribution, s: lower bound within."""


def bin_of(seconds: float) -> str:
    """The class of the distribution a stay of this length belongs to."""
    return BINS[bisect_right(BOUNDS, seconds)]


class Dwell:
    """The scene `dwell`."""

    card = packaged("dwell")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._size = (0, 0)
        self._stays: list[Stays] = []

    def see(self, look: Look) -> Seen:
        """Who came, who went and after how long."""
        if look.size != self._size:
            self._size = look.size
            self._stays = [
                Stays(Border(z.polygon, look.size, self._setup.ground), look.size) for z in self._setup.zones
            ]
        tracks, least = look.tracks, self._setup.settings["least"]
        credible = tracks.believed & (tracks.kind == PERSON)
        figures: list[Figure] = []
        for zone, stays in zip(self._setup.zones, self._stays, strict=True):
            changes = stays.take(tracks, look.time, credible)
            present = [stay for stay in stays.present() if stay.seconds >= least]
            figures.append(Figure(zone.id, "present", "person", float(len(present))))
            passed = sum(stay.seconds < least for stay in changes.left)
            figures.append(Figure(zone.id, "passed", "person", float(passed)))
            whole = [stay for stay in changes.left if stay.seconds >= least and not stay.cut]
            cut = [s for s in (*changes.left, *changes.lost) if s.seconds >= least and (s.cut or s in changes.lost)]
            figures += _ended(zone.id, "stays", whole) + _ended(zone.id, "cut_stays", cut)
        return Seen(figures, (), any(stays.present() for stays in self._stays))

    def leave(self, at: datetime) -> Sequence[Sighting]:  # noqa: ARG002 - nothing lasts
        """Nothing lasts: who is still inside has no known length of stay and is not counted."""
        return ()


def _ended(target: str, measure: str, stays: Sequence[Stay]) -> list[Figure]:
    """Stays by class of length, and their seconds: the mean is one over the other. Zeros are figures, too."""
    by = dict.fromkeys(BINS, 0)
    for stay in stays:
        by[bin_of(stay.seconds)] += 1
    seconds = "stay_seconds" if measure == "stays" else "cut_seconds"
    return [
        Figure(target, measure, "all", float(len(stays))),
        Figure(target, seconds, "all", sum(stay.seconds for stay in stays)),
        *(Figure(target, measure, name, float(count)) for name, count in by.items()),
    ]
