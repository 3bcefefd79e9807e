"""Somebody where nobody may be: zone, hours, how deep inside, and proof that it is somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.people.persons import PERSON, Bools, Border, key_of
from commonsight.analyze.scenes.people.stays import Stays, StaySettings, boxes
from commonsight.analyze.track import Tracks

LOOKS: Final = 3
"""Least pictures somebody must have been found in."""
MOVED: Final = 0.3
"""Least way since first seen, in box sizes: posts and posters that look like people never move."""
UPRIGHT: Final = 0.95
"""Least height of a person's box over its width: below it is a dog, a bush, a shadow."""
TALL: Final = (0.8, 2.6)
"""Heights of people, m, where a ground gives the scale."""
NEAR: Final = 2.0
"""Somebody this near outside (m) is reason to look closer."""
EDGE: Final = 0.01
"""A box this near to the picture's edge (share) may be cut: its shape says nothing."""


@dataclass(slots=True)
class _Believed:
    """What speaks for one track being somebody."""

    looks: int = 0
    score: float = 0.0
    moved: float = 0.0
    shaped: int = 0


@dataclass(slots=True)
class Credibility:
    """Tells people and vehicles from what a detector takes for them: weak, motionless or oddly shaped tracks.

    score: least mean score.
    """

    score: float
    _known: dict[tuple[int, float], _Believed] = field(default_factory=dict)

    def take(self, look: Look, scale: Sequence[float] | None) -> Bools:
        """Rows of the picture's tracks that are somebody. `scale`: m a pixel sideways at each one's feet, if known."""
        tracks = look.tracks
        credible = np.zeros(len(tracks), dtype=bool)
        alive = set()
        for row in range(len(tracks)):
            key = key_of(tracks, row)
            alive.add(key)
            known = self._known.setdefault(key, _Believed())
            if tracks.seen[row]:
                known.looks += 1
                known.score += float(tracks.score[row])
                known.moved = max(known.moved, float(tracks.path[row] / max(tracks.size[row], 1.0)))
                known.shaped += self._shape(tracks, row, look.size, None if scale is None else scale[row])
            credible[row] = (
                tracks.believed[row]
                and known.looks >= LOOKS
                and known.score >= self.score * known.looks
                and known.moved >= MOVED
                and known.shaped * 2 > known.looks
            )
        for gone in [key for key in self._known if key not in alive]:
            del self._known[gone]
        return credible

    def _shape(self, tracks: Tracks, row: int, size: tuple[int, int], scale: float | None) -> bool:
        if tracks.kind[row] != PERSON:
            return True
        x0, y0, x1, y1 = tracks.box[row]
        if x0 < EDGE * size[0] or x1 > (1 - EDGE) * size[0] or y0 < EDGE * size[1] or y1 > (1 - EDGE) * size[1]:
            return True
        tall = (y1 - y0) * scale if scale is not None and np.isfinite(scale) else 1.7
        return bool(y1 - y0 >= UPRIGHT * (x1 - x0) and TALL[0] <= tall <= TALL[1])


class Intrusion:
    """The scene `intrusion`."""

    card = packaged("intrusion")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._zone = ZoneInfo(setup.zone)
        self._size = (0, 0)
        self._stays: list[Stays] = []
        self._clear: list[float] = []
        self._credible = Credibility(setup.settings["score"])
        self._lasting = Lasting()

    def see(self, look: Look) -> Seen:
        """Who is inside now, in hours in which nobody may be."""
        settings = self._setup.settings
        if look.size != self._size:
            self._size = look.size
            stay = StaySettings(settings["depth"], settings["seconds"], 4.0)
            borders = (Border(zone.polygon, look.size, self._setup.ground) for zone in self._setup.zones)
            self._stays = [Stays(border, look.size, stay) for border in borders]
            self._clear = [0.0] * len(self._stays)
        if not forbidden(look.at.astimezone(self._zone), settings["from"], settings["until"]):
            return Seen((), self._lasting.end_all(look.at))
        tracks = look.tracks
        credible = self._credible.take(look, self._scale(tracks))
        figures: list[Figure] = []
        sightings: list[Sighting] = []
        for place, zone in enumerate(self._setup.zones):
            kinds = np.isin(tracks.kind, [CLASSES.index(name) for name in zone.classes])
            entered = self._stays[place].take(tracks, look.time, credible & kinds).entered
            inside = len(self._stays[place].present())
            figures += [
                Figure(zone.id, "intruders", "all", float(len(entered))),
                Figure(zone.id, "intruders_now", "all", float(inside)),
            ]
            sightings += self._judge(place, zone.id, look)
        return Seen(figures, sightings, self._near(tracks))

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Nobody looks any more."""
        return self._lasting.end_all(at)

    def _judge(self, place: int, zone: str, look: Look) -> list[Sighting]:
        """One incident a zone, however many come and go: it ends when nobody has been inside for a while."""
        present = self._stays[place].present()
        if not present:
            self._clear[place] += look.elapsed
            if self._clear[place] < self._setup.settings["clear"]:
                return []
            return self._lasting.end(zone, look.at)
        self._clear[place] = 0.0
        score = max(stay.score for stay in present)
        detail = {"intruders_now": len(present), "depth": round(max(stay.depth for stay in present), 1)}
        return self._lasting.hold(zone, "intrusion", zone, look.at, score, boxes(present), detail)

    def _near(self, tracks: Tracks) -> bool:
        """Is anything that could be somebody inside, or about to be?"""
        height = tracks.xyxy[:, 3] - tracks.xyxy[:, 1]
        return any(bool((stays.border.depth(tracks.at, height) > -NEAR).any()) for stays in self._stays)

    def _scale(self, tracks: Tracks) -> list[float] | None:
        """Metres a pixel, sideways, at each track's feet: a person's height by the ground, at cameras' usual tilt."""
        if self._setup.ground is None or not len(tracks):
            return None
        half = np.maximum((tracks.xyxy[:, 2] - tracks.xyxy[:, 0]) / 2, 1.0)
        size = np.array(self._size, dtype=np.float64)
        aside = np.stack([half, np.zeros_like(half)], axis=1)
        left = self._setup.ground.metres((tracks.at - aside) / size)
        right = self._setup.ground.metres((tracks.at + aside) / size)
        return [float(v) for v in np.hypot(*(right - left).T) / (2 * half)]


def forbidden(local: datetime, begin: float, end: float) -> bool:
    """Is this a time at which nobody may be inside? Hours of the day, over midnight too; the same twice: always."""
    hour = local.hour + local.minute / 60 + local.second / 3600
    if begin % 24 == end % 24:
        return True
    return begin <= hour < end if begin < end else hour >= begin or hour < end
