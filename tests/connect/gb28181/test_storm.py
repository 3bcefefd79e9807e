"""A storm of registrations, and the signalling process killed in the middle of it: state afterwards is right."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.connect.gb28181.state_writer import BATCHES, ROWS
from commonsight.records.base import uuid7
from tests.ports import free_port

from .conftest import until
from .device import TestDevice

DEVICES = 150
CODES = [f"45010300001110{n:06}" for n in range(1, DEVICES + 1)]


async def file_devices(database):
    sealed = secrets.installed().seal("secret-1")
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO gb_devices (id, code, name, kind, region, secret) SELECT unnest(CAST(:ids AS uuid[])), "
                "unnest(CAST(:codes AS text[])), unnest(CAST(:codes AS text[])), 'device', '450103', :sealed"
            ),
            {"ids": [uuid7() for _ in CODES], "codes": CODES, "sealed": sealed},
        )


async def online(database):
    async with database.read() as session:
        found = await session.execute(text("SELECT code FROM gb_devices WHERE online"))
        return set(found.scalars())


async def test_a_storm_is_a_few_transactions_and_nothing_flaps(database, start):
    platform_batches, platform_rows = BATCHES._value.get(), ROWS._value.get()
    await file_devices(database)
    platform = await start()
    devices = [await platform.device(code) for code in CODES]
    answers = await asyncio.gather(*(device.register() for device in devices))
    assert {answer.status for answer in answers} == {200}

    async def all_told():
        return await online(database) == set(CODES)

    await until(all_told)
    told = ROWS._value.get() - platform_rows
    batches = BATCHES._value.get() - platform_batches
    assert told >= DEVICES
    assert batches < told / 3
    async with database.read() as session:
        flapped = await session.execute(text("SELECT count(*) FROM outbox WHERE topic = 'connect.devices_offline'"))
        named = await session.execute(
            text("SELECT coalesce(sum(jsonb_array_length(payload -> 'devices')), 0) FROM outbox "
                 "WHERE topic = 'connect.devices_online'")
        )  # fmt: skip
        assert flapped.scalar_one() == 0
        assert named.scalar_one() == DEVICES


async def test_datagrams_that_wait_are_taken_together(start):
    """A round of the loop takes milliseconds in a storm; one datagram a round would be answered after its repeats."""
    platform = await start()
    server, handled = platform.house.server, []
    take = server.on_request

    async def count(request, transaction):
        handled.append(request)
        await take(request, transaction)

    server.on_request = count
    senders = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(4)]
    try:
        for number, sender in enumerate(senders):
            for each in range(50):
                options = TestDevice(CODES[number], platform.port).request("OPTIONS", "sip:x@4500000000")
                options.headers.set("Call-ID", f"{number}-{each}")
                options.headers.set("Via", f"SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK{number}-{each}")
                sender.sendto(options.encode(), ("127.0.0.1", platform.port))
        for _ in range(60):
            await asyncio.sleep(0)
        assert len(handled) == 200
    finally:
        for sender in senders:
            sender.close()


class Process:
    """The signalling process as the supervisor runs it."""

    def __init__(self, database_url: str, data_dir: Path, port: int) -> None:
        self.log = data_dir / "sip.log"
        self._environment = os.environ | {
            "COMMONSIGHT_DATABASE__URL": database_url,
            "COMMONSIGHT_DATA_DIR": str(data_dir),
            "COMMONSIGHT_SIP__ZONES": f'[{{"name": "local", "port": {port}}}]',
            "COMMONSIGHT_SUPERVISED": "1",
        }
        self.child: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "commonsight.processes.sip", "--name", "sip"],
                env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()


async def answered(device):
    """Keepalive, once somebody listens again."""
    while True:
        try:
            return (await device.keepalive()).status
        except TimeoutError:
            continue


@pytest.mark.usefixtures("key")
async def test_killed_in_a_storm_it_knows_afterwards_who_is_here(database, database_url, tmp_path):
    await file_devices(database)
    port = free_port()
    process = Process(database_url, tmp_path, port)
    devices = {code: await TestDevice(code, port).open() for code in CODES}
    registered: set[str] = set()

    async def register(code):
        if (await devices[code].register()).status == 200:
            registered.add(code)

    comers, missing = CODES[:-30], set(CODES[-30:])  # the last thirty come after the kill only
    storm = []
    try:
        process.begin()
        storm = [asyncio.create_task(register(code)) for code in comers[:40]]
        await asyncio.gather(*storm)  # these have all been answered …

        async def told():
            return await online(database) >= set(comers[:40])

        await until(told)  # … and written
        storm = [asyncio.create_task(register(code)) for code in comers[40:]]
        await until(lambda: len(registered) > 60)
        process.kill()
        for task in storm:
            task.cancel()
        await asyncio.gather(*storm, return_exceptions=True)

        before = await online(database)
        assert set(comers[:40]) <= before <= set(comers)
        process.begin()
        statuses = dict(zip(comers, await asyncio.gather(*(answered(devices[code]) for code in comers)), strict=True))
        # Whoever is on record is here by one keepalive; who is not must register, and is told so.
        assert {code for code, status in statuses.items() if status == 200} == before
        assert {status for code, status in statuses.items() if code not in before} <= {403}

        async def as_before():
            return await online(database) == before

        await until(as_before)
        late = [code for code in CODES if code not in before]
        await asyncio.gather(*(register(code) for code in late))
        assert missing <= registered

        async def everybody():
            return await online(database) == set(CODES)

        await until(everybody)
    finally:
        process.kill()
        for task in storm:
            task.cancel()
        for device in devices.values():
            await device.close()
