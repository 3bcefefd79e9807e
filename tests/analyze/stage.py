"""A camera that plays made footage, a detector that sees a car on every lap, and a worker to watch them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from commonsight.analyze.engine.feed import Stream
from commonsight.analyze.look import Scenes
from commonsight.analyze.model import Analysis
from commonsight.analyze.see import Worker
from commonsight.analyze.watch import Tools
from commonsight.clock import SystemClock
from commonsight.connect.model import AccessUnit, Codec
from commonsight.media.client import StreamEnded
from commonsight.records.database import Database
from commonsight.settings import See, Settings
from commonsight.vision.model import Detections
from tests.analyze.world import detections
from tests.media.conftest import FPS, TICKS, make_footage

LAP = 1.0
"""A car goes from top to bottom once in this many seconds."""


class Footage:
    """Plays the test picture at its own rate, for ever."""

    def __init__(self) -> None:
        self.footage = make_footage(Codec.H264)
        self.info = self.footage.info
        self.shown: list[tuple[int, Any, Any]] = []
        self.keyframes = False
        self.ended = asyncio.Event()

    def __aiter__(self) -> AsyncIterator[AccessUnit]:
        return self._units()

    async def _units(self) -> AsyncIterator[AccessUnit]:
        index = 0
        while not self.ended.is_set():
            yield self.footage.unit(index)
            index += 1
            await asyncio.sleep(1 / FPS)
        raise StreamEnded("source_lost")

    async def want(self, *, keyframes: bool) -> None:
        self.keyframes = keyframes

    async def boxes(self, pts: int, boxes: Any, lines: Any = ()) -> None:
        self.shown.append((pts, boxes, lines))


class Lapping:
    """Sees one car that crosses the middle line once a lap, from the top down, told by the picture's own time."""

    def detect(self, picture: Any, score: float | None = None) -> Detections:
        part = (picture.pts / (TICKS * FPS) / LAP) % 1.0
        if not 0.1 <= part <= 0.9:
            return detections([])
        x, y = 160.0, 240.0 * part
        return detections([[x - 20, y - 30, x + 20, y]])


def settings(**see: Any) -> Settings:
    """Settings of a quick worker."""
    return Settings(see=See(**({"fps": 25, "flush_seconds": 0.2, "lease_seconds": 5} | see)))


class Stage:
    """Workers over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.footage: list[Footage] = []
        self.detector: Callable[[str | None], Any] = lambda _: Lapping()
        self.scenes: Callable[[Analysis], Scenes] | None = None
        self._pools = [ThreadPoolExecutor(1), ThreadPoolExecutor(1)]

    @contextlib.asynccontextmanager
    async def stream(self, camera_id: UUID) -> AsyncIterator[Stream]:
        played = Footage()
        self.footage.append(played)
        yield played

    def worker(self, name: str, **see: Any) -> Worker:
        chosen = settings(**see)
        tools = Tools(
            self.database, SystemClock(), chosen.see, self.stream, lambda m: self.detector(m), *self._pools
        )  # fmt: skip
        if self.scenes is not None:
            tools.scenes = self.scenes
        return Worker(name, tools, chosen)

    @contextlib.asynccontextmanager
    async def working(self, name: str, **see: Any) -> AsyncIterator[Worker]:
        """A worker at work; stops gracefully at the end."""
        worker, stop = self.worker(name, **see), asyncio.Event()
        task = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            await task

    def close(self) -> None:
        for pool in self._pools:
            pool.shutdown()


async def until(met: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until `met` (async) is true, and return what it returned."""
    async with asyncio.timeout(seconds):
        while not (value := await met()):  # noqa: ASYNC110 - what is waited for lies in the database
            await asyncio.sleep(0.05)
        return value
