"""Which camera of a shard is tried next: fairly among platforms, politely on every link. Pure; time is given.

Cameras queue before their links; platforms take turns, the one with the least under way first. One whose cameras hang
holds no more than its part while others wait, and everything when nobody does.
"""

import heapq
import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from commonsight.inspect.sweeps.limits import EVERYTHING, FAIR_SHARE, SUSPECT_SHARE, Limit, Link, Rules

EXPECTED_BYTES: Final = 600_000
"""What a first try at an unknown camera brings: a second and a half at 3 Mb/s."""


@dataclass(slots=True)
class Item:
    """A camera that is to be tried. `expected`: bytes its last try brought, 0: not known. `excused`: tries that
    failed for what we lack ourselves."""

    position: int
    camera_id: UUID
    platform: UUID | None
    host: str
    failures: int = 0
    expected: int = 0
    excused: int = 0
    links: tuple[str, ...] = field(default=())

    @property
    def size(self) -> int:
        return self.expected or EXPECTED_BYTES


class _Platform:
    """The cameras of one platform, by their innermost link, which take turns."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.in_flight = 0
        self.queues: dict[str, deque[Item]] = {}
        self.turn: deque[str] = deque()

    def add(self, item: Item) -> None:
        link = item.links[-1]
        if link not in self.queues:
            self.queues[link] = deque()
            self.turn.append(link)
        self.queues[link].append(item)


class Schedule:
    """The cameras of one lane's shard."""

    def __init__(self, rules: Rules, items: Iterable[Item], now: float) -> None:
        self._rules = rules
        self._links: dict[str, Link] = {}
        self._shares: Mapping[str, tuple[int, int]] = {}
        self._platforms: dict[str, _Platform] = {}
        self._later: list[tuple[float, int, Item]] = []
        self.waiting = 0
        """Cameras that are to be tried, now or later."""
        for item in items:
            self.add(item, now)

    def add(self, item: Item, now: float, due: float | None = None) -> None:
        """Queue a camera; `due`: not before then."""
        item.links = item.links or self._rules.links(item.platform, item.host)
        self.waiting += 1
        if due is not None and due > now:
            heapq.heappush(self._later, (due, item.position, item))
            return
        for name in item.links:
            if name not in self._links:
                self._links[name] = Link(self._limit(name), now)
        platform = self._platform_of(item)
        if platform not in self._platforms:
            self._platforms[platform] = _Platform(platform)
        self._platforms[platform].add(item)

    def ahead(self, most: int) -> list[UUID]:
        """Cameras whose turn comes soon, as far as that can be told."""
        heads = [queue for platform in self._platforms.values() for queue in platform.queues.values()]
        found: list[UUID] = []
        for depth in range(most):
            before = len(found)
            found.extend(queue[depth].camera_id for queue in heads if depth < len(queue))
            if len(found) >= most or len(found) == before:
                break
        return found[:most]

    @property
    def links(self) -> list[str]:
        """The links there is still something to do on."""
        return sorted(
            {name for item in self._queued() for name in item.links}
            | {name for name, link in self._links.items() if link.in_flight}
        )

    def share(self, shares: Mapping[str, tuple[int, int]], now: float) -> None:
        """Other lanes use some links, too: (how many lanes, our rank) by link."""
        self._shares = shares
        for name, link in self._links.items():
            link.change(self._limit(name), now)

    def change(self, rules: Rules, now: float) -> None:
        """Somebody set other limits."""
        self._rules = rules
        self.share(self._shares, now)

    def next(self, now: float) -> Item | float:
        """The camera to try now, taken out; else the seconds until one may be, infinity when only an end can help."""
        while self._later and self._later[0][0] <= now:
            item = heapq.heappop(self._later)[2]
            self.waiting -= 1
            self.add(item, now)
        soonest = self._later[0][0] - now if self._later else math.inf
        everything = self._links.get(EVERYTHING)
        if everything is None:
            return soonest
        if (wait := everything.wait(now)) > 0:
            return max(soonest, wait) if not self._platforms else wait
        several = len(self._platforms) > 1
        for platform in sorted(self._platforms.values(), key=lambda one: one.in_flight):
            if several and self._holds_enough(platform, everything):
                continue
            found = self._of(platform, now)
            if isinstance(found, Item):
                return found
            soonest = min(soonest, found)
        return soonest

    def start(self, item: Item, now: float) -> None:
        """The try begins."""
        for name in item.links:
            self._links[name].start(item.size, now)
        name = self._platform_of(item)
        self._platforms.setdefault(name, _Platform(name)).in_flight += 1

    def end(self, item: Item, received: int, now: float, *, silent: bool) -> None:
        """The try has ended."""
        for name in item.links:
            self._links[name].end(received - item.size, now, silent=silent and name != EVERYTHING)
        item.expected = received or item.expected
        platform = self._platforms[self._platform_of(item)]
        platform.in_flight -= 1
        if not platform.queues and not platform.in_flight:
            del self._platforms[platform.name]

    def _of(self, platform: _Platform, now: float) -> Item | float:
        """The next camera of a platform: its links take turns."""
        soonest = math.inf
        for _ in range(len(platform.turn)):
            link = platform.turn[0]
            queue = platform.queues[link]
            wait = max(self._links[name].wait(now) for name in queue[0].links)
            if wait > 0:
                soonest = min(soonest, wait)
                platform.turn.rotate(-1)
                continue
            item = queue.popleft()
            self.waiting -= 1
            if queue:
                platform.turn.rotate(-1)
            else:
                platform.turn.popleft()
                del platform.queues[link]
            return item
        return soonest

    def _holds_enough(self, platform: _Platform, everything: Link) -> bool:
        """Whether a platform must leave the rest to others that wait."""
        most = everything.limit.concurrency
        others = any(one is not platform and one.queues for one in self._platforms.values())
        if not most or not others:
            return False
        link = self._links.get(platform.name)
        part = SUSPECT_SHARE if link is not None and link.suspect else FAIR_SHARE
        return platform.in_flight >= max(1, most // part)

    def _platform_of(self, item: Item) -> str:
        """Cameras of no platform count by their network."""
        return item.links[1]

    def _limit(self, name: str) -> Limit:
        lanes, rank = self._shares.get(name, (1, 0))
        return self._rules.limit(name).share(lanes, rank)

    def _queued(self) -> Iterable[Item]:
        for platform in self._platforms.values():
            for queue in platform.queues.values():
                yield queue[0]
        for _, _, item in self._later:
            yield item
