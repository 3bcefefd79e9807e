"""The camera list as CSV: what is seen, with who, when and what it means in front."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime

from commonsight.catalog import lists, vocabulary
from commonsight.catalog.model import CameraRow, Filters
from commonsight.records.database import Database
from commonsight.text import say

ROWS_MOST = 1_000_000
_CHUNK_ROWS = 1_000
_COLUMNS = (
    "code",
    "name",
    "region",
    "region_name",
    "address",
    "platform",
    "organisation",
    "kind",
    "sector",
    "lon",
    "lat",
    "health",
    "health_at",
    "has_source",
    "demo",
)


def cell(value: object) -> str:
    """A value that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _number(text) else text


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def heading(language: str, filters: Filters, *, who: str, organisation: str, at: datetime) -> list[str]:
    """The comment lines in front of the table."""
    asked = {
        "region": " ".join(filters.regions),
        "health": filters.health and filters.health.word,
        "q": filters.q,
        "platform": filters.platform,
        "kind": filters.kind,
        "sector": filters.sector,
        "has_source": filters.has_source,
        "analysis": filters.analysis,
        "demo": filters.demo,
        "archived": filters.archived or None,
    }
    shown = "; ".join(f"{name}={value}" for name, value in asked.items() if value not in (None, ""))
    lines = [
        say("catalog.export_who", language, who=who, organisation=organisation, at=at.isoformat(timespec="seconds")),
        say("catalog.export_filters", language, filters=shown),
        say("catalog.export_definition", language),
    ]
    return ["# " + " ".join(line.split()) for line in lines]


def _values(row: CameraRow, language: str) -> list[str]:
    kind, sector = vocabulary.kinds().get(row.kind), vocabulary.sectors().get(row.sector)
    lon, lat = row.point or (None, None)
    health_at = None if row.health_at is None else row.health_at.isoformat(timespec="seconds")
    word = "en" if language == "en" else "zh"
    return [
        # The tab keeps spreadsheets from reading 20 digits as a number and losing the last five.
        f"\t{row.code}",
        cell(row.name),
        cell(row.region),
        cell(row.region_name),
        cell(row.address),
        cell(row.platform and row.platform.name),
        cell(row.organisation),
        cell(getattr(kind, word, row.kind)),
        cell(getattr(sector, word, row.sector)),
        cell(lon),
        cell(lat),
        say(f"catalog.health_{row.health.word}", language),
        cell(health_at),
        "1" if row.has_source else "0",
        "1" if row.demo else "0",
    ]


async def lines(database: Database, filters: Filters, language: str, heading_lines: list[str]) -> AsyncIterator[bytes]:
    """The file in pieces: UTF-8 with a mark for spreadsheets, heading, column names, rows by identifier."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff" + "".join(f"{line}\r\n" for line in heading_lines))
    writer.writerow([say(f"catalog.column_{column}", language) for column in _COLUMNS])
    async with database.read() as session:
        waiting = 0
        async for row in lists.every(session, filters, ROWS_MOST):
            writer.writerow(_values(row, language))
            waiting += 1
            if waiting == _CHUNK_ROWS:
                yield buffer.getvalue().encode()
                buffer.seek(0)
                buffer.truncate()
                waiting = 0
    yield buffer.getvalue().encode()
