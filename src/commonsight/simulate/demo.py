"""The process of the demo world: brings the footage, then plays the virtual cameras until it is told to stop."""

import asyncio
from contextlib import suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.records.database import Database
from commonsight.records.nodes import beat
from commonsight.settings import Settings
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fleet
from commonsight.simulate.scenes import scenes

REPORT_SECONDS = 10.0

log = structlog.get_logger(__name__)


def fleet_of(settings: Settings) -> Fleet:
    """The demo region's fleet: the same in every process that asks, because it follows from the settings alone."""
    section = settings.simulate
    return Fleet(section.seed, section.cameras, host=section.host, port=section.port)


def watched(settings: Settings) -> list[dict[str, object]]:
    """The scenes with the `url` of their cameras, for the demo's seeding."""
    fleet = fleet_of(settings)
    return [each | {"url": f"rtsp://{fleet.host}:{fleet.port}/{each['path']}"} for each in scenes()]


async def serve(settings: Settings, database: Database, clock: Clock, name: str, stop: asyncio.Event) -> None:
    """Run until `stop`. Raises `Refusal` when there is no footage at all or the port is taken."""

    def progress(line: str) -> None:
        log.info("footage", say=line)

    city = await asyncio.to_thread(City.load, settings.data_dir, fleet_of(settings), clock, progress)
    await city.start()
    log.info("virtual_cameras_ready", port=city.fleet.port, cameras=city.fleet.count, clips=city.clips)
    try:
        while not stop.is_set():
            detail = {
                "cameras": city.fleet.count,
                "clips": city.clips,
                "connections": city.server.connections,
                "playing": city.server.playing,
            }
            try:
                await beat(database, name, "simulate", f"rtsp://{city.fleet.host}:{city.fleet.port}", detail)
            except (OSError, SQLAlchemyError) as error:  # the cameras go on playing while the database restarts
                log.warning("beat_failed", reason=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REPORT_SECONDS)
    finally:
        await city.close()
