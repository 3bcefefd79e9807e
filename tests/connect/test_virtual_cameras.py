"""Our client against our own virtual cameras: every fault of the fleet is told apart, as inspection will need it."""

import asyncio

import pytest

from commonsight.clock import SystemClock
from commonsight.connect import service
from commonsight.connect.model import Address, Codec, SourceCode, SourceError
from commonsight.simulate import rtsp_server
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fault, Fleet, Mix
from commonsight.simulate.reel import access_units, broken, load

COUNT = 400


@pytest.fixture
async def city(streams):
    stream = streams[Codec.H264]
    made = City(Fleet(3, COUNT, port=0, dead_port=0, mix=Mix(0.15, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1)), SystemClock())
    made.show(
        load("street", stream, Codec.H264, 10),
        broken(load("street", stream, Codec.H264, 10), access_units(Codec.H264, stream)),
    )
    await made.start()
    yield made
    await made.close()


def address(city, fault):
    return Address.from_url(city.fleet.address(next(i for i in range(COUNT) if city.fleet.fault(i) is fault)))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.REFUSED, SourceCode.REFUSED),
        (Fault.HUNG, SourceCode.TIMEOUT),
        (Fault.MISSING, SourceCode.NOT_FOUND),
        (Fault.UNAUTHORIZED, SourceCode.UNAUTHORIZED),
        (Fault.NO_VIDEO, SourceCode.NO_VIDEO),
    ],
)
async def test_a_fault_has_its_code(city, fault, code):
    with pytest.raises(SourceError) as caught:
        await service.open(address(city, fault), timeout=0.5 if code in {"timeout", "no_video"} else 5)
    assert caught.value.code is code


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.SLOW, Fault.BROKEN])
async def test_what_plays_is_played_through_the_seam_of_the_loop(city, fault, monkeypatch):
    """A broken camera is whole on the wire: only a decoder finds it out."""
    monkeypatch.setattr(rtsp_server, "SLOW_SECONDS", 0.1)
    session = await service.open(address(city, fault), timeout=15)
    times = []
    async for unit in session:
        times.append(unit.pts)
        if len(times) == 25:
            break
    await session.close()
    assert times == [9000 * i for i in range(25)]
    assert (session.info.width, session.info.height) == (320, 180)
    assert (session.counters.packets_lost, session.counters.units_broken) == (0, 0)


async def test_many_readers_at_once(city):
    async def one():
        session = await service.open(address(city, Fault.NONE))
        count = 0
        async for _ in session:
            count += 1
            if count == 15:
                break
        await session.close()
        return session.counters.packets_lost

    assert await asyncio.gather(*(one() for _ in range(60))) == [0] * 60
    await asyncio.sleep(0.05)
    assert city.server.playing == 0
