"""A camera that goes away is opened again: with patience, on one timeline, and not for ever if so told."""

import asyncio

import pytest

from commonsight.clock import SystemClock
from commonsight.connect import service
from commonsight.connect.model import AccessUnit, Address, SourceCode, SourceError
from commonsight.connect.service import LONGEST_WAIT, Opened, Reopening, Waiting

from .peers import Script, reply
from .test_rtsp_open import behave


class HurriedClock(SystemClock):
    """Sleeps a thousandth of what it is asked to, and remembers."""

    def __init__(self):
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(seconds / 1000)


async def events(source, until):
    found = []
    async for event in source:
        found.append(event)
        if until(found):
            break
    await source.close()
    return found


async def test_it_comes_back_on_one_timeline():
    async with Script(behave) as script:
        source = Reopening(Address("rtsp", script.url), clock=HurriedClock(), seed=1)

        def until(found):
            if isinstance(found[-1], AccessUnit) and found[-1].pts == 10_800:
                script.drop()
            return sum(isinstance(e, AccessUnit) for e in found) == 8

        found = await events(source, until)
    kinds = [type(e) for e in found]
    assert kinds == [Opened, *[AccessUnit] * 4, Waiting, Opened, *[AccessUnit] * 4]
    assert found[5].error.code is SourceCode.LOST
    times = [e.pts for e in found if isinstance(e, AccessUnit)]
    assert times == sorted(set(times))
    assert times[5] - times[4] == 3600


async def test_waits_grow_and_the_last_error_ends_it():
    clock = HurriedClock()
    async with Script(lambda r, s: reply(503, "Busy") if r.method == "DESCRIBE" else behave(r, s)) as script:
        source = Reopening(Address("rtsp", script.url), clock=clock, attempts=4, seed=1)
        with pytest.raises(SourceError, match="503"):
            await events(source, lambda found: False)
    assert script.connections == 4
    assert clock.slept == sorted(clock.slept)
    assert [1 <= a <= 2 * 2**i for i, a in enumerate(clock.slept)] == [True] * 3


async def test_same_seed_same_waits():
    async def waits():
        async with Script(lambda r, s: reply(503) if r.method == "DESCRIBE" else behave(r, s)) as script:
            source = Reopening(Address("rtsp", script.url), clock=HurriedClock(), seed=7)
            found = await events(source, lambda found: len(found) == 3)
        return [e.seconds for e in found]

    assert await waits() == await waits()


async def test_a_wrong_password_is_not_tried_again_soon():
    async with Script(lambda r, s: reply(401, WWW_Authenticate='Digest realm="a", nonce="b"')) as script:
        source = Reopening(Address("rtsp", script.url, "a", "b"), clock=HurriedClock(), seed=1)
        (waiting,) = await events(source, lambda found: True)
    assert waiting.error.code is SourceCode.UNAUTHORIZED
    assert waiting.seconds >= LONGEST_WAIT / 2


async def test_closing_ends_the_iteration_quietly():
    async with Script(behave) as script:
        source = Reopening(Address("rtsp", script.url))
        found = []
        async for event in source:
            found.append(event)
            if len(found) == 3:
                await source.close()
        await asyncio.sleep(0.05)
    assert [type(e) for e in found[:3]] == [Opened, AccessUnit, AccessUnit]
    assert script.asked()[-1] == "TEARDOWN"


async def test_open_needs_no_clock():
    async with Script(behave) as script:
        session = await service.open(Address("rtsp", script.url))
        await session.close()
