"""Incidents on a real PostgreSQL: written under the lease's epoch, told once, ended when nobody tells of them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from commonsight.analyze import store as leases
from commonsight.analyze.incidents import model, store
from commonsight.analyze.incidents.model import State
from commonsight.analyze.model import State as LeaseState
from commonsight.analyze.scenes.model import Phase, Setup, Sighting
from commonsight.analyze.store import Lease, LeaseLost
from commonsight.records.database import Database
from tests.analyze.world import add_camera

NOW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
SETUP = Setup("road", "congestion", settings={"seconds": 120.0})


def jam(phase: Phase, seconds: float) -> tuple[Setup, Sighting]:
    at = NOW + timedelta(seconds=seconds)
    return SETUP, Sighting("zone-1", "congestion", "zone-1", phase, at, 0.8, ((0.1, 0.2, 0.5, 0.6),), {"speed": 3.5})


async def write(database: Database, lease: Lease, *told: tuple[Setup, Sighting]) -> None:
    """What a worker does at each flush."""
    async with database.write() as session:
        await leases.renew(session, lease, 10, LeaseState(running=True))
        await store.put(session, lease.camera_id, lease.place, lease.epoch, lease.worker, told, NOW)


async def topics(database: Database) -> list[str]:
    async with database.read() as session:
        found = await session.execute(text("SELECT topic FROM outbox WHERE topic LIKE 'analyze.incident%' ORDER BY id"))
    return list(found.scalars())


async def test_a_worker_s_sightings_are_written_once_under_its_epoch(database: Database) -> None:
    camera = await add_camera(database)
    async with database.write() as session:
        [lease] = await leases.take(session, "see-1", 1, 10)
    for _ in range(2):  # the answer to the first commit was lost
        await write(database, lease, jam(Phase.BEGAN, 0), jam(Phase.STILL, 60))
    assert await topics(database) == [model.BEGAN]
    await write(database, lease, jam(Phase.ENDED, 90))
    assert await topics(database) == [model.BEGAN, model.ENDED]
    async with database.read() as session:
        rows = (await session.execute(text("SELECT id FROM incidents"))).scalars().all()
        kept = await store.one(session, rows[0])
    assert len(rows) == 1
    assert kept is not None
    assert (kept.camera_id, kept.place, kept.severity, kept.state) == (camera, "450102", 3, State.OVER)
    assert (kept.boxes, kept.detail, kept.settings) == (((0.1, 0.2, 0.5, 0.6),), {"speed": 3.5}, {"seconds": 120})

    async with database.write() as session:
        await session.execute(text("UPDATE analysis_leases SET until = now()"))
        await leases.take(session, "see-2", 1, 10)
    with pytest.raises(LeaseLost):
        await write(database, lease, jam(Phase.BEGAN, 7200))
    assert await topics(database) == [model.BEGAN, model.ENDED]


async def test_what_nobody_tells_of_any_more_is_over_at_its_latest_word(database: Database) -> None:
    await add_camera(database)
    async with database.write() as session:
        [lease] = await leases.take(session, "see-1", 1, 10)
    await write(database, lease, jam(Phase.BEGAN, 0), jam(Phase.STILL, 60))
    async with database.write() as session:
        assert await store.close_stale(session, NOW + timedelta(seconds=60) + model.STALE) == 0
        assert await store.close_stale(session, NOW + timedelta(seconds=61) + model.STALE) == 1
    assert await topics(database) == [model.BEGAN, model.ENDED]
    async with database.read() as session:
        ended = await session.scalar(text("SELECT ended_at FROM incidents"))
    assert ended == NOW + timedelta(seconds=60)
