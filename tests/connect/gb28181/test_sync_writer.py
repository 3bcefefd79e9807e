"""Words on their way to the database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.catalog import intake_syncs
from commonsight.catalog.intake_rules import Word
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import sync_writer
from commonsight.connect.gb28181.devices import Devices, Known
from commonsight.connect.gb28181.model import Device, Kind
from commonsight.connect.gb28181.sync_writer import SyncWriter
from commonsight.records.database import Database

AT = datetime(2026, 7, 1, tzinfo=UTC)
DEVICE = Device(UUID(int=5), "45010000002000000001", "下级平台", Kind.PLATFORM, "4501")


def words(count: int, first: int = 0) -> list[Word]:
    return [
        Word("", str(number), AT, None, {"DeviceID": str(number), "Name": "民\\t族"}) for number in range(first, count)
    ]


async def logged(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(text("SELECT count(*) FROM intake_log"))).scalar_one())


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[SyncWriter]:
    """A running writer and a device on file."""
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO gb_devices (id, code, name, kind, region) VALUES (:id, :code, :name, 'platform', '4501')"
            ),
            {"id": DEVICE.id, "code": DEVICE.code, "name": DEVICE.name},
        )
    devices = Devices()
    devices.load([Known(DEVICE)])
    made = SyncWriter(devices, database.url, SystemClock(), "45")
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_words_stand_in_the_log_before_anything_is_said_of_them(writer: SyncWriter, database: Database) -> None:
    await writer.put(DEVICE.id, words(1))
    await writer.flushed()
    async with database.write() as session:
        sync_id, _ = await intake_syncs.ask(session, DEVICE.id, "asked", AT)
    for number in range(1, 8):
        await writer.put(DEVICE.id, words(number * 700, (number - 1) * 700))
        writer.note(sync_id, {"received": number * 700})
        async with database.read() as session:
            said = (await session.execute(text("SELECT received FROM syncs"))).scalar_one()
        assert said <= await logged(database)
    await writer.flushed()
    async with database.read() as session:
        assert (await session.execute(text("SELECT received FROM syncs"))).scalar_one() == 4_900
        order = (await session.execute(text("SELECT code FROM intake_log ORDER BY id"))).scalars().all()
        fields = (await session.execute(text("SELECT fields FROM intake_log LIMIT 1"))).scalar_one()
        platform = await session.execute(
            text("SELECT p.code FROM intake_sources JOIN platforms AS p ON p.id = platform_id")
        )
        assert platform.scalar_one() == DEVICE.code
    assert order[1:] == [str(number) for number in range(4_900)]
    assert fields["Name"] == "民\\t族"


async def test_whoever_brings_too_much_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_writer, "WAITING_MOST", 10)
    made = SyncWriter(Devices(), database.url, SystemClock(), "45")
    await made.put(DEVICE.id, words(10))
    more = asyncio.create_task(made.put(DEVICE.id, words(1)))
    await asyncio.sleep(0.05)
    assert not more.done()
    assert made.waiting == 10
    running = asyncio.create_task(made.run())
    await more
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await logged(database) == 11  # the end writes what is left


async def test_a_lost_database_loses_nothing(writer: SyncWriter, database: Database) -> None:
    await writer.put(DEVICE.id, words(1))
    await writer.flushed()
    async with database.write() as session:
        sync_id, _ = await intake_syncs.ask(session, DEVICE.id, "asked", AT)
        await session.execute(text("ALTER TABLE intake_log RENAME TO away"))
    await writer.put(DEVICE.id, words(100))
    writer.note(sync_id, {"received": 100})
    await asyncio.sleep(0.5)
    async with database.write() as session:
        await session.execute(text("ALTER TABLE away RENAME TO intake_log"))
    await writer.flushed()
    assert await logged(database) == 101
    async with database.read() as session:
        assert (await session.execute(text("SELECT received FROM syncs"))).scalar_one() == 100
