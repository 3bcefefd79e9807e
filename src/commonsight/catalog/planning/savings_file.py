"""The record of savings as a file: what was not built, who decided so, what it would have cost, and why."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight.catalog.export import cell
from commonsight.catalog.imports.model import Format
from commonsight.catalog.planning import store
from commonsight.catalog.planning.model import Planned
from commonsight.catalog.xlsx_writer import Cell, XlsxWriter
from commonsight.records.database import Database
from commonsight.text import say

CHUNK_ROWS: Final = 500
COLUMNS: Final = (
    "decided_at", "name", "region", "region_name", "lon", "lat", "direction", "field_angle", "view_distance", "cost",
    "seen", "working", "cameras", "decided_by", "organisation", "reason", "note",
)  # fmt: skip


def heading(wanted: store.Wanted, language: str, who: str, at: datetime) -> list[str]:
    """What stands in front of the table."""
    bounds = {"region": " ".join(wanted.regions), "from": wanted.since, "to": wanted.until}
    shown = "; ".join(f"{name}={value}" for name, value in bounds.items() if value)
    lines = [
        say("catalog.savings_who", language, who=who, at=at.isoformat(timespec="seconds")),
        say("catalog.export_filters", language, filters=shown),
        say("catalog.savings_definition", language),
    ]
    return [" ".join(line.split()) for line in lines]


def _values(point: Planned) -> list[Cell]:
    kept = point.evidence or {}
    said: dict[str, Cell] = {
        "decided_at": None if point.decided_at is None else point.decided_at.isoformat(timespec="seconds"),
        "name": point.name,
        "region": point.region,
        "region_name": point.region_name,
        "lon": point.field.point[0],
        "lat": point.field.point[1],
        "direction": point.field.direction,
        "field_angle": point.field.angle,
        "view_distance": point.field.distance,
        "cost": None if point.cost is None else float(point.cost),
        "seen": kept.get("seen"),
        "working": kept.get("working"),
        "cameras": " ".join(camera["code"] for camera in kept.get("cameras", [])),
        "decided_by": point.decided_by,
        "organisation": point.organisation,
        "reason": point.reason,
        "note": point.note,
    }
    return [said[column] for column in COLUMNS]


async def lines(
    database: Database, wanted: store.Wanted, language: str, above: Sequence[str], kind: Format
) -> AsyncIterator[bytes]:
    """The file in pieces, newest decision first; Excel unless CSV is asked for."""
    titles = [say(f"catalog.savings_{column}", language) for column in COLUMNS]
    writer = None if kind is Format.CSV else XlsxWriter(say("catalog.savings_sheet", language), frozen=len(above) + 1)
    if writer is None:
        yield ("\ufeff" + "".join(f"# {line}\r\n" for line in above)).encode() + _csv([titles])
    else:
        top: list[list[Cell]] = [[f"# {line}"] for line in above]
        yield writer.rows([*top, list(titles)])
    after: tuple[datetime, UUID] | None = None
    while True:
        async with database.read() as session:
            found = await store.page(session, wanted, after, CHUNK_ROWS)
        rows = [_values(point) for point in found[:CHUNK_ROWS]]
        yield _csv([[cell(value) for value in row] for row in rows]) if writer is None else writer.rows(rows)
        if len(found) <= CHUNK_ROWS:
            break
        last = found[CHUNK_ROWS - 1]
        assert last.decided_at is not None
        after = (last.decided_at, last.id)
    if writer is not None:
        yield writer.close()


def _csv(rows: Sequence[Sequence[Cell]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
