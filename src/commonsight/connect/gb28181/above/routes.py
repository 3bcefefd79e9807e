"""HTTP: upper platforms, what they are shown, and what they watch."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from commonsight.access.audit import Actor
from commonsight.connect.gb28181 import signalling
from commonsight.connect.gb28181.above import ids_store, service, store
from commonsight.connect.gb28181.above.service import Changer
from commonsight.connect.gb28181.above.views import (
    CountIn,
    CountOut,
    PreviewOut,
    ShareChange,
    ShareIn,
    ShareOut,
    StreamOut,
    UpperChange,
    UpperIn,
    UpperOut,
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
    match_or_refuse,
    problems,
    requires,
    sees,
)
from commonsight.problem import Refusal
from commonsight.records.base import uuid7

router = APIRouter(tags=["shares"])

MayRead = Annotated[Caller, requires("shares.read")]
MayWrite = Annotated[Caller, requires("shares.write")]

ORDER = "cascade.preview"


class PreviewPage(Page[PreviewOut]):
    """One page of what an upper platform sees."""

    total: int = Field(description="items it is shown, regions included: the SumNum it is told")


@router.get("/upper-platforms", responses=problems(401, 403))
async def uppers(caller: MayRead, session: Reads) -> Page[UpperOut]:  # noqa: ARG001
    """All upper platforms, by name, and how it stands with each."""
    return Page(items=[UpperOut.of(kept) for kept in await store.all_kept(session)])


@router.post("/upper-platforms", status_code=201, responses=problems(401, 403, 409, 422))
async def add(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: UpperIn
) -> UpperOut:
    """Register with an upper platform from now on. One that was removed comes back with the ids it knew."""
    made = await service.add(session, said.meant(), _changer(request, caller), request.app.state.settings)
    response.headers["Location"] = f"{request.url.path}/{made.upper.id}"
    response.headers["ETag"] = _etag(made)
    return await once.keep(UpperOut.of(made))


@router.get("/upper-platforms/{upper_id}", responses=problems(401, 403, 404))
async def upper(response: Response, caller: MayRead, session: Reads, upper_id: UUID) -> UpperOut:  # noqa: ARG001
    """One upper platform."""
    found = await service.upper(session, upper_id)
    response.headers["ETag"] = _etag(found)
    return UpperOut.of(found)


@router.patch("/upper-platforms/{upper_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    upper_id: UUID,
    said: UpperChange,
    if_match: IfMatch = None,
) -> UpperOut:
    """Change what is said. A change of the way there registers anew, which ends what it watches."""
    await store.lock(session, upper_id)
    present = await service.upper(session, upper_id)
    match_or_refuse(if_match, _etag(present))
    changed = await service.change(
        session, upper_id, said.meant(), _changer(request, caller), request.app.state.settings, present
    )
    response.headers["ETag"] = _etag(changed)
    return UpperOut.of(changed)


@router.delete("/upper-platforms/{upper_id}", status_code=204, responses=problems(401, 403, 404, 412))
async def remove(
    request: Request, caller: MayWrite, session: Writes, upper_id: UUID, if_match: IfMatch = None
) -> Response:
    """Unregister and show it nothing any more. Its ids stay kept: added again, it finds every camera under the same."""
    await store.lock(session, upper_id)
    present = await service.upper(session, upper_id)
    if if_match is not None:
        match_or_refuse(if_match, _etag(present))
    await service.remove(session, upper_id, _changer(request, caller))
    return Response(status_code=204)


@router.post("/upper-platforms/{upper_id}/register", status_code=204, responses=problems(401, 403, 404, 503))
async def register(request: Request, caller: MayWrite, upper_id: UUID) -> Response:  # noqa: ARG001
    """Register again now, whatever is left of the wait after a failure."""
    await _asked(request, upper_id, "cascade_register")
    return Response(status_code=204)


@router.get("/upper-platforms/{upper_id}/streams", responses=problems(401, 403, 404))
async def streams(request: Request, caller: MayRead, upper_id: UUID) -> Page[StreamOut]:
    """What it watches now in the caller's regions, oldest first."""
    async with request.app.state.database.read() as session:
        await service.upper(session, upper_id)
        rows = [row for row in await store.watched(session, upper_id) if sees(caller, row.region)]
    rates: dict[str, float] = {}
    if rows:
        try:
            said = await _asked(request, upper_id, "cascade_streams")
            rates = {each["code"]: each["kbits"] for each in said["streams"]}
        except Refusal:
            rates = {}
    return Page(
        items=[
            StreamOut(
                code=row.code, camera_id=row.camera_id, camera_name=row.name, action=row.action, node=row.node,
                since=row.began_at, kbits=rates.get(row.code),
            )
            for row in rows
        ]
    )  # fmt: skip


