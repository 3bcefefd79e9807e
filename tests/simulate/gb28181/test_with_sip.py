"""The virtual fleet against the platform's own signalling process, through real sockets and a real database."""

import asyncio

import pytest
from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import service
from commonsight.processes import demo_world
from commonsight.settings import Region, Settings, Simulate, Sip, Zone
from commonsight.simulate.demo import gb_plan_of
from commonsight.simulate.gb28181.fleet import Fleet, own_address


@pytest.fixture
async def settings(tmp_path, unused_tcp_port, monkeypatch):
    monkeypatch.setattr(secrets, "_installed", None)
    return Settings(
        data_dir=tmp_path,
        region=Region(code="45"),
        simulate=Simulate(cameras=0),
        sip=Sip(zones=[Zone(port=unused_tcp_port)]),
    )


@pytest.fixture
async def sip(settings, database):
    stop = asyncio.Event()
    serving = asyncio.create_task(service.serve(settings, database, SystemClock(), "sip", stop))
    yield serving
    stop.set()
    await asyncio.wait_for(serving, 20)


async def online(database):
    async with database.read() as session:
        found = await session.execute(text("SELECT code FROM gb_devices WHERE online"))
        return {row.code for row in found}


async def until_online(database, codes, sip):
    async with asyncio.timeout(60):
        while await online(database) != codes:
            assert not sip.done(), sip.exception()
            await asyncio.sleep(0.1)


async def test_the_demo_fleet_registers_with_the_passwords_it_was_seeded_with(settings, database, sip):
    plan = gb_plan_of(settings)
    assert await demo_world.add_accounts(settings, database) == 8
    assert await demo_world.add_accounts(settings, database) == 0
    async with database.read() as session:
        quirks = [row.quirks for row in await session.execute(text("SELECT quirks FROM gb_devices ORDER BY code"))]
    assert {} in quirks
    assert any(quirks)
    async with Fleet(plan, server=settings.sip.id, to=own_address(settings)) as fleet:
        assert await fleet.all_registered(60)
        assert fleet.tally.flaps == 0
        await until_online(database, {who.code for who in fleet.identities}, sip)
        fleet.storm()
        async with asyncio.timeout(60):
            while fleet.tally.registrations < 16:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert fleet.tally.flaps == 0
        await fleet.close(unregister=True)
    await until_online(database, set(), sip)
