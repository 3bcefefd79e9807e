"""Workers on a real PostgreSQL, with a camera that plays footage and a detector that always sees the same."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.analyze import figure_store, store
from commonsight.analyze.model import Analysis, Line, Stored
from commonsight.problem import Refusal
from commonsight.records.database import Database
from tests.analyze.stage import Lapping, Stage, until
from tests.analyze.world import LINE, add_camera


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    made = Stage(database)
    yield made
    made.close()


async def read(stage: Stage, camera: UUID) -> Stored:
    async with stage.database.read() as session:
        stored = await store.read(session, camera)
    assert stored is not None
    return stored


async def crossings(stage: Stage) -> int:
    async with stage.database.read() as session:
        found = await session.scalar(text("SELECT sum(value) FROM observations WHERE measure = 'crossings_in'"))
    return int(found or 0)


async def total(stage: Stage) -> int:
    async with stage.database.read() as session:
        totals, _ = await figure_store.totals(session, ["45"])
    return totals.get("car", (0, 0))[0]


async def test_a_camera_is_watched_and_its_crossings_are_written(stage: Stage) -> None:
    camera = await add_camera(stage.database)

    async def counted() -> bool:
        return await crossings(stage) >= 2

    async with stage.working("see-1"):
        await until(counted)
        stored = await read(stage, camera)
        assert stored.state.running
        assert stored.state.worker == "see-1"
        assert stored.state.fps > 5
        assert stored.state.coverage > 0.3
    assert await crossings(stage) == await total(stage)
    lines = stage.footage[0].shown[-1][2]
    assert lines[0]["id"] == LINE.id
    assert lines[0]["in"] >= 2
    assert any(box[4] == "car" for _, boxes, _ in stage.footage[0].shown for box in boxes)
    # Given back at once: nobody has to wait for the lease to run out.
    async with stage.database.write() as session:
        assert len(await store.take(session, "see-2", 1, 10)) == 1


async def test_without_weights_the_state_says_why_and_they_may_come_later(stage: Stage) -> None:
    camera = await add_camera(stage.database)

    def missing(name: str | None) -> Lapping:
        raise Refusal("vision.model_missing", name=name)

    stage.detector = missing

    async def reason() -> bool:
        return (await read(stage, camera)).state.reason == "vision.model_missing"

    async def running() -> bool:
        return (await read(stage, camera)).state.running

    async with stage.working("see-1"):
        await until(reason)
        assert not (await read(stage, camera)).state.running
        stage.detector = lambda _: Lapping()
        await until(running)


async def test_a_lost_stream_is_named_and_asked_for_again(stage: Stage) -> None:
    camera = await add_camera(stage.database)

    async def opened() -> int:
        return len([f for f in stage.footage if f.shown])

    async def named() -> bool:
        return (await read(stage, camera)).state.reason == "media.source_lost"

    async def again() -> bool:
        return await opened() >= 2

    async with stage.working("see-1"):
        await until(opened)
        stage.footage[0].ended.set()
        await until(named)
        await until(again)


async def test_a_changed_document_is_picked_up(stage: Stage) -> None:
    camera = await add_camera(stage.database)

    async def counted() -> bool:
        return await crossings(stage) >= 1

    async def on_the_new_line() -> bool:
        async with stage.database.read() as session:
            found = await session.scalar(
                text("SELECT sum(value) FROM observations WHERE target = 'upper' AND measure = 'crossings_in'")
            )
        return bool(found)

    async with stage.working("see-1"):
        await until(counted)
        async with stage.database.write() as session:
            line = Line("upper", "Upper", (0.0, 0.4), (1.0, 0.4))
            await store.write(session, camera, Analysis(enabled=True, lines=(line,)))
        await until(on_the_new_line)
        assert (await read(stage, camera)).state.epoch == 2


async def test_a_killed_worker_is_followed_and_nothing_doubles(stage: Stage) -> None:
    await add_camera(stage.database)
    killed = stage.worker("see-1")
    task = asyncio.create_task(killed.run(asyncio.Event()))

    async def counted() -> bool:
        return await crossings(stage) >= 2

    await until(counted)
    # As kill -9: no last write, no lease given back.
    watches = list(killed._watching.values())
    async with stage.database.write() as session:
        await session.execute(text("UPDATE analysis_leases SET until = now() + interval '1 second', worker = 'dead'"))
    before = await crossings(stage)
    stage.footage[-1].ended.set()
    async with stage.working("see-2"):

        async def more() -> bool:
            return await crossings(stage) >= before + 2

        await until(more)
        await asyncio.gather(*watches, return_exceptions=True)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    written = await crossings(stage)
    seen_by_second = stage.footage[-1].shown[-1][2][0]["in"]
    assert written == seen_by_second
    assert written == await total(stage)


async def test_two_workers_share_the_cameras(stage: Stage) -> None:
    for number in range(1, 3):
        await add_camera(stage.database, number)

    async def both() -> bool:
        async with stage.database.read() as session:
            rows = await session.scalars(text("SELECT worker FROM analysis_leases WHERE until > now()"))
        return sorted(rows.all()) == ["see-1", "see-2"]

    async with stage.working("see-1", cameras_max=1), stage.working("see-2", cameras_max=1):
        await until(both)
        # Neither exceeds its budget, and no camera is watched twice.
        await asyncio.sleep(1.5)
        assert await both()


async def test_a_worker_that_comes_later_gets_its_share(stage: Stage) -> None:
    for number in range(1, 3):
        await add_camera(stage.database, number)

    async def held() -> list[str]:
        async with stage.database.read() as session:
            rows = await session.scalars(text("SELECT worker FROM analysis_leases WHERE until > now()"))
        return sorted(rows.all())

    async def by(workers: list[str]) -> bool:
        return await held() == workers

    async with stage.working("see-1"):
        await until(lambda: by(["see-1", "see-1"]))
        async with stage.working("see-2"):
            await until(lambda: by(["see-1", "see-2"]))
