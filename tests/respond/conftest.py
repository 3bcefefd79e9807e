"""A house with a camera behind a GB/T 28181 device, and people of several roles."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight import jobs, outbox
from commonsight.access.audit import LOCAL
from commonsight.access.model import Identity
from commonsight.catalog import service as catalog
from commonsight.clock import ManualClock
from commonsight.connect.gb28181 import events_store
from commonsight.connect.gb28181.events_store import Alarm
from commonsight.jobs import House
from commonsight.outbox import Entry
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.respond import lists, tasks
from commonsight.respond.model import Case
from commonsight.respond.notices import tasks as notice_tasks
from commonsight.settings import Settings
from tests.access import people
from tests.catalog.conftest import filed, filed_url, key

__all__ = ["filed", "filed_url", "key"]

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Guangxi."""

DEVICE = "45010300002000000001"
CHANNEL = "45010300001320000007"


@dataclass
class World:
    """What the tests work with; `clock` moves only when told."""

    database: Database
    house: House
    clock: ManualClock
    camera: UUID
    device_id: UUID
    _seen: int = 0

    async def alarm(
        self, code: str = CHANNEL, *, priority: int = 2, method: int = 5, type_: int = 6, words: str = "东门有人翻越"
    ) -> UUID:
        """A device alarms, as the signalling process writes it down."""
        made = Alarm(
            uuid7(), self.device_id, code, "450103", self.clock.now(), self.clock.now(), priority, method, type_,
            words, None, None, {},
        )  # fmt: skip
        # A device's own time differs from alarm to alarm; ours stands still unless it is moved.
        self._seen += 1
        made = Alarm(**{name: getattr(made, name) for name in Alarm.__slots__} | {
            "at": made.at + timedelta(milliseconds=self._seen)})  # fmt: skip
        async with self.database.write() as session:
            assert await events_store.add_alarms(session, [made]) == [made.id]
            await outbox.append(session, "connect.alarm", {"alarm": str(made.id), "device": str(self.device_id)})
        return made.id

    async def hand_on(self) -> list[Entry]:
        """Hand every new entry of the outbox to every subscription of this room, until nothing is new; what was."""
        found: list[Entry] = []
        while True:
            async with self.database.read() as session:
                rows = await session.execute(
                    text("SELECT id, topic, payload FROM outbox WHERE id > :seen ORDER BY id"),
                    {"seen": self._handed},
                )
                fresh = [Entry(r.id, self.clock.now(), r.topic, r.payload, b"") for r in rows]
            if not fresh:
                return found
            for entry in fresh:
                for subscription in (*tasks.subscriptions, *notice_tasks.subscriptions):
                    if entry.topic in subscription.topics:
                        async with self.database.write() as session:
                            await subscription.handler(session, entry)
                self._handed = entry.sequence
            found += fresh

    _handed: int = 0

    async def cases(self, **wanted: Any) -> list[Case]:
        """Cases, the oldest first."""
        async with self.database.read() as session:
            filters = lists.Filter(**({"regions": ("45",)} | wanted))
            return (await lists.page(session, filters, self.clock.now(), None, 500))[::-1]

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of a query."""
        async with self.database.read() as session:
            return list(await session.execute(text(query), values))

    async def jobs(self, task: str) -> list[dict[str, Any]]:
        """The arguments of queued jobs of a name."""
        found = await self.rows("SELECT args FROM procrastinate_jobs WHERE task_name = :task ORDER BY id", task=task)
        return [row.args if isinstance(row.args, dict) else json.loads(row.args) for row in found]


@pytest.fixture
async def world(filed: Database, tmp_path: Path) -> Any:
    clock = ManualClock(NOON)
    house = House(Settings(data_dir=tmp_path), filed, clock)
    async with filed.write() as session:
        device = uuid7()
        await session.execute(
            text(
                "INSERT INTO gb_devices (id, code, name, kind, region) "
                "VALUES (:id, :code, '平台', 'platform', '450103')"
            ),
            {"id": device, "code": DEVICE},
        )
        given = catalog.Given.of(
            name="民族广场东", region="450103", code=CHANNEL,
            point=(108.33, 22.82),
        )  # fmt: skip
        made = await catalog.add(session, given, catalog.Changer(LOCAL, ("45",)), "45", clock.now())
        # Its address is what a catalogue would have filed; people cannot type one.
        await session.execute(
            text("UPDATE cameras SET protocol = 'gb28181', url = :url WHERE id = :id"),
            {"url": f"gb28181://{DEVICE}/{CHANNEL}", "id": made.row.id},
        )
        await session.execute(text("DELETE FROM outbox"))
    jobs.furnish(house)
    yield World(filed, house, clock, made.row.id, device)
    jobs.furnish(None)


Person = Callable[..., Awaitable[Identity]]


@pytest.fixture
def person(world: World) -> Person:
    """`await person("wei", "officer", unit="青秀分局")` makes somebody."""

    async def make(
        name: str, *roles: str, regions: tuple[str, ...] = ("45",), unit: str | None = None, active: bool = True
    ) -> Identity:
        made = await people.add(world.database, name, roles=roles or ("officer",), regions=regions, active=active)
        if unit is not None:
            async with world.database.write() as session:
                await session.execute(
                    text("""
                        INSERT INTO organisations (id, name, region, created_at) VALUES (:id, :name, '45', now())
                        ON CONFLICT (name) DO NOTHING"""),
                    {"id": uuid7(), "name": unit},
                )
                await session.execute(
                    text("UPDATE people SET organisation_id = (SELECT id FROM organisations WHERE name = :name) "
                         "WHERE id = :id"),
                    {"name": unit, "id": made.id},
                )  # fmt: skip
        return made

    return make
