"""HTTP: ask for an exemption, foresee its effect, decide, end, extend; evidence and history."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.catalog.model import Health
from commonsight.http import (
    After,
    IfMatch,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    etag_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.inspect.exemptions import service, store
from commonsight.inspect.exemptions.model import Exemption, kinds
from commonsight.inspect.exemptions.views import (
    ChoiceIn,
    EventOut,
    ExemptionIn,
    ExemptionOut,
    ExtendIn,
    KindOut,
    KindsOut,
    MemberOut,
    Phase,
    PreviewOut,
    WaitingOut,
    WordsIn,
)

router = APIRouter(tags=["exemptions"])

Sees = Annotated[Identity, requires("health.read")]
Asks = Annotated[Identity, requires("exemptions.write")]
Decides = Annotated[Identity, requires("exemptions.approve")]


@router.get("/exemptions/kinds", responses=problems(401, 403))
async def known_kinds(request: Request, caller: Sees) -> KindsOut:  # noqa: ARG001
    """Kinds of reasons and the limits of a request."""
    given = request.app.state.settings.exemptions
    return KindsOut(
        items=[KindOut.model_validate(kind, from_attributes=True) for kind in kinds().values()],
        days_most=given.days_most,
        back_days=given.back_days,
        cameras_most=given.cameras_most,
        file_bytes=given.file_bytes,
    )


@router.get("/exemptions/waiting", responses=problems(401, 403))
async def waiting(caller: Sees, session: Reads) -> WaitingOut:
    """How many exemptions and extensions wait for a decision in one's regions."""
    return WaitingOut(waiting=await store.waiting(session, caller.regions))


