"""An import whose process dies on the way goes on, or starts over, and writes nothing twice."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.access.audit import LOCAL
from commonsight.catalog.imports import apply, check, commit, service, store, tasks
from commonsight.catalog.imports.model import Import, State
from commonsight.jobs import House
from commonsight.records.database import Database
from tests.catalog.imports.conftest import Desk

ROWS = 60


class Died(Exception):
    """What kill -9 does, as far as a database can tell."""


def dies_after(times: int) -> Any:
    """Called with every batch; the process dies in the middle of the one after `times`."""
    count = 0

    def told(_: Import) -> None:
        nonlocal count
        count += 1
        if count > times:
            raise Died

    return told


def body() -> bytes:
    return json.dumps(
        [{"name": f"甲{n}", "region": "450103", "organisation": f"单位{n % 3}"} for n in range(ROWS)]
    ).encode()


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "BATCH", 8)
    monkeypatch.setattr(check, "READ_ROWS", 8)


async def cameras(database: Database) -> int:
    async with database.read() as session:
        query = text("SELECT count(*) FROM cameras WHERE archived_at IS NULL")
        return int((await session.execute(query)).scalar_one())


@pytest.mark.usefixtures("small_batches")
async def test_check_write_and_undo_survive_dying_anywhere(desk: Desk, house: House, filed: Database) -> None:
    import_id = UUID((await desk.send("a.json", body()))["id"])
    for times in (0, 3):
        with pytest.raises(Died):
            await check.check(filed, house.clock, import_id, dies_after(times))
    checked = await check.check(filed, house.clock, import_id)
    assert (checked.state, checked.rows, checked.added) == (State.CHECKED, ROWS, ROWS)

    async with filed.write() as session:
        await service.begin_commit(session, import_id, house.clock.now(), skip_refused=False)
    for times in (0, 2):
        with pytest.raises(Died):
            await commit.commit(filed, house.clock, import_id, LOCAL, dies_after(times))
    # What died in the middle of a batch was not written; the batches before it were.
    assert await cameras(filed) == 16
    done = await commit.commit(filed, house.clock, import_id, LOCAL)
    assert (done.state, done.done, done.added) == (State.COMMITTED, ROWS, ROWS)
    assert await cameras(filed) == ROWS
    assert (await commit.commit(filed, house.clock, import_id, LOCAL)).done == ROWS
    async with filed.read() as session:
        distinct = await session.execute(text("SELECT count(DISTINCT code), count(DISTINCT unit_id) FROM cameras"))
        assert tuple(distinct.one()) == (ROWS, 3)
        told = await session.execute(text("SELECT count(*) FROM outbox WHERE topic = 'catalog.import_committed'"))
        assert told.scalar_one() == 1

    async with filed.write() as session:
        await service.begin_undo(session, import_id, house.clock.now())
    with pytest.raises(Died):
        await commit.undo(filed, house.clock, import_id, LOCAL, dies_after(3))
    assert await cameras(filed) == ROWS - 24
    assert (await commit.undo(filed, house.clock, import_id, LOCAL)).state is State.UNDONE
    assert await cameras(filed) == 0


@pytest.mark.usefixtures("small_batches")
async def test_a_camera_changed_while_an_undo_runs_is_kept_and_told(desk: Desk, house: House, filed: Database) -> None:
    made = await desk.commit(await desk.bring("a.json", body()))
    import_id = UUID(made["id"])
    async with filed.write() as session:
        await service.begin_undo(session, import_id, house.clock.now())
    with pytest.raises(Died):
        await commit.undo(filed, house.clock, import_id, LOCAL, dies_after(2))
    async with filed.write() as session:
        await session.execute(text("UPDATE cameras SET address = '改过' WHERE name = '甲59'"))
    undone = await commit.undo(filed, house.clock, import_id, LOCAL)
    assert (undone.state, undone.done) == (State.UNDONE, ROWS - 1)
    assert [camera["name"] for camera in await desk.client.all("/cameras")] == ["甲59"]
    assert [(p["row"], p["code"]) for p in await desk.problems(made)] == [(60, "catalog.camera_changed")]


async def test_a_lost_job_is_queued_again_and_an_abandoned_file_given_up(
    desk: Desk, house: House, filed: Database
) -> None:
    sent = await desk.send("a.json", body())
    checked = await desk.bring("b.json", body())
    async with filed.write() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
        await session.execute(text("UPDATE imports SET touched_at = now() - interval '6 minutes'"))
        await session.execute(
            text("UPDATE imports SET state_at = state_at - interval '8 days' WHERE id = :id"), {"id": checked["id"]}
        )
    for _ in range(2):
        await tasks.keep_imports(0)
    async with filed.read() as session:
        jobs = await session.execute(text("SELECT task_name, args->>'import_id' FROM procrastinate_jobs"))
        assert [tuple(job) for job in jobs] == [("catalog:check_import", sent["id"])]
        given_up = await store.one(session, UUID(checked["id"]))
        assert given_up is not None
        assert given_up.state is State.DISCARDED


@pytest.mark.usefixtures("small_batches")
async def test_a_check_ends_when_somebody_gives_the_file_up(desk: Desk, house: House, filed: Database) -> None:
    import_id = UUID((await desk.send("a.json", body()))["id"])
    with pytest.raises(Died):
        await check.check(filed, house.clock, import_id, dies_after(2))
    assert (await desk.client.delete(f"/imports/{import_id}")).status_code == 204
    assert (await check.check(filed, house.clock, import_id)).state is State.DISCARDED

    other = UUID((await desk.send("b.json", body()))["id"])
    read, given_up = check._read, False

    def reads(*said: Any) -> Any:
        nonlocal given_up
        if given_up:
            pytest.fail("went on reading a file that was given up")
        given_up = True
        return read(*said)

    async def gives_up() -> None:
        async with filed.write() as session:
            await service.discard(session, other, house.clock.now())

    original = check._fetch

    async def fetched(*said: Any) -> None:
        await original(*said)
        await gives_up()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "_fetch", fetched)
        patch.setattr(check, "_read", reads)
        assert (await check.check(filed, house.clock, other)).state is State.DISCARDED
    async with filed.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM import_rows"))).scalar_one() == 0


async def test_what_is_too_old_to_undo_says_so(desk: Desk, house: House, filed: Database) -> None:
    made = await desk.commit(await desk.bring("a.json", body()))
    async with filed.write() as session:
        await session.execute(text("UPDATE imports SET state_at = state_at - interval '91 days'"))
    await tasks.keep_imports(0)
    assert (await desk.now(made["id"]))["can_undo"] is False
    refused = await desk.client.post(f"/imports/{made['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.import_past_undo")
