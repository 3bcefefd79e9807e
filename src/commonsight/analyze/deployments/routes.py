"""HTTP: deployments: plan, check, start and end, the live board, the log, the report."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from commonsight.analyze.deployments import board, checking, document, service, store
from commonsight.analyze.deployments.board_views import BoardOut, ReportOut
from commonsight.analyze.deployments.model import Deployment, State
from commonsight.analyze.deployments.views import (
    CheckOut,
    DeploymentIn,
    DeploymentItem,
    DeploymentOut,
    FindingOut,
    LineIn,
    LineOut,
    PersonOut,
    StateWord,
    StepIn,
    shown_lines,
)
from commonsight.http import (
    After,
    Caller,
    IfMatch,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    etag_of,
    language_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.records.database import ReadSession
from commonsight.respond.lists import containing
from commonsight.respond.people import roles_with

router = APIRouter(tags=["deployments"])

MayRead = Annotated[Caller, requires("deployments.read")]
MayWrite = Annotated[Caller, requires("deployments.write")]

PEOPLE_MOST = 50
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/deployments", responses=problems(401, 403, 422))
async def deployments(
    request: Request,
    caller: MayRead,
    session: Reads,
    state: Annotated[list[StateWord] | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[DeploymentItem]:
    """Deployments that have cameras in the caller's regions, the latest start first."""
    order = "deployments." + ".".join(sorted(state or ()))
    last = cursor_decode(order, after, datetime, UUID) if after else None
    states = [State(one) for one in state or ()]
    found = await store.page(session, caller.regions, states, last and (last[0], last[1]), limit + 1)
    more = cursor_encode(order, found[limit - 1].starts_at, found[limit - 1].id) if len(found) > limit else None
    counts = await store.counts(session, [one.id for one in found[:limit]])
    now = request.app.state.clock.now()
    items = [DeploymentItem.of(one, counts.get(one.id, {}), now) for one in found[:limit]]
    return Page(items=items, next=more)


@router.get("/deployments/people", responses=problems(401, 403, 422))
async def people(caller: MayWrite, session: Reads, q: Annotated[str, Query(max_length=60)] = "") -> Page[PersonOut]:
    """Accounts that may be put on duty: in use, allowed to see deployments, in the caller's regions."""
    found = await store.candidates(
        session, caller.regions, roles_with("deployments.read"), containing(q.strip()), PEOPLE_MOST
    )
    return Page(items=[PersonOut(id=key, name=name, unit=unit) for key, name, unit in found])


@router.post("/deployments/check", responses=problems(401, 403, 422))
async def check_draft(request: Request, caller: MayWrite, session: Reads, said: DeploymentIn) -> CheckOut:
    """What a draft comes to and what it lacks, before it is written."""
    now = request.app.state.clock.now()
    return await _checked(request, session, await service.draft(session, caller, said.said(), now, None), now)


