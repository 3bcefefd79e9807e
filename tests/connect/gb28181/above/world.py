"""Two platforms in one loop, one above the other: databases, signalling processes, the lower one's media node, a fleet
below it. What connects them is real: SIP and RTP over loopback."""

import asyncio
import contextlib
import secrets as random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import service
from commonsight.connect.gb28181.above import store
from commonsight.connect.gb28181.above.model import Right, Share
from commonsight.connect.gb28181.line import Line, install
from commonsight.connect.gb28181.service import House
from commonsight.gate.grant_model import Selection
from commonsight.media.bridge.service import Bridges
from commonsight.media.gate_admission import GateAdmission
from commonsight.media.hub import Hub
from commonsight.records import nodes
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Media, Settings, Sip, Zone
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan

from ..conftest import file_device, until
from ..world import PASSWORD, film

UPPER = "45000000002000000001"
LOWER = "45010000002000000077"
SECRET = "between-us"
CLOCK = SystemClock()
ALL = Right.LIVE | Right.PLAYBACK | Right.DOWNLOAD | Right.CONTROL | Right.ALARMS


@dataclass
class Platform:
    """A signalling process that runs in this loop."""

    settings: Settings
    database: Database
    name: str
    house: House
    task: "asyncio.Task[None]"
    stop: asyncio.Event
    beating: "asyncio.Task[None]"

    @property
    def port(self) -> int:
        return self.house.server.endpoint.ports["local"]

    async def end(self) -> None:
        self.stop.set()
        self.beating.cancel()
        await asyncio.gather(self.task, self.beating, return_exceptions=True)

    async def crash(self) -> None:
        """As if it had been killed: nobody is told anything."""
        self.beating.cancel()
        self.house.above.calls._calls.clear()  # a killed process says no BYE
        self.task.cancel()
        await asyncio.gather(self.task, self.beating, return_exceptions=True)


async def platform(database: Database, directory: Path, code: str, monkeypatch: Any, **sip: Any) -> Platform:
    """Start a signalling process with the id `code`."""
    await asyncio.to_thread(directory.mkdir, exist_ok=True)
    more = {"password": PASSWORD} | sip
    ports = (43_000, 43_999) if code == UPPER else (44_000, 44_999)
    settings = Settings(data_dir=directory, sip=Sip(id=code, zones=[Zone(port=0, media_ports=ports)], **more))
    made: asyncio.Future[House] = asyncio.get_running_loop().create_future()
    furnish = service.furnish

    async def remember(*args: Any) -> House:
        house = await furnish(*args)
        made.set_result(house)
        return house

    with monkeypatch.context() as patched:
        patched.setattr(service, "furnish", remember)
        stop, name = asyncio.Event(), f"sip-{random.token_hex(4)}"
        task = asyncio.create_task(service.serve(settings, database, CLOCK, name, stop))
        house = await made
    await until(lambda: task.done() or house.line._servers)
    if task.done():
        task.result()

    async def beat() -> None:
        while True:
            await nodes.beat(database, name, "sip", None, house.line.detail)
            await asyncio.sleep(nodes.BEAT_SECONDS)

    return Platform(settings, database, name, house, task, stop, asyncio.create_task(beat()))


@dataclass
class Node:
    """A media node without its web side."""

    hub: Hub
    bridges: Bridges
    line: Line
    tasks: list["asyncio.Task[Any]"]
    admission: GateAdmission

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.hub.stop()
        await self.admission.flush()
        install(None)
        await self.line.close()


async def node(lower: Platform, name: str = "media-1") -> Node:
    """A media node of the lower platform, connected."""
    line = Line(lower.database, lower.settings.sip, name)
    install(line)
    admission = GateAdmission(lower.database, CLOCK, name)
    hub = Hub(Media(), admission, CLOCK)
    bridges = Bridges(
        hub, line, CLOCK, name, limit=4_000_000, database=lower.database, folder=lower.settings.recordings_dir
    )

    async def beat() -> None:
        while True:
            await nodes.beat(lower.database, name, "media", "127.0.0.1:1", {})
            await asyncio.sleep(nodes.BEAT_SECONDS)

    tasks = [asyncio.create_task(each) for each in (beat(), bridges.run(), admission.write_register())]
    made = Node(hub, bridges, line, tasks, admission)
    await until(lambda: name in lower.house.above.orders.connected)
    return made


async def file_upper(database: Database, port: int, code: str = UPPER, **more: Any) -> UUID:
    """Put an upper platform on file, as the interface does."""
    values = {
        "code": code, "name": "省级平台", "organisation": "省公安厅", "domain": code[:10], "host": "127.0.0.1",
        "port": port, "transport": "udp", "zone": "local", "own_code": None, "secret": secrets.installed().seal(SECRET),
        "version": "2.0", "charset": "GB18030", "expires_seconds": 3_600, "keepalive_seconds": 60, "streams_most": 0,
        "kbits_most": 0, "media_networks": [], "limits": {}, "enabled": True,
    } | more  # fmt: skip
    upper = uuid7()
    async with database.write() as session:
        assert await store.insert(session, upper, values)
        await store.tell(session, upper)
    return upper


