"""Pictures of several cameras through the network together: worth it where it does not run on the processor."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeGuard

from commonsight.vision.model import Detections

MOST: Final = 16
"""Pictures in one run."""
PROCESSOR: Final = "CPUExecutionProvider"


class Batching(Protocol):
    """What is needed of `vision.detect.Detector`."""

    @property
    def provider(self) -> str: ...
    @property
    def batches(self) -> bool: ...
    def detect_many(self, pictures: Sequence[Any], score: float | None = None) -> list[Detections]: ...


@dataclass(slots=True)
class _Asked:
    detector: Batching
    picture: Any
    score: float
    found: "asyncio.Future[Detections]"


def worthwhile(detector: object) -> TypeGuard[Batching]:
    """Whether pictures should go through a detector together."""
    return bool(getattr(detector, "batches", False)) and getattr(detector, "provider", PROCESSOR) != PROCESSOR


class Batches:
    """Gathers what waits while the network is busy, and gives it all to the next run: nobody waits for company.

    Bounded by the cameras of the worker: each asks for one picture at a time.

    Args:
        inference: the one thread that uses the detectors.
    """

    def __init__(self, inference: Executor) -> None:
        self._inference = inference
        self._waiting: deque[_Asked] = deque()
        self._running: asyncio.Task[None] | None = None

    async def detect(self, detector: Batching, picture: Any, score: float) -> Detections:
        """What is in a picture; it goes through the network with those of other cameras that wait for the same."""
        asked = _Asked(detector, picture, score, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await asked.found

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            first = self._waiting[0]
            same = [a for a in self._waiting if a.detector is first.detector and a.score == first.score][:MOST]
            self._waiting = deque(a for a in self._waiting if all(a is not taken for taken in same))
            # Who has been cancelled meanwhile wants no answer any more.
            same = [a for a in same if not a.found.done()]
            if not same:
                continue
            pictures = [a.picture for a in same]
            try:
                found = await loop.run_in_executor(self._inference, first.detector.detect_many, pictures, first.score)
            except Exception as error:  # told to each who asked, so that none waits for ever
                for asked in same:
                    if not asked.found.done():
                        asked.found.set_exception(error)
                continue
            for asked, each in zip(same, found, strict=True):
                if not asked.found.done():
                    asked.found.set_result(each)
