"""Sharing out compute: read what is known, decide, write what changed; and foresee what a change would do."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from commonsight.analyze.budget import pools as pool_store
from commonsight.analyze.budget import rounds as round_store
from commonsight.analyze.budget import store
from commonsight.analyze.budget.decide import Known, Outcome, decide
from commonsight.analyze.budget.inputs import Watched, kinds
from commonsight.analyze.budget.model import COMMON, Loan, Pool, Steady, rooms, terms
from commonsight.analyze.budget.rounds import Round
from commonsight.analyze.budget.store import Worker
from commonsight.analyze.deployments.store import boosts
from commonsight.analyze.scenes.registry import installed
from commonsight.clock import Clock
from commonsight.records.database import Database, ReadSession
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

UNTOLD_CORES: Final = 1.0
"""Taken for a worker that lives and has not said yet what it has."""
MIX: Final = 0.65
"""Share of the work in the busier of a worker's two threads, while too little is done to measure it."""
MIX_LEAST: Final = 0.2
"""Cores used in a pool below which nothing is measured."""
SMOOTH: Final = 0.3
"""Share of the way capacity moves a round: the mix of work wavers, the tiers should not."""


async def round_(database: Database, settings: Settings, clock: Clock) -> Outcome | None:
    """Share out compute once; None when there is no worker to share out."""
    began = clock.monotonic()
    async with database.read() as session:
        cameras = [camera async for camera in store.cameras(session)]
        known = await gather(session, settings, clock.now())
    if not any(room.workers for room in known.room.values()):
        return None
    outcome = await asyncio.to_thread(decide, cameras, known)
    seconds = clock.monotonic() - began
    async with database.write() as session:
        await store.write(session, outcome.decisions, known.now)
        await store.forget(session)
        made = [replace(each, seconds=seconds) for each in outcome.rounds]
        await round_store.write(session, made, timedelta(days=settings.budget.keep_days))
    for each in outcome.rounds:
        if each.shed:
            log.info("compute_shed", pool=each.pool, cameras=each.shed, of=each.cameras, cores=round(each.available, 2))
    log.info("compute_shared", cameras=len(cameras), written=len(outcome.decisions), seconds=round(seconds, 3))
    return outcome


async def lift(database: Database) -> None:
    """The budget is switched off: every camera is watched as its document says."""
    async with database.write() as session:
        await store.lift(session)


async def gather(session: ReadSession, settings: Settings, now: datetime) -> Known:
    """Everything a round goes by beside the cameras."""
    given = terms()
    known = await pool_store.pools(session)
    workers = await store.workers(session)
    loans = await pool_store.running(session, now)
    before = {each.pool: each for each in await round_store.last(session)}
    measured = capacities(workers, before, given.steady)
    return Known(
        kinds=kinds(installed().cards, await store.priorities(session), given, settings.see.fps),
        boosts=await boosts(session, now),
        pools=known,
        room=rooms(_at_home(measured, known), known, loans, now),
        terms=given,
        now=now,
        zone=ZoneInfo(settings.region.timezone),
    )


def capacities(
    workers: Sequence[Worker], before: Mapping[str, Round], steady: Steady
) -> dict[str, tuple[int, float]]:  # fmt: skip
    """Live workers and cores that may be given away, by pool.

    A worker decodes in one thread and looks in another: when one of them does most of the work, the other's core cannot
    be used for it. `before` smooths what is measured of that, as long as no worker came or went.
    """
    found: dict[str, tuple[int, float]] = {}
    for name in sorted({worker.pool for worker in workers}):
        mine = [worker for worker in workers if worker.pool == name]
        inference, decoding = sum(w.inference for w in mine), sum(w.decoding for w in mine)
        used = inference + decoding
        mix = max(inference, decoding) / used if used >= MIX_LEAST else MIX
        cores = sum(usable(UNTOLD_CORES if w.available is None else w.available, mix) for w in mine) * steady.headroom
        last = before.get(name)
        if last is not None and last.workers == len(mine) and last.capacity > 0:
            cores = last.capacity + SMOOTH * (cores - last.capacity)
        found[name] = (len(mine), cores)
    return found


def usable(available: float, mix: float) -> float:
    """Cores a worker can really use when `mix` (0.5..1) of the work falls to the busier of its two threads."""
    return min(available, max(available / 2, 1.0) / mix)


def _at_home(measured: Mapping[str, tuple[int, float]], known: Sequence[Pool]) -> dict[str, tuple[int, float]]:
    """Workers whose pool nobody has set up belong to the common one: their cores must not lie idle for a slip."""
    names = {pool.name for pool in known}
    made: dict[str, tuple[int, float]] = {}
    for name, (count, cores) in measured.items():
        home = name if name in names else COMMON
        had = made.get(home, (0, 0.0))
        made[home] = (had[0] + count, had[1] + cores)
    return made


async def foreseen(
    session: ReadSession, settings: Settings, now: datetime, loan: Loan
) -> tuple[Known, Outcome, Outcome]:  # fmt: skip
    """What a loan would do: (what is known, the round as it would be now, and with the loan)."""
    cameras: list[Watched] = [camera async for camera in store.cameras(session)]
    known = await gather(session, settings, now)
    loans = await pool_store.running(session, now)
    # As if it ran now: a loan for next week is weighed against today's cameras, the only ones anybody knows.
    begun = replace(loan, starts_at=min(loan.starts_at, now))
    measured = {name: (room.workers, room.measured) for name, room in known.room.items()}
    after = replace(known, room=rooms(measured, known.pools, [*loans, begun], now))
    plain = await asyncio.to_thread(decide, cameras, known)
    lent = await asyncio.to_thread(decide, cameras, after)
    return after, plain, lent
