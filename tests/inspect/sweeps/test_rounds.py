"""Rounds that are asked for: beside the background, first in line, told in words; and what maintenance hears."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import text

from commonsight import jobs
from commonsight.catalog.model import Health
from commonsight.inspect import model, tasks
from commonsight.inspect.model import Tried
from commonsight.inspect.sweep import ShardRun
from commonsight.inspect.sweeps import store
from commonsight.inspect.sweeps.substreams import Probe
from commonsight.inspect.verdicts import write_tries
from commonsight.jobs import House
from commonsight.outbox import Entry
from commonsight.records.database import ReadSession
from tests.catalog.conftest import SEEDED, Client, Somebody
from tests.inspect.conftest import answering
from tests.inspect.test_model import ANSWERS, PLAYS, SILENT


async def work(house: House, probe: Probe, *, urgent: bool = True) -> model.Claim | None:
    """Do what the job `shard` does, with any way of trying."""
    kinds = store.URGENT if urgent else store.BACKGROUND
    now = house.clock.now()
    async with house.database.write() as session:
        held = await store.claim(session, now, now - store.STALE, kinds)
    if held is not None:
        await ShardRun(house.database, house.clock, house.settings.inspect, held, probe).run()
        async with house.database.write() as session:
            await tasks.plan_sweep(session, house)
    return held


async def test_chosen_cameras_are_checked_before_everything_else(health: Client, house: House) -> None:
    async with house.database.write() as session:
        await tasks.plan_sweep(session, house)
    cameras = await health.all("/cameras", region="450103")
    asked = await health.post(
        "/health/sweeps", params={"region": "450103"}, json={"title": "西乡塘"}, headers={"Idempotency-Key": "once"}
    )
    assert asked.status_code == 202, asked.text
    assert (asked.json()["kind"], asked.json()["cameras"]) == ("asked", len(cameras))
    again = await health.post(
        "/health/sweeps", params={"region": "450103"}, json={"title": "西乡塘"}, headers={"Idempotency-Key": "once"}
    )
    assert again.json() == asked.json()
    tried: list[UUID] = []
    await work(house, answering(lambda n: SILENT if n % 5 == 0 else PLAYS, tried))
    assert {str(one) for one in tried} == {camera["id"] for camera in cameras}
    found = (await health.get(asked.json()["follow"])).json()
    assert found["done"] == found["cameras"] == found["plays"] + found["causes"]["unreachable"]
    assert found["finished_at"] is not None
    assert sum(one["planned"] for one in found["platforms"]) == found["cameras"]
    listed = await health.all("/health/sweeps")
    assert {(one["kind"], one["cameras"]) for one in listed} == {("asked", len(cameras)), ("whole", SEEDED)}
    refused = await health.post("/health/sweeps", json={"cameras": [str(uuid4())]})
    assert (refused.status_code, refused.json()["code"]) == (409, "inspect.round_empty")
    health.caller = Somebody(regions=("4502",))
    assert (await health.post("/health/sweeps", params={"region": "450103"}, json={})).status_code == 403
    elsewhere = (await health.get(asked.json()["follow"])).json()
    assert all(one["platform"] is None for one in elsewhere["platforms"])


async def test_a_sample_tells_the_rate_and_its_bounds(health: Client, house: House) -> None:
    said = {"region": "45", "share": 0.2, "seed": 5}
    asked = await health.post("/health/samples", json=said)
    assert asked.status_code == 202, asked.text
    follow = asked.json()["follow"]
    assert (await health.get(follow)).json()["estimate"] is None
    await work(house, answering(lambda n: SILENT if n % 4 == 0 else PLAYS, []))
    found = (await health.get(follow)).json()
    estimate = found["estimate"]
    assert found["finished_at"] is not None
    assert (found["population"], estimate["population"]) == (SEEDED, SEEDED)
    assert SEEDED * 0.2 <= estimate["n"] == found["drawn"] == sum(one["checked"] for one in found["strata"])
    assert estimate["low"] < estimate["rate"] < estimate["high"]
    assert estimate["low"] < 0.75 < estimate["high"]
    async with house.database.write() as session:  # the cameras' states move on; what the sample told stays
        await session.execute(text("UPDATE cameras SET health = 3"))
    assert (await health.get(follow)).json()["estimate"] == estimate
    assert [one["estimate"] for one in await health.all("/health/samples")] == [estimate]
    health.caller = Somebody(regions=("4502",))
    assert (await health.get(follow)).status_code == 404
    assert await health.all("/health/samples") == []
    assert (await health.post("/health/samples", json=said)).status_code == 403


async def test_limits_are_set_and_hold(health: Client, house: House) -> None:
    defaults = (await health.get("/health/sweeps/limits")).json()["items"]
    assert [one["kind"] for one in defaults] == ["all", "platform", "prefix"]
    platform = next(c["platform"]["id"] for c in await health.all("/cameras", region="450103") if c["platform"])
    for said in ({"platform": platform}, {"prefix": "10.45.0.0/16"}):
        made = await health.put("/health/sweeps/limits", json=said | {"concurrency": 3, "rate": 2, "note": "专线"})
        assert made.status_code == 200, made.text
    changed = await health.put(
        "/health/sweeps/limits", json=said | {"concurrency": 1}, headers={"If-Match": made.headers["ETag"]}
    )
    assert (changed.json()["concurrency"], changed.json()["id"]) == (1, made.json()["id"])
    stale = await health.put(
        "/health/sweeps/limits", json=said | {"concurrency": 2}, headers={"If-Match": made.headers["ETag"]}
    )
    assert stale.status_code == 412
    for wrong in ({}, {"platform": platform, "prefix": "10.0.0.0/8"}, {"prefix": "10.0.0.1/8"}, {"prefix": "x"}):
        assert (await health.put("/health/sweeps/limits", json=wrong)).status_code == 422
    assert (await health.put("/health/sweeps/limits", json={"platform": str(uuid4())})).status_code == 404
    named = (await health.get("/health/sweeps/limits")).json()["items"][3:]
    assert [(one["kind"], one["concurrency"]) for one in named] == [("platform", 3), ("prefix", 1)]
    assert (await health.delete(f"/health/sweeps/limits/{named[0]['id']}")).status_code == 204
    assert len((await health.get("/health/sweeps/limits")).json()["items"]) == 4
    health.caller = Somebody(regions=("4502",))
    assert (await health.put("/health/sweeps/limits", json=said)).status_code == 403


async def faults(session: ReadSession) -> list[tuple[str, str]]:
    found = await session.execute(text("SELECT code, state FROM maintenance_faults ORDER BY at, code"))
    return [(row.code, row.state) for row in found]


async def test_maintenance_hears_of_faults_once_and_of_recoveries(house: House) -> None:
    async with house.database.write() as session:
        camera = (await store.next_cameras(session))[0]
        now, settings = house.clock.now(), house.settings.inspect

        async def seen(*results: model.ProbeResult, after: float, always: bool = False) -> list[tuple[str, str]]:
            at = now + timedelta(seconds=after)
            await write_tries(session, [Tried(camera, at, result) for result in results], settings, always=always)
            return await faults(session)

        assert await seen(SILENT, after=0) == []  # once is no fault yet
        assert await seen(SILENT, after=1) == [("offline", "waiting")]
        times = text("SELECT times FROM maintenance_faults WHERE state <> 'ended'")
        await seen(SILENT, after=2)
        assert (await session.execute(times)).scalar_one() == 1  # what lasts is not told every hour
        await seen(SILENT, after=90_000)
        assert (await session.execute(times)).scalar_one() == 2  # but every day
        assert await seen(ANSWERS, after=90_001) == [("no_video", "waiting")]
        assert await seen(PLAYS, after=90_002) == [("no_video", "ended")]
        assert await seen(PLAYS, after=90_003) == [("no_video", "ended")]


async def test_what_the_firm_says_is_repaired_is_checked_at_once(house: House) -> None:
    jobs.furnish(house)
    try:
        async with house.database.write() as session:
            await tasks.plan_sweep(session, house)
            three = (await store.next_cameras(session))[:3]
            tried = [Tried(camera, house.clock.now(), SILENT) for camera in three]
            await write_tries(session, [*tried, *tried], house.settings.inspect)
            entry = Entry(1, house.clock.now(), tasks.HANDLED, {"number": 12, "cameras": [str(c) for c in three]}, b"")
            await tasks.recheck(session, entry)
            queued = await session.execute(text("SELECT args, priority FROM procrastinate_jobs WHERE priority > 0"))
            assert [tuple(row) for row in queued if "urgent" in row.args] == [({"urgent": True}, 10)]
        checked: list[UUID] = []

        async def probe(camera_id: UUID, source: object, picture: bool) -> model.ProbeResult:
            checked.append(camera_id)
            return SILENT if camera_id == three[0] else PLAYS

        held = await work(house, probe)
        assert held is not None
        assert (held.kind, set(checked)) == ("recheck", set(three))
        async with house.database.read() as session:
            assert sorted(state for _, state in await faults(session)) == ["ended", "ended", "waiting"]
            times = await session.execute(text("SELECT times FROM maintenance_faults WHERE state = 'waiting'"))
            assert times.scalar_one() == 2  # whoever waits hears of a fault that is as it was
            health = await session.execute(text("SELECT health FROM cameras WHERE id = ANY(:ids)"), {"ids": three})
            assert sorted(health.scalars()) == [Health.WORKS, Health.WORKS, Health.OFFLINE]
    finally:
        jobs.furnish(None)


async def test_shards_worked_at_once_know_what_the_others_need(house: House) -> None:
    """A released or finished shard needs nothing, and one of a dead worker counts no more."""
    now = house.clock.now()
    async with house.database.write() as session:
        cameras = await store.next_cameras(session)
        await store.open_sweep(session, uuid4(), now, [cameras[:10], cameras[10:20], cameras[20:30]])
        claims = [await store.claim(session, now, now - store.STALE) for _ in range(3)]
        for held, links in zip(claims, (["all", "a"], ["all", "a", "b"], ["all"]), strict=True):
            assert held is not None
            assert await store.advance(session, held, set(), links, now)
        lanes = await store.lanes(session, now - store.STALE)
        assert [sorted(links) for links in lanes.values()] == [["a", "all"], ["a", "all", "b"], ["all"]]
        first, second, third = claims
        assert first is not None
        assert second is not None
        assert third is not None
        assert await store.advance(session, first, {0, 3}, ["a"], now, release=True)
        assert await store.advance(session, second, set(range(10)), [], now)
        assert [sorted(links) for links in (await store.lanes(session, now - store.STALE)).values()] == [["all"]]
        assert await store.lanes(session, now + store.STALE) == {}
        again = await store.claim(session, now, now - store.STALE)
        assert again is not None
        assert (again.number, again.done, [n for n in range(10) if again.is_settled(n)]) == (first.number, 2, [0, 3])
        ready, gone = await store.items(session, again)
        assert ([item.position for item in ready], gone) == ([1, 2, 4, 5, 6, 7, 8, 9], set())
        assert not await store.advance(session, first, {1}, [], now)  # under its old epoch
