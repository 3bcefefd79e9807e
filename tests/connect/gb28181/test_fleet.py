"""The signalling process and a virtual fleet of both editions, over both transports: everything that can be asked."""

import asyncio
from datetime import UTC, datetime

from commonsight.connect.gb28181 import control, queries, subscriptions
from commonsight.connect.gb28181.control import Order
from commonsight.connect.gb28181.model import Kind
from commonsight.connect.gb28181.subscriptions import Event
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from commonsight.simulate.gb28181.stage import Pace

from .conftest import PATIENCE, file_device, until
from .device import PLATFORM

PACE = Pace(keepalive=2.0, retry=0.5, retry_most=2.0)


async def filed(database, fleet):
    ids = {}
    for who in fleet.identities:
        ids[who.code] = await file_device(database, who.code, password=who.password)
        async with database.write() as session:
            await subscriptions.want(session, ids[who.code], set(Event))
    return ids


async def test_a_mixed_fleet_is_asked_everything(database, start):
    plan = FleetPlan(platforms=2, cameras=6, devices=4, pace=PACE, spread=0.5)
    ids = await filed(database, Fleet(plan, server=PLATFORM, to=("127.0.0.1", 1)))
    platform = await start()
    server, clock = platform.house.server, platform.house.clock
    async with Fleet(plan, server=PLATFORM, to=("127.0.0.1", platform.port)) as fleet:
        assert await fleet.all_registered(PATIENCE)
        devices = {code: platform.house.devices.get(code) for code in ids}
        assert all(device.online for device in devices.values())
        assert {device.transport for device in devices.values()} == {"udp", "tcp"}
        assert {device.version for device in devices.values()} == {"2.0", "3.0"}
        for party in fleet.parties:
            device = devices[party.who.code]
            assert (device.kind is Kind.PLATFORM) == (party.who.role == "platform")
            assert (await queries.device_info(server, device)).manufacturer
            status = await queries.device_status(server, device, clock, "Asia/Shanghai")
            assert abs(status.clock_difference) < 60
            channel = party.catalogue.code(len(party.catalogue) - 1)
            span = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 6, tzinfo=UTC))
            found = await queries.records(server, device, channel, *span, "Asia/Shanghai")
            assert found.complete
            assert all(span[0] <= item.end and item.start <= span[1] for item in found.items)
            order = Order.of("preset_set", {"number": 7})
            await server.command(device, control.document(device, channel, server.next_serial(), order))
            assert 7 in [preset.number for preset in await queries.presets(server, device, channel)]

        async def all_subscribed():
            async with database.read() as session:
                states = [one.state for code in ids for one in await subscriptions.of_device(session, ids[code])]
            return set(states) == {"active"}

        await until(all_subscribed)
        before = [device.registered_at for device in platform.house.devices]
        await asyncio.sleep(2 * PACE.keepalive)
        assert [device.registered_at for device in platform.house.devices] == before  # nobody had to come again


async def test_datagrams_that_get_lost_cost_nothing_but_time(database, start):
    plan = FleetPlan(
        platforms=2, cameras=4, transport="udp", pace=PACE, spread=0.2, faults=Faults(drop=0.15, doubling=0.2)
    )
    ids = await filed(database, Fleet(plan, server=PLATFORM, to=("127.0.0.1", 1)))
    platform = await start()
    async with Fleet(plan, server=PLATFORM, to=("127.0.0.1", platform.port)) as fleet:
        assert await fleet.all_registered(PATIENCE)
        for code in ids:
            device = platform.house.devices.get(code)
            assert (await queries.device_info(platform.house.server, device)).manufacturer
        assert all(device.online for device in platform.house.devices)
