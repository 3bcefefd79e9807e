"""Leases, epochs and observations on a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from commonsight.analyze import archive, figure_store, store
from commonsight.analyze.count import Crossing
from commonsight.analyze.model import Analysis, Measure, State, interval_start
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.store import Lease, LeaseLost
from commonsight.analyze.tally import Tally
from commonsight.records.database import Database
from tests.analyze.world import ANALYSIS, LINE, add_camera

START = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
CAR = CLASSES.index("car")


def crossing(direction: str = "in") -> Crossing:
    return Crossing(0, direction, CAR, 1, 0.0, (0, 0), (10, 10), (0, 0), inferred=False)


async def take(database: Database, worker: str, most: int = 10, seconds: float = 10) -> list[Lease]:
    async with database.write() as session:
        return await store.take(session, worker, most, seconds)


async def expire(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("UPDATE analysis_leases SET until = now()"))


async def write(database: Database, lease: Lease, tally: Tally, now: datetime) -> None:
    """What a worker does at each flush."""
    page = tally.page(now)
    async with database.write() as session:
        await store.renew(session, lease, 10, State(running=True))
        await store.put(session, lease.camera_id, lease.place, page.observations)
        for day, totals in page.days:
            await store.put_day(session, lease.camera_id, lease.place, day, totals, now)
    tally.written(page, now)


async def resume(database: Database, lease: Lease, now: datetime) -> Tally:
    async with database.read() as session:
        minute = await store.running(session, lease.camera_id, interval_start(now))
        day = await store.day_totals(session, lease.camera_id, now.date())
    return Tally(
        lease.camera_id, lease.place, lease.analysis.lines, lease.analysis.zones, now, minute, day
    )  # fmt: skip


async def value(database: Database, measure: Measure, start: datetime = START) -> float:
    async with database.read() as session:
        found = await session.scalar(
            text("SELECT sum(value) FROM observations WHERE measure = :m AND start = :s AND class = 'car'"),
            {"m": measure.value, "s": start},
        )
    return float(found or 0)


async def test_workers_that_take_at_the_same_time_get_different_cameras(database: Database) -> None:
    cameras = {await add_camera(database, number) for number in range(1, 9)}
    taken = await asyncio.gather(*(take(database, f"see-{n}", most=4) for n in range(4)))
    ids = [lease.camera_id for leases in taken for lease in leases]
    assert len(ids) == len(set(ids))
    assert set(ids) <= cameras
    # Whoever was passed over while others held locks gets the rest at the next look.
    rest = await take(database, "see-9", most=8)
    assert {*ids, *(lease.camera_id for lease in rest)} == cameras


async def test_a_camera_is_taken_once_until_its_lease_runs_out(database: Database) -> None:
    await add_camera(database)
    [first] = await take(database, "see-1")
    assert await take(database, "see-2") == []
    await expire(database)
    [second] = await take(database, "see-2")
    assert (first.epoch, second.epoch) == (1, 2)
    assert second.place == "450102"
    assert second.analysis == ANALYSIS


async def test_a_worker_that_lost_its_lease_writes_nothing(database: Database) -> None:
    await add_camera(database)
    [old] = await take(database, "see-1")
    left = await resume(database, old, START)
    left.cross(crossing(), START)
    await write(database, old, left, START)
    await expire(database)
    [new] = await take(database, "see-2")
    left.cross(crossing(), START)
    with pytest.raises(LeaseLost):
        await write(database, old, left, START)
    assert await value(database, Measure.CROSSINGS_IN) == 1
    await write(database, new, await resume(database, new, START), START)
    assert await value(database, Measure.CROSSINGS_IN) == 1


async def test_the_same_name_does_not_make_it_the_same_lease(database: Database) -> None:
    await add_camera(database)
    [old] = await take(database, "see-1")
    async with database.write() as session:
        await store.reclaim(session, "see-1")
    [new] = await take(database, "see-1")
    async with database.write() as session:
        await store.renew(session, new, 10, State())
    with pytest.raises(LeaseLost):
        async with database.write() as session:
            await store.renew(session, old, 10, State())


async def test_a_retry_never_doubles(database: Database) -> None:
    await add_camera(database)
    [lease] = await take(database, "see-1")
    tally = await resume(database, lease, START)
    for _ in range(3):
        tally.cross(crossing(), START)
    for _ in range(4):
        await write(database, lease, tally, START)
    assert await value(database, Measure.CROSSINGS_IN) == 3
    async with database.read() as session:
        totals, since = await figure_store.totals(session, ["45"])
    assert totals["car"] == (3, 0)
    assert since == START


async def test_a_takeover_in_the_middle_of_a_minute_goes_on_from_what_is_written(database: Database) -> None:
    await add_camera(database)
    [first] = await take(database, "see-1")
    tally = await resume(database, first, START)
    tally.cross(crossing(), START + timedelta(seconds=5))
    tally.watch(20.0, tally._minute.most, START + timedelta(seconds=20))
    await write(database, first, tally, START + timedelta(seconds=20))
    tally.cross(crossing(), START + timedelta(seconds=21))  # never written: the worker is killed here
    await expire(database)
    [second] = await take(database, "see-2")
    after = await resume(database, second, START + timedelta(seconds=30))
    after.cross(crossing(), START + timedelta(seconds=35))
    after.cross(crossing("out"), START + timedelta(seconds=36))
    after.watch(25.0, tally._minute.most, START + timedelta(seconds=55))
    await write(database, second, after, START + timedelta(seconds=55))
    assert await value(database, Measure.CROSSINGS_IN) == 2
    assert await value(database, Measure.CROSSINGS_OUT) == 1
    async with database.read() as session:
        coverage = await session.scalar(text("SELECT max(coverage) FROM observations"))
        totals, _ = await figure_store.totals(session, ["45"])
    assert coverage == pytest.approx(45 / 60)
    assert totals["car"] == (2, 1)


async def test_switching_off_and_archiving_end_a_lease(database: Database) -> None:
    camera = await add_camera(database)
    [lease] = await take(database, "see-1")
    async with database.write() as session:
        await store.write(session, camera, Analysis(enabled=False, lines=(LINE,)))
    with pytest.raises(LeaseLost):
        async with database.write() as session:
            await store.renew(session, lease, 10, State())
    await expire(database)
    assert await take(database, "see-1") == []


async def test_a_changed_document_is_seen_at_the_next_renewal(database: Database) -> None:
    camera = await add_camera(database)
    [lease] = await take(database, "see-1")
    async with database.write() as session:
        assert await store.renew(session, lease, 10, State()) == lease.version
        await store.write(session, camera, Analysis(enabled=True, lines=(LINE,), fps=8))
    async with database.write() as session:
        assert await store.renew(session, lease, 10, State()) == lease.version + 1


async def test_state_of_a_silent_worker_is_not_believed(database: Database) -> None:
    camera = await add_camera(database)
    [lease] = await take(database, "see-1")
    async with database.write() as session:
        await store.renew(session, lease, 10, State(running=True, fps=5, coverage=0.9), {"car": 2})
    async with database.read() as session:
        stored = await store.read(session, camera)
        assert stored is not None
        assert stored.state == State(True, "see-1", 1, 5, 0.9, None)
        assert await figure_store.present(session, ["45"]) == (1, pytest.approx(0.9), {"car": 2})
        assert await figure_store.present(session, ["44"]) == (0, 0, {})
    await expire(database)
    async with database.read() as session:
        stored = await store.read(session, camera)
        assert stored is not None
        assert stored.state == State(epoch=1)
        assert await figure_store.present(session, ["45"]) == (0, 0, {})


async def test_rows_of_a_day_without_partition_are_kept_and_moved(database: Database) -> None:
    await add_camera(database)
    [lease] = await take(database, "see-1")
    tally = await resume(database, lease, START)
    tally.cross(crossing(), START)
    await write(database, lease, tally, START)
    async with database.write() as session:
        made = await archive.make_partitions(session, START.date() - timedelta(days=30))
        assert START.date() in made
        assert await session.scalar(text("SELECT count(*) FROM observations_default")) == 0
        assert await session.scalar(text("SELECT count(*) FROM observations_20260303")) > 0
        assert await archive.make_partitions(session, START.date() - timedelta(days=30)) == []
    assert await value(database, Measure.CROSSINGS_IN) == 1
