"""HTTP: one's own video walls, those shared with one's organisation, and favourite cameras."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from commonsight.access.audit import Actor
from commonsight.catalog.views import CameraOut, plain
from commonsight.catalog.walls import service, store
from commonsight.catalog.walls.model import Wall
from commonsight.catalog.walls.views import DeskIn, DeskOut, WallChange, WallIn, WallItem, WallOut
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
)

router = APIRouter(tags=["walls"])

MayRead = Annotated[Caller, requires("cameras.read")]


@router.get("/walls", responses=problems(401, 403, 422))
async def walls(caller: MayRead, session: Reads, after: After = None, limit: Limit = 100) -> Page[WallItem]:
    """One's own walls and those shared with one's organisation, by name."""
    last = cursor_decode("walls", after, str, UUID) if after else None
    found = await store.page(session, caller.id, last and (last[0], last[1]), limit)
    following = cursor_encode("walls", found[limit - 1].name, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[WallItem.item(wall, caller.id) for wall in found[:limit]], next=following)


@router.post("/walls", status_code=201, responses=problems(401, 403, 409, 422))
async def keep(
    request: Request, response: Response, caller: MayRead, session: Writes, once: OnceOnly, said: WallIn
) -> WallOut:
    """Keep a wall under a name."""
    now = request.app.state.clock.now()
    made = await service.keep(session, said.name, said.shared, said.layout.layout(), _watcher(caller), now)
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return await once.keep(await _out(session, response, made, caller))


@router.get("/walls/current", responses=problems(401, 403))
async def desk(caller: MayRead, session: Reads) -> DeskOut:
    """What one's wall looked like last, on whatever machine."""
    found = await store.desk(session, caller.id)
    return DeskOut.of(found, await store.cameras(session, found.layout.cameras, caller.regions))


@router.put("/walls/current", status_code=204, responses=problems(401, 403, 404, 422))
async def put_desk(request: Request, caller: MayRead, session: Writes, said: DeskIn) -> Response:
    """Remember what one's wall looks like now. The last one to say so is right."""
    await service.put_desk(session, said.layout.layout(), said.wall_id, _watcher(caller), request.app.state.clock.now())
    return Response(status_code=204)


@router.get("/walls/{wall_id}", responses=problems(401, 403, 404))
async def wall(response: Response, caller: MayRead, session: Reads, wall_id: UUID) -> WallOut:
    """A wall and its cameras."""
    return await _out(session, response, await service.seen(session, wall_id, caller.id), caller)


@router.patch("/walls/{wall_id}", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayRead,
    session: Writes,
    wall_id: UUID,
    said: WallChange,
    if_match: IfMatch = None,
) -> WallOut:
    """Change one's own wall; everything left out stays."""
    given: dict[str, Any] = {
        name: value.layout() if name == "layout" else value
        for name in said.model_fields_set
        if (value := getattr(said, name)) is not None
    }
    changed = await service.change(
        session,
        wall_id,
        given,
        _watcher(caller),
        lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )
    return await _out(session, response, changed, caller)


@router.delete("/walls/{wall_id}", status_code=204, responses=problems(401, 403, 404, 412))
async def forget(
    request: Request, caller: MayRead, session: Writes, wall_id: UUID, if_match: IfMatch = None
) -> Response:
    """Forget one's own wall."""

    def expected(present: Wall) -> None:
        if if_match is not None:
            match_or_refuse(if_match, _etag(present))

    await service.forget(session, wall_id, _watcher(caller), expected, request.app.state.clock.now())
    return Response(status_code=204)


@router.get("/favourites", responses=problems(401, 403, 422))
async def favourites(caller: MayRead, session: Reads, after: After = None, limit: Limit = 100) -> Page[CameraOut]:
    """The cameras one has marked, by name."""
    last = cursor_decode("favourites", after, str, UUID) if after else None
    found = await store.favourites(session, caller.id, caller.regions, last and (last[0], last[1]), limit)
    following = cursor_encode("favourites", found[limit - 1].name, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[CameraOut.model_validate(plain(row)) for row in found[:limit]], next=following)


@router.put("/favourites/{camera_id}", status_code=204, responses=problems(401, 403, 404, 422))
async def mark(request: Request, caller: MayRead, session: Writes, camera_id: UUID) -> Response:
    """Mark a camera as one of one's favourites; marking it twice changes nothing."""
    await service.mark(session, camera_id, _watcher(caller), request.app.state.clock.now())
    return Response(status_code=204)


@router.delete("/favourites/{camera_id}", status_code=204, responses=problems(401, 403))
async def unmark(caller: MayRead, session: Writes, camera_id: UUID) -> Response:
    """Take the mark off a camera; of one without it, nothing changes."""
    await store.unmark(session, caller.id, camera_id)
    return Response(status_code=204)


def _watcher(caller: Caller) -> service.Watcher:
    return service.Watcher(Actor(caller.id, caller.name, getattr(caller, "address", None)), caller.id, caller.regions)


def _etag(found: Wall) -> str:
    return etag_of(found.id, found.version)


async def _out(session: Reads, response: Response, found: Wall, caller: Caller) -> WallOut:
    response.headers["ETag"] = _etag(found)
    rows = await store.cameras(session, found.layout.cameras, caller.regions)
    return WallOut.of(found, caller.id, rows)
