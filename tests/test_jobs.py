"""Jobs: queued with the transaction, retried a bounded number of times, taken over from dead workers."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from commonsight import jobs
from commonsight.clock import SystemClock
from commonsight.jobs import Blueprint, House, enqueue, rescue, work
from commonsight.records.database import Database
from commonsight.settings import Settings


@asynccontextmanager
async def worker(database: Database, *blueprints: Blueprint) -> AsyncIterator[None]:
    stop = asyncio.Event()
    house = House(Settings(), database, SystemClock())
    running = asyncio.create_task(work(house, blueprints, name="work-1", concurrency=2, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def until(what: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - what is waited for lies outside this loop
            await asyncio.sleep(0.02)


async def statuses(database: Database) -> dict[str, int]:
    async with database.read() as session:
        rows = await session.execute(
            text("SELECT status::text AS status, count(*) AS count FROM procrastinate_jobs GROUP BY 1")
        )
        return {row.status: row.count for row in rows}


async def test_a_job_is_queued_with_its_transaction_and_runs_in_a_house(database: Database) -> None:
    tasks = Blueprint()
    seen: list[tuple[int, bool]] = []

    @tasks.task()
    async def note(n: int) -> None:
        seen.append((n, jobs.house().database is database))

    async def half() -> None:
        async with database.write() as session:
            await enqueue(session, note, {"n": 1})
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await half()
    async with database.write() as session:
        assert await enqueue(session, note, {"n": 2})
    async with worker(database, tasks):
        await until(lambda: seen)
        async with database.write() as session:
            await enqueue(session, note.name, {"n": 3})
        await until(lambda: len(seen) == 2)
    assert seen == [(2, True), (3, True)]
    assert await statuses(database) == {}
    with pytest.raises(RuntimeError, match="furnish"):
        jobs.house()


async def test_names_are_room_and_function() -> None:
    tasks = Blueprint()

    @tasks.task(queueing_lock="x")
    async def sweep() -> None: ...

    assert sweep.name == "test_jobs:sweep"


async def test_one_job_waits_per_queueing_lock_and_the_transaction_goes_on(database: Database) -> None:
    async with database.write() as session:
        assert await enqueue(session, "a:b", queueing_lock="k")
        assert await enqueue(session, "a:b", queueing_lock="k") is None
        assert await enqueue(session, "a:b", queueing_lock="l")
    assert await statuses(database) == {"todo": 2}


async def test_a_failing_job_is_retried_and_then_failed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = Blueprint()
    tries = 0

    @tasks.task(retry=2)
    async def broken() -> None:
        nonlocal tries
        tries += 1
        raise ValueError("always")

    async with database.write() as session:
        await enqueue(session, broken)
    async with worker(database, tasks):
        async with asyncio.timeout(30):
            while await statuses(database) != {"failed": 1}:  # noqa: ASYNC110 - what is waited for lies outside this loop
                await asyncio.sleep(0.1)
    assert tries == 3


async def test_a_retry_does_not_collide_with_the_next_job_of_the_same_queueing_lock(database: Database) -> None:
    tasks = Blueprint()
    runs = 0

    @tasks.task(retry=1, queueing_lock="one")
    async def first_fails() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            async with jobs.house().database.write() as session:
                assert await enqueue(session, first_fails)  # the next one is already waiting when this one fails
            raise ValueError("once")

    async with database.write() as session:
        await enqueue(session, first_fails)
    async with worker(database, tasks):
        await until(lambda: runs == 3)
    assert await statuses(database) == {}


async def test_periodic_jobs_run_by_the_clock(database: Database) -> None:
    tasks = Blueprint()
    ticks: list[int] = []

    @tasks.periodic(cron="* * * * * *")
    @tasks.task()
    async def tick(timestamp: int) -> None:
        ticks.append(timestamp)

    async with worker(database, tasks):
        await until(lambda: len(ticks) >= 2)
    assert ticks == sorted(set(ticks))


async def test_jobs_of_a_silent_worker_are_queued_again_but_not_for_ever(database: Database) -> None:
    async def fetch() -> None:
        async with database.write() as session:
            silent = await session.scalar(text("SELECT procrastinate_register_worker_v1()"))
            await session.execute(
                text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = :id"),
                {"id": silent},
            )
            await session.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :id)"), {"id": silent})

    async with database.write() as session:
        await enqueue(session, "a:kills_its_worker", queueing_lock="k")
    outcomes = []
    for _ in range(jobs.RESCUE_ATTEMPTS):
        await fetch()
        outcomes.append(await rescue(database))
    assert outcomes == [(1, 0)] * (jobs.RESCUE_ATTEMPTS - 1) + [(0, 1)]
    assert await statuses(database) == {"failed": 1}
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM procrastinate_workers")) == 0


async def test_a_living_worker_keeps_its_jobs(database: Database) -> None:
    async with database.write() as session:
        await enqueue(session, "a:b")
        alive = await session.scalar(text("SELECT procrastinate_register_worker_v1()"))
        await session.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :id)"), {"id": alive})
    assert await rescue(database) == (0, 0)
    assert await statuses(database) == {"doing": 1}


DYING = """
import asyncio, sys
from sqlalchemy import text
from commonsight import jobs
from commonsight.clock import SystemClock
from commonsight.records.database import Database
from commonsight.settings import Settings

tasks = jobs.Blueprint()

@tasks.task(name="test:slow")
async def slow():
    async with jobs.house().database.write() as session:
        await session.execute(text("INSERT INTO done VALUES ('cut off')"))
        print("inside", flush=True)
        await asyncio.sleep(600)

async def main():
    database = Database(sys.argv[1])
    house = jobs.House(Settings(), database, SystemClock())
    await jobs.work(house, [tasks], name="w", concurrency=1, stop=asyncio.Event())

asyncio.run(main())
"""


async def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(database: Database) -> None:
    tasks = Blueprint()

    @tasks.task(name="test:slow")
    async def slow() -> None:
        async with jobs.house().database.write() as session:
            await session.execute(text("INSERT INTO done VALUES ('whole')"))

    async with database.write() as session:
        await session.execute(text("CREATE TABLE done (how text)"))
        await enqueue(session, slow)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING, database.url, stdout=subprocess.PIPE, env=dict(os.environ)
    )
    assert child.stdout is not None
    assert (await asyncio.wait_for(child.stdout.readline(), 30)) == b"inside\n"
    child.send_signal(signal.SIGKILL)
    await child.wait()
    async with worker(database, tasks):
        async with asyncio.timeout(20):
            while (await rescue(database, stalled_seconds=1)) == (0, 0):  # noqa: ASYNC110 - what is waited for lies outside this loop
                await asyncio.sleep(0.3)
            while await statuses(database):  # noqa: ASYNC110 - what is waited for lies outside this loop
                await asyncio.sleep(0.05)
    async with database.read() as session:
        assert list(await session.scalars(text("SELECT how FROM done"))) == ["whole"]
