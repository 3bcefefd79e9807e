"""Whole syncs over real SIP: a virtual fleet, the signalling process, the database; and what survives a kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from commonsight.catalog import intake, intake_syncs, secrets
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import store, sync_store
from commonsight.connect.gb28181.model import kind_of
from commonsight.connect.wire import manscdp
from commonsight.places import service as places
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Settings, Sip, Sync, Zone
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from commonsight.simulate.gb28181.stage import Pace
from tests.ports import free_port

from .conftest import CODE, Start, file_device

CLOCK = SystemClock()
PLATFORM = "45000000002000000001"
SILENCE = 1.0
PACE = Pace(keepalive=1.0, retry=0.5, retry_most=1.0, answer=4.0)

# What a sync leaves behind, without the ids and times of one run.
DIGEST = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) AS digest, count(*) AS rows FROM (
        SELECT concat_ws('|', s.code, ch.code, ch.kind, ch.name, ch.parent, ch.record_hash, ch.status, ch.record,
            ch.deleted_at IS NOT NULL, ch.vanished_at IS NOT NULL, c.name, c.region, c.address, c.kind, c.sector,
            c.location, c.cell, c.record, c.url, c.health, c.archived_at IS NOT NULL, c.vanished_at IS NOT NULL,
            (SELECT string_agg(m.code, ',' ORDER BY m.code) FROM camera_group_members AS m WHERE m.camera_id = c.id)
        ) AS line
        FROM gb_channels AS ch JOIN intake_sources AS s ON s.id = ch.device_id
            LEFT JOIN cameras AS c ON c.id = ch.camera_id
    ) AS lines
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Devices that fall silent are given up soon."""
    return Settings(data_dir=tmp_path, sip=Sip(zones=[Zone(port=0)]), sync=Sync(silence_seconds=SILENCE))


async def until(condition: Callable[[], Any]) -> Any:
    """Wait for a condition, generously: a whole sync with repeated queries on a busy machine; its value."""
    async with asyncio.timeout(240):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.05)


async def one(database: Database, sql: str, **values: Any) -> Any:
    async with database.read() as session:
        return (await session.execute(text(sql), values)).one()


async def file_fleet(database: Database, fleet: Fleet) -> None:
    async with database.write() as session:
        for who in fleet.identities:
            fields = {
                "name": who.name,
                "kind": kind_of(who.code).value,
                "region": who.region,
                "quirks": "{}",
                "secret": secrets.installed().seal(who.password),
            }
            assert await store.insert(session, uuid7(), who.code, fields) is not None


async def all_ended(database: Database, count: int) -> bool:
    """Files what waits, as a work process does; whether so many syncs are over."""
    await intake.file_all(database, CLOCK)
    found = await one(database, "SELECT count(*) FROM syncs WHERE ended_at IS NOT NULL")
    return bool(found[0] >= count)


def fleet_of(port: int, faults: Faults, **plan: Any) -> Fleet:
    made = FleetPlan(**({"platforms": 2, "cameras": 60, "faults": faults, "pace": PACE, "spread": 0.1} | plan))
    return Fleet(made, server=PLATFORM, to=("127.0.0.1", port))


async def synced(start: Start, database: Database, faults: Faults) -> Any:
    await places.load_packaged(database, "45")
    running = await start()
    fleet = fleet_of(running.port, faults)
    await file_fleet(database, fleet)
    await until(lambda: len(running.house.devices) == 2)
    async with fleet:
        await until(lambda: all_ended(database, 2))
    states = await one(database, "SELECT array_agg(state ORDER BY source_id), sum(added), sum(expected) FROM syncs")
    return states, await one(database, DIGEST)


CLEAN: dict[str, Any] = {}


async def clean_digest(start: Start, database: Database) -> Any:
    if "digest" not in CLEAN:
        CLEAN["states"], CLEAN["digest"] = await synced(start, database, Faults())
    return CLEAN["digest"]


async def test_a_fleet_comes_in(start: Start, database: Database) -> None:
    await clean_digest(start, database)
    states, added, expected = CLEAN["states"]
    assert states == ["complete", "complete"]
    assert added == 120
    assert CLEAN["digest"].rows == expected
    named = await one(database, "SELECT count(*) FROM cameras AS c JOIN platforms AS p ON p.id = c.platform_id")
    assert named[0] == 120


@pytest.mark.parametrize(
    "faults",
    [
        Faults(loss=0.2, doubling=0.2, reorder=0.3, late=0.05, late_seconds=1.0),
        Faults(break_off_at=0.5, away_seconds=2.0),
    ],
    ids=["lost-doubled-reordered-late", "broken-off"],
)
async def test_the_result_is_the_same_whatever_happens_on_the_way(
    start: Start, database: Database, faults: Faults
) -> None:
    if "digest" not in CLEAN:
        pytest.skip("needs the result of the clean run, which is in this file and runs first")
    (states, _, _), digest = await synced(start, database, faults)
    assert states == ["complete", "complete"]
    assert digest == CLEAN["digest"]


