"""What the platform does for deployments by the clock: begin, put on, take back, look, hand over, keep the days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from commonsight.analyze.deployments import model, service, store, watching
from commonsight.analyze.deployments.model import Deployment, State
from commonsight.problem import Refusal
from commonsight.records.database import Database, WriteSession

log = structlog.get_logger(__name__)

STEPS_MOST: Final = 20
MOVES_A_TURN: Final = 50
"""Cameras put on or taken back in one transaction."""
TURNS: Final = 10
LOOK_SECONDS: Final = 55.0
"""A running deployment is looked at so often at most; the job comes every ten seconds."""
LOOK_MOST: Final = 120.0
"""Longest time one look stands for; beyond it nobody looked, and the time is not counted."""
SETTLE: Final = timedelta(minutes=5)
"""A day's figures are kept so long after its end: until then workers may still bring their minutes."""


async def tend(database: Database, zone: ZoneInfo, now: datetime) -> None:
    """One turn. Whatever a turn that was cut off has left undone is in the rows, and done by the next one."""
    for _ in range(STEPS_MOST):
        if not await _step(database, now):
            break
    for _ in range(TURNS):
        if await _move(database, now) < MOVES_A_TURN:
            break
    async with database.read() as session:
        running = await store.running(session)
    for deployment_id in running:
        async with database.write() as session:
            await look(session, deployment_id, now)
    async with database.write() as session:
        await keep_days(session, zone, now)


async def _step(database: Database, now: datetime) -> bool:
    async with database.write() as session:
        found = await store.due(session, now)
        if found is None:
            return False
        try:
            made = await service.by_clock(session, found, now)
        except Refusal as refusal:
            log.error("deployment_not_stepped", deployment=str(found.id), code=refusal.code)
            return False
        log.info("deployment_stepped", deployment=str(made.id), state=made.state.value)
        return True


async def _move(database: Database, now: datetime) -> int:
    async with database.write() as session:
        moves = await store.next_moves(session, MOVES_A_TURN)
        known: dict[UUID, Deployment | None] = {}
        for deployment_id, camera_id, state in moves:
            if deployment_id not in known:
                known[deployment_id] = await store.one(session, deployment_id)
            found = known[deployment_id]
            if found is not None:
                await service.move(session, found, camera_id, state, now)
        return len(moves)


async def look(session: WriteSession, deployment_id: UUID, now: datetime) -> None:
    """See which cameras of a running deployment work and are watched, and tell handovers that have come."""
    found = await store.one(session, deployment_id, for_update=True)
    if found is None or found.state is not State.RUNNING:
        return
    since = found.looked_at or found.started_at or now
    elapsed = (now - since).total_seconds()
    if elapsed < LOOK_SECONDS:
        return
    fallen, back = await watching.sample(session, found.id, min(elapsed, LOOK_MOST), now)
    for kind, cameras in (("down", fallen), ("up", back)):
        if cameras:
            names = await store.camera_names(session, cameras[:5])
            await store.note(session, found.id, kind, now, cameras=len(cameras), names=names)
    for at in model.handovers(found.shifts, since, now):
        await service.hand_over(session, found, at, now)
    await store.looked(session, found.id, now)


async def keep_days(session: WriteSession, zone: ZoneInfo, now: datetime) -> None:
    """Keep the figures of days that are over, of every deployment that ran on them, once."""
    for found in await store.with_open_days(session, now):
        kept = await watching.days(session, found.id)
        for day, begin, end in days_of(found, zone, now):
            if day in kept or end + SETTLE > now:
                continue
            cameras = [member.camera_id for member in await store.members(session, found.id)]
            scenes = [wanted.scene for wanted in found.scenes]
            await watching.keep_day(
                session, found.id, day, await watching.figures(session, cameras, scenes, begin, end)
            )  # fmt: skip
            kept[day] = []
        if found.state is State.OVER and found.ended_at is not None and found.ended_at + SETTLE <= now:
            await store.days_kept(session, found.id)


def days_of(found: Deployment, zone: ZoneInfo, now: datetime) -> Sequence[tuple[date, datetime, datetime]]:
    """The days of the region's calendar on which a deployment ran, each with the span of it, UTC."""
    if found.started_at is None:
        return ()
    last = found.ended_at or min(now, found.ends_at)
    spans = []
    begin = found.started_at
    while begin < last:
        day = begin.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), clock_time(), zone).astimezone(UTC)
        spans.append((day, begin, min(midnight, last)))
        begin = midnight
    return spans
