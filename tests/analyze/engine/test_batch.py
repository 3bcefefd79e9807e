"""Pictures of several cameras through the network together."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from commonsight.analyze.engine.batch import Batches, worthwhile
from commonsight.vision.model import Detections
from tests.analyze.world import detections


class Card:
    """A network on a graphics card that is busy until told otherwise."""

    provider, batches = "CUDAExecutionProvider", True

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.free = threading.Event()

    def detect_many(self, pictures: Sequence[Any], score: float | None = None) -> list[Detections]:
        assert self.free.wait(10)
        self.runs.append(list(pictures))
        if -1 in pictures:
            raise ValueError("no picture")
        return [detections([[0, 0, picture, picture]]) for picture in pictures]


async def test_what_waits_while_the_network_is_busy_goes_together() -> None:
    card = Card()
    with ThreadPoolExecutor(1) as thread:
        batches = Batches(thread)
        first = asyncio.create_task(batches.detect(card, 1, 0.3))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        others = [asyncio.create_task(batches.detect(card, number, 0.3)) for number in range(2, 6)]
        await asyncio.sleep(0)
        card.free.set()
        found = await asyncio.wait_for(asyncio.gather(first, *others), 10)
    assert [int(each.xyxy[0, 2]) for each in found] == [1, 2, 3, 4, 5]
    assert card.runs == [[1], [2, 3, 4, 5]]


async def test_a_run_that_fails_tells_everybody_and_the_next_one_goes_on() -> None:
    card = Card()
    card.free.set()
    with ThreadPoolExecutor(1) as thread:
        batches = Batches(thread)
        with pytest.raises(ValueError, match="no picture"):
            await batches.detect(card, -1, 0.3)
        assert len(await batches.detect(card, 7, 0.3)) == 1


def test_on_a_processor_nothing_is_gained() -> None:
    card = Card()
    assert worthwhile(card)
    card.provider = "CPUExecutionProvider"
    assert not worthwhile(card)
    assert not worthwhile(object())
