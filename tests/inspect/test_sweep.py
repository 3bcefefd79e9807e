"""Sweeps: planned in order, worked through, resumed, never doubled."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.catalog import overview
from commonsight.clock import SystemClock
from commonsight.inspect import model, tasks
from commonsight.inspect import store as checks
from commonsight.inspect.model import Claim
from commonsight.inspect.sweep import ShardLost, ShardRun
from commonsight.inspect.sweeps import store
from commonsight.jobs import House
from commonsight.media.probe import ProbeResult
from commonsight.problem import Refusal
from tests.catalog.conftest import SEEDED
from tests.inspect.conftest import answering
from tests.inspect.test_model import ANSWERS, PLAYS, SILENT


def mixed(number: int) -> ProbeResult:
    """Camera 0 mod 10 is silent, 1 mod 10 answers without a picture, the others play."""
    return {0: SILENT, 1: ANSWERS}.get(number % 10, PLAYS)


async def planned(house: House) -> None:
    async with house.database.write() as session:
        await tasks.plan_sweep(session, house)


async def claimed(house: House, *, stale_seconds: float = 20) -> Claim | None:
    now = house.clock.now()
    async with house.database.write() as session:
        return await store.claim(session, now, now - timedelta(seconds=stale_seconds))


def run_of(house: House, held: Claim, tried: list[UUID]) -> ShardRun:
    return ShardRun(house.database, house.clock, house.settings.inspect, held, answering(mixed, tried))


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.shards, "__defaults__", (250,))


async def test_a_sweep_measures_every_camera(house: House) -> None:
    await planned(house)
    tried: list[UUID] = []
    shards = 0
    while (held := await claimed(house)) is not None:
        await run_of(house, held, tried).run()
        shards += 1
    assert shards == 3
    times = Counter(Counter(tried).values())
    assert times == {1: SEEDED * 8 // 10, 2: SEEDED * 2 // 10}  # the failing ones twice, to be sure
    async with house.database.read() as session:
        counts = await overview.summary(session, ("45",))
        assert (counts.works, counts.bad, counts.offline, counts.unknown) == (480, 60, 60, 0)
        sweep = await store.latest_sweep(session)
        assert sweep is not None
        assert (sweep.cameras, sweep.done, sweep.finished_at) == (SEEDED, SEEDED, None)
    await planned(house)
    async with house.database.read() as session:
        sweep = await store.latest_sweep(session)
        assert sweep is not None
        assert sweep.finished_at is not None
    await planned(house)  # the next one only when it is time
    assert await claimed(house) is None


async def test_cameras_filed_after_a_sweep_do_not_wait_for_the_next_one(house: House) -> None:
    clock = Ahead()
    house = replace(house, clock=clock)
    await planned(house)
    while (held := await claimed(house)) is not None:
        await run_of(house, held, []).run()
    await planned(house)
    async with house.database.write() as session:
        added = (await session.execute(text(ANOTHER))).scalar_one()
    clock.ahead += 10
    await planned(house)
    assert await claimed(house) is None  # a moment later there may be more of them
    clock.ahead += 30
    await planned(house)
    held = await claimed(house)
    assert held is not None
    assert held.cameras == (added,)
    await run_of(house, held, []).run()
    async with house.database.read() as session:
        whole = await store.latest_sweep(session, whole=True)
        latest = await store.latest_sweep(session)
        assert whole is not None
        assert latest is not None
        assert (whole.cameras, latest.cameras, latest.fresh) == (SEEDED, 1, True)
    clock.ahead += house.settings.inspect.interval_seconds
    await planned(house)
    async with house.database.read() as session:
        whole = await store.latest_sweep(session, whole=True)
        assert whole is not None
        assert whole.cameras == SEEDED + 1


class Ahead(SystemClock):
    """The system's clock put forward: rows carry the database's own time, which cannot be."""

    ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)


ANOTHER = """
    INSERT INTO cameras (id, code, name, region, url, protocol, grams)
    VALUES (uuidv7(), '45010300001320999999', 'new', '450103', 'rtsp://192.0.2.9/1', 'rtsp', '{}') RETURNING id
