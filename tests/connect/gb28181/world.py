"""A signalling process, a fleet of virtual platforms, and the line of a media process, for tests of the whole way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import text

from commonsight.connect.gb28181.line import Line
from commonsight.connect.gb28181.session_open import Wish
from commonsight.connect.wire.codec import Codec
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Sip, Zone
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.film import Film, load
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from tests.connect.wire.streams import FPS, pictures

from .conftest import Running, until

PASSWORD = "fleet-secret"
PORTS = (41_000, 42_999)


@cache
def film(codec: Codec = Codec.H264) -> Film:
    return load("test", b"".join(pictures(codec)), codec, FPS)


@dataclass
class World:
    running: Running
    fleet: Fleet
    line: Line
    database: Database

    def wish(self, number: int = 0, **fields: Any) -> Wish:
        """The camera with this number among those of the first platform that are on."""
        party = self.fleet.parties[0]
        on = [index for index in range(self.fleet.plan.cameras) if party.catalogue.status(index) == "ON"]
        return Wish(party.who.code, party.catalogue.code(on[number]), **fields)

    async def dialogs(self) -> int:
        """Rows of dialogs."""
        async with self.database.read() as session:
            return int((await session.execute(text("SELECT count(*) FROM gb_dialogs"))).scalar_one())

    async def nothing_left(self) -> None:
        """Wait until no trace of any session is left: rows, numbers, ports, streams of the fleet."""
        await until(self._nothing)

    async def _nothing(self) -> bool:
        return await self.dialogs() == 0 and self.fleet.streams == 0 and self.line.ports_taken == 0


@asynccontextmanager
async def world(
    start: Callable[..., Awaitable[Running]], database: Database, *, codec: Codec = Codec.H264, cameras: int = 12,
    transport: str = "udp", faults: Faults | None = None, seed: int = 45, **sip: Any,
) -> AsyncIterator[World]:  # fmt: skip
    zones = [Zone(port=0, media_ports=PORTS)]
    running = await start(password=PASSWORD, zones=zones, **sip)
    plan = FleetPlan(
        seed=seed, platforms=1, cameras=cameras, transport=transport, password=PASSWORD, spread=0,  # type: ignore[arg-type]
        faults=faults or Faults(),
    )  # fmt: skip
    line = Line(database, Sip(zones=zones), "test")
    await nodes.beat(database, running.house.name, "sip", None, running.house.line.detail)
    beating = asyncio.create_task(beat(running, database))
    fleet = Fleet(plan, server="45000000002000000001", to=("127.0.0.1", running.port), films=[film(codec)])
    try:
        async with fleet:
            assert await fleet.all_registered(30)
            await until(lambda: running.known(fleet.parties[0].who.code))
            yield World(running, fleet, line, database)
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
        await line.close()


async def beat(running: Running, database: Database) -> None:
    """What the process around the signalling does."""
    while True:
        await asyncio.sleep(nodes.BEAT_SECONDS)
        await nodes.beat(database, running.house.name, "sip", None, running.house.line.detail)
