"""A firm under contract, cameras behind switches, and the job that tends orders."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.access.audit import LOCAL
from commonsight.catalog import service as catalog
from commonsight.outbox import Entry
from commonsight.records.base import uuid7
from commonsight.respond.maintenance import service, tasks, tend
from commonsight.respond.maintenance.model import Fault
from commonsight.respond.model import Case
from tests.respond.conftest import World


@dataclass
class Yard:
    """The world of `respond` with a firm."""

    world: World
    firm: UUID
    cameras: dict[str, UUID] = field(default_factory=dict)

    async def camera(self, name: str, **file: str) -> UUID:
        """A camera filed in Qingxiu, with fields of its file."""
        async with self.world.database.write() as session:
            given = catalog.Given.of(name=name, region="450103", point=(108.33, 22.82))
            made = await catalog.add(session, given, catalog.Changer(LOCAL, ("45",)), "45", self.world.clock.now())
            await session.execute(
                text("UPDATE cameras SET file = CAST(:file AS jsonb) WHERE id = :id"),
                {"id": made.row.id, "file": json.dumps(file)},
            )
        self.cameras[name] = made.row.id
        return made.row.id

    async def faulty(self, *cameras: UUID, code: str = "offline") -> None:
        """A check finds cameras faulty now."""
        async with self.world.database.write() as session:
            await service.report_faults(session, [Fault(one, code, self.world.clock.now()) for one in cameras])

    async def well(self, *cameras: UUID, code: str = "link") -> None:
        """A check finds cameras well now."""
        async with self.world.database.write() as session:
            await service.report_wells(session, [(one, code, self.world.clock.now()) for one in cameras])

    async def tend(self, seconds: float = 0) -> None:
        """Time passes, the job runs, the outbox is handed on."""
        self.world.clock.advance(seconds)
        async with self.world.database.write() as session:
            await tend.tend(session, self.world.house, self.world.clock.now())
        await self.hand_on()

    async def hand_on(self) -> list[Entry]:
        """What was told, each handed to maintenance's subscription once."""
        told = []
        while fresh := await self.world.rows("SELECT id, topic, payload FROM outbox WHERE id > :seen ORDER BY id",
                                             seen=self._handed):  # fmt: skip
            for row in fresh:
                entry = Entry(row.id, self.world.clock.now(), row.topic, row.payload, b"")
                for subscription in tasks.subscriptions:
                    if entry.topic in subscription.topics:
                        async with self.world.database.write() as session:
                            await subscription.handler(session, entry)
                self._handed = row.id
                told.append(entry)
        self.told += told
        return told

    _handed: int = 0
    told: list[Entry] = field(default_factory=list)

    async def orders(self) -> list[Case]:
        """Orders that are still somebody's, the oldest first."""
        return await self.world.cases(kinds=("fault",), live=True)

    async def contract(self, **more: Any) -> UUID:
        """A contract with the firm over Nanning: four hours to come, eight to repair, day and night."""
        now, made = self.world.clock.now(), uuid7()
        values = {
            "id": made, "name": "青秀区运维", "number": "", "unit": self.firm, "regions": ["4501"],
            "choice": {"selection": {"regions": ["4501"]}}, "from": now.date(), "to": now.date() + timedelta(days=365),
            "levels": [{"codes": [], "severities": [], "respond": 4, "repair": 8}], "calendar": None, "now": now,
        } | more  # fmt: skip
        for name in ("choice", "levels", "calendar"):
            values[name] = None if values[name] is None else json.dumps(values[name])
        async with self.world.database.write() as session:
            await session.execute(
                text("""
                    INSERT INTO maintenance_contracts (id, name, number, unit_id, regions, choice, valid_from, valid_to,
                        levels, calendar, by_name, created_at, updated_at)
                    VALUES (:id, :name, :number, :unit, :regions, CAST(:choice AS jsonb), :from, :to,
                        CAST(:levels AS jsonb), CAST(:calendar AS jsonb), '韦', :now, :now)"""),
                values,
            )
        return made

    async def history(self, case: Case) -> list[str]:
        """The actions of a case, the oldest first."""
        rows = await self.world.rows("SELECT action FROM case_steps WHERE case_id = :id ORDER BY at, id", id=case.id)
        return [row.action for row in rows]


@pytest.fixture
async def yard(world: World) -> Yard:
    firm = uuid7()
    async with world.database.write() as session:
        await session.execute(
            text("INSERT INTO organisations (id, name, region, created_at) VALUES (:id, '南宁安维', '4501', now())"),
            {"id": firm},
        )
    return Yard(world, firm)


Fitter = Callable[..., Awaitable[Any]]
