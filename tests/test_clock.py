"""The manual clock wakes sleepers when, and only when, their moment has come."""

import asyncio
from datetime import UTC, timedelta

from commonsight.clock import ManualClock, SystemClock


async def test_a_sleeper_wakes_at_its_moment():
    clock = ManualClock()
    started = clock.now()
    sleeper = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    clock.advance(4.9)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(0.1)
    await sleeper
    assert clock.now() - started == timedelta(seconds=5)


async def test_sleeping_for_nothing_does_not_wait():
    await asyncio.wait_for(ManualClock().sleep(0), 1)


def test_the_machines_clock_is_aware_and_monotonic():
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
