"""What goes when: retention with proof, the order in which a full disk is cleared, and disks that are not there."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.clock import ManualClock
from commonsight.media.recordings import plan_store, store
from commonsight.media.recordings.keeper import MARK, Keeper
from commonsight.media.recordings.model import ALWAYS, Plan, StoreState
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Recording, Settings

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CAMERA = UUID(int=7)
SIZE = 1_000


class Shelf:
    """A node's recordings without cameras: files of 1,000 bytes, a disk whose free room the test decides."""

    def __init__(self, database: Database, directory: Path, **recording: Any) -> None:
        self.database, self.clock = database, ManualClock(NOW)
        self.settings = Settings(data_dir=directory, recording=Recording(**({"reserve_bytes": 0} | recording)))
        self.room = 10**9
        self.keeper = Keeper(
            database, self.clock, "media-1", self.settings, lambda _: (self.room, 10**9)
        )  # fmt: skip

    @property
    def home(self) -> Path:
        return self.settings.recordings_dir / "media-1"

    async def plan(self, days: int, priority: int = 5, quota: int | None = None) -> UUID:
        made = Plan(
            uuid7(), "p", {"everything": True}, ("45",), ALWAYS, days, quota, priority, True, "t", NOW, NOW, 1
        )  # fmt: skip
        async with self.database.write() as session:
            await plan_store.insert_plan(session, made)
        return made.id

    async def put(self, plan: UUID | None, age_days: float, keep_days: float | None = None) -> str:
        ends = NOW - timedelta(days=age_days)
        path = f"{uuid7()}.mp4"
        data = path.encode().ljust(SIZE, b".")
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / path).write_bytes(data)
        row = {
            "id": uuid7(), "camera_id": CAMERA, "plan_id": plan, "kind": "continuous", "node": "media-1", "path": path,
            "starts_at": ends - timedelta(minutes=1), "ends_at": ends, "bytes": SIZE,
            "sha256": hashlib.sha256(data).digest(), "mime": "video/mp4", "width": 1, "height": 1, "sound": False,
            "least_until": ends + timedelta(days=30),
            "keep_until": None if keep_days is None else ends + timedelta(days=keep_days),
        }  # fmt: skip
        async with self.database.write() as session:
            await store.insert(session, [row])
        return path

    def files(self) -> set[str]:
        return {path.name for path in self.home.iterdir() if path.name != MARK}

    async def outbox(self, topic: str) -> list[dict[str, Any]]:
        async with self.database.read() as session:
            found = await session.execute(
                text("SELECT payload FROM outbox WHERE topic = :topic ORDER BY id"), {"topic": topic}
            )
            return [row.payload for row in found]

    async def look(self) -> StoreState:
        (self.home / MARK).touch()
        return await self.keeper.look()


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    return Shelf(database, tmp_path)


async def test_what_its_plan_has_kept_long_enough_is_deleted_with_proof(shelf: Shelf) -> None:
    month, quarter = await shelf.plan(30), await shelf.plan(90)
    due = await shelf.put(month, 30.1)
    kept = {
        await shelf.put(month, 29.9), await shelf.put(quarter, 60), await shelf.put(None, 40, 60),
        await shelf.put(None, 29, 30),
    }  # fmt: skip
    ordered = await shelf.put(None, 31, 30)
    assert await shelf.look() is StoreState.FINE
    assert shelf.files() == kept
    [proof] = await shelf.outbox("media.recordings_deleted")
    assert (proof["because"], proof["camera"], proof["bytes"]) == ("retention", str(CAMERA), 2 * SIZE)
    assert {segment["sha256"] for segment in proof["segments"]} == {
        hashlib.sha256(path.encode().ljust(SIZE, b".")).hexdigest() for path in (due, ordered)
    }
    assert all(segment["was_there"] for segment in proof["segments"])
    assert await shelf.look() is StoreState.FINE
    assert len(await shelf.outbox("media.recordings_deleted")) == 1


