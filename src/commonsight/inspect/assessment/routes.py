"""HTTP: bring the upper platform's feedback list, see why we differ, hand faults on, take it back, appeal."""

import asyncio
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.catalog.imports.model import MEDIA_TYPES, Format
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
)
from commonsight.inspect.assessment import appeal, service, store, tasks
from commonsight.inspect.assessment.model import BAD, columns, explanations
from commonsight.inspect.assessment.store import Feedback
from commonsight.inspect.assessment.views import (
    ExplainedOut,
    ExplanationOut,
    UpperColumnOut,
    UpperCountsOut,
    UpperListIn,
    UpperListOut,
    UpperMappingIn,
    UpperProblemOut,
    UpperReceivedOut,
    UpperRowOut,
    UpperVocabularyOut,
)

router = APIRouter(tags=["assessment"])

MayRead = Annotated[Caller, requires("health.read")]
MayWrite = Annotated[Caller, requires("health.write")]

APPEALED_MOST: Final = 100_000
"""Rows of one list of appeals."""


@router.get("/feedbacks/vocabulary", responses=problems(401, 403))
async def vocabulary(caller: MayRead) -> UpperVocabularyOut:  # noqa: ARG001
    """Columns a list may have, and the explanations of why two platforms agree or differ."""
    return UpperVocabularyOut(
        columns=[UpperColumnOut(**{**_fields(one), "aliases": list(one.aliases)}) for one in columns().values()],
        explanations=[ExplanationOut(**_fields(one)) for one in explanations().values()],
    )


@router.get("/feedbacks", responses=problems(401, 403, 422))
async def feedbacks(
    request: Request, caller: MayRead, session: Reads, after: After = None, limit: Limit = 50
) -> Page[UpperListOut]:
    """Lists one brought or whose regions one may see, newest first."""
    last = cursor_decode("feedbacks", after, datetime, UUID) if after else None
    found = await store.page(session, caller.id, caller.regions, last and (last[0], last[1]), limit + 1)
    more = cursor_encode("feedbacks", found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[_out(request, held) for held in found[:limit]], next=more)


@router.post("/feedbacks", status_code=201, responses=problems(401, 403, 404, 422))
async def announce(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: UpperListIn
) -> UpperListOut:
    """Announce a list. Then send its file in pieces, and have it read."""
    made = await service.announce(session, caller, service.Announced(**said.model_dump()), _now(request))
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(_out(request, made))


@router.get("/feedbacks/{feedback_id}", responses=problems(401, 403, 404))
async def one(request: Request, caller: MayRead, session: Reads, feedback_id: UUID) -> UpperListOut:
    """A list, how far it is, and the bridge between their rate and ours."""
    return _out(request, await service.seen(session, caller, feedback_id))


