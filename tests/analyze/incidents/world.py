"""A house with a watched camera, a scene of our own, and sightings as a worker hands them over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import text

from commonsight import outbox
from commonsight.analyze import store as analyses
from commonsight.analyze.incidents import lists, store, tasks
from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.model import Analysis, SceneSetup, Zone
from commonsight.analyze.scenes.model import (
    Decoding,
    IncidentKind,
    Needs,
    Parameter,
    Phase,
    SceneCard,
    Setup,
    Sighting,
)
from commonsight.analyze.scenes.registry import Registry
from commonsight.clock import ManualClock
from commonsight.jobs import House
from commonsight.outbox import Entry
from commonsight.records.database import Database
from commonsight.respond import store as cases
from commonsight.respond.model import Case
from tests.analyze.world import add_camera

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Guangxi."""

CARD = SceneCard(
    code="standing", area="city", zh="久停", en="Standing", what_zh="看有没有东西久停。", what_en="Things that stand.",
    limits_zh=(), limits_en=(), needs=Needs(1.0, 0.2, Decoding.KEYFRAMES), targets=("zone",), targets_least=1,
    parameters=(Parameter("seconds", "持续时间", "Lasting", "s", 120, 10, 1800, tuned=True, stricter=1),),
    measures=(), incidents=(IncidentKind("stands", "物品久停", "Something stands", 2),),
)  # fmt: skip


class Standing:
    """Only its card matters here."""

    card = CARD

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def see(self, look: Any) -> Any:
        raise NotImplementedError

    def leave(self, at: datetime) -> tuple[Sighting, ...]:
        return ()


REGISTRY = Registry(MappingProxyType({"standing": Standing}), MappingProxyType({"standing": "test"}))

SETUP = Setup("kerb", "standing", settings={"seconds": 120.0})
HERE = (0.1, 0.1, 0.3, 0.3)
DRAWN = Zone("gate", "东门", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
ANALYSIS = Analysis(
    enabled=True, zones=(DRAWN,), scenes=(SceneSetup("kerb", "standing", "路边", zones=("gate",)),)
)  # fmt: skip


@dataclass
class World:
    """What the tests work with; `clock` moves only when told."""

    database: Database
    house: House
    clock: ManualClock
    camera: UUID
    epoch: int = 1
    _handed: int = field(default=0)

    @classmethod
    async def made(cls, database: Database, house: House, clock: ManualClock) -> "World":
        async with database.write() as session:
            await session.execute(text("INSERT INTO regions (code, name, level) VALUES ('45', '广西', 1)"))
        return cls(database, house, clock, await add_camera(database, analysis=ANALYSIS))

    async def see(
        self, key: str, phase: Phase = Phase.BEGAN, *, box: tuple[float, float, float, float] = HERE,
        seconds: float = 130.0, score: float = 0.8, camera: UUID | None = None,
    ) -> None:  # fmt: skip
        """A scene tells, as the worker writes it down."""
        told = Sighting(key, "stands", "gate", phase, self.clock.now(), score, (box,), {"seconds": seconds})
        async with self.database.write() as session:
            await store.put(
                session, camera or self.camera, "450102", self.epoch, "see-1", [(SETUP, told)], self.clock.now()
            )

    async def hand_on(self) -> None:
        """Hand every new entry of the outbox to the subscriptions of incidents, until nothing is new."""
        while True:
            async with self.database.read() as session:
                rows = await session.execute(
                    text("SELECT id, topic, payload FROM outbox WHERE id > :seen ORDER BY id"),
                    {"seen": self._handed},
                )
                fresh = [Entry(r.id, self.clock.now(), r.topic, r.payload, b"") for r in rows]
            if not fresh:
                return
            for entry in fresh:
                for subscription in self.subscriptions():
                    if entry.topic in subscription.topics:
                        async with self.database.write() as session:
                            await subscription.handler(session, entry)
                self._handed = entry.sequence

    def subscriptions(self) -> tuple[outbox.Subscription, ...]:
        """Of the rooms under test."""
        return tasks.subscriptions

    async def incidents(self) -> list[Incident]:
        """All incidents, the oldest first."""
        async with self.database.read() as session:
            return (await lists.page(session, lists.Filter(("45",)), None, 500))[::-1]

    async def case_of(self, incident: Incident) -> Case:
        """The case of an incident."""
        assert incident.case_id is not None
        async with self.database.read() as session:
            found = await cases.one(session, incident.case_id)
        assert found is not None
        return found

    async def setting(self) -> float:
        """What `seconds` is set to on the camera."""
        async with self.database.read() as session:
            stored = await analyses.read(session, self.camera)
        assert stored is not None
        return float(stored.analysis.scenes[0].settings.get("seconds", 120.0))

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of a query."""
        async with self.database.read() as session:
            return list(await session.execute(text(query), values))

    def later(self, minutes: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(minutes=minutes).total_seconds())