async def test_a_deletion_that_was_cut_off_is_finished_and_proved_once(shelf: Shelf) -> None:
    path = await shelf.put(await shelf.plan(30), 31)
    async with shelf.database.write() as session:
        assert await store.mark_due(session, "media-1", NOW, 30, 10) == 1
    (shelf.home / path).unlink()  # and then the power failed
    await shelf.look()
    [proof] = await shelf.outbox("media.recordings_deleted")
    assert proof["segments"][0]["was_there"] is False


async def test_a_full_disk_takes_first_what_the_law_no_longer_asks_for(database: Database, tmp_path: Path) -> None:
    shelf = Shelf(database, tmp_path, quota_bytes=3 * SIZE)
    important, minor = await shelf.plan(365, priority=1), await shelf.plan(365, priority=8)
    old_important = await shelf.put(important, 100)
    old_minor, older_minor = await shelf.put(minor, 50), await shelf.put(minor, 60)
    young = {await shelf.put(minor, 5), await shelf.put(important, 6)}
    assert await shelf.look() is StoreState.TIGHT
    assert shelf.files().isdisjoint({old_minor, older_minor, old_important})
    assert shelf.files() == young
    deleted = await shelf.outbox("media.recordings_deleted")
    assert {proof["because"] for proof in deleted} == {"disk_full"}
    assert shelf.keeper.stopped == 10


async def test_nothing_the_law_asks_for_goes_plans_stop_recording_instead(database: Database, tmp_path: Path) -> None:
    shelf = Shelf(database, tmp_path, reserve_bytes=1_000)
    plan = await shelf.plan(30)
    kept = {await shelf.put(plan, 29), await shelf.put(plan, 1)}
    shelf.room = 0
    for stopped in (9, 8, 7):
        assert await shelf.look() is StoreState.FULL
        assert shelf.keeper.stopped == stopped
    assert shelf.files() == kept
    said = await shelf.outbox("media.recording_stopped")
    assert [one["stopped_priority"] for one in said] == [9, 8, 7]
    async with database.read() as session:
        [shown] = await store.stores(session)
    assert (shown.state, shown.stopped_priority) == ("full", 7)

    shelf.room = 10**8
    for _ in range(3):
        await shelf.look()
    assert shelf.keeper.stopped == 10
    assert await shelf.look() is StoreState.FINE
    assert len(await shelf.outbox("media.recording_resumed")) == 3


async def test_a_plan_beyond_its_quota_stops_when_the_law_keeps_its_recordings(shelf: Shelf) -> None:
    over, fine = await shelf.plan(90, quota=2 * SIZE), await shelf.plan(90, quota=10 * SIZE)
    old = {await shelf.put(over, 40), await shelf.put(over, 50)}
    young = {await shelf.put(over, age) for age in (1, 2, 3)}
    other = await shelf.put(fine, 60)
    await shelf.look()
    assert shelf.files() == young | {other}
    assert shelf.files().isdisjoint(old)
    assert shelf.keeper.over_quota == {over}


async def test_a_disk_that_is_not_there_loses_nothing(shelf: Shelf) -> None:
    plan = await shelf.plan(30)
    await shelf.put(plan, 40)
    await shelf.put(plan, 1)
    shelf.settings.recordings_dir.rename(shelf.settings.recordings_dir.with_name("elsewhere"))
    assert await shelf.keeper.look() is StoreState.MISSING
    assert await shelf.keeper.check() == 0
    async with shelf.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM recordings WHERE deleted_at IS NULL")) == 2
    assert await shelf.outbox("media.recordings_deleted") == []
    shelf.settings.recordings_dir.with_name("elsewhere").rename(shelf.settings.recordings_dir)
    assert await shelf.look() is StoreState.FINE
    assert shelf.keeper.present


async def test_what_the_disk_has_lost_is_taken_off_the_books_and_said(shelf: Shelf) -> None:
    plan = await shelf.plan(30)
    lost, kept = await shelf.put(plan, 2), await shelf.put(plan, 1)
    await shelf.look()
    (shelf.home / lost).unlink()
    assert await shelf.keeper.check() == 1
    await shelf.look()
    assert shelf.files() == {kept}
    [proof] = await shelf.outbox("media.recordings_deleted")
    assert (proof["because"], proof["segments"][0]["was_there"]) == ("lost", False)
