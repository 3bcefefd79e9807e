"""The media process: everything of one node, started and stopped together."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from commonsight import tls
from commonsight.catalog import secrets
from commonsight.clock import Clock
from commonsight.connect.gb28181.line import Line
from commonsight.gate import service as gate
from commonsight.media.bridge.service import Bridges
from commonsight.media.door import door
from commonsight.media.gate_admission import GateAdmission
from commonsight.media.handover import service as handover
from commonsight.media.hub import Hub
from commonsight.media.packet_server import PacketServer
from commonsight.media.parting import CLOSE_SECONDS
from commonsight.media.recordings.library import Library
from commonsight.media.recordings.node import Recordings
from commonsight.media.rtsp_out.server import RtspOut
from commonsight.media.web import make_app
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.records.notify import listen
from commonsight.settings import Media, Settings

log = structlog.get_logger(__name__)

RECHECKS = 5
STOP_SECONDS = 4.0
"""Readers have this long to hear that the node stops."""


async def serve(settings: Settings, database: Database, clock: Clock, name: str, stop: asyncio.Event) -> None:
    """Run the media node `name` (`media-1`, `media-2`, …) until `stop` is set.

    Raises:
        OSError: the port or the socket cannot be taken.
        Refusal: `catalog.key_invalid`.
    """
    secrets.install(settings.data_dir)
    async with door(settings, database, name) as line:  # outlives the hub: cameras are told that they are read no more
        await _serve(settings, database, clock, name, stop, line)


async def _serve(
    settings: Settings, database: Database, clock: Clock, name: str, stop: asyncio.Event, line: Line
) -> None:
    tls.refuse_exposed("media.host", settings.media.host, settings.tls)
    secure = tls.context_of(settings.tls)
    admission = GateAdmission(database, clock, name)
    offset, remote = offset_of(name), settings.media.packets_host
    hub = Hub(settings.media, admission, clock, settings.models_dir)
    recordings = Recordings(hub, database, clock, name, settings)
    packet_side = PacketServer(
        hub,
        clock,
        settings.runtime_dir / f"{name}.sock",
        queue_bytes=settings.media.viewer_bytes,
        tcp=None if remote is None else (remote, settings.media.packets_port + offset),
    )
    bridges = Bridges(
        hub, line, clock, name, limit=settings.media.viewer_bytes, database=database, folder=settings.recordings_dir
    )
    rtsp_side = RtspOut(hub, settings.media, clock)
    runner = web.AppRunner(
        make_app(hub, settings, clock, Library(database, settings.recordings_dir)),
        handle_signals=False,
        access_log=None,
        shutdown_timeout=STOP_SECONDS,
    )
    await runner.setup()
    try:
        host, port = settings.media.host, settings.media.port + offset
        await web.TCPSite(runner, host, port, backlog=1_024, ssl_context=secure).start()
        await packet_side.start()
        rtsp = await _rtsp(rtsp_side, settings.media, offset)
        log.info("media_listening", node=name, host=host, port=port, packets=str(packet_side.path))
        async with _running(
            _beat(
                hub, packet_side, database, clock, name, f"{host}:{port}", records=settings.recording.enabled, rtsp=rtsp
            ),
            _watch_revocations(hub, database, clock),
            admission.write_register(),
            recordings.run(),
            bridges.run(),
        ):
            await stop.wait()
        log.info("media_stopping", node=name, cameras=len(hub.relays), readers=len(hub.readings))
    finally:
        await hub.stop()
        await packet_side.stop()
        await rtsp_side.stop()
        async with asyncio.timeout(STOP_SECONDS + CLOSE_SECONDS):
            await runner.cleanup()
        await admission.flush()


def offset_of(name: str) -> int:
    """How far the node's ports lie behind those of the first one: `media-1` 0, `media-2` 1, …"""
    _, _, number = name.rpartition("-")
    return int(number) - 1 if number.isdecimal() and int(number) > 0 else 0


@contextlib.asynccontextmanager
async def _running(*jobs: Coroutine[Any, Any, None]) -> Any:
    """Run `jobs` beside the block; one that fails ends the process, so that the supervisor starts it anew."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(job) for job in jobs]
        yield
        for task in tasks:
            task.cancel()


async def _rtsp(rtsp_side: RtspOut, settings: Media, offset: int) -> list[Any] | None:
    """Open the RTSP port where one is wanted; its address, as other processes are told it."""
    if settings.rtsp_port is None:
        return None
    return [settings.rtsp_host, await rtsp_side.start(settings.rtsp_host, settings.rtsp_port + offset)]


async def _beat(
    hub: Hub, packet_side: PacketServer, database: Database, clock: Clock, name: str, address: str, *, records: bool,
    rtsp: list[Any] | None,
) -> None:  # fmt: skip
    """Tell where this node is and how it does. A database that is away is waited for: running readings go on."""
    where = {
        "packets": str(packet_side.path),
        "packets_tcp": packet_side.tcp and list(packet_side.tcp),
        "records": records,
        "rtsp": rtsp,
    }
    while True:
        detail = {**where, "cameras": len(hub.relays), "readers": len(hub.readings)}
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            await nodes.beat(database, name, "media", address, detail)
        await clock.sleep(nodes.BEAT_SECONDS)


async def _watch_revocations(hub: Hub, database: Database, clock: Clock) -> None:
    """Cut what is revoked. After the listener has been away, ask for everything that runs."""
    async for channel, payload in listen(database.dsn, [gate.REVOKED]):
        if channel == gate.REVOKED:
            with contextlib.suppress(ValueError):
                permit_id = UUID(str(payload.get("permit_id")))
                hub.revoke(permit_id)
                with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                    await handover.cut(hub, database, clock.now(), permit_id)
        else:
            await _recheck(hub, database, clock)


async def _recheck(hub: Hub, database: Database, clock: Clock) -> None:
    """The listener is back, so the database is; should it go away again at once, the listener will notice too."""
    for _ in range(RECHECKS):
        try:
            await hub.recheck()
            await handover.cut(hub, database, clock.now())
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("recheck_failed", error=type(error).__name__)
            await clock.sleep(nodes.BEAT_SECONDS)
        else:
            return
