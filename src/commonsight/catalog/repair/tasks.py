"""Jobs of the camera file's rules and repairs: check what changed, check everything each night, apply, take back."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from commonsight import jobs
from commonsight.catalog.repair import service
from commonsight.catalog.rules import run, store
from commonsight.catalog.rules.model import rule_set
from commonsight.catalog.rules.service import LOCK, TASK
from commonsight.jobs import Blueprint, House
from commonsight.outbox import Entry, Subscription
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession

KEEP_RUNS: Final = timedelta(days=90)
TURNS: Final = 20
"""Looks at changed cameras in one job: so many times `run.SOME_MOST`, then others get their turn."""

TOPICS: Final = (
    "catalog.camera_added", "catalog.camera_changed", "catalog.camera_archived", "catalog.camera_restored",
    "catalog.import_committed", "catalog.import_undone", "catalog.sync_ended", "catalog.coordinates_converted",
)  # fmt: skip

tasks = Blueprint()


@tasks.periodic(cron="* * * * *")
@tasks.task(lock=LOCK, queueing_lock="catalog.records_changed", retry=False)
async def check_changed(timestamp: int = 0) -> None:  # noqa: ARG001 - given by the schedule
    """Look at cameras that changed since they were checked."""
    house = jobs.house()
    for _ in range(TURNS):
        async with house.database.read() as session:
            ids = await store.stale(session, run.SOME_MOST)
        if not await run.check_some(house.database, house.clock, house.settings.region.code, ids, service.propose):
            break
    await _repair_by_rule(house)


# A little after midnight in the region: what lies in the future is told by the day.
@tasks.periodic(cron="17 17 * * *")
@tasks.task(queueing_lock="catalog.records_nightly")
async def check_nightly(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Have everything checked once a day: dates pass, units close, duplicates move."""
    house = jobs.house()
    async with house.database.write() as session:
        await store.forget_runs(session, house.clock.now() - KEEP_RUNS)
        made = await store.open_run(session, uuid7(), "", rule_set().digest, house.clock.now())
        if made is not None:
            await jobs.enqueue(session, TASK, {"run_id": str(made)}, lock=LOCK, queueing_lock=f"{LOCK}.{made}")


@tasks.task(lock=LOCK)
async def check_records(run_id: str) -> None:
    """Check every camera."""
    house = jobs.house()
    known = UUID(run_id)
    async with house.database.write() as session:
        if not await store.begin_run(session, known, house.clock.now()):
            return

    async def told(done: int) -> None:
        async with house.database.write() as session:
            await store.progress(session, known, done)

    await run.check_all(house.database, house.clock, house.settings.region.code, service.propose, told)
    async with house.database.write() as session:
        await store.end_run(session, known, house.clock.now())
    await _repair_by_rule(house)


async def _repair_by_rule(house: House) -> None:
    async with house.database.write() as session:
        made = await service.by_rule(session, house.settings.region.code, house.clock.now())
        for batch_id in made:
            await enqueue(session, batch_id)


async def enqueue(session: WriteSession, batch_id: UUID) -> None:
    """Have a batch worked on; one at a time, they would wait for each other's cameras."""
    await jobs.enqueue(
        session,
        "catalog:repair_batch",
        {"batch_id": str(batch_id)},
        lock="catalog.repairs",
        queueing_lock=f"catalog.repair.{batch_id}",
    )


@tasks.task()
async def repair_batch(batch_id: str) -> None:
    """Apply a batch, or take it back."""
    house = jobs.house()
    await service.work(house.database, house.clock, UUID(batch_id))


async def look_again(session: WriteSession, entry: Entry) -> None:  # noqa: ARG001
    """Somebody changed a camera: what it changed is looked at within seconds."""
    await jobs.enqueue(session, "catalog:check_changed", lock=LOCK, queueing_lock="catalog.records_changed")


subscriptions = (Subscription("catalog.look_again", TOPICS, look_again, from_now=True),)
