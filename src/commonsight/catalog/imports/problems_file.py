"""The problems of an import as CSV."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime

from commonsight.catalog.export import cell
from commonsight.catalog.imports import store
from commonsight.catalog.imports.model import Import
from commonsight.catalog.imports.views import ProblemOut
from commonsight.records.database import Database
from commonsight.text import say

CHUNK_ROWS = 500
_COLUMNS = ("row", "column", "message", "actual", "expected")


async def lines(database: Database, made: Import, language: str, now: datetime) -> AsyncIterator[bytes]:
    """UTF-8 with a mark for spreadsheets: what the file was, then one line a problem."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    about = say(
        "catalog.import_problems", language, name=made.name, by=made.by_name, at=now.isoformat(timespec="seconds")
    )
    buffer.write(f"\ufeff# {' '.join(about.split())}\r\n")
    writer.writerow([say(f"catalog.problem_{column}", language) for column in _COLUMNS])
    after: tuple[int, int] | None = None
    while True:
        async with database.read() as session:
            found = await store.problems(session, made.id, after, CHUNK_ROWS)
        for number, problem in found[:CHUNK_ROWS]:
            told = ProblemOut.of(problem, language)
            writer.writerow([told.row, *(cell(getattr(told, column)) for column in _COLUMNS[1:])])
            after = (problem.row, number)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
        if len(found) <= CHUNK_ROWS:
            return
