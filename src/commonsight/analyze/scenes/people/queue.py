"""Queues: how long, how long people wait, how many are served.

Identities break in a queue: people hide each other. So waiting time does not follow single people but the order of
arrival: who is served next is taken to be who came first. What the order and the picture disagree about for some while
is put right by the picture.
"""

from bisect import insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from commonsight.analyze.model import Line
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.people.persons import PERSON, Border
from commonsight.analyze.scenes.people.stays import Stay, Stays, StaySettings, boxes

HEAD: Final = 1.0
"""Who leaves within this many box heights of the counter's line was served."""
RECENT: Final = 10
RECENT_SECONDS: Final = 900.0
"""The waiting time told is the mean of the last `RECENT` served within this time."""
RESYNC_SECONDS: Final = 15.0
"""Order and picture may disagree for this long."""
SERVICE: Final = StaySettings(margin=0.15, enter_seconds=0.6, lost_seconds=8.0)
CALM: Final = 0.7
"""An alarm ends below this share of the length that began it."""


@dataclass(slots=True)
class Order:
    """Who waits, in order of arrival: times only, rising, s."""

    arrived: list[float] = field(default_factory=list)
    served: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=512))
    """(when, after how long), s."""
    _apart: float = 0.0

    def come(self, at: float) -> None:
        """Somebody who arrived at `at` waits now."""
        insort(self.arrived, at)

    def serve(self, at: float) -> float | None:
        """The first is served; how long that one waited, s. None when nobody was known to wait."""
        if not self.arrived:
            return None
        waited = max(at - self.arrived.pop(0), 0.0)
        self.served.append((at, waited))
        return waited

    def give_up(self, arrived: float) -> None:
        """Somebody who arrived then went away unserved."""
        if self.arrived:
            self.arrived.pop(int(np.argmin(np.abs(np.array(self.arrived) - arrived))))

    def agree(self, present: int, now: float, elapsed: float) -> None:
        """The picture shows that many. After `RESYNC_SECONDS` of disagreement it is right: the last come are the
        doubtful ones, for somebody who was lost and found anew had come a second time."""
        if len(self.arrived) == present:
            self._apart = 0.0
            return
        self._apart += elapsed
        if self._apart < RESYNC_SECONDS:
            return
        self._apart = 0.0
        del self.arrived[present:]
        self.arrived += [now] * (present - len(self.arrived))

    def wait(self, now: float) -> float | None:
        """Mean waiting time of those served last, s; None when nobody was lately."""
        recent = [waited for at, waited in list(self.served)[-RECENT:] if now - at <= RECENT_SECONDS]
        return sum(recent) / len(recent) if recent else None

    def hourly(self, now: float, watched: float) -> float:
        """Served an hour, by the last quarter of an hour watched."""
        span = min(max(watched, 60.0), RECENT_SECONDS)
        return sum(now - at <= span for at, _ in self.served) * 3600.0 / span


@dataclass(slots=True)
class _Waiting:
    """One zone's queue: stays that joined, by number, their order, since when it has been long."""

    stays: Stays
    order: Order = field(default_factory=Order)
    joined: dict[int, float] = field(default_factory=dict)
    long: float = 0.0


