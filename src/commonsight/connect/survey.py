"""Opening a camera only to prove and to measure it: what is taken down on the way to its first keyframe."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from commonsight.connect.model import TICKS_PER_SECOND

LEAST_SECONDS: Final = 0.8
"""A bit rate is stated over no shorter stretch of stream: devices begin with a burst."""
FRAMES_LEAST: Final = 5
"""A frame rate is stated from no fewer steps between pictures."""
STEPS_MOST: Final = 256
_FASTEST, _SLOWEST = 240.0, 0.2


@dataclass(slots=True)
class Survey:
    """Given to an opening, it says: nobody wants to watch. Only keyframes are put together then; of everything else
    size and time are counted and the bytes left where they are.

    `connected`, `answered`: monotonic seconds of the connection and of the first answer in the device's protocol; None
    until then. `first`, `last`: of the first and the latest byte of stream, `bytes` came after the first packet.
    `clock_difference`: seconds, the device's clock minus ours, by the first date it told; whole seconds at best.
    `keyframes`: times of those that began, 90 kHz ticks of the stream's own clock.
    """

    connected: float | None = None
    answered: float | None = None
    first: float | None = None
    last: float | None = None
    bytes: int = 0
    clock_difference: float | None = None
    keyframes: list[int] = field(default_factory=list)
    measured: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a second keyframe has begun: then there is nothing more to learn."""
    _steps: list[int] = field(default_factory=list)
    _stamp: int | None = None

    def heard(self, at: float) -> None:
        """The device answered."""
        if self.answered is None:
            self.answered = at

    def dated(self, told: str, now: datetime) -> None:
        """An answer carried a `Date`; what is no date is passed over."""
        if self.clock_difference is not None or not told:
            return
        try:
            moment = parsedate_to_datetime(told)
        except (ValueError, TypeError, OverflowError):
            return
        if moment.tzinfo is not None:
            self.clock_difference = round((moment - now).total_seconds(), 1)

    def came(self, size: int, at: float) -> None:
        """So many bytes of stream came. What came in the first moment is no measure of a rate."""
        if self.first is None:
            self.first = self.last = at
            return
        self.last = at
        self.bytes += size

    def picture(self, stamp: int, keyframe: bool) -> None:
        """A picture with this time began; 90 kHz ticks, modulo 2**32."""
        if self._stamp is not None and len(self._steps) < STEPS_MOST:
            self._steps.append((stamp - self._stamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000)
        self._stamp = stamp
        if keyframe and len(self.keyframes) < STEPS_MOST:
            self.keyframes.append(stamp)
            if len(self.keyframes) > 1:
                self.measured.set()

    @property
    def kbps(self) -> int | None:
        """Kilobits a second over the stretch that was received; None when that was too short."""
        if self.first is None or self.last is None or self.last - self.first < LEAST_SECONDS:
            return None
        return round(self.bytes * 8 / (self.last - self.first) / 1_000)

    @property
    def fps(self) -> float | None:
        """Pictures a second by their own times, the mean step: reordered pictures step back and forth around it."""
        total = sum(self._steps)
        if len(self._steps) < FRAMES_LEAST or total <= 0:
            return None
        rate = len(self._steps) * TICKS_PER_SECOND / total
        return round(rate, 2) if _SLOWEST <= rate <= _FASTEST else None

    @property
    def keyframe_seconds(self) -> float | None:
        """From one keyframe to the next, by their own times; None when fewer than two were seen."""
        if len(self.keyframes) < 2:
            return None
        step = (self.keyframes[-1] - self.keyframes[-2]) & 0xFFFFFFFF
        seconds = step / TICKS_PER_SECOND
        return round(seconds, 2) if 0 < seconds < 600 else None
