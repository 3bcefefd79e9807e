"""What people want to be told is asked of devices, renewed in its dialog, and asked anew when a device forgot it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import subscriptions
from commonsight.connect.gb28181.subscriptions import Event, Subscriptions
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.sip import parse_name_addr
from commonsight.problem import Refusal
from commonsight.settings import Zone

from .conftest import CODE, file_device, until
from .device import TestDevice


async def want(database, device_id, *events):
    async with database.write() as session:
        await subscriptions.want(session, device_id, set(events))


async def state(database, device_id):
    async with database.read() as session:
        return {one.event: one for one in await subscriptions.of_device(session, device_id)}


def asked(device):
    return [request for request in device.heard if request.method == "SUBSCRIBE"]


async def make_due(database):
    """As if most of the granted time had passed."""
    async with database.write() as session:
        await session.execute(
            text("UPDATE gb_subscriptions SET renewed_at = renewed_at - :age, expires_at = expires_at - :age"),
            {"age": timedelta(seconds=3_000)},
        )


async def test_every_wish_becomes_a_subscription_in_its_own_words(database, start):
    device_id = await file_device(database)
    await want(database, device_id, Event.CATALOG, Event.ALARM, Event.POSITION)
    platform = await start()
    device = await platform.device()
    await device.register()

    async def active():
        return {one.state for one in (await state(database, device_id)).values()} == {"active"}

    await until(active)
    by_command = {manscdp.decode(request.body).command: request for request in asked(device)}
    assert set(by_command) == {"Catalog", "Alarm", "MobilePosition"}
    assert by_command["Catalog"].headers.get("Event").startswith("Catalog;id=")
    assert by_command["Alarm"].headers.get("Event") == "presence"
    assert manscdp.decode(by_command["MobilePosition"].body).root.findtext("Interval") == "5"
    assert all(request.headers.get("Contact") for request in by_command.values())


async def test_a_subscription_is_renewed_in_its_dialog_and_asked_anew_where_that_is_gone(database, start):
    device_id = await file_device(database)
    await want(database, device_id, Event.CATALOG)
    platform = await start()
    device = await platform.device()
    await device.register()
    await until(lambda: asked(device))

    async def renewed():
        found = (await state(database, device_id))[Event.CATALOG]
        return found.state == "active" and found.expires_at > SystemClock().now() + timedelta(seconds=3_000)

    await until(renewed)
    await make_due(database)
    await until(lambda: len(asked(device)) == 2)
    first, second = asked(device)
    assert first.headers.get("Call-ID") == second.headers.get("Call-ID")
    assert parse_name_addr(second.headers.get("To")).tag
    await until(renewed)
    device.refuse["SUBSCRIBE"] = 481
    await make_due(database)
    await until(lambda: len(asked(device)) == 4)
    assert asked(device)[2].headers.get("Call-ID") == first.headers.get("Call-ID")
    assert asked(device)[3].headers.get("Call-ID") != first.headers.get("Call-ID")

    async def told():
        found = (await state(database, device_id))[Event.CATALOG]
        return found.failures == 1 and found

    assert "481" in (await until(told)).error


async def test_a_device_that_comes_back_is_asked_again(database, start):
    device_id = await file_device(database)
    await want(database, device_id, Event.ALARM)
    platform = await start()
    device = await platform.device()
    await device.register()
    await until(lambda: asked(device))
    await device.register(expires=0)
    await device.register()
    await until(lambda: len(asked(device)) == 2)
    assert asked(device)[0].headers.get("Call-ID") != asked(device)[1].headers.get("Call-ID")


async def test_devices_that_are_not_here_are_left_alone(database, start):
    device_id = await file_device(database)
    await want(database, device_id, Event.ALARM)
    platform = await start()
    loop = Subscriptions(platform.house.server, database, SystemClock())
    await loop.look()
    await loop.settle()
    assert (await state(database, device_id))[Event.ALARM].state == "waiting"


async def test_a_changed_wish_is_followed(database, start):
    device_id = await file_device(database)
    await want(database, device_id, Event.ALARM, Event.CATALOG)
    await want(database, device_id, Event.CATALOG)
    assert set(await state(database, device_id)) == {Event.CATALOG}


async def test_each_network_is_told_the_address_it_can_reach(database, start):
    device_id = await file_device(database)
    await want(database, device_id, Event.ALARM)
    platform = await start(zones=[Zone(port=0), Zone(name="extranet", port=0, advertised="198.51.100.7:5070")])
    device = await TestDevice(CODE, platform.house.server.endpoint.ports["extranet"]).open()
    platform.devices.append(device)
    await device.register()
    await until(lambda: asked(device))
    assert platform.known().zone == "extranet"
    assert "@198.51.100.7:5070" in asked(device)[0].headers.get("Contact")
    assert "198.51.100.7:5070" in asked(device)[0].headers.get("Via")


async def test_a_device_of_a_network_that_is_gone_is_called_unreachable(database, start):
    await file_device(database)
    platform = await start()
    device = await platform.device()
    await device.register()
    platform.house.devices.put(replace(platform.known(), zone="gone"))
    with pytest.raises(Refusal, match=r"connect\.gb_unreachable"):
        platform.house.server.reach(platform.known())
