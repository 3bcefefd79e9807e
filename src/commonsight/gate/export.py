"""The register as CSV: when, by whom, under what, its definition, then the lines."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, Final

from commonsight.gate import store
from commonsight.gate.model import purposes
from commonsight.gate.tables import RetrievalRow
from commonsight.records.database import Database
from commonsight.text import say

ROWS_MOST: Final = 100_000
CHUNK_ROWS: Final = 500

COLUMNS: Final = (
    "asked_at",
    "name",
    "unit",
    "camera",
    "camera_id",
    "region",
    "purpose",
    "text",
    "action",
    "footage_from",
    "footage_to",
    "emergency",
    "first_frame",
    "closed_at",
    "seconds",
    "reason",
    "permit",
    "grant",
)


async def register_csv(
    database: Database, wanted: store.Filter, *, language: str, at: datetime, by: str, under: str, most: int = ROWS_MOST
) -> AsyncIterator[bytes]:
    """UTF-8 with a byte order mark (spreadsheets ask for it), a few hundred lines at a time."""
    said = say("gate.register_exported", language, at=at.isoformat(timespec="seconds"), by=by, under=under or "-")
    head = [[f"# {say('gate.register_title', language)}"], [f"# {said}"]]
    head.append([say(f"gate.column_{name}", language) for name in COLUMNS])
    yield b"\xef\xbb\xbf" + _lines(head)
    written, waiting = 0, []
    async with database.read() as session:
        async for row in store.register_rows(session, wanted, most):
            waiting.append(_cells(row, language))
            written += 1
            if len(waiting) >= CHUNK_ROWS:
                yield _lines(waiting)
                waiting = []
    if written >= most:
        waiting.append([f"# {say('gate.register_cut', language, rows=written)}"])
    yield _lines(waiting)


def _cells(row: RetrievalRow, language: str) -> list[str]:
    purpose = purposes().get(row.purpose_code)
    named = row.purpose_code if purpose is None else purpose.en if language == "en" else purpose.zh
    return [
        row.asked_at.isoformat(timespec="seconds"),
        row.holder_name,
        row.organisation,
        row.camera_name,
        str(row.camera_id),
        row.region,
        named,
        row.purpose_text,
        say(f"gate.action_{row.action}", language),
        _time(row.footage_from),
        _time(row.footage_to),
        say("gate.emergency_yes", language) if row.emergency else "",
        _time(row.first_frame_at),
        _time(row.closed_at),
        f"{row.seconds:.1f}",
        row.close_reason or "",
        str(row.permit_id),
        "" if row.grant_id is None else str(row.grant_id),
    ]


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_safe(str(cell)) for cell in row] for row in rows)
    return text.getvalue().encode()


def _safe(cell: str) -> str:
    # A spreadsheet would run a cell that begins like a formula; people type the names and reasons in here.
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
