"""Who came online, told on at a pace: a storm of registrations must not be answered by a storm of our own questions.

A device that comes is greeted, subscribed to and asked for its catalogue, which is several times the work of its
registration. While many come at once they are let in first; the rest follows when it has become calm.
"""

from collections.abc import Callable
from typing import Final

from commonsight.connect.gb28181.model import Device

TICK_SECONDS: Final = 1.0
STORM: Final = 10.0
"""More devices a second than this are a storm."""

CALM_PACE: Final = 20.0
STORM_PACE: Final = 1.0
"""Devices a second that are told on, when calm and in a storm: never none, so that no storm keeps anybody waiting for
ever."""

MEMORY: Final = 0.7
"""Part of the measured rate that the next second keeps."""

Here = Callable[[Device], None]
Find = Callable[[str], Device | None]


class Arrivals:
    """Devices that came and have not been told on, in the order they came; one that comes again is told once."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._listeners: list[Here] = []
        self._waiting: dict[str, None] = {}
        self._came = 0
        self._rate = 0.0
        self._budget = CALM_PACE

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def stormy(self) -> bool:
        """Whether more devices come than can be asked anything."""
        return self._rate > STORM

    def listen(self, heard: Here) -> None:
        """Call `heard(device)` for each; it must not wait."""
        self._listeners.append(heard)

    def come(self, code: str) -> None:
        """A device came online."""
        self._came += 1
        self._waiting[code] = None

    def tick(self, seconds: float = TICK_SECONDS) -> int:
        """`seconds` have passed: tell on as many as the pace allows. How many."""
        self._rate = MEMORY * self._rate + (1 - MEMORY) * (self._came / seconds)
        # A storm is known by its first second: waiting for the average would let its head through.
        self._rate = max(self._rate, STORM + 1 if self._came / seconds > 2 * STORM else 0.0)
        self._came = 0
        pace = STORM_PACE if self.stormy else CALM_PACE
        self._budget = min(self._budget + pace * seconds, pace * max(seconds, 1.0))
        told = 0
        while self._waiting and self._budget >= 1:
            code = next(iter(self._waiting))
            del self._waiting[code]
            device = self._find(code)
            if device is None or not device.online:
                continue
            self._budget -= 1
            told += 1
            for heard in self._listeners:
                heard(device)
        return told
