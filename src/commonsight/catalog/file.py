"""The history of a camera's file: who changed which field, when, from what to what, and why.

The database itself writes it down (migration 0029), whoever changes a camera; `attribute` says in whose name a
transaction's changes are made. Without it they count as the system's own.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession

WHY_MOST: Final = 300


class Source(StrEnum):
    """Where a change came from."""

    PERSON = "person"
    REPORT = "report"
    IMPORT = "import"
    REPAIR = "repair"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one camera. None: there was, or is, no value. `batch`: the repair or import it was part of."""

    id: int
    at: datetime
    field: str
    was: str | None
    became: str | None
    source: Source
    who: str
    why: str
    batch: UUID | None


async def attribute(
    session: WriteSession, source: Source, who: str, now: datetime, *, why: str = "", batch: UUID | None = None
) -> None:
    """Say in whose name the changes of this transaction are made, from here on."""
    said = {"source": source.value, "who": who, "why": why[:WHY_MOST], "at": now.isoformat()}
    if batch is not None:
        said["batch"] = str(batch)
    await session.execute(
        text("SELECT set_config('commonsight.change', :said, true)"), {"said": json.dumps(said, ensure_ascii=False)}
    )


async def history(session: ReadSession, camera_id: UUID, before: int | None, limit: int) -> list[Change]:
    """Changes, newest first; one more than `limit` when there are more. `before`: the last id of the page before."""
    found = await session.execute(
        text(
            "SELECT id, at, field, was, became, source, who, why, batch FROM camera_changes "
            "WHERE camera_id = :camera AND id < coalesce(CAST(:before AS bigint), 9223372036854775807) "
            "ORDER BY id DESC LIMIT :limit"
        ),
        {"camera": camera_id, "before": before, "limit": limit + 1},
    )
    return [
        Change(row.id, row.at, row.field, row.was, row.became, Source(row.source), row.who, row.why, row.batch)
        for row in found
    ]