@router.post("/deployments", status_code=201, responses=problems(401, 403, 422))
async def add(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: DeploymentIn
) -> DeploymentOut:
    """Plan a deployment. It starts and ends by itself when its time has come."""
    made = await service.add(session, caller, said.said(), request.app.state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(await _out(request, response, session, caller, made))


@router.get("/deployments/{deployment_id}", responses=problems(401, 403, 404))
async def one(
    request: Request, response: Response, caller: MayRead, session: Reads, deployment_id: UUID
) -> DeploymentOut:
    """One deployment."""
    return await _out(request, response, session, caller, await service.visible(session, caller, deployment_id))


@router.put("/deployments/{deployment_id}", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    deployment_id: UUID,
    said: DeploymentIn,
    if_match: IfMatch = None,
) -> DeploymentOut:
    """Change a deployment that is planned or runs, from the version one has seen."""
    before = await service.writable(session, caller, deployment_id)
    match_or_refuse(if_match, _etag(before))
    made = await service.change(session, caller, before, said.said(), request.app.state.clock.now())
    return await _out(request, response, session, caller, made)


@router.post("/deployments/{deployment_id}/steps", responses=problems(401, 403, 404, 409, 422))
async def step(
    request: Request, response: Response, caller: MayWrite, session: Writes, deployment_id: UUID, said: StepIn
) -> DeploymentOut:
    """Start, end, go on, cancel or resume. What a step put on or took back follows within seconds."""
    before = await service.writable(session, caller, deployment_id)
    made = await service.step(session, caller, before, said.meant(), request.app.state.clock.now())
    return await _out(request, response, session, caller, made)


@router.get("/deployments/{deployment_id}/check", responses=problems(401, 403, 404))
async def check(request: Request, caller: MayRead, session: Reads, deployment_id: UUID) -> CheckOut:
    """What a deployment comes to now and what it lacks."""
    found = await service.visible(session, caller, deployment_id)
    return await _checked(request, session, await service.as_draft(session, found), request.app.state.clock.now())


@router.get("/deployments/{deployment_id}/board", responses=problems(401, 403, 404))
async def live_board(request: Request, caller: MayRead, session: Reads, deployment_id: UUID) -> BoardOut:
    """The live board: cameras, figures, incidents, people on duty, coverage, log. The topic `deployments` tells when
    to read it anew."""
    found = await service.visible(session, caller, deployment_id)
    now = request.app.state.clock.now()
    made = await board.board(session, found, caller.regions, _zone(request), now)
    shown = await _whole(session, caller, found, now)
    return BoardOut.of(made, shown, caller, language_of(request), now)


@router.get("/deployments/{deployment_id}/log", responses=problems(401, 403, 404, 422))
async def log(
    request: Request, caller: MayRead, session: Reads, deployment_id: UUID, after: After = None, limit: Limit = 100
) -> Page[LineOut]:
    """The log, the newest line first."""
    found = await service.visible(session, caller, deployment_id)
    last = cursor_decode("deployment_log", after, UUID) if after else None
    lines = await store.log_page(session, found.id, last[0] if last else None, limit + 1)
    more = cursor_encode("deployment_log", lines[limit - 1].id) if len(lines) > limit else None
    return Page(items=shown_lines(lines[:limit], found, caller, language_of(request)), next=more)


@router.post("/deployments/{deployment_id}/log", status_code=201, responses=problems(401, 403, 404, 422))
async def write_line(
    request: Request, caller: MayWrite, session: Writes, deployment_id: UUID, once: OnceOnly, said: LineIn
) -> LineOut:
    """Write into the log what the platform cannot know. Nothing in it is changed later; a correction is a line more."""
    found = await service.visible(session, caller, deployment_id)
    line = await service.write_line(session, caller, found, said.words, request.app.state.clock.now())
    return await once.keep(LineOut.of(line, language_of(request)))


@router.get("/deployments/{deployment_id}/report", responses=problems(401, 403, 404))
async def report(request: Request, caller: MayRead, session: Reads, deployment_id: UUID) -> ReportOut:
    """What came of it: figures, incidents with their times, coverage and gaps, what faulty cameras cost."""
    found = await service.visible(session, caller, deployment_id)
    now = request.app.state.clock.now()
    made = await board.of(session, found, caller.regions, _zone(request), now)
    return ReportOut.of(made, await _whole(session, caller, found, now), caller, language_of(request), now)


@router.get(
    "/deployments/{deployment_id}/report/file",
    response_class=Response,
    responses=problems(401, 403, 404, 503) | {200: {"content": {"application/pdf": {}}, "description": "the file"}},
)
async def report_file(
    request: Request,
    caller: MayRead,
    session: Reads,
    deployment_id: UUID,
    kind: Annotated[Literal["pdf", "xlsx"], Query(alias="format")] = "pdf",
) -> Response:
    """The report as PDF or Excel."""
    found = await service.visible(session, caller, deployment_id)
    now, language = request.app.state.clock.now(), language_of(request)
    made = await board.of(session, found, caller.regions, _zone(request), now)
    drawn = document.of(made, language, _zone(request), caller.display_name or caller.name, now)
    settings = request.app.state.settings.reports
    body = await asyncio.to_thread(document.draw, drawn, kind, language, settings.font, settings.font_heading)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{found.name}-{now:%Y%m%d}.{kind}')}",
        "Cache-Control": "no-store",
    }
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)


async def _out(
    request: Request, response: Response, session: ReadSession, caller: Caller, found: Deployment
) -> DeploymentOut:
    response.headers["ETag"] = _etag(found)
    return await _whole(session, caller, found, request.app.state.clock.now())


async def _whole(session: ReadSession, caller: Caller, found: Deployment, now: datetime) -> DeploymentOut:
    counts = await store.counts(session, [found.id])
    known = await store.people(session, [shift.person for shift in found.shifts])
    return DeploymentOut.whole(found, counts.get(found.id, {}), known, caller, now)


async def _checked(request: Request, session: ReadSession, made: service.Draft, now: datetime) -> CheckOut:
    findings = await checking.check(session, made, now)
    language, zone = language_of(request), _zone(request)
    return CheckOut(cameras=len(made.cameras), findings=[FindingOut.of(one, language, zone) for one in findings])


def _zone(request: Request) -> ZoneInfo:
    return ZoneInfo(request.app.state.settings.region.timezone)


def _etag(found: Deployment) -> str:
    return etag_of("deployment", found.id, found.version)