@router.get("/upper-platforms/{upper_id}/preview", responses=problems(401, 403, 404, 422))
async def preview(
    caller: MayRead,
    session: Reads,
    upper_id: UUID,
    under: Annotated[str, Query(pattern=r"^\d{0,20}$", description="a region's code, or one mapped id")] = "",
    after: After = None,
    limit: Limit = 100,
) -> PreviewPage:
    """What it sees of the caller's regions, under the ids it sees: regions, and in each its cameras. Shares count some
    seconds after a change."""
    await service.upper(session, upper_id)
    behind = "" if after is None else cursor_decode(ORDER, after, str)[0]
    found = await ids_store.page(session, upper_id, behind or "", limit + 1, under, caller.regions)
    following = cursor_encode(ORDER, found[limit - 1].code) if len(found) > limit else None
    total = await ids_store.count(session, upper_id, under, caller.regions)
    return PreviewPage(items=[PreviewOut.of(one) for one in found[:limit]], next=following, total=total)


@router.get("/upper-platforms/{upper_id}/shares", responses=problems(401, 403, 404))
async def shares(caller: MayRead, session: Reads, upper_id: UUID) -> Page[ShareOut]:  # noqa: ARG001
    """The shares of an upper platform, by name."""
    await service.upper(session, upper_id)
    return Page(items=[ShareOut.of(share) for share in await store.shares(session, upper_id)])


@router.post("/upper-platforms/{upper_id}/shares", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def add_share(
    request: Request, caller: MayWrite, session: Writes, once: OnceOnly, upper_id: UUID, said: ShareIn
) -> ShareOut:
    """Share a chosen part of the tree."""
    await service.upper(session, upper_id)
    made = await service.put_share(session, said.share(uuid7(), upper_id), _changer(request, caller), new=True)
    return await once.keep(ShareOut.of(made))


@router.get("/shares/{share_id}", responses=problems(401, 403, 404))
async def share(response: Response, caller: MayRead, session: Reads, share_id: UUID) -> ShareOut:  # noqa: ARG001
    """One share."""
    found = await service.share(session, share_id)
    response.headers["ETag"] = etag_of(found.id, found.revision)
    return ShareOut.of(found)


@router.patch("/shares/{share_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change_share(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    share_id: UUID,
    said: ShareChange,
    if_match: IfMatch = None,
) -> ShareOut:
    """Change a share. Streams it no longer allows end within seconds."""
    present = await service.share(session, share_id)
    match_or_refuse(if_match, etag_of(present.id, present.revision))
    made = await service.put_share(
        session, service.changed_share(present, said.meant()), _changer(request, caller), new=False
    )
    response.headers["ETag"] = etag_of(made.id, made.revision)
    return ShareOut.of(made)


@router.delete("/shares/{share_id}", status_code=204, responses=problems(401, 403, 404))
async def remove_share(request: Request, caller: MayWrite, session: Writes, share_id: UUID) -> Response:
    """Share it no more. Its cameras keep their mapped ids for when they are shared again."""
    await service.remove_share(session, await service.share(session, share_id), _changer(request, caller))
    return Response(status_code=204)


@router.post("/shares/count", responses=problems(401, 403, 422))
async def count(caller: MayRead, session: Reads, said: CountIn) -> CountOut:
    """How many cameras a choice holds, before it is shared."""
    found = await service.count(session, said.selection.meant(), caller.regions)
    return CountOut(cameras=found.cameras, online=found.online, outside=found.outside)


def _changer(request: Request, caller: Caller) -> Changer:
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    return Changer(actor, caller.regions, request.app.state.clock.now())


def _etag(kept: store.Kept) -> str:
    return etag_of(kept.upper.id, kept.upper.revision)


async def _asked(request: Request, upper_id: UUID, op: str) -> dict[str, Any]:
    async with signalling.connect(request.app.state.database, "api") as line:
        return await line.call(op, upper=str(upper_id))
