"""Reading a file and finding out what each row would do: the dry run."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from commonsight.catalog import secrets
from commonsight.catalog.imports import store
from commonsight.catalog.imports.model import PROBLEMS_A_ROW, PROBLEMS_MOST, Import, Line, Problem, Row, State
from commonsight.catalog.imports.reading import lines
from commonsight.catalog.imports.resolve import Resolver
from commonsight.catalog.imports.rows import read_row
from commonsight.catalog.imports.service import Told, known
from commonsight.catalog.imports.sheet import Sheet
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.database import Database, WriteSession

log = structlog.get_logger(__name__)

READ_ROWS: Final = 1_000
"""Rows that are checked together."""


class _GivenUp(Exception):
    """Somebody discarded the import while it was checked."""


async def check(database: Database, clock: Clock, import_id: UUID, told: Told | None = None) -> Import:
    """Read the file and find out what each row would do; writes nothing but the findings.

    Done again from the start when a process died on the way. An unreadable file ends in state `failed`, with the rule.
    """
    async with database.write() as session:
        present = await store.one(session, import_id, for_update=True)
        if present is None or present.state is not State.CHECKING:
            return known(present, import_id)
        await store.forget_rows(session, import_id)
        await store.count(session, import_id, done=0, added=0, changed=0, restored=0, same=0, refused=0)
    with tempfile.TemporaryDirectory(prefix="commonsight-import-") as scratch:
        path = Path(scratch) / "file"
        try:
            await _fetch(database, present, path)
            unknown = await _check_rows(database, present, path, told)
        except _GivenUp:
            async with database.write() as session:
                await store.forget_rows(session, import_id)
                return known(await store.one(session, import_id), import_id)
        except Refusal as refusal:
            async with database.write() as session:
                if await _still(session, import_id) is not None:
                    await store.move(session, import_id, State.FAILED, clock.now(), problem=_problem(refusal))
                    await store.forget_file(session, import_id)
                return known(await store.one(session, import_id), import_id)
    async with database.write() as session:
        checked = await _still(session, import_id)
        if checked is None:
            await store.forget_rows(session, import_id)
            return known(await store.one(session, import_id), import_id)
        rows = checked.writes + checked.same + checked.refused
        await store.move(
            session, import_id, State.CHECKED, clock.now(), rows=rows, done=rows, unknown_columns=unknown[:100]
        )
        # The rows are read and passwords in them encrypted: the file itself is not needed any more.
        await store.forget_file(session, import_id)
        checked = known(await store.one(session, import_id), import_id)
    log.info("import_checked", id=str(import_id), rows=rows, refused=checked.refused)
    return checked


async def _still(session: WriteSession, import_id: UUID) -> Import | None:
    """The import, held, while it is to be checked."""
    found = await store.one(session, import_id, for_update=True)
    return found if found is not None and found.state is State.CHECKING else None


def _problem(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code} | refusal.facts()


async def _fetch(database: Database, present: Import, path: Path) -> None:
    """The file on disk, readable by this account alone, for as long as it is read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for number in range(present.parts):
            async with database.read() as session:
                sealed = await store.part(session, present.id, number)
            if sealed is None:
                raise _GivenUp
            await asyncio.to_thread(file.write, await asyncio.to_thread(secrets.installed().open_bytes, sealed))


async def _check_rows(database: Database, present: Import, path: Path, told: Told | None) -> list[str]:
    sheet = Sheet()
    resolver = Resolver(present.rights, present.existing, _same_secret)
    counts = {"done": 0, "added": 0, "changed": 0, "restored": 0, "same": 0, "refused": 0}
    kept = 0
    async with database.read() as session:
        await resolver.learn(session)
    with _closing(lines(path, present.format, sheet)) as coming:
        while batch := await asyncio.to_thread(_read, coming, present):
            good = [row for row, problems in batch if not problems]
            problems = [problem for _, found in batch for problem in found[:PROBLEMS_A_ROW]]
            async with database.write() as session:
                if await _still(session, present.id) is None:
                    raise _GivenUp
                outcome = await resolver.decide(session, good)
                problems = sorted(problems + outcome.problems, key=lambda problem: problem.row)
                await store.keep_rows(
                    session,
                    present.id,
                    [(s.row, s.action.value, s.camera_id, s.base_version, s.fields) for s in outcome.steps],
                )
                await store.keep_problems(session, present.id, problems[: PROBLEMS_MOST - kept])
                kept += min(len(problems), PROBLEMS_MOST - kept)
                for step in outcome.steps:
                    counts[{"add": "added", "change": "changed", "restore": "restored"}[step.action]] += 1
                counts["done"] += len(batch)
                counts["same"] += outcome.same
                counts["refused"] += len(batch) - len(good) + len(outcome.problems)
                await store.count(session, present.id, **counts)
                if told is not None:
                    told(known(await store.one(session, present.id), present.id))
    return sheet.unknown


@contextmanager
def _closing(coming: Iterator[Line]) -> Iterator[Iterator[Line]]:
    try:
        yield coming
    finally:
        coming.close()  # type: ignore[attr-defined]  # the readers are generators, and hold the file open


def _read(coming: Iterator[Line], present: Import) -> list[tuple[Row, list[Problem]]]:
    seal = secrets.installed().seal
    return [read_row(line, present.rights, present.system, seal) for line in islice(coming, READ_ROWS)]


def _same_secret(first: str, second: str) -> bool:
    box = secrets.installed()
    try:
        return box.open(bytes.fromhex(first[2:])) == box.open(bytes.fromhex(second[2:]))
    except Refusal:
        return False
