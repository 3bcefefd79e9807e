"""The signalling process: everything that speaks SIP, put together, from its first socket to its last word."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError

import commonsight
from commonsight.catalog import secrets
from commonsight.clock import Clock
from commonsight.connect.gb28181 import dialogs_store, snapshots, store
from commonsight.connect.gb28181.above.crossing import Crossing
from commonsight.connect.gb28181.above.floor import Floor
from commonsight.connect.gb28181.devices import DEVICES_MOST, Devices
from commonsight.connect.gb28181.events import Events
from commonsight.connect.gb28181.greet import Greeter
from commonsight.connect.gb28181.invite import Inviter
from commonsight.connect.gb28181.model import Device
from commonsight.connect.gb28181.ops import Ops
from commonsight.connect.gb28181.registrar import Registrar
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.gb28181.signalling import Server
from commonsight.connect.gb28181.state_writer import StateWriter
from commonsight.connect.gb28181.subscriptions import Subscriptions
from commonsight.connect.gb28181.sync_job import Syncs
from commonsight.connect.gb28181.traced import Traced
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.peer import Listen
from commonsight.connect.sip.trace import Trace
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.records.notify import listen
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
"""Silent devices are looked for this often, s."""

UNWRITTEN_SECONDS: Final = 60.0
"""A device that registered within this, s, may be on its way to the database."""

GONE_NAMED: Final = 20
"""Devices that went offline in one look are logged by name up to so many; beyond it their number says more."""


@dataclass(frozen=True, slots=True)
class House:
    """What the process is made of, for whoever adds to it."""

    settings: Settings
    database: Database
    clock: Clock
    name: str
    devices: Devices
    registrar: Registrar
    server: Gb28181
    line: Server
    greeter: Greeter
    above: Floor


async def serve(settings: Settings, database: Database, clock: Clock, name: str, stop: asyncio.Event) -> None:
    """Run the signalling process until `stop`.

    Raises:
        Refusal: `connect.sip_address_…` when an address cannot be had.
    """
    secrets.install(settings.data_dir)
    house = await furnish(settings, database, clock, name)
    events = Events(house.server, database, clock, settings.region.timezone)
    subscriptions = Subscriptions(house.server, database, clock)
    writer = StateWriter(house.devices, database, clock)
    ops = Ops(house.server, house.registrar, house.greeter, clock, settings.region.timezone)
    syncs = Syncs(house.server, database, clock, settings)
    inviter = Inviter(house.server, house.line, database, clock, settings)
    for part in (events, subscriptions, house.greeter, syncs):
        part.attach()
    ops.attach(house.line)
    house.above.attach(house.line)
    Traced(house.server.endpoint.trace, clock).attach(house.line)
    house.line.op("sync", syncs.op_sync)

    async def posted(device: Device, message: Manscdp) -> None:
        await snapshots.on_finished(database, device, message, clock.now())

    house.server.on("Notify", "UploadSnapShotFinished", posted)
    endpoint = house.server.endpoint
    house.registrar.resume()
    await endpoint.start()
    tasks: list[asyncio.Task[None]] = []
    try:
        left = await inviter.recover()  # before anybody can open more
        left += await house.above.recover()
        await house.line.start()
        loops = (
            house.server.run(), _look(house), _follow(house), writer.run(), events.run(), subscriptions.run(),
            house.greeter.run(), syncs.run(), inviter.run(), house.above.run(),
        )  # fmt: skip
        tasks = [asyncio.create_task(loop) for loop in loops]
        await _announce(house)
        log.info("signalling_ready", devices=len(house.devices), dialogs_left=left, ports=endpoint.ports)
        stopping = asyncio.create_task(stop.wait())
        tasks.append(stopping)  # type: ignore[arg-type]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()  # a loop that ends has failed, and its failure is the process's
    finally:
        await house.above.close()  # calls from above hold media nodes' cameras, so they end first
        await house.line.close()
        await inviter.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await endpoint.close()
        with contextlib.suppress(DBAPIError, OSError, TimeoutError):
            async with asyncio.timeout(3):
                await writer.flush()
                await events.flush()


async def furnish(settings: Settings, database: Database, clock: Clock, name: str) -> House:
    """Make the parts, with all devices in memory; nothing listens yet."""
    devices = Devices()
    async with database.read() as session:
        devices.load(await store.everything(session, DEVICES_MOST))
    registrar = Registrar(
        devices,
        clock,
        realm=settings.sip.realm,
        timezone=settings.region.timezone,
        region=settings.region.code,
        unseal=lambda sealed: secrets.installed().open(sealed),
        password=settings.sip.password,
    )
    server = Gb28181(devices, registrar, clock, settings)
    crossing = Crossing(server)
    server.endpoint = SipEndpoint(
        [Listen(zone.name, zone.host, zone.port, zone.advertised or "") for zone in settings.sip.zones],
        crossing,
        clock,
        user_agent=f"Commonsight/{commonsight.__version__}",
        trace=Trace([settings.sip.id]),
    )
    remote = settings.sip.signalling_host
    line = Server(
        settings.runtime_dir / f"{name}.sock",
        tcp=None if remote is None else (remote, settings.sip.signalling_port),
        key=token_hex(16),
    )
    greeter = Greeter(server, clock, settings.region.timezone)
    crossing.above = above = Floor(server, server.endpoint, database, clock, settings)
    return House(settings, database, clock, name, devices, registrar, server, line, greeter, above)


async def _announce(house: House) -> None:
    """Say where we are: to media nodes and the interface the socket, to people the address devices are set up with."""
    ports = house.server.endpoint.ports
    zones = [
        {"name": zone.name, "host": zone.host, "port": ports[zone.name], "advertised": zone.advertised}
        for zone in house.settings.sip.zones
    ]
    detail: dict[str, Any] = {
        **house.line.detail, "id": house.settings.sip.id, "domain": house.settings.sip.realm, "zones": zones,
    }  # fmt: skip
    if house.line.tcp is not None:
        async with house.database.write() as session:
            await dialogs_store.put_signalling_key(session, house.name, house.line.key)
    await nodes.beat(house.database, house.name, "sip", None, detail)


async def _look(house: House) -> None:
    while True:
        await house.clock.sleep(LOOK_SECONDS)
        gone = house.registrar.look()
        for device in gone[:GONE_NAMED]:
            log.info("device_offline", device=device.code, reason=device.offline_reason)
        if len(gone) > GONE_NAMED:
            log.warning("devices_offline", count=len(gone))


async def _follow(house: House) -> None:
    """Take what people change about devices, and after a lost database connection all of it again."""
    async for channel, payload in listen(house.database.dsn, [store.CHANGED]):
        try:
            async with house.database.read() as session:
                if channel and payload.get("code"):
                    kept = await store.by_code(session, str(payload["code"]))
                    found = [] if kept is None or kept.removed else [kept.known]
                    gone = [str(payload["code"])] if not found else []
                else:
                    found = await store.everything(session, DEVICES_MOST)
                    gone = _missing(house, {known.device.code for known in found})
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("devices_not_followed", error=type(error).__name__)
            continue
        for known in found:
            house.devices.edit(known)
        for code in gone:
            house.devices.remove(code)
            house.registrar.forget(code)


def _missing(house: House, filed: set[str]) -> list[str]:
    """Devices we hold that are not on file; those that made themselves known just now are still to be written."""
    lately = house.clock.now() - timedelta(seconds=UNWRITTEN_SECONDS)
    return [
        device.code
        for device in house.devices
        if device.code not in filed and (device.registered_at is None or device.registered_at < lately)
    ]
