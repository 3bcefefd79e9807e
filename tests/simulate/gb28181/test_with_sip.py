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
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan, own_address
from commonsight.simulate.gb28181.stage import Pace

PASSWORD = "one for all of them"


@pytest.fixture
async def settings(tmp_path, unused_tcp_port, monkeypatch):
    monkeypatch.setattr(secrets, "_installed", None)
    return Settings(
        data_dir=tmp_path,
        region=Region(code="45"),
        simulate=Simulate(cameras=0),
        sip=Sip(zones=[Zone(port=unused_tcp_port)], password=PASSWORD),
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


async def until_row(database, statement, sip):
    """The first row of a query, once there is one."""
    async with asyncio.timeout(60):
        while True:
            assert not sip.done(), sip.exception()
            async with database.read() as session:
                row = (await session.execute(text(statement))).first()
            if row is not None:
                return row
            await asyncio.sleep(0.1)


@pytest.fixture
async def platforms(settings, sip):
    """Starts a fleet with a password of the whole platform."""
    made = []

    async def start(**fields):
        plan = FleetPlan(**({"platforms": 1, "cameras": 3, "spread": 0, "password": PASSWORD} | fields))
        fleet = Fleet(plan, server=settings.sip.id, to=own_address(settings))
        made.append(fleet)
        await fleet.start()
        return fleet

    yield start
    for fleet in made:
        await fleet.close()


async def test_a_connection_that_breaks_is_offline_at_once(platforms, database, sip):
    fleet = await platforms(transport="tcp", pace=Pace(keepalive=30, retry=30, retry_most=30))
    assert await fleet.all_registered(60)
    code = fleet.parties[0].who.code
    await until_online(database, {code}, sip)
    fleet.parties[0].fall(away=3_600)
    await until_online(database, set(), sip)
    row = await until_row(database, f"SELECT offline_reason FROM gb_devices WHERE code = '{code}'", sip)
    assert row.offline_reason == "connection_lost"


async def test_an_alarm_is_kept_where_it_happened(platforms, database, sip):
    fleet = await platforms(version="2022")
    assert await fleet.all_registered(60)
    party = fleet.parties[0]
    await party.events.alarm(1, priority=1, kind=3)
    row = await until_row(database, "SELECT code, priority, type, lon, lat FROM gb_alarms", sip)
    assert (row.code, row.priority, row.type) == (party.catalogue.code(1), 1, 3)
    item = party.catalogue.camera(1)
    assert (f"{row.lon:.6f}", f"{row.lat:.6f}") == (item["Longitude"], item["Latitude"])


async def test_a_wrong_clock_is_seen(platforms, database, sip):
    fleet = await platforms(version="2016", faults=Faults(clock_offset=-420))
    assert await fleet.all_registered(60)
    statement = "SELECT clock_difference FROM gb_devices WHERE clock_difference IS NOT NULL"
    row = await until_row(database, statement, sip)
    assert -430 < row.clock_difference < -410


async def test_a_wrong_password_stays_outside(platforms, database, sip):
    fleet = await platforms(password="another", pace=Pace(retry=0.2, retry_most=0.2))
    async with asyncio.timeout(60):
        while not fleet.tally.refusals:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert fleet.registered == 0
    assert await online(database) == set()