async def test_an_answer_that_stays_short_marks_nothing(start: Start, database: Database) -> None:
    """A platform of 30 cameras that answers with 20 of 30 ever after."""
    running = await start()
    await file_device(database)
    device_id = (await one(database, "SELECT id FROM gb_devices"))[0]
    await until(running.known)
    device = await running.device(transport="tcp")
    shown = [f"4501030000132000{number:04}" for number in range(30)]

    def catalogue(message: manscdp.Manscdp, _: Any) -> list[Any]:
        items = []
        for code in shown:
            item = manscdp.Element("Item")
            manscdp.SubElement(item, "DeviceID").text = code
            manscdp.SubElement(item, "Name").text = code
            items.append(item)
        listed = manscdp.Element("DeviceList")
        listed.extend(items)
        return [manscdp.build("Response", "Catalog", message.serial, CODE, ("SumNum", "30"), listed)]

    device.answers["Catalog"] = catalogue
    await device.register()
    await until(lambda: all_ended(database, 1))
    del shown[20:]
    async with database.write() as session:
        await sync_store.ask(session, device_id, "asked", CLOCK.now(), "45")
    await until(lambda: all_ended(database, 2))
    states = await one(database, "SELECT array_agg(state ORDER BY asked_at), sum(vanished) FROM syncs")
    assert tuple(states) == (["complete", "incomplete"], 0)
    assert (await one(database, "SELECT count(*) FROM cameras WHERE vanished_at IS NULL"))[0] == 30


async def test_a_cancelled_sync_keeps_what_came(start: Start, database: Database) -> None:
    running = await start()
    await file_device(database)
    await until(running.known)
    device = await running.device(transport="tcp")
    await device.register()  # and then answers no query
    sync = await until(lambda: _open_sync(database))
    async with database.write() as session:
        await intake_syncs.ask_to_cancel(session, sync)
    await until(lambda: all_ended(database, 1))
    assert (await one(database, "SELECT state FROM syncs"))[0] == "cancelled"


async def _open_sync(database: Database) -> Any:
    async with database.read() as session:
        found = await session.execute(text("SELECT id FROM syncs WHERE state = 'collecting'"))
        return found.scalar_one_or_none()


@dataclass
class SipProcess:
    """The signalling process as a process of its own."""

    process: asyncio.subprocess.Process

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)


@asynccontextmanager
async def sip_process(database: Database, data_dir: Path, port: int) -> AsyncIterator[SipProcess]:
    environment = os.environ | {
        "COMMONSIGHT_DATABASE__URL": database.dsn,
        "COMMONSIGHT_DATA_DIR": str(data_dir),
        "COMMONSIGHT_SYNC__SILENCE_SECONDS": str(SILENCE),
        "COMMONSIGHT_SIP__ZONES": f'[{{"port": {port}}}]',
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "commonsight.processes.sip", "--name", f"sip-{port}", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield SipProcess(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_a_kill_in_the_middle_loses_nothing(database: Database, tmp_path: Path, key: None) -> None:
    """kill -9 of the signalling process while pages come in; what came counts, the rest is asked for again."""
    await places.load_packaged(database, "45")
    port = free_port()
    fleet = fleet_of(port, Faults(), platforms=1, cameras=1_500, transport="tcp", window=1)
    await file_fleet(database, fleet)
    async with fleet:
        async with sip_process(database, tmp_path, port) as sip:
            await until(lambda: _some_came(database))
            sip.kill()
            await sip.process.wait()
        before = await one(database, "SELECT state, received, expected, ended_at FROM syncs")
        assert before.ended_at is None
        assert 0 < before.received < before.expected
        came = await one(
            database,
            "SELECT (SELECT count(*) FROM intake_log WHERE event = '') + (SELECT count(*) FROM gb_channels) AS n",
        )
        assert came.n >= before.received
        async with sip_process(database, tmp_path, port):
            await until(lambda: all_ended(database, 1))
    after = await one(database, "SELECT state, received, expected, attempt, added, vanished FROM syncs")
    assert (after.state, after.received, after.added, after.vanished) == ("complete", after.expected, 1_500, 0)
    assert after.attempt >= 2
    assert (await one(database, "SELECT count(*) FROM cameras"))[0] == 1_500
    assert (await one(database, "SELECT count(*) FROM intake_log"))[0] == 0


async def _some_came(database: Database) -> bool:
    async with database.read() as session:
        found = (await session.execute(text("SELECT received, expected FROM syncs"))).first()
    return found is not None and found.expected is not None and 0 < found.received < found.expected


async def test_notifications_reach_the_file_in_order(start: Start, database: Database) -> None:
    running = await start()
    await file_device(database)
    await until(running.known)
    device = await running.device(transport="tcp")
    camera = "45010300001320000001"

    def event(word: str, **fields: str) -> Any:
        item = manscdp.Element("Item")
        for name, value in {"DeviceID": camera, "Event": word, **fields}.items():
            manscdp.SubElement(item, name).text = value
        listed = manscdp.Element("DeviceList", {"Num": "1"})
        listed.append(item)
        return manscdp.build("Notify", "Catalog", 9, CODE, ("SumNum", "1"), listed)

    await device.register()
    for said in (event("ADD", Name="新装"), event("OFF"), event("UPDATE", Name="改名", Status="ON"), event("DEL")):
        assert (await device.say(said)).status == 200

    async def filed() -> Any:
        await intake.file_all(database, CLOCK)
        async with database.read() as session:
            found = await session.execute(text("SELECT name, archived_at FROM cameras"))
            row = found.first()
        return row if row is not None and row.archived_at is not None else None

    assert (await until(filed)).name == "改名"
    await device.say(event("ADD", Name="重装"))

    async def back() -> bool:
        await intake.file_all(database, CLOCK)
        found = await one(database, "SELECT name, archived_at FROM cameras")
        return bool(found.archived_at is None and found.name == "重装")

    await until(back)