class Queue:
    """The scene `queue`: each zone is where one queue stands; a line, if there is one, is its counter."""

    card = packaged("queue")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._size = (0, 0)
        self._waiting: list[_Waiting] = []
        self._watched = 0.0
        self._lasting = Lasting()

    def see(self, look: Look) -> Seen:
        """Who joined, who was served, how many wait."""
        if look.size != self._size:
            self._size = look.size
            borders = (Border(zone.polygon, look.size, self._setup.ground) for zone in self._setup.zones)
            self._waiting = [_Waiting(Stays(border, look.size, SERVICE)) for border in borders]
        self._watched += look.elapsed
        tracks = look.tracks
        credible = tracks.believed & (tracks.kind == PERSON)
        figures: list[Figure] = []
        sightings: list[Sighting] = []
        for zone, waiting in zip(self._setup.zones, self._waiting, strict=True):
            changes = waiting.stays.take(tracks, look.time, credible)
            served, gave_up = self._gone(waiting, changes.left, changes.lost)
            present = waiting.stays.present()
            self._join(waiting, present)
            length = sum(stay.number in waiting.joined for stay in present)
            waiting.order.agree(length, look.time, look.elapsed)
            figures += [
                Figure(zone.id, "length", "person", float(length)),
                Figure(zone.id, "length_most", "person", float(length)),
                Figure(zone.id, "served", "person", float(len(served))),
                Figure(zone.id, "wait_seconds", "person", sum(served)),
                Figure(zone.id, "gave_up", "person", float(gave_up)),
                Figure(zone.id, "served_hourly", "person", waiting.order.hourly(look.time, self._watched)),
            ]
            wait = waiting.order.wait(look.time)
            if wait is not None:
                figures.append(Figure(zone.id, "wait", "person", wait))
            sightings += self._judge(zone.id, waiting, present, length, wait, look)
        return Seen(figures, sightings, any(waiting.joined for waiting in self._waiting))

    def leave(self, at: datetime) -> Sequence[Sighting]:
        """Nobody looks any more."""
        return self._lasting.end_all(at)

    def _join(self, waiting: _Waiting, present: Sequence[Stay]) -> None:
        """Who has stood in the zone for a while waits; who only passes through does not."""
        for stay in present:
            if stay.number not in waiting.joined and stay.seconds >= self._setup.settings["join"]:
                waiting.joined[stay.number] = stay.began
                waiting.order.come(stay.began)

    def _gone(self, waiting: _Waiting, left: Sequence[Stay], lost: Sequence[Stay]) -> tuple[list[float], int]:
        served: list[float] = []
        gave_up = 0
        for stay in sorted((*left, *lost), key=lambda each: (each.last, each.number)):
            arrived = waiting.joined.pop(stay.number, None)
            if arrived is None:
                continue
            if self._at_counter(stay):
                waited = waiting.order.serve(stay.last)
                served += [] if waited is None else [waited]
            elif stay in left:
                waiting.order.give_up(arrived)
                gave_up += 1
            # Somebody who vanished in the middle hides behind the others; order and picture will agree again.
        return served, gave_up

    def _at_counter(self, stay: Stay) -> bool:
        lines = self._setup.lines
        if not lines:
            return True
        return any(_away(line, stay, self._size) <= HEAD * stay.height for line in lines)

    def _judge(
        self, zone: str, waiting: _Waiting, present: Sequence[Stay], length: int, wait: float | None, look: Look
    ) -> list[Sighting]:
        most, seconds = self._setup.settings["most"], self._setup.settings["seconds"]
        lasting = zone in self._lasting
        long = length >= (CALM * most if lasting else most)
        if lasting:
            # As long as it took to begin, it takes to end: people come and go.
            waiting.long = 0.0 if long else waiting.long + look.elapsed
            over = waiting.long >= seconds
            waiting.long = 0.0 if over else waiting.long
        else:
            waiting.long = waiting.long + look.elapsed if long else 0.0
            over = waiting.long < seconds
            waiting.long = waiting.long if over else 0.0
        if over:
            return self._lasting.end(zone, look.at)
        there = [stay for stay in present if stay.number in waiting.joined]
        score = float(np.mean([stay.score for stay in there])) if there else 0.0
        detail = {"length": length}
        if wait is not None:
            detail["wait"] = round(wait)
        return self._lasting.hold(zone, "queue_long", zone, look.at, score, boxes(there), detail)


def _away(line: Line, stay: Stay, size: tuple[int, int]) -> float:
    """Pixels from somebody's feet to a line."""
    ends = np.array([line.a, line.b]) * np.array(size, dtype=np.float64)
    along = ends[1] - ends[0]
    part = float(np.clip(np.dot(np.array(stay.at) - ends[0], along) / max(float(along @ along), 1e-9), 0, 1))
    return float(np.hypot(*(ends[0] + part * along - np.array(stay.at))))