@router.put(
    "/feedbacks/{feedback_id}/file",
    responses=problems(401, 403, 404, 409, 413),
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
async def receive(
    request: Request,
    caller: MayWrite,
    session: Writes,
    feedback_id: UUID,
    offset: Annotated[int, Query(ge=0, description="bytes sent before; pieces come in order")] = 0,
) -> UpperReceivedOut:
    """Send the next piece of the file, a few megabytes at most. Sending one again does no harm."""
    held = await service.held_by(session, caller, feedback_id)
    return UpperReceivedOut(bytes=await service.receive(session, held, offset, await request.body()))


@router.post("/feedbacks/{feedback_id}/read", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def read(
    request: Request, caller: MayWrite, session: Writes, feedback_id: UUID, said: UpperMappingIn | None = None
) -> UpperListOut:
    """The file is whole: read it, find the cameras, explain the differences. Nothing else is written.

    Again with another mapping of columns, until the list has been applied."""
    held = await service.held_by(session, caller, feedback_id)
    made = await service.begin_reading(session, held, None if said is None else said.mapping, _now(request))
    await tasks.enqueue(session, made)
    return _out(request, made)


@router.post("/feedbacks/{feedback_id}/apply", status_code=202, responses=problems(401, 403, 404, 409))
async def apply(request: Request, caller: MayWrite, session: Writes, feedback_id: UUID) -> UpperListOut:
    """Hand what they found faulty, and we cannot disprove, to maintenance."""
    held = await service.held_by(session, caller, feedback_id)
    made = await service.begin_applying(session, held, _now(request))
    await _audited(request, session, caller, made, "feedback_applied")
    await tasks.enqueue(session, made)
    return _out(request, made)


@router.post("/feedbacks/{feedback_id}/undo", status_code=202, responses=problems(401, 403, 404, 409))
async def undo(request: Request, caller: MayWrite, session: Writes, feedback_id: UUID) -> UpperListOut:
    """Take back what was handed on; faults that our own checks found, too, stay."""
    held = await service.held_by(session, caller, feedback_id)
    made = await service.begin_undoing(session, held, _now(request))
    await _audited(request, session, caller, made, "feedback_undone")
    await tasks.enqueue(session, made)
    return _out(request, made)


@router.delete("/feedbacks/{feedback_id}", status_code=204, responses=problems(401, 403, 404, 409))
async def discard(request: Request, caller: MayWrite, session: Writes, feedback_id: UUID) -> Response:
    """Give up a list that is not applied. Its file and findings go."""
    held = await service.held_by(session, caller, feedback_id)
    await service.discard(session, held, _now(request))
    return Response(status_code=204)


@router.get("/feedbacks/{feedback_id}/counts", responses=problems(401, 403, 404))
async def counts(caller: MayRead, session: Reads, feedback_id: UUID) -> UpperCountsOut:
    """Rows by explanation and by how their camera was found."""
    held = await service.seen(session, caller, feedback_id)
    found = await store.counted(session, feedback_id)
    items = []
    for why in explanations().values():
        of = [row for row in found if row.explanation == why.code]
        if of:
            bad = sum(row.rows for row in of if row.verdict in BAD[held.indicator])
            items.append(
                ExplainedOut(code=why.code, zh=why.zh, en=why.en, words_zh=why.words_zh, words_en=why.words_en,
                         appeal=why.appeal, rows=sum(row.rows for row in of), bad=bad,
                         faults=sum(row.faults for row in of))
            )  # fmt: skip
    matches: dict[str, int] = {}
    for row in found:
        matches[row.match] = matches.get(row.match, 0) + row.rows
    return UpperCountsOut(items=items, matches=matches)


@router.get("/feedbacks/{feedback_id}/rows", responses=problems(401, 403, 404, 422))
async def rows(
    caller: MayRead,
    session: Reads,
    feedback_id: UUID,
    explanation: Annotated[str | None, Query(max_length=40)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[UpperRowOut]:
    """Rows in the order of the list, all or those with one explanation."""
    await service.seen(session, caller, feedback_id)
    last = cursor_decode("feedback_rows", after, int)[0] if after else None
    wanted = None if explanation is None else [explanation]
    found = await store.rows_page(session, feedback_id, wanted, last, limit + 1)
    more = cursor_encode("feedback_rows", found[limit - 1].row) if len(found) > limit else None
    return Page(items=[UpperRowOut.of(row) for row in found[:limit]], next=more)


@router.get("/feedbacks/{feedback_id}/problems", responses=problems(401, 403, 404, 422))
async def wrong(
    request: Request, caller: MayRead, session: Reads, feedback_id: UUID, after: After = None, limit: Limit = 100
) -> Page[UpperProblemOut]:
    """Rows that could not be read: field, value, rule. The first 5,000 are kept; all are counted."""
    await service.seen(session, caller, feedback_id)
    last = cursor_decode("feedback_problems", after, int)[0] if after else None
    found = await store.problems(session, feedback_id, last, limit + 1)
    more = cursor_encode("feedback_problems", found[limit - 1].number) if len(found) > limit else None
    return Page(items=[UpperProblemOut.of(row, language_of(request)) for row in found[:limit]], next=more)


@router.get(
    "/feedbacks/{feedback_id}/appeal.xlsx",
    response_class=Response,
    responses=problems(401, 403, 404) | {200: {"content": {MEDIA_TYPES[Format.XLSX]: {}}, "description": "the file"}},
)
async def appeals(request: Request, caller: MayRead, session: Reads, feedback_id: UUID) -> Response:
    """The list of appeals: rows we have something to say against, with the evidence beside them."""
    held = await service.seen(session, caller, feedback_id)
    found = await store.rows_page(session, feedback_id, appeal.appealed(), None, APPEALED_MOST)
    state = request.app.state
    body = await asyncio.to_thread(
        appeal.workbook,
        held,
        found,
        language_of(request),
        ZoneInfo(state.settings.region.timezone),
        " ".join(part for part in (caller.organisation, caller.display_name or caller.name) if part),
        state.clock.now(),
    )
    headers = {"Content-Disposition": 'attachment; filename="appeal.xlsx"', "Cache-Control": "no-store"}
    return Response(body, media_type=MEDIA_TYPES[Format.XLSX], headers=headers)


def _out(request: Request, held: Feedback) -> UpperListOut:
    return UpperListOut.of(held, language_of(request))


def _now(request: Request) -> datetime:
    now: datetime = request.app.state.clock.now()
    return now


def _fields(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in type(one).__slots__}  # type: ignore[attr-defined]


async def _audited(request: Request, session: Writes, caller: Caller, held: Feedback, what: str) -> None:
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    await audit.record(
        session, actor, f"inspect.{what}", _now(request), kind="feedback", subject_id=held.id, subject_name=held.name
    )
