"""HTTP: the audit of what was changed, searched and exported."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import StreamingResponse

from commonsight.access import audit
from commonsight.access.model import Identity
from commonsight.http import After, Limit, Page, Reads, cursor_decode, cursor_encode, language_of, problems, requires
from commonsight.records.database import Database
from commonsight.text import say

router = APIRouter()

MayRead = Annotated[Identity, requires("audit.read")]
ROWS_MOST: Final = 100_000
CHUNK_ROWS: Final = 500
COLUMNS: Final = ("at", "actor", "action", "kind", "object", "object_id", "address", "detail")


class AuditOut(BaseModel):
    """One entry of the audit."""

    id: UUID
    at: datetime
    actor_id: UUID | None = Field(description="null: somebody at the machine itself, or nobody known")
    actor_name: str
    action: str = Field(examples=["access.person_changed"])
    subject_kind: str
    subject_id: str | None
    subject_name: str | None
    address: str | None
    detail: dict[str, Any] = Field(description="what changed; a list of two is before and after")


def _filter(
    person: UUID | None = None,
    who: Annotated[str | None, Query(max_length=60, description="part of the name of who did it")] = None,
    action: Annotated[str | None, Query(max_length=60, examples=["access.token"], description="or its start")] = None,
    what: Annotated[str | None, Query(max_length=100, description="part of the object's name, or its id")] = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> audit.Filter:
    return audit.Filter(person, action, who, what, since, until)


Wanted = Annotated[audit.Filter, Depends(_filter)]


@router.get("/audit", responses=problems(401, 403, 422))
async def read_audit(
    caller: MayRead,  # noqa: ARG001 - the guard needs the caller
    session: Reads,
    wanted: Wanted,
    after: After = None,
    limit: Limit = 100,
) -> Page[AuditOut]:
    """Who changed what, newest first."""
    last = cursor_decode("audit", after, datetime, UUID) if after else None
    rows = await audit.page(session, wanted, after=None if last is None else (last[0], last[1]), limit=limit + 1)
    more = cursor_encode("audit", rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[AuditOut.model_validate(row, from_attributes=True) for row in rows[:limit]], next=more)


@router.get("/audit/export", responses=problems(401, 403, 422))
async def export_audit(request: Request, caller: MayRead, wanted: Wanted) -> StreamingResponse:
    """The same as CSV, at most 100,000 lines. Taking it away is itself an entry."""
    state = request.app.state
    now = state.clock.now()
    under = {name: value[:100] for name, value in request.query_params.items()}
    async with state.database.write() as session:
        await audit.record(session, audit.Actor.of(caller), "access.audit_exported", now, kind="audit", under=under)
    lines = _csv(state.database, wanted, language_of(request), now, caller.display_name or caller.name, under)
    name = f"audit-{now:%Y%m%dT%H%M%SZ}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(
    database: Database, wanted: audit.Filter, language: str, at: datetime, by: str, under: dict[str, str]
) -> AsyncIterator[bytes]:
    told = say(
        "access.audit_told",
        language,
        at=at.isoformat(timespec="seconds"),
        by=by,
        under=", ".join(f"{name}={value}" for name, value in under.items()) or "-",
    )
    head = [[f"# {told}"], [say(f"access.audit_{name}", language) for name in COLUMNS]]
    # A byte order mark: spreadsheets ask for it.
    yield b"\xef\xbb\xbf" + _lines(head)
    written, waiting = 0, []
    async with database.read() as session:
        async for row in audit.rows(session, wanted, ROWS_MOST):
            written += 1
            waiting.append(
                [
                    row.at.isoformat(timespec="milliseconds"),
                    row.actor_name,
                    row.action,
                    row.subject_kind,
                    row.subject_name or "",
                    row.subject_id or "",
                    row.address or "",
                    json.dumps(row.detail, ensure_ascii=False) if row.detail else "",
                ]
            )
            if len(waiting) >= CHUNK_ROWS:
                yield _lines(waiting)
                waiting = []
    if written >= ROWS_MOST:
        waiting.append([f"# {say('access.audit_cut', language, rows=written)}"])
    yield _lines(waiting)


def _lines(rows: Iterable[list[str]]) -> bytes:
    buffer = io.StringIO()
    # What a spreadsheet would take for a formula is marked as text: names come from people.
    csv.writer(buffer).writerows([[f"'{c}" if c[:1] in "=+-@\t\r" and c else c for c in row] for row in rows])
    return buffer.getvalue().encode("utf-8", "replace")
