"""A round on a real PostgreSQL: from documents and leases to what workers are given."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.analyze import store as leases
from commonsight.analyze.budget import explain as explaining
from commonsight.analyze.budget import pools, rounds, service, store
from commonsight.analyze.budget.explain import Why
from commonsight.analyze.budget.model import Loan, Pool
from commonsight.analyze.model import Analysis
from commonsight.clock import SystemClock
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.analyze.world import ZONE, add_camera

CLOCK = SystemClock()


COUNTED = Analysis(enabled=True, fps=1.0, zones=(ZONE,))
"""Counted in one zone: a picture a second."""


async def worker(database: Database, name: str, cores: float, pool: str = "") -> None:
    await nodes.beat(database, name, "see", detail={"pool": pool, "capacity": {"available": cores}})


async def say(database: Database, camera: UUID, **told: Any) -> None:
    """What a worker tells at a renewal."""
    said = json.dumps({"running": True, "looks": 1.0} | told)
    async with database.write() as session:
        await session.execute(
            text("UPDATE analysis_leases SET state = CAST(:said AS jsonb) WHERE camera_id = :camera"),
            {"said": said, "camera": camera},
        )


async def given(database: Database) -> dict[UUID, tuple[str, str]]:
    async with database.read() as session:
        rows = await session.execute(text("SELECT camera_id, pool, tier FROM analysis_budget"))
        return {row.camera_id: (row.pool, row.tier) for row in rows}


@pytest.mark.asyncio
async def test_the_busiest_are_watched_and_the_others_are_told_why(database: Database) -> None:
    settings = Settings()
    cameras = [await add_camera(database, number, analysis=COUNTED) for number in range(1, 7)]
    assert await service.round_(database, settings, CLOCK) is None  # nobody to share out
    assert await given(database) == {}
    await worker(database, "see-1", 0.35)
    async with database.write() as session:
        taken = await leases.take(session, "see-1", 10, 60)
    assert {lease.camera_id for lease in taken} == set(cameras)
    for camera in cameras:
        busy = camera in cameras[:2]
        await say(database, camera, activity=0.95 if busy else 0.02, uncertainty=0.0,
                  cost={"inference": 0.05, "decoding": 0.01})  # fmt: skip

    outcome = await service.round_(database, settings, CLOCK)
    assert outcome is not None
    found = await given(database)
    assert {found[camera] for camera in cameras[:2]} == {("", "watch")}
    assert {found[camera][1] for camera in cameras[2:]} <= {"glance", "patrol"}
    (last,) = outcome.rounds
    assert (last.cameras, last.scenes, last.served, last.shed) == (6, 6, 2, 4)
    assert last.used <= last.available < 0.35

    # The next round, with the same facts, changes nothing and writes nothing.
    again = await service.round_(database, settings, CLOCK)
    assert again is not None
    assert len(again.decisions) == 0
    assert await given(database) == found

    async with database.read() as session:
        known = await service.gather(session, settings, CLOCK.now())
        (newest,) = await rounds.last(session)
        quiet = await store.camera(session, cameras[5])
        watched = await store.camera(session, cameras[0])
        told = await store.given(session, cameras[0])
    assert quiet is not None
    assert watched is not None
    assert told is not None
    why = explaining.explain(quiet, known, newest)
    assert (why.why, why.tier, why.need) == (Why.OUTBID, found[cameras[5]][1], "watch")
    assert why.next is not None
    assert why.next.code == "watch"
    assert why.next.factor > 1
    assert (why.next.cores or 0) > 0
    assert explaining.explain(watched, known, newest).why is Why.ENOUGH
    assert (told.tier, told.every_seconds) == ("watch", 1.0)

    await service.lift(database)
    assert await given(database) == {}


@pytest.mark.asyncio
async def test_pools_have_their_own_and_fall_to_the_common_one_without_workers(database: Database) -> None:
    settings = Settings()
    here = await add_camera(database, 1, region="450102", analysis=COUNTED)
    there = await add_camera(database, 2, region="450302", analysis=COUNTED)
    async with database.write() as session:
        for pool in (Pool("nanning", "南宁", "4501"), Pool("guilin", "桂林", "4503")):
            await pools.write(session, pool, "test", CLOCK.now())
    await worker(database, "see-1", 2.0)
    await worker(database, "see-2", 2.0, pool="nanning")
    await service.round_(database, settings, CLOCK)
    assert await given(database) == {here: ("nanning", "watch"), there: ("", "watch")}
    async with database.write() as session:
        await session.execute(text("UPDATE analyses SET enabled = false WHERE camera_id = :c"), {"c": there})
    await service.round_(database, settings, CLOCK)
    assert set(await given(database)) == {here}


@pytest.mark.asyncio
async def test_rounds_are_kept_for_a_time(database: Database) -> None:
    await worker(database, "see-1", 1.0)
    await add_camera(database, 1, analysis=COUNTED)
    outcome = await service.round_(database, Settings(), CLOCK)
    assert outcome is not None
    async with database.write() as session:
        await session.execute(text("UPDATE compute_rounds SET at = at - interval '20 days'"))
        await rounds.write(session, outcome.rounds, timedelta(days=14))
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM compute_rounds")) == 1
        (slot,) = await rounds.series(session, "", CLOCK.now() - timedelta(hours=1), 300)
    assert slot["coverage"] == 1.0


@pytest.mark.asyncio
async def test_workers_take_the_most_valuable_of_their_own_first_then_of_those_they_lend_to(
    database: Database,
) -> None:
    """Tiers and costs as a round would have left them."""
    cameras = [await add_camera(database, number, analysis=COUNTED) for number in range(1, 6)]
    given_ = [("nanning", "watch", 1.0), ("nanning", "watch", 5.0), ("guilin", "watch", 9.0),
              ("nanning", "off", 0.0), ("liuzhou", "watch", 9.0)]  # fmt: skip
    async with database.write() as session:
        for camera, (pool, tier, score) in zip(cameras, given_, strict=True):
            await session.execute(
                text("""INSERT INTO analysis_budget (camera_id, pool, tier, every_seconds, decoding, score, cost, at)
                        VALUES (:camera, :pool, :tier, 1, 'reference', :score, 0.4, now())"""),
                {"camera": camera, "pool": pool, "tier": tier, "score": score},
            )
        for name, region in (("nanning", "4501"), ("guilin", "4503")):
            await pools.write(session, Pool(name, name, region), "test", CLOCK.now())
        now = CLOCK.now()
        lent = Loan(cameras[0], "nanning", "guilin", 1.0, now, now + timedelta(hours=1), by_name="test")
        await pools.lend(session, lent, cameras[0], now)
        served = await pools.served_by(session, "nanning", now)
        assert served == ["nanning", "guilin"]
        assert await pools.served_by(session, "unheard-of", now) == [""]
        assert await leases.watched(session, served) == (3, 0)

        def taken(found: list[leases.Lease]) -> set[UUID]:
            return {lease.camera_id for lease in found}

        assert taken(await leases.take(session, "see-1", 1, 60, served, 9.0)) == {cameras[1]}
        assert taken(await leases.take(session, "see-1", 9, 60, served, 0.5)) == {cameras[0]}
        assert taken(await leases.take(session, "see-1", 9, 60, served, 9.0)) == {cameras[2]}
        assert await leases.take(session, "see-1", 9, 60, served, 9.0) == []