@router.get("/exemptions", responses=problems(401, 403, 422))
async def exemptions(
    request: Request,
    caller: Sees,
    session: Reads,
    phase: Annotated[Phase | None, Query(description="`waiting`: an extension that waits, too")] = None,
    camera: Annotated[UUID | None, Query(description="those that hold this camera")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[ExemptionOut]:
    """Exemptions that touch one's regions, and one's own, newest first."""
    last = cursor_decode("exemptions", after, datetime, UUID) if after else None
    now = request.app.state.clock.now()
    found = await store.page(
        session,
        regions=caller.regions,
        person=caller.id,
        phase=phase,
        camera=camera,
        now=now,
        after=last and (last[0], last[1]),
        limit=limit + 1,
    )
    more = cursor_encode("exemptions", found[limit - 1].asked_at, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[ExemptionOut.of(held, caller.id, now) for held in found[:limit]], next=more)


@router.post("/exemptions/preview", responses=problems(401, 403, 404, 422))
async def foresee(request: Request, caller: Asks, session: Reads, said: ChoiceIn) -> PreviewOut:
    """What leaving these cameras out would do to the indicators of one's regions, as health stands now."""
    state = request.app.state
    choice = said.meant()
    cameras = await service.chosen(session, caller, choice, state.settings.exemptions.cameras_most)
    unknown = await store.unknown_codes(session, choice.codes, cameras)
    return PreviewOut.of(await service.preview(session, caller.regions, cameras, state.clock.now(), unknown))


@router.post("/exemptions", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def ask(
    request: Request, response: Response, caller: Asks, session: Writes, once: OnceOnly, said: ExemptionIn
) -> ExemptionOut:
    """Ask for an exemption. It takes effect when a second person has approved it."""
    state = request.app.state
    now = state.clock.now()
    wish = service.Wish(said.kind, said.words, said.cameras.meant(), said.starts_at, said.ends_at)
    made = await service.ask(session, caller, wish, state.settings.exemptions, now)
    await _audited(session, caller, made, "exemption_asked", now)
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    response.headers["ETag"] = _etag(made)
    return await once.keep(ExemptionOut.of(made, caller.id, now))


@router.get("/exemptions/{exemption_id}", responses=problems(401, 403, 404))
async def one(request: Request, response: Response, caller: Sees, session: Reads, exemption_id: UUID) -> ExemptionOut:
    """An exemption as it stands."""
    held = await service.visible(session, caller, exemption_id)
    response.headers["ETag"] = _etag(held)
    return ExemptionOut.of(held, caller.id, request.app.state.clock.now())


@router.get("/exemptions/{exemption_id}/preview", responses=problems(401, 403, 404))
async def effect(request: Request, caller: Sees, session: Reads, exemption_id: UUID) -> PreviewOut:
    """What approving it would do to the indicators of one's regions, as health stands now."""
    await service.visible(session, caller, exemption_id)
    cameras = await store.members(session, exemption_id)
    return PreviewOut.of(await service.preview(session, caller.regions, cameras, request.app.state.clock.now()))


@router.get("/exemptions/{exemption_id}/history", responses=problems(401, 403, 404))
async def history(caller: Sees, session: Reads, exemption_id: UUID) -> Page[EventOut]:
    """What became of it, in order."""
    await service.visible(session, caller, exemption_id)
    return Page(items=[EventOut.of(dict(row._mapping)) for row in await store.history(session, exemption_id)])


@router.get("/exemptions/{exemption_id}/cameras", responses=problems(401, 403, 404, 422))
async def cameras(
    caller: Sees, session: Reads, exemption_id: UUID, after: After = None, limit: Limit = 100
) -> Page[MemberOut]:
    """Its cameras within one's regions, by identifier."""
    await service.visible(session, caller, exemption_id)
    last = cursor_decode("exemption_cameras", after, str, UUID) if after else None
    found = await store.cameras_page(session, exemption_id, caller.regions, last and (last[0], last[1]), limit + 1)
    more = (
        cursor_encode("exemption_cameras", found[limit - 1].code, found[limit - 1].id) if len(found) > limit else None
    )
    return Page(
        items=[
            MemberOut(id=row.id, code=row.code, name=row.name, region=row.region, health=Health(row.health).word)
            for row in found[:limit]
        ],
        next=more,
    )


@router.put(
    "/exemptions/{exemption_id}/file",
    responses=problems(401, 403, 404, 409, 413, 422),
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
async def attach(
    request: Request,
    caller: Asks,
    session: Writes,
    exemption_id: UUID,
    name: Annotated[str, Query(min_length=1, max_length=300, description="the file's name")],
) -> ExemptionOut:
    """Put a PDF, JPEG or PNG to one's own request, while it waits. A second file takes the place of the first."""
    state = request.app.state
    now = state.clock.now()
    most = state.settings.exemptions.file_bytes
    made = await service.attach(session, caller, exemption_id, name, await request.body(), most, now)
    return ExemptionOut.of(made, caller.id, now)


@router.get(
    "/exemptions/{exemption_id}/file",
    response_class=Response,
    responses=problems(401, 403, 404) | {200: {"content": {"application/pdf": {}}, "description": "the file"}},
)
async def evidence(caller: Sees, session: Reads, exemption_id: UUID) -> Response:
    """The file of evidence, to be saved: it comes from outside and is never shown within the page."""
    held = await service.visible(session, caller, exemption_id)
    body = await store.file_of(session, exemption_id)
    if body is None or held.file_type is None:
        raise service.unknown(exemption_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(held.file_name or 'evidence')}",
        "Cache-Control": "no-store",
    }
    return Response(body, media_type=held.file_type, headers=headers)


@router.post("/exemptions/{exemption_id}/withdraw", responses=problems(401, 403, 404, 409))
async def withdraw(request: Request, caller: Asks, session: Writes, exemption_id: UUID) -> ExemptionOut:
    """Take one's own request back while it waits."""
    now = request.app.state.clock.now()
    return ExemptionOut.of(await service.withdraw(session, caller, exemption_id, now), caller.id, now)


@router.post("/exemptions/{exemption_id}/approve", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def approve(
    request: Request, caller: Decides, session: Writes, exemption_id: UUID, said: WordsIn, if_match: IfMatch = None
) -> ExemptionOut:
    """Approve what somebody else asked for: the exemption, or its extension."""
    return await _decided(request, caller, session, exemption_id, said, if_match, approve=True)


@router.post("/exemptions/{exemption_id}/refuse", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def refuse(
    request: Request, caller: Decides, session: Writes, exemption_id: UUID, said: WordsIn, if_match: IfMatch = None
) -> ExemptionOut:
    """Refuse it and say why. A refused extension leaves the exemption as it is."""
    return await _decided(request, caller, session, exemption_id, said, if_match, approve=False)


@router.post("/exemptions/{exemption_id}/end", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def end(
    request: Request, caller: Asks, session: Writes, exemption_id: UUID, said: WordsIn, if_match: IfMatch = None
) -> ExemptionOut:
    """End it early: its cameras count again from now on."""
    now = request.app.state.clock.now()
    made = await service.end(session, caller, exemption_id, said.words, _matching(if_match), now)
    await _audited(session, caller, made, "exemption_ended", now)
    return ExemptionOut.of(made, caller.id, now)


@router.post("/exemptions/{exemption_id}/extend", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def extend(
    request: Request, caller: Asks, session: Writes, exemption_id: UUID, said: ExtendIn, if_match: IfMatch = None
) -> ExemptionOut:
    """Ask for a later end; a second person decides."""
    state = request.app.state
    now = state.clock.now()
    made = await service.extend(
        session, caller, exemption_id, said.to, said.words, _matching(if_match), state.settings.exemptions, now
    )
    return ExemptionOut.of(made, caller.id, now)


async def _decided(
    request: Request,
    caller: Identity,
    session: Writes,
    exemption_id: UUID,
    said: WordsIn,
    if_match: str | None,
    *,
    approve: bool,
) -> ExemptionOut:
    now = request.app.state.clock.now()
    made = await service.decide(
        session, caller, exemption_id, approve=approve, words=said.words, expected=_matching(if_match), now=now
    )
    await _audited(session, caller, made, "exemption_approved" if approve else "exemption_refused", now)
    return ExemptionOut.of(made, caller.id, now)


def _matching(if_match: str | None) -> service.Expected:
    def expected(held: Exemption) -> None:
        match_or_refuse(if_match, _etag(held))

    return expected


def _etag(held: Exemption) -> str:
    return etag_of(held.id, held.version)


async def _audited(session: Writes, caller: Identity, held: Exemption, what: str, now: datetime) -> None:
    await audit.record(
        session,
        Actor(caller.id, caller.name, getattr(caller, "address", None)),
        f"inspect.{what}",
        now,
        kind="exemption",
        subject_id=held.id,
        subject_name=str(held.number),
        cameras=held.total,
    )