"""


async def test_what_we_lack_ourselves_is_not_held_against_a_camera(house: House) -> None:
    async def probe(camera_id: UUID, source: object, picture: bool) -> ProbeResult:
        raise Refusal("media.probe_not_possible", status=503, reason="no signalling")

    await planned(house)
    while (held := await claimed(house)) is not None:
        await ShardRun(house.database, house.clock, house.settings.inspect, held, probe).run()
    async with house.database.read() as session:
        counts = await overview.summary(session, ("45",))
        assert (counts.works, counts.bad, counts.offline, counts.unknown) == (0, 0, 0, SEEDED)
        sweep = await store.latest_sweep(session)
        assert sweep is not None
        assert sweep.done == SEEDED


async def test_never_checked_cameras_come_first(house: House) -> None:
    async with house.database.write() as session:
        first = (await store.next_cameras(session))[:10]
        await checks.write_tries(session, [model.Tried(c, house.clock.now(), PLAYS) for c in first], 3)
        order = await store.next_cameras(session)
    assert set(order[-10:]) == set(first)
    assert len(order) == SEEDED


async def test_a_stopped_shard_goes_on_where_it_was(house: House) -> None:
    await planned(house)
    held = await claimed(house)
    assert held is not None
    tried: list[UUID] = []
    enough = asyncio.Event()
    inner = answering(mixed, tried)

    async def probe(camera_id: UUID, source: object, picture: bool) -> ProbeResult:
        result = await inner(camera_id, source, picture)  # type: ignore[arg-type]
        if len(tried) == 100:
            enough.set()
        await asyncio.sleep(0.001)
        return result

    run = asyncio.create_task(ShardRun(house.database, house.clock, house.settings.inspect, held, probe).run())
    await enough.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    again = await claimed(house)
    assert again is not None
    assert (again.number, again.epoch) == (held.number, held.epoch + 1)
    assert again.done > 0
    await run_of(house, again, tried).run()
    assert set(tried) == set(held.cameras)
    async with house.database.read() as session:
        checked = await session.execute(text("SELECT count(*) FROM checks"))
        assert checked.scalar_one() == len(held.cameras)


async def test_a_killed_worker_loses_its_shard_and_may_not_write(house: House) -> None:
    await planned(house)
    held = await claimed(house)
    assert held is not None
    other = await claimed(house)
    assert other is not None
    assert other.number != held.number  # in living hands
    taken = await claimed(house, stale_seconds=-1)
    assert taken is not None
    assert (taken.number, taken.epoch) == (held.number, held.epoch + 1)
    tried: list[UUID] = []
    with pytest.raises(ShardLost):
        await run_of(house, held, tried).run()
    async with house.database.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM checks"))).scalar_one() == 0
        assert (await overview.summary(session, ("45",))).unknown == SEEDED


async def test_only_the_last_results_are_kept(house: House) -> None:
    async with house.database.write() as session:
        camera_id = (await store.next_cameras(session))[0]
        for number in range(8):
            result = ProbeResult(True, True, True, number)
            await checks.write_tries(session, [model.Tried(camera_id, house.clock.now(), result)], 3)
        assert [row.milliseconds for row in await checks.probes(session, camera_id, 10)] == [7, 6, 5]


async def test_a_check_now_tries_until_it_is_sure(house: House) -> None:
    async with house.database.read() as session:
        order = await store.next_cameras(session)
    tried: list[UUID] = []
    for camera_id in order[:40]:
        await tasks.check_now(house, camera_id, answering(mixed, tried))
    async with house.database.read() as session:
        counts = await overview.summary(session, ("45",))
    assert counts.works + counts.bad + counts.offline == 40
    assert set(Counter(tried).values()) <= {1, 2}


async def test_a_recovered_camera_works_at_once(house: House) -> None:
    async with house.database.read() as session:
        camera_id = (await store.next_cameras(session))[0]
    for result, state in ((SILENT, "offline"), (PLAYS, "works"), (ANSWERS, "bad")):
        await tasks.check_now(house, camera_id, answering(lambda _, result=result: result, []))  # type: ignore[misc]
        async with house.database.read() as session:
            assert getattr(await overview.summary(session, ("45",)), state) == 1


async def test_a_disabled_sweep_plans_nothing_and_workers_are_asked_for(house: House) -> None:
    await planned(house)
    async with house.database.read() as session:
        jobs = await session.execute(text("SELECT task_name FROM procrastinate_jobs"))
        assert list(jobs.scalars()) == ["inspect:shard"]
    await planned(house)
    async with house.database.read() as session:
        jobs = await session.execute(text("SELECT count(*) FROM procrastinate_jobs"))
        assert jobs.scalar_one() == 1


async def test_a_check_that_we_cannot_make_says_nothing_about_the_camera(house: House) -> None:
    async with house.database.read() as session:
        row = (await session.execute(text("SELECT id, health FROM cameras LIMIT 1"))).one()

    async def helpless(camera_id: UUID, source: object, picture: bool) -> ProbeResult:
        raise Refusal("media.probe_not_possible", status=503, reason="no signalling")

    await tasks.check_now(house, row.id, helpless)
    async with house.database.read() as session:
        assert await session.scalar(text("SELECT health FROM cameras WHERE id = :id"), {"id": row.id}) == row.health
        assert await checks.probes(session, row.id, 1) == []
