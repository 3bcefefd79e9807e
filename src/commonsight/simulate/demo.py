"""The process of the demo world: brings the footage, then plays the virtual cameras until it is told to stop."""

import asyncio
from contextlib import suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.records.nodes import beat
from commonsight.settings import Settings
from commonsight.simulate import footage, spoil
from commonsight.simulate.city import City
from commonsight.simulate.damage import Book, Harm, Orders
from commonsight.simulate.fleet import Fleet
from commonsight.simulate.gb28181 import film
from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.damage import Wounds
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.fleet import Fleet as GbFleet
from commonsight.simulate.gb28181.fleet import FleetPlan, own_address
from commonsight.simulate.gb28181.stage import Pace

REPORT_SECONDS = 10.0
LAST_WORD_SECONDS = 5.0
ORDERS_SECONDS = 0.5
"""How soon a camera that is broken on command is broken."""
GB_SERIAL = 900_000
"""Codes of the GB/T 28181 fleet begin here, clear of the cameras the demo region is seeded with."""

log = structlog.get_logger(__name__)


def fleet_of(settings: Settings) -> Fleet:
    """The demo region's fleet: the same in every process that asks, because it follows from the settings alone."""
    section = settings.simulate
    return Fleet(section.seed, section.cameras, host=section.host, port=section.port)


def gb_plan_of(settings: Settings) -> FleetPlan | None:
    """The lower platforms and devices of the demo region, with the small ills of everyday; None without SIP."""
    if not settings.sip.enabled:
        return None
    return FleetPlan(
        seed=settings.simulate.seed,
        platforms=2,
        cameras=40,
        devices=6,
        faults=Faults(loss=0.02, doubling=0.05, reorder=0.05, bends=0.3, mute=0.03),
        # Sooner than devices in the field: somebody is watching, and the platform above may still be starting.
        pace=Pace(retry=2.0, retry_most=8.0),
        spread=5.0,
        happenings=90.0,
        serial=GB_SERIAL,
    )


def channels_of(settings: Settings) -> dict[str, str]:
    """Codes of the cameras behind the demo's lower platforms and devices, with the clip each shows."""
    plan = gb_plan_of(settings)
    if plan is None:
        return {}
    fleet = GbFleet(plan, server=settings.sip.id, domain=settings.sip.realm, to=own_address(settings))
    clips = [clip.name for clip in footage.clips()]
    codes = (code for party in fleet.parties for code in party.catalogue.codes())
    return {code: clips[int(draw(plan.seed, "film", code) * len(clips))] for code in codes}


async def serve(settings: Settings, database: Database, clock: Clock, name: str, stop: asyncio.Event) -> None:
    """Run until `stop`. Raises `Refusal` when there is no footage at all or the port is taken.

    The cameras answer as soon as the first clip is there; larger ones join while they play.
    """
    city = City(fleet_of(settings), clock)
    plan = gb_plan_of(settings)
    gb = (
        None
        if plan is None
        else GbFleet(plan, server=settings.sip.id, domain=settings.sip.realm, to=own_address(settings), clock=clock)
    )
    wounds = None if gb is None else Wounds(gb)
    ready = asyncio.Event()
    bringing = asyncio.create_task(_bring(city, gb, settings, ready), name="bring-footage")
    over = asyncio.Event()
    telling = asyncio.create_task(_tell(city, gb, database, name, over), name="tell-of-cameras")
    obeying = asyncio.create_task(_obey(city, wounds, settings, ready), name="obey-orders")
    playable = asyncio.create_task(ready.wait(), name="await-first-clip")
    stopping = asyncio.create_task(stop.wait(), name="await-stop")
    try:
        await asyncio.wait([bringing, playable, stopping], return_when=asyncio.FIRST_COMPLETED)
        if bringing.done():
            bringing.result()  # raises when there is no footage at all
        if not stop.is_set():
            await city.start()
            if gb is not None:
                await gb.start()
            log.info("virtual_cameras_ready", port=city.fleet.port, cameras=city.fleet.count, clips=city.clips)
            await stopping
    finally:
        # Not cancelled: a connection broken off while it is made occupies the database for a minute.
        over.set()
        await asyncio.wait([telling], timeout=LAST_WORD_SECONDS)
        tasks = [bringing, telling, obeying, playable, stopping]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if gb is not None:
            await gb.close()
        await city.close()


async def _bring(city: City, gb: GbFleet | None, settings: Settings, ready: asyncio.Event) -> None:
    async for clip in city.bring(settings.data_dir, _say):
        log.info("clip_plays", clip=clip)
        if gb is not None:
            known = next(each for each in footage.clips() if each.name == clip)
            gb.show(await asyncio.to_thread(film.bring, known, settings.data_dir, _say))
            await asyncio.to_thread(gb.speak_aac)
        ready.set()


async def _obey(city: City, below: Wounds | None, settings: Settings, ready: asyncio.Event) -> None:
    """Break and mend cameras as the book of damage says, whenever it changes."""
    book = Book(settings.data_dir)
    orders: Orders = {}
    hopeless: set[tuple[str, Harm]] = set()
    await ready.wait()
    while True:
        fresh = await asyncio.to_thread(book.changes)
        orders = orders if fresh is None else fresh
        for path, how in orders.items():
            clip = None if how is None else city.clip_of(path) or (below.film_of(path) if below else None)
            if clip is None or how is None or (clip, how) in hopeless:
                continue
            if city.lacks(clip, how) and not await _spoil(city, below, clip, how, settings):
                hopeless.add((clip, how))
        if fresh is not None:
            changed = city.obey(fresh) + (below.obey(fresh) if below is not None else [])
            if changed:
                log.info("cameras_ordered", cameras=changed[:20], count=len(changed))
        await asyncio.sleep(ORDERS_SECONDS)


async def _spoil(city: City, below: Wounds | None, clip: str, how: Harm, settings: Settings) -> bool:
    """Bring the clip of such a picture. False when it cannot be had: its cameras stay well, and the log says why."""
    known = next(each for each in footage.clips() if each.name == clip)
    try:
        city.show_harmed(clip, how, await asyncio.to_thread(spoil.bring, known, how, settings.data_dir, _say))
        if below is not None:
            path = spoil.path(known, how, settings.data_dir)
            below.show(clip, how, await asyncio.to_thread(film.read, path, known))
    except Refusal as refusal:
        log.warning("camera_not_spoiled", clip=clip, how=how, reason=refusal.values.get("reason"))
        return False
    return True


def _say(line: str) -> None:
    log.info("footage", say=line)


async def _tell(city: City, gb: GbFleet | None, database: Database, name: str, over: asyncio.Event) -> None:
    """Show on the system page what is played and to how many."""
    while not over.is_set():
        detail: dict[str, object] = {
            "cameras": city.fleet.count,
            "clips": city.clips,
            "connections": city.server.connections,
            "playing": city.server.playing,
        }
        if gb is not None:
            counts = {key: value for key, value in gb.tally.counts().items() if value}
            detail["gb28181"] = {
                "parties": len(gb.parties),
                "registered": gb.registered,
                "streams": gb.streams,
            } | counts
        try:
            await beat(database, name, "simulate", f"rtsp://{city.fleet.host}:{city.fleet.port}", detail)
        except (OSError, SQLAlchemyError) as error:  # the cameras go on playing while the database restarts
            log.warning("beat_failed", reason=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), REPORT_SECONDS)
