"""Writing a checked import into the camera file, and taking it back."""

from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import file as files
from commonsight.catalog.imports import apply, store
from commonsight.catalog.imports.model import Import, Problem, State
from commonsight.catalog.imports.service import Told, known
from commonsight.clock import Clock
from commonsight.records.database import Database, WriteSession

log = structlog.get_logger(__name__)

_LATE: Final = {"add": "catalog.code_taken"}
"""What kept a checked row from being written; for any other action the camera was changed in the meantime."""


async def commit(database: Database, clock: Clock, import_id: UUID, by: Actor, told: Told | None = None) -> Import:
    """Write the rows in batches, each in its own transaction; goes on where a process that died left off."""
    while True:
        async with database.write() as session:
            present = await store.one(session, import_id, for_update=True)
            if present is None or present.state is not State.COMMITTING:
                return known(present, import_id)
            now = clock.now()
            await files.attribute(session, files.Source.IMPORT, by.name, now, why=present.name, batch=import_id)
            written = await apply.write(session, import_id, now)
            done = present.done + written.done
            if written.refused:
                late = [
                    Problem(row, "code", _LATE.get(action, "catalog.camera_changed"), {"rule": "as it was checked"})
                    for row, action in written.refused
                ]
                await _told_late(session, import_id, late)
                await store.count(session, import_id, refused=present.refused + len(late))
            await store.count(session, import_id, done=done)
            if written.last is None:
                await store.settle(session, import_id)
                await store.move(session, import_id, State.COMMITTED, now, done=done, committed_at=now)
                present = known(await store.one(session, import_id), import_id)
                await _tell(session, by, "committed", present, now)
                log.info("import_committed", id=str(import_id), written=done)
                return present
            if told is not None:
                told(known(await store.one(session, import_id), import_id))


async def undo(database: Database, clock: Clock, import_id: UUID, by: Actor, told: Told | None = None) -> Import:
    """Take the rows back in batches. A camera changed while this runs is left as it is and told as a problem."""
    while True:
        async with database.write() as session:
            present = await store.one(session, import_id, for_update=True)
            if present is None or present.state is not State.UNDOING:
                return known(present, import_id)
            now = clock.now()
            await files.attribute(session, files.Source.IMPORT, by.name, now, why=f"↶ {present.name}", batch=import_id)
            undone = await apply.undo(session, import_id, now)
            if undone.refused:
                facts = {"rule": "as it was written"}
                late = [Problem(row, "code", "catalog.camera_changed", facts) for row, _ in undone.refused]
                await _told_late(session, import_id, late)
            if undone.last is None:
                await store.move(session, import_id, State.UNDONE, now, done=present.done)
                present = known(await store.one(session, import_id), import_id)
                await _tell(session, by, "undone", present, now)
                log.info("import_undone", id=str(import_id), rows=present.done)
                return present
            await store.count(session, import_id, done=present.done + undone.done)
            if told is not None:
                told(known(await store.one(session, import_id), import_id))


async def _told_late(session: WriteSession, import_id: UUID, late: list[Problem]) -> None:
    """Keep what only the writing showed, instead of what was told of the rows before."""
    await store.forget_late(session, import_id, late)
    await store.keep_problems(session, import_id, late)


async def _tell(session: WriteSession, by: Actor, verb: str, present: Import, now: datetime) -> None:
    numbers = {"added": present.added, "changed": present.changed, "restored": present.restored}
    await record(
        session,
        by,
        f"catalog.import_{verb}",
        now,
        kind="import",
        subject_id=present.id,
        subject_name=present.name,
        **numbers,
    )
    await outbox.append(session, f"catalog.import_{verb}", {"import": str(present.id)} | numbers)