async def file_share(
    database: Database, upper: UUID, selection: Selection | None = None, rights: Right = ALL, **more: Any
) -> Share:
    """Share a choice of cameras with an upper platform; everything when nothing is chosen."""
    given = Share(
        uuid7(), upper, "共享", selection or Selection(everything=True), rights, more.pop("naming", "own"), True, **more
    )
    async with database.write() as session:
        await store.put_share(session, given)
        await store.tell(session, upper)
    return given


async def file_cameras(database: Database, fleet: Fleet, count: int) -> list[UUID]:
    """The first cameras of a fleet that are on, in the camera file."""
    party, made = fleet.parties[0], []
    on = [index for index in range(fleet.plan.cameras) if party.catalogue.status(index) == "ON"]
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO regions (code, name, level, parent) VALUES ('45', '广西', 1, NULL),"
                " ('4501', '南宁', 2, '45'),"
                " ('450102', '兴宁', 3, '4501') ON CONFLICT DO NOTHING"
            )
        )
        for number in on[:count]:
            camera, code = uuid7(), party.catalogue.code(number)
            made.append(camera)
            await session.execute(
                text(
                    "INSERT INTO cameras (id, code, name, region, grams, protocol, url, health, location)"
                    " VALUES (:id, :code, :name, '450102', '{}', 'gb28181', :url, 1, point(108.3, 22.8))"
                ),
                {
                    "id": camera, "code": code, "name": f"友谊路{number}",
                    "url": f"gb28181://{party.who.code}/{code}",
                },
            )  # fmt: skip
    assert len(made) == count
    return made


@dataclass
class Cascade:
    """An upper platform, a lower one that is registered with it, cameras below."""

    above: Platform
    below: Platform
    fleet: Fleet
    node: Node
    line: Line
    upper: UUID
    cameras: list[UUID]
    extra: dict[str, Any] = field(default_factory=dict)

    async def code(self, camera: UUID) -> str:
        """The mapped id of a camera, once it has one."""

        async def look() -> str | None:
            async with self.below.database.read() as session:
                found = await session.execute(
                    text(
                        "SELECT code FROM cascade_ids WHERE upper_id = :upper AND camera_id = :camera AND rights <> 0"
                    ),
                    {"upper": self.upper, "camera": camera},
                )
                return found.scalar_one_or_none()

        return str(await until(look))

    async def rows(self, table: str, which: Platform | None = None) -> int:
        async with (which or self.below).database.read() as session:
            return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())

    async def nothing_left(self) -> None:
        """Wait until no trace of a stream is left on either platform or at the cameras."""

        async def tight() -> bool:
            return (
                await self.rows("cascade_calls") == 0
                and await self.rows("gb_dialogs") == 0
                and await self.rows("gb_dialogs", self.above) == 0
                and not self.node.bridges.open
                and self.node.line.ports_taken == 0
                and self.fleet.streams == 0
            )

        await until(tight)

    def device(self) -> Any:
        """The lower platform as the upper one knows it."""
        return self.above.house.devices.get(LOWER)


@asynccontextmanager
async def cascade(
    above: Database, below: Database, tmp_path: Path, monkeypatch: Any, *, cameras: int = 3, share: bool = True,
    rights: Right = ALL, **upper: Any,
) -> AsyncIterator[Cascade]:  # fmt: skip
    """All of it, registered and sharing everything."""
    high = await platform(above, tmp_path / "above", UPPER, monkeypatch)
    low = await platform(below, tmp_path / "below", LOWER, monkeypatch)
    await file_device(above, LOWER, password=SECRET)
    plan = FleetPlan(seed=45, platforms=1, cameras=12, transport="udp", password=PASSWORD, spread=0)
    fleet = Fleet(plan, server=LOWER, to=("127.0.0.1", low.port), films=[film()])
    media = await node(low)
    line = Line(above, high.settings.sip, "watching")
    try:
        async with fleet:
            assert await fleet.all_registered(30)
            await until(lambda: low.house.devices.get(fleet.parties[0].who.code))
            filed = await file_cameras(below, fleet, cameras)
            upper_id = await file_upper(below, high.port, **upper)
            if share:
                await file_share(below, upper_id, rights=rights)
            world = Cascade(high, low, fleet, media, line, upper_id, filed)
            await until(lambda: (device := world.device()) is not None and device.online)
            yield world
    finally:
        await line.close()
        await media.end()
        with contextlib.suppress(Exception):
            await low.end()
        await high.end()
