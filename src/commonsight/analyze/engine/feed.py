"""From packets to pictures: read, decode and look, side by side, each with a bounded hand-over."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, Final, Protocol

from prometheus_client import REGISTRY, Counter

from commonsight.analyze.engine.meter import Meter
from commonsight.analyze.engine.pace import Depth, Pace
from commonsight.analyze.engine.plan import Closeness, Plan
from commonsight.analyze.scenes.model import Decoding
from commonsight.clock import Clock
from commonsight.connect.model import AccessUnit, Codec, StreamInfo
from commonsight.vision.decode import Decoder, Frame, Skipped

TICKS: Final = 90_000
REPEATED_SECONDS: Final = 60.0
"""A picture at most this much older than the last one is the same stream sent again, not another one."""
UNITS_MOST: Final = 120
"""Access units waiting to be decoded; beyond it all up to the newest keyframe are dropped."""
_SKIPPED: Final[dict[Decoding, Skipped]] = {
    Decoding.KEYFRAMES: "nokey",
    Decoding.REFERENCE: "noref",
    Decoding.FULL: "none",
}
PLAN_SECONDS: Final = 0.5
"""How closely the camera is looked at is asked this often."""

FRAMES = Counter("commonsight_see_frames", "Frames looked at")
DROPPED = Counter("commonsight_see_units_dropped", "Access units not decoded because analysis was behind")
SPARED = Counter("commonsight_see_units_spared", "Access units not decoded because nobody needed their pictures")


def totals() -> dict[str, int]:
    """What this process has done since it was started, for its heartbeat."""
    names = {"looks": "frames", "dropped": "units_dropped", "spared": "units_spared"}
    return {key: int(REGISTRY.get_sample_value(f"commonsight_see_{name}_total") or 0) for key, name in names.items()}


class Stream(Protocol):
    """What this module needs of `media.client.PacketStream`."""

    info: StreamInfo

    def __aiter__(self) -> AsyncIterator[AccessUnit]: ...
    async def want(self, *, keyframes: bool) -> None:
        """Ask the node for keyframes only, or for everything again."""
        ...

    async def boxes(self, pts: int, boxes: Any, lines: Any = ()) -> None:
        """Show viewers what is in the picture at `pts`."""
        ...


class Feed:
    """Brings the pictures of one open stream to `look`, as many and as deeply decoded as the plan says.

    Args:
        look: takes in one picture; the next is the newest one when it returns.
        decoding: where decoding happens.
    """

    def __init__(
        self,
        stream: Stream,
        plan: Plan,
        meter: Meter,
        clock: Clock,
        decoding: Executor,
        look: Callable[[Frame], Awaitable[None]],
    ) -> None:
        self._stream, self._plan, self._meter, self._clock = stream, plan, meter, clock
        self._executor, self._look_at = decoding, look
        self._units: deque[AccessUnit] = deque()
        self._more, self._newest = asyncio.Event(), asyncio.Event()
        self._slot: list[Frame] = []
        self._now = plan.closeness(clock.monotonic())
        self._keyframes = False

    async def run(self) -> None:
        """Go on until the stream ends or fails; it raises what the stream raised."""
        steps = [asyncio.create_task(step()) for step in (self._read, self._decode, self._look, self._steer)]
        try:
            done, _ = await asyncio.wait(steps, return_when=asyncio.FIRST_COMPLETED)
            for step in done:
                step.result()
        finally:
            for step in steps:
                step.cancel()
            await asyncio.gather(*steps, return_exceptions=True)

    async def _steer(self) -> None:
        """Keep to the plan; what nobody decodes is not even sent."""
        while not self._plan.off:
            self._now = self._plan.closeness(self._clock.monotonic())
            keyframes = self._now.decoding is Decoding.KEYFRAMES
            if keyframes is not self._keyframes:
                self._keyframes = keyframes
                await self._stream.want(keyframes=keyframes)
            await self._clock.sleep(PLAN_SECONDS)

    async def _read(self) -> None:
        """Never lets the node wait: what cannot be decoded in time is dropped up to the newest keyframe."""
        units, skipping = self._units, True
        async for unit in self._stream:
            if len(units) >= UNITS_MOST:
                keyframes = [place for place, waiting in enumerate(units) if waiting.keyframe]
                dropped = keyframes[-1] if keyframes and keyframes[-1] > 0 else len(units)
                for _ in range(dropped):
                    units.popleft()
                DROPPED.inc(dropped)
                skipping = not units
            if skipping and not unit.keyframe:
                DROPPED.inc()
                continue
            skipping = False
            units.append(unit)
            self._more.set()

    async def _decode(self) -> None:
        loop = asyncio.get_running_loop()
        taster = Taster(self._stream.info.codec)
        while True:
            await self._more.wait()
            if not self._units:
                self._more.clear()
                continue
            unit = self._units.popleft()
            if self._stream.info.codec != taster.codec:
                taster = Taster(self._stream.info.codec)
            if not taster.needs(unit, self._now):
                SPARED.inc()
                continue
            frames, cpu = await loop.run_in_executor(self._executor, taster.feed, unit)
            self._meter.decoded(self._clock.monotonic(), cpu)
            if frames:
                self._slot[:] = [frames[-1]]
                self._newest.set()

    async def _look(self) -> None:
        """Looks at the newest picture; one that was overtaken while another camera was looked at is left out."""
        while True:
            await self._newest.wait()
            self._newest.clear()
            await self._look_at(self._slot.pop())
            FRAMES.inc()


class Taster:
    """Decodes of one stream what is needed to have a picture as often as asked, and no more.

    Args:
        codec: of the stream.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self._decoder = Decoder(codec.value)
        self._pace = Pace(1.0)
        self._depth = Depth()
        self._decoding = Decoding.FULL
        self._broken = False
        """Whether the pictures before the next keyframe cannot be decoded: what they refer to was left out."""
        self._last: int | None = None

    def needs(self, unit: AccessUnit, asked: Closeness) -> bool:
        """Whether a unit has to be decoded at all."""
        self._pace.every = asked.every
        self._decoding = self._depth.decoding(asked.decoding, asked.every)
        if self.codec is not Codec.JPEG and self._decoding is not Decoding.KEYFRAMES:
            self._broken = self._broken and not unit.keyframe
            return not self._broken
        # Each picture stands for itself: those between the looks are not decoded.
        wanted = unit.keyframe and not self._old(unit.pts) and self._pace.wants(unit.pts / TICKS)
        self._broken = not wanted if unit.keyframe else True
        return wanted

    def feed(self, unit: AccessUnit) -> tuple[list[Frame], float]:
        """The pictures to look at that came of this unit, and the seconds of a core it took."""
        began = time.thread_time()
        self._decoder.skip(_SKIPPED[self._decoding])
        alone = self.codec is Codec.JPEG or self._decoding is Decoding.KEYFRAMES
        frames = self._decoder.feed(unit.data, unit.pts)
        if alone and not frames:
            frames = self._decoder.flush()
            self._broken = True
        taken = []
        for frame in frames:
            if not alone:
                self._depth.came(frame.pts / TICKS, self._decoding)
            if not self._old(frame.pts) and (alone or self._pace.wants(frame.pts / TICKS)):
                taken.append(frame)
        if taken:
            self._last = taken[-1].pts
        return taken, time.thread_time() - began

    def _old(self, pts: int) -> bool:
        """Whether a picture was there before: the node sends the group again when all of it is wanted again."""
        return self._last is not None and 0 <= self._last - pts < REPEATED_SECONDS * TICKS
