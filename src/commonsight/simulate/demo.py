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

REPORT_SECONDS = 10.0
LAST_WORD_SECONDS = 5.0

log = structlog.get_logger(__name__)


def fleet_of(settings: Settings) -> Fleet:
    """The demo region's fleet: the same in every process that asks, because it follows from the settings alone."""
    section = settings.simulate
    return Fleet(section.seed, section.cameras, host=section.host, port=section.port)


async def serve(settings: Settings, database: Database, clock: Clock, name: str, stop: asyncio.Event) -> None:
    """Run until `stop`. Raises `Refusal` when there is no footage at all or the port is taken.

    The cameras answer as soon as the first clip is there; larger ones join while they play.
    """
    city = City(fleet_of(settings), clock)
    ready = asyncio.Event()
    bringing = asyncio.create_task(_bring(city, settings, ready), name="bring-footage")
    over = asyncio.Event()
    telling = asyncio.create_task(_tell(city, database, name, over), name="tell-of-cameras")
    playable = asyncio.create_task(ready.wait(), name="await-first-clip")
    stopping = asyncio.create_task(stop.wait(), name="await-stop")
    try:
        await asyncio.wait([bringing, playable, stopping], return_when=asyncio.FIRST_COMPLETED)
        if bringing.done():
            bringing.result()  # raises when there is no footage at all
        if not stop.is_set():
            await city.start()
            log.info("virtual_cameras_ready", port=city.fleet.port, cameras=city.fleet.count, clips=city.clips)
            await stopping
    finally:
        # Not cancelled: a connection broken off while it is made occupies the database for a minute.
        over.set()
        await asyncio.wait([telling], timeout=LAST_WORD_SECONDS)
        tasks = [bringing, telling, playable, stopping]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await city.close()


async def _bring(city: City, settings: Settings, ready: asyncio.Event) -> None:
    def progress(line: str) -> None:
        log.info("footage", say=line)

    async for clip in city.bring(settings.data_dir, progress):
        log.info("clip_plays", clip=clip)
        ready.set()


async def _tell(city: City, database: Database, name: str, over: asyncio.Event) -> None:
    """Show on the system page what is played and to how many."""
    while not over.is_set():
        detail = {
            "cameras": city.fleet.count,
            "clips": city.clips,
            "connections": city.server.connections,
            "playing": city.server.playing,
        }
        try:
            await beat(database, name, "simulate", f"rtsp://{city.fleet.host}:{city.fleet.port}", detail)
        except (OSError, SQLAlchemyError) as error:  # the cameras go on playing while the database restarts
            log.warning("beat_failed", reason=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), REPORT_SECONDS)
