"""HTTP: monthly reports: ask, follow, list, download, make anew."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.http import (
    After,
    Caller,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    language_of,
    problems,
    requires,
    sees,
)
from commonsight.inspect.reports import service, store, tasks
from commonsight.inspect.reports.store import Report
from commonsight.problem import Refusal
from commonsight.text import say

router = APIRouter(tags=["reports"])

MayRead = Annotated[Caller, requires("health.read")]
MayWrite = Annotated[Caller, requires("health.write")]

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ReportIn(BaseModel):
    """A report to be made. Asked for again, it is made anew from the figures as they stand, as the next version."""

    model_config = ConfigDict(extra="forbid")

    month: str = Field(max_length=20, examples=["2026-10"])
    region: str | None = Field(None, max_length=12, description="empty: the region this platform serves")
    language: Literal["zh", "en"] = "zh"
    unit: str | None = Field(None, max_length=100, description="the author; empty: as set, else one's own unit")
    note: str = Field("", max_length=300, description="what was corrected since the version before")


class ReportOut(BaseModel):
    """A report and how far it is."""

    id: UUID
    month: str
    region: str
    language: Literal["zh", "en"]
    version: int
    unit: str
    state: Literal["queued", "running", "done", "failed"]
    progress: float = Field(description="0..1")
    step: str = Field(description="what it is at", examples=["indicators", "drawing"])
    problem: dict[str, Any] | None
    problem_words: str | None
    as_of: datetime
    figures_sha256: str | None = Field(description="of the figures it was drawn from: the same make the same files")
    pdf_bytes: int | None
    xlsx_bytes: int | None
    note: str
    asked_by_name: str
    asked_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, found: Report, language: str) -> Self:
        problem = found.problem
        facts = {key: value for key, value in (problem or {}).items() if key != "code"}
        said = {name: getattr(found, name) for name in cls.model_fields if hasattr(found, name)}
        said["figures_sha256"] = None if found.digest is None else bytes(found.digest).hex()
        said["problem_words"] = None if problem is None else say(problem["code"], language, **facts)
        return cls(**said)


@router.get("/reports", responses=problems(401, 403, 422))
async def reports(
    request: Request,
    caller: MayRead,
    session: Reads,
    month: Annotated[str | None, Query(max_length=20)] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[ReportOut]:
    """Reports of one's regions, newest first."""
    last = cursor_decode("reports", after, datetime, UUID) if after else None
    found = await store.page(session, caller.regions, month, last and (last[0], last[1]), limit + 1)
    more = cursor_encode("reports", found[limit - 1].asked_at, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[ReportOut.of(one, language_of(request)) for one in found[:limit]], next=more)


@router.post("/reports", status_code=202, responses=problems(401, 403, 422))
async def ask(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: ReportIn
) -> ReportOut:
    """Have a month's report made. `GET /reports/{id}` follows it."""
    state = request.app.state
    settings = state.settings
    region = said.region or settings.region.code
    if not sees(caller, region):
        raise Refusal(
            "http.region_outside_scope",
            status=403,
            rule="scope",
            operand="region",
            expected=list(caller.regions),
            actual=region,
        )
    wanted = service.Wanted(
        said.month, region, said.language, said.unit or settings.reports.unit or caller.organisation, said.note
    )
    by = (caller.id, caller.display_name or caller.name)
    now = state.clock.now()
    made = await service.ask(session, wanted, by, ZoneInfo(settings.region.timezone), now)
    await tasks.enqueue(session, made)
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    name = f"{made.month} v{made.version}"
    await audit.record(
        session, actor, "inspect.report_asked", now, kind="report", subject_id=made.id, subject_name=name
    )
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(ReportOut.of(made, language_of(request)), 202)


@router.get("/reports/{report_id}", responses=problems(401, 403, 404))
async def one(request: Request, caller: MayRead, session: Reads, report_id: UUID) -> ReportOut:
    """A report and how far it is."""
    return ReportOut.of(await service.seen(session, caller, report_id), language_of(request))


@router.get(
    "/reports/{report_id}/file",
    response_class=Response,
    responses=problems(401, 403, 404, 409) | {200: {"content": {"application/pdf": {}}, "description": "the file"}},
)
async def file(
    caller: MayRead,
    session: Reads,
    report_id: UUID,
    kind: Annotated[Literal["pdf", "xlsx"], Query(alias="format")] = "pdf",
) -> Response:
    """The report as PDF or Excel."""
    found = await service.seen(session, caller, report_id)
    body = await service.file_of(session, found, kind)
    name = f"report-{found.region}-{found.month}-v{found.version}.{kind}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)
