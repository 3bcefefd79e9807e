"""Jobs of imports: checking, writing, taking back, tidying."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.access.audit import Actor
from commonsight.catalog import secrets
from commonsight.catalog.imports import check as checking
from commonsight.catalog.imports import commit as committing
from commonsight.catalog.imports import service, store
from commonsight.catalog.imports.model import Import, State
from commonsight.jobs import Blueprint
from commonsight.records.database import WriteSession

log = structlog.get_logger(__name__)

LOST_MINUTES: Final = 5
"""An import that is worked on tells so every few seconds; after this long its job was lost."""

ABANDONED_DAYS: Final = 7
"""A file that was not brought in for so long is given up."""

UNDO_DAYS: Final = 90
"""So long an import can be undone; then its rows are let go."""

tasks = Blueprint()

_STEPS: Final = {State.CHECKING: "check_import", State.COMMITTING: "commit_import", State.UNDOING: "undo_import"}


async def enqueue(session: WriteSession, present: Import, by: Actor) -> None:
    """Queue what an import's state asks for. One is worked on at a time: they would wait for each other's rows."""
    step = _STEPS[present.state]
    arguments = {"import_id": str(present.id)}
    if present.state is not State.CHECKING:
        arguments |= {"by_id": "" if by.id is None else str(by.id), "by_name": by.name, "by_address": by.address or ""}
    await jobs.enqueue(
        session, f"catalog:{step}", arguments, lock="catalog.imports", queueing_lock=f"catalog.{step}.{present.id}"
    )


@tasks.task()
async def check_import(import_id: str) -> None:
    """Find out what each row of a file would do."""
    house = jobs.house()
    secrets.install(house.settings.data_dir)
    await checking.check(house.database, house.clock, UUID(import_id))


@tasks.task()
async def commit_import(import_id: str, by_id: str, by_name: str, by_address: str) -> None:
    """Write a checked import."""
    house = jobs.house()
    await committing.commit(house.database, house.clock, UUID(import_id), _actor(by_id, by_name, by_address))


@tasks.task()
async def undo_import(import_id: str, by_id: str, by_name: str, by_address: str) -> None:
    """Take a written import back."""
    house = jobs.house()
    await committing.undo(house.database, house.clock, UUID(import_id), _actor(by_id, by_name, by_address))


def _actor(by_id: str, by_name: str, by_address: str) -> Actor:
    return Actor(UUID(by_id) if by_id else None, by_name, by_address or None)


@tasks.periodic(cron="*/5 * * * *")
@tasks.task(queueing_lock="catalog.keep_imports")
async def keep_imports(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Go on with imports whose job was lost, give abandoned files up, let rows go that nobody can undo any more."""
    house = jobs.house()
    now = house.clock.now()
    async with house.database.write() as session:
        for import_id in await store.still(session, tuple(_STEPS), LOST_MINUTES):
            present = service.known(await store.one(session, import_id), import_id)
            await enqueue(session, present, Actor(present.by_id, present.by_name))
    async with house.database.write() as session:
        abandoned = now - timedelta(days=ABANDONED_DAYS)
        for import_id in await store.stale(session, abandoned, (State.RECEIVING, State.CHECKED, State.FAILED)):
            await service.discard(session, import_id, now)
            log.info("import_abandoned", id=str(import_id))
    async with house.database.write() as session:
        for import_id in await store.past_undo(session, now - timedelta(days=UNDO_DAYS)):
            await store.forget_undo(session, import_id)
            log.info("import_rows_forgotten", id=str(import_id))
