"""Jobs of diagnosis: look at some cameras now, let go of old pictures."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.catalog import secrets
from commonsight.catalog import service as catalog
from commonsight.catalog.source import Source
from commonsight.gate import service as gate
from commonsight.gate.model import Permit
from commonsight.inspect.diagnosis import evidence, store
from commonsight.inspect.diagnosis.looking import Diagnoser
from commonsight.inspect.readers import readers
from commonsight.jobs import Blueprint, House
from commonsight.media import probe as probing
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession

log = structlog.get_logger(__name__)

PURPOSE: Final = "health_check"
AT_ONCE: Final = 8
"""Cameras opened at the same time when somebody asks for looks now."""
NOW_PRIORITY: Final = 10
"""A person waits for them."""
AGAIN_SECONDS: Final = 5.0
"""Before a camera is looked at again whose picture disagrees with what was held of it."""
AGAIN_MOST: Final = 2
"""Looks again; what is unsettled then, the next sweep settles."""
YOUNG_SECONDS: Final = 3_600.0
"""Pictures whose verdict may not be committed yet are not tidied away."""

tasks = Blueprint()


async def ask_for_looks(session: WriteSession, cameras: Sequence[UUID]) -> int:
    """Queue looks at these cameras; returns the job's id."""
    queued = await jobs.enqueue(session, look, {"cameras": [str(one) for one in cameras]}, priority=NOW_PRIORITY)
    assert queued is not None, "no queueing lock, so it is always queued"
    return queued


@tasks.task(retry=False)
async def look(cameras: list[str]) -> None:
    """Open cameras, decode a keyframe of each and diagnose it, again where something stays unsettled."""
    house = jobs.house()
    secrets.install(house.settings.data_dir)
    ids = [UUID(one) for one in cameras]
    async with house.database.write() as session:
        issued = await gate.issue_system(session, name="inspect", purpose_code=PURPOSE, cameras=ids, hours=1)
        sources = await catalog.camera_sources(session, ids)
    seen = await look_at(house, issued.permit, sources)
    for _ in range(AGAIN_MOST):
        async with house.database.read() as session:
            open_ = await store.suspects(session, list(sources))
        if not open_:
            break
        await house.clock.sleep(AGAIN_SECONDS)
        await look_at(house, issued.permit, {one: sources[one] for one in sorted(open_)})
    log.info("looks_done", asked=len(ids), seen=seen)


async def look_at(house: House, permit: Permit, sources: Mapping[UUID, Source]) -> int:
    """One look at each of these cameras; returns how many showed a picture."""
    turn = asyncio.Semaphore(AT_ONCE)
    made = Diagnoser(house.database, house.clock, house.settings, readers=readers(house), decisive=True)
    async with made as looking:

        async def one(camera_id: UUID, source: Source) -> bool:
            async with turn:
                try:
                    result = await probing.probe(
                        permit, camera_id, source, timeout=house.settings.inspect.timeout_seconds,
                        clock=house.clock, keep_picture=True,
                    )  # fmt: skip
                except Refusal as refusal:
                    log.info("look_not_possible", camera=str(camera_id), reason=refusal.code)
                    return False
                if result.picture is None:
                    return False
                await looking.look(camera_id, result.picture, house.clock.now())
                return True

        return sum(await asyncio.gather(*(one(camera_id, source) for camera_id, source in sources.items())))


@tasks.periodic(cron="17 * * * *")
@tasks.task(queueing_lock="inspect.diagnosis.purge", retry=False)
async def purge(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Let go of pictures that are too old, that no verdict names, or that take too much room."""
    house = jobs.house()
    settings, now = house.settings.diagnosis, house.clock.now()
    async with house.database.write() as session:
        await store.forget_evidence(session, now - timedelta(days=settings.evidence_days))
    async with house.database.read() as session:
        wanted = await store.evidence_names(session)
    place = evidence.place_of(house.settings.data_dir)
    deleted, left = await asyncio.to_thread(
        evidence.purge, place, wanted, settings.evidence_bytes, now.timestamp() - YOUNG_SECONDS
    )
    if deleted:
        log.info("evidence_purged", files=deleted, bytes_left=left)
