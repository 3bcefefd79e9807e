"""HTTP: cases, their history, the steps people take, handing over in bulk."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

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
from commonsight.places import store as places
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession
from commonsight.respond import lists, people, service, store
from commonsight.respond.maintenance import routes as maintenance
from commonsight.respond.model import Case
from commonsight.respond.notices import routes as notices
from commonsight.respond.views import (
    BulkIn,
    BulkOut,
    CandidateOut,
    CaseDetail,
    CaseIn,
    CaseOut,
    CommentIn,
    Filtered,
    KindOut,
    StepIn,
    StepOut,
    SummaryOut,
)

router = APIRouter(tags=["cases"])

MayRead = Annotated[Caller, requires("cases.read")]
MayWrite = Annotated[Caller, requires("cases.write")]


@router.get("/cases", responses=problems(401, 403, 422))
async def cases(
    request: Request, caller: MayRead, session: Reads, asked: Filtered, after: After = None, limit: Limit = 100
) -> Page[CaseOut]:
    """Cases within the caller's regions, the newest first."""
    behind = None if after is None else cursor_decode("cases", after, datetime, UUID)
    now, language = request.app.state.clock.now(), language_of(request)
    found = await lists.page(session, asked.within(caller), now, behind, limit + 1)
    following = cursor_encode("cases", found[limit - 1].opened_at, found[limit - 1].id) if len(found) > limit else None
    names = await places.names(session, {case.region for case in found})
    return Page(items=[CaseOut.of(case, names, language, now) for case in found[:limit]], next=following)


@router.get("/cases/summary", responses=problems(401, 403))
async def summary(request: Request, caller: MayRead, session: Reads) -> SummaryOut:
    """How many cases somebody still has to do something about."""
    return SummaryOut.of(await lists.summary(session, caller.regions, request.app.state.clock.now()))


@router.get("/cases/kinds", responses=problems(401, 403))
async def kinds(caller: MayRead) -> Page[KindOut]:  # noqa: ARG001
    """Kinds of cases and the rules that hold for them."""
    return Page(items=KindOut.all())


@router.get("/cases/candidates", responses=problems(401, 403, 422))
async def candidates(
    caller: MayWrite,
    session: Reads,
    region: Annotated[str, Query(max_length=12, pattern=r"^\d+$", description="of the case")],
    q: Annotated[str, Query(max_length=60)] = "",
    kind: Annotated[str, Query(max_length=40, description="of the case: orders of maintenance go to firms, too")] = "",
) -> Page[CandidateOut]:
    """People and organisations who may handle a case of this region, by name; at most fifty of each."""
    if not any(region.startswith(prefix) for prefix in caller.regions):
        raise Refusal(
            "http.region_outside_scope", status=403, rule="scope", operand="region", expected=list(caller.regions),
            actual=region,
        )  # fmt: skip
    found = await people.candidates(session, region, q.strip(), 50, service.needed(kind))
    return Page(items=[CandidateOut.of(each) for each in found])


@router.post("/cases", status_code=201, responses=problems(401, 403, 404, 422))
async def file(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: CaseIn
) -> CaseDetail:
    """Open a case by hand."""
    made = await service.file(session, caller, said.said(), request.app.state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(await _detail(request, response, session, made))


@router.post("/cases/assignments", responses=problems(401, 403, 422))
async def assign_many(
    request: Request, caller: MayWrite, session: Writes, once: OnceOnly, said: BulkIn
) -> BulkOut:  # fmt: skip
    """Give many cases to one person or organisation; what cannot be given is left alone and named."""
    to = (said.assignee.kind, said.assignee.id)
    done = await service.assign_many(session, said.cases, caller, to, request.app.state.clock.now())
    return await once.keep(BulkOut.of(done, language_of(request)), 200)


@router.delete("/cases/assignments/{batch}", responses=problems(401, 403, 404))
async def undo_assign(request: Request, caller: MayWrite, session: Writes, batch: UUID) -> BulkOut:
    """Take a bulk assignment back; cases that were changed since are left alone and named."""
    done = await service.undo_assign(session, batch, caller, request.app.state.clock.now())
    return BulkOut.of(done, language_of(request))


@router.get("/cases/{case_id}", responses=problems(401, 403, 404))
async def case(request: Request, response: Response, caller: MayRead, session: Reads, case_id: UUID) -> CaseDetail:
    """One case."""
    return await _detail(request, response, session, await service.case(session, case_id, caller))


@router.get("/cases/{case_id}/steps", responses=problems(401, 403, 404, 422))
async def steps(
    request: Request, caller: MayRead, session: Reads, case_id: UUID, after: After = None, limit: Limit = 100
) -> Page[StepOut]:  # fmt: skip
    """A case's history, the oldest first."""
    await service.case(session, case_id, caller)
    behind = None if after is None else cursor_decode("case.steps", after, datetime, UUID)
    found = await store.steps(session, case_id, behind, limit + 1)
    following = cursor_encode("case.steps", found[limit - 1].at, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[StepOut.of(line, language_of(request)) for line in found[:limit]], next=following)


@router.post("/cases/{case_id}/steps", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def act(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    once: OnceOnly,
    case_id: UUID,
    said: StepIn,
    if_match: IfMatch = None,
) -> CaseDetail:
    """Take a step with a case, from the version one has seen."""
    changed = await service.act(
        session, case_id, caller, said.step(), lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )  # fmt: skip
    return await once.keep(await _detail(request, response, session, changed), 200)


@router.post("/cases/{case_id}/comments", status_code=201, responses=problems(401, 403, 404, 422))
async def comment(
    request: Request, caller: MayWrite, session: Writes, once: OnceOnly, case_id: UUID, said: CommentIn
) -> StepOut:  # fmt: skip
    """Add words to the history."""
    made = await service.comment(session, case_id, caller, said.words, request.app.state.clock.now())
    return await once.keep(StepOut.of(made, language_of(request)))


def _etag(present: Case) -> str:
    return etag_of("case", present.id, present.version)


async def _detail(request: Request, response: Response, session: ReadSession, found: Case) -> CaseDetail:
    response.headers["ETag"] = _etag(found)
    names = await places.names(session, [found.region])
    merged = await store.merged_under(session, found.id)
    return CaseDetail.detail(found, names, merged, language_of(request), request.app.state.clock.now())


router.include_router(notices.router)
router.include_router(maintenance.router)
