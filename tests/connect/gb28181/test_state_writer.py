"""State reaches the database in batches, once, in the right rows, whatever happens in between."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from commonsight.clock import ManualClock
from commonsight.connect.gb28181 import store
from commonsight.connect.gb28181.devices import Devices
from commonsight.connect.gb28181.model import Device
from commonsight.connect.gb28181.state_writer import StateWriter
from commonsight.records.base import uuid7

from .conftest import CODE, file_device

pytestmark = pytest.mark.usefixtures("key")
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def came(device):
    return replace(
        device, online=True, offline_reason=None, zone="local", transport="udp", host="192.0.2.7", port=5060,
        registered_at=NOW, expires_at=NOW, keepalive_at=NOW,
    )  # fmt: skip


async def loaded(database):
    devices = Devices()
    async with database.read() as session:
        devices.load(await store.everything(session, 100))
    return devices, StateWriter(devices, database, ManualClock(NOW))


async def kept(database, code=CODE):
    async with database.read() as session:
        return await store.by_code(session, code)


async def told(database):
    async with database.read() as session:
        found = await session.execute(text("SELECT topic, payload FROM outbox WHERE topic LIKE 'connect.devices%'"))
        return [(row.topic.rpartition("_")[2], row.payload["devices"]) for row in found]


async def test_a_batch_that_could_not_be_written_is_written_later_with_what_has_become_of_it(database, monkeypatch):
    device_id = await file_device(database)
    devices, writer = await loaded(database)
    devices.put(came(devices.get(CODE)))

    async def away(*_):
        raise OperationalError("UPDATE", {}, Exception("gone"))

    with monkeypatch.context() as lost:
        lost.setattr(store, "write_state", away)
        assert not await writer.flush()
    devices.put(replace(devices.get(CODE), port=5070))
    assert await writer.flush()
    assert (await kept(database)).device.port == 5070
    assert await told(database) == [("online", [str(device_id)])]
    devices.put(replace(devices.get(CODE), online=False, offline_reason="unregistered"))
    assert await writer.flush()
    assert await told(database) == [("online", [str(device_id)]), ("offline", [str(device_id)])]


async def test_coming_and_going_between_two_batches_is_no_news(database):
    await file_device(database)
    devices, writer = await loaded(database)
    devices.put(came(devices.get(CODE)))
    devices.put(replace(devices.get(CODE), online=False))
    assert await writer.flush()
    assert await told(database) == []


async def test_signs_of_life_wait_for_the_slow_round(database):
    await file_device(database)
    devices, writer = await loaded(database)
    devices.put(came(devices.get(CODE)))
    await writer.flush()
    later = datetime(2026, 5, 2, tzinfo=UTC)
    devices.put(replace(devices.get(CODE), keepalive_at=later), lazy=True)
    await writer.flush(lazy=False)
    assert (await kept(database)).device.keepalive_at == NOW
    await writer.flush(lazy=True)
    assert (await kept(database)).device.keepalive_at == later
    assert devices.waiting == 0


async def test_a_device_filed_in_the_moment_it_makes_itself_known_is_one_device(database):
    devices, writer = await loaded(database)
    stranger = Device(uuid7(), CODE, CODE, region="450103")
    devices.admit(came(stranger))
    filed = await file_device(database)
    assert await writer.flush()
    assert devices.get(CODE).id == filed
    assert devices.by_id(filed).online
    assert devices.by_id(stranger.id) is None
    found = await kept(database)
    assert (found.device.id, found.device.online, found.device.has_password) == (filed, True, True)


async def test_a_device_that_people_removed_stays_removed(database):
    await file_device(database)
    devices, writer = await loaded(database)
    devices.put(came(devices.get(CODE)))
    async with database.write() as session:
        await store.remove(session, devices.get(CODE))
    assert await writer.flush()
    found = await kept(database)
    assert (found.removed, found.device.online) == (True, False)


async def test_what_people_edit_is_left_alone(database):
    await file_device(database)
    devices, writer = await loaded(database)
    async with database.write() as session:
        await store.update(session, devices.get(CODE), {"name": "新名"})
    devices.put(came(devices.get(CODE)))
    await writer.flush()
    assert ((await kept(database)).device.name, (await kept(database)).device.online) == ("新名", True)
