"""HTTP: bring a file of cameras, see what it would do, write it, take it back."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from commonsight.access.audit import Actor
from commonsight.catalog import secrets
from commonsight.catalog.imports import problems_file, service, store, tasks, template
from commonsight.catalog.imports.model import MEDIA_TYPES, Action, Format, Import, Rights
from commonsight.catalog.imports.views import (
    OUTCOMES,
    CommitIn,
    ImportIn,
    ImportOut,
    ProblemOut,
    ReceivedOut,
    RowOut,
    shown_fields,
)
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

router = APIRouter(tags=["imports"])

MayRead = Annotated[Caller, requires("cameras.read")]
MayWrite = Annotated[Caller, requires("cameras.write")]


@router.get(
    "/imports/template",
    response_class=Response,
    responses=problems(401, 403, 422) | {200: {"content": {"text/csv": {}}, "description": "the file"}},
)
async def template_file(
    request: Request,
    caller: MayRead,  # noqa: ARG001
    kind: Annotated[Format, Query(alias="format")] = Format.XLSX,
    language: Annotated[Literal["zh", "en"] | None, Query(description="of the notes; headings carry both")] = None,
) -> Response:
    """An empty file with headings in both languages, notes on each column and the vocabulary."""
    body = template.make(kind, language or language_of(request))
    headers = {"Content-Disposition": f'attachment; filename="cameras-template.{kind}"', "Cache-Control": "no-store"}
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)


@router.get("/imports", responses=problems(401, 403, 422))
async def imports(
    request: Request, caller: MayWrite, session: Reads, after: After = None, limit: Limit = 50
) -> Page[ImportOut]:
    """Imports that the caller brought or whose regions they may see, newest first."""
    last = cursor_decode("imports", after, datetime, UUID) if after else None
    found = await store.page(session, caller.id, caller.regions, last and (last[0], last[1]), limit)
    following = (
        cursor_encode("imports", found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
    )
    return Page(items=[_out(request, made) for made in found[:limit]], next=following)


@router.post("/imports", status_code=201, responses=problems(401, 403, 409, 422))
async def open_(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: ImportIn
) -> ImportOut:
    """Announce a file. Then send it in pieces, have it checked, and written."""
    state = request.app.state
    made = service.new(
        said.name,
        kind=said.format,
        existing=said.existing,
        system=said.system,
        by=_actor(caller),
        rights=Rights(caller.regions, "cameras.convert" in caller.permissions, state.settings.inspect.loopback),
        now=state.clock.now(),
    )
    await service.open_(session, made)
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(_out(request, made))


@router.get("/imports/{import_id}", responses=problems(401, 403, 404))
async def one(request: Request, caller: MayWrite, session: Reads, import_id: UUID) -> ImportOut:
    """An import and how far it is."""
    return _out(request, await _seen(session, caller, import_id))


@router.put(
    "/imports/{import_id}/file",
    responses=problems(401, 403, 404, 409, 413),
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
async def receive(
    request: Request,
    caller: MayWrite,
    session: Writes,
    import_id: UUID,
    offset: Annotated[int, Query(ge=0, description="bytes sent before; pieces come in order")] = 0,
) -> ReceivedOut:
    """Send the next piece of the file, a few megabytes at most. Sending one again does no harm."""
    await _seen(session, caller, import_id)
    secrets.install(request.app.state.settings.data_dir)
    return ReceivedOut(bytes=await service.receive(session, import_id, offset, await request.body()))


@router.post("/imports/{import_id}/check", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def check(request: Request, caller: MayWrite, session: Writes, import_id: UUID) -> ImportOut:
    """The file is whole: find out what each row would do. Nothing is written to the camera file."""
    await _seen(session, caller, import_id)
    made = await service.begin_check(session, import_id, request.app.state.clock.now())
    await tasks.enqueue(session, made, _actor(caller))
    return _out(request, made)


@router.post("/imports/{import_id}/commit", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def commit(
    request: Request, caller: MayWrite, session: Writes, import_id: UUID, said: CommitIn | None = None
) -> ImportOut:
    """Write what was checked. A camera that changed since is left alone and told as a problem."""
    await _seen(session, caller, import_id)
    skip = said is not None and said.skip_refused
    made = await service.begin_commit(session, import_id, request.app.state.clock.now(), skip_refused=skip)
    await tasks.enqueue(session, made, _actor(caller))
    return _out(request, made)


@router.post("/imports/{import_id}/undo", status_code=202, responses=problems(401, 403, 404, 409))
async def undo(request: Request, caller: MayWrite, session: Writes, import_id: UUID) -> ImportOut:
    """Take a written import back as a whole; refused, naming them, when cameras were changed since."""
    await _seen(session, caller, import_id)
    made = await service.begin_undo(session, import_id, request.app.state.clock.now())
    await tasks.enqueue(session, made, _actor(caller))
    return _out(request, made)


@router.delete("/imports/{import_id}", status_code=204, responses=problems(401, 403, 404, 409))
async def discard(request: Request, caller: MayWrite, session: Writes, import_id: UUID) -> Response:
    """Give up an import that has not been written. Its file and findings go, its line in the list stays."""
    await _seen(session, caller, import_id)
    await service.discard(session, import_id, request.app.state.clock.now())
    return Response(status_code=204)


@router.get("/imports/{import_id}/problems", responses=problems(401, 403, 404, 422))
async def found_problems(
    request: Request, caller: MayWrite, session: Reads, import_id: UUID, after: After = None, limit: Limit = 100
) -> Page[ProblemOut]:
    """What is wrong, row by row: field, value, rule. The first 10,000 problems of a file are kept."""
    await _seen(session, caller, import_id)
    last = cursor_decode("import_problems", after, int, int) if after else None
    found = await store.problems(session, import_id, last and (last[0], last[1]), limit)
    following = None
    if len(found) > limit:
        number, problem = found[limit - 1]
        following = cursor_encode("import_problems", problem.row, number)
    language = language_of(request)
    return Page(items=[ProblemOut.of(problem, language) for _, problem in found[:limit]], next=following)


@router.get(
    "/imports/{import_id}/problems.csv",
    response_class=StreamingResponse,
    responses=problems(401, 403, 404) | {200: {"content": {"text/csv": {}}, "description": "the file"}},
)
async def problems_csv(request: Request, caller: MayWrite, session: Reads, import_id: UUID) -> StreamingResponse:
    """The problems as CSV, to be handed to whoever made the file."""
    made = await _seen(session, caller, import_id)
    return StreamingResponse(
        problems_file.lines(request.app.state.database, made, language_of(request), request.app.state.clock.now()),
        media_type=MEDIA_TYPES[Format.CSV],
        headers={"Content-Disposition": 'attachment; filename="problems.csv"', "Cache-Control": "no-store"},
    )


@router.get("/imports/{import_id}/rows", responses=problems(401, 403, 404, 422))
async def rows(
    caller: MayWrite,
    session: Reads,
    import_id: UUID,
    action: Action | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[RowOut]:
    """What each row that writes something writes, in the order of the file."""
    await _seen(session, caller, import_id)
    last = cursor_decode("import_rows", after, int)[0] if after else None
    found = await store.rows(session, import_id, action and action.value, last, limit)
    following = cursor_encode("import_rows", found[limit - 1].row) if len(found) > limit else None
    return Page(
        items=[
            RowOut(
                row=row.row,
                action=row.action,
                camera_id=row.camera_id,
                code=row.code or row.fields.get("code"),
                name=row.name or row.fields.get("name"),
                fields=shown_fields(row.fields),
                outcome=OUTCOMES[row.outcome],
            )
            for row in found[:limit]
        ],
        next=following,
    )


async def _seen(session: Reads, caller: Caller, import_id: UUID) -> Import:
    return await service.seen(session, import_id, caller.id, caller.regions)


def _out(request: Request, made: Import) -> ImportOut:
    return ImportOut.of(made, request.app.state.clock.now(), language_of(request))


def _actor(caller: Caller) -> Actor:
    return Actor(caller.id, caller.name, getattr(caller, "address", None))
