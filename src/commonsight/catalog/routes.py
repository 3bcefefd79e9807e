"""HTTP: the camera list, single cameras and what people change on them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from commonsight.access.audit import Actor, record
from commonsight.catalog import (
    area_routes,
    code_routes,
    export,
    file_routes,
    lists,
    map_routes,
    secrets,
    selection_routes,
    service,
    store,
    vocabulary,
)
from commonsight.catalog.imports import routes as import_routes
from commonsight.catalog.imports.model import MEDIA_TYPES, Format
from commonsight.catalog.model import Camera, Sort
from commonsight.catalog.planning import routes as planning_routes
from commonsight.catalog.repair import routes as repair_routes
from commonsight.catalog.rules import routes as rules_routes
from commonsight.catalog.views import (
    CameraDetail,
    CameraIn,
    CamerasOut,
    Filtered,
    PlatformOut,
    RegionName,
    VocabularyOut,
    WordOut,
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
from commonsight.places import store as places
from commonsight.records.database import ReadSession

router = APIRouter(tags=["cameras"])
router.include_router(map_routes.router)
router.include_router(area_routes.router)
router.include_router(selection_routes.router)
router.include_router(code_routes.router)
router.include_router(import_routes.router)
router.include_router(planning_routes.router)
router.include_router(rules_routes.router)
router.include_router(repair_routes.router)
router.include_router(file_routes.router)

MayRead = Annotated[Caller, requires("cameras.read")]
MayWrite = Annotated[Caller, requires("cameras.write")]


@router.get("/cameras", response_model=CamerasOut, responses=problems(401, 403, 422))
async def cameras(
    caller: MayRead,
    session: Reads,
    asked: Filtered,
    sort: Sort = Sort.NAME,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Cameras that the caller may see, by keyset; those in use unless `archived` ones are asked for."""
    filters = asked.within(caller)
    kind = datetime if sort.field == "health_at" else str
    behind = None if after is None else lists.After(*cursor_decode(f"cameras.{sort}", after, kind, UUID))
    found, total = await service.page(session, filters, sort, behind, limit)
    following = None
    if found.more:
        last = found.rows[-1]
        key = {"name": last.name, "code": last.code, "health_at": last.health_at}[sort.field]
        following = cursor_encode(f"cameras.{sort}", key, last.id)
    return JSONResponse(CamerasOut.body(found.rows, following, total))


@router.get("/cameras/vocabulary")
async def words(caller: MayRead) -> VocabularyOut:  # noqa: ARG001
    """Kinds, sectors and kinds of place with their names."""
    return VocabularyOut(
        kinds=[WordOut(code=word.code, zh=word.zh, en=word.en) for word in vocabulary.kinds().values()],
        sectors=[WordOut(code=word.code, zh=word.zh, en=word.en) for word in vocabulary.sectors().values()],
        places=[WordOut(code=word.code, zh=word.zh, en=word.en) for word in vocabulary.places().values()],
    )


@router.get("/platforms")
async def platforms(caller: MayRead, session: Reads) -> Page[PlatformOut]:  # noqa: ARG001
    """The platforms that cameras come from."""
    found = await store.platforms(session)
    return Page(items=[PlatformOut(id=p.id, name=p.name, code=p.code, region=p.region) for p in found])


_FILE: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": problems(401, 403, 422) | {200: {"content": {"text/csv": {}}, "description": "the file"}},
}


@router.get("/cameras/export.csv", **_FILE)
@router.get("/cameras/export.xlsx", **_FILE)
@router.get("/cameras/export.json", **_FILE)
async def export_file(request: Request, caller: MayRead, session: Writes, asked: Filtered) -> StreamingResponse:
    """Exactly what the list shows, as CSV, Excel or JSON: who made it, when, under which filters, what it means.

    The file can be brought in again. Addresses stand in it for who may change them; passwords never.
    """
    ending = Format(request.url.path.rpartition(".")[2])
    filters = asked.within(caller)
    state = request.app.state
    now = state.clock.now()
    said: dict[str, Any] = {"format": ending.value, "filters": asked.model_dump(mode="json")}
    await record(session, _actor(caller), "catalog.cameras_exported", now, kind="cameras", **said)
    wanted = export.Asked(
        filters,
        language_of(request),
        who=caller.display_name,
        organisation=caller.organisation,
        at=now,
        sources="cameras.write" in caller.permissions,
    )
    name = f"cameras-{now:%Y%m%d-%H%M%S}.{ending}"
    return StreamingResponse(
        export.lines(state.database, wanted, ending),
        media_type=MEDIA_TYPES[ending],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.post("/cameras", status_code=201, responses=problems(401, 403, 409, 422))
async def add(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: CameraIn
) -> CameraDetail:
    """File a camera. Without a name it is called after its host, without an identifier it gets the next free one."""
    state = request.app.state
    made = await service.add(
        session, _given(said), _changer(request, caller), state.settings.region.code, state.clock.now()
    )
    response.headers["Location"] = f"{request.url.path}/{made.row.id}"
    return await once.keep(await _detail(session, response, made))


@router.get("/cameras/{camera_id}", responses=problems(401, 403, 404))
async def camera(response: Response, caller: MayRead, session: Reads, camera_id: UUID) -> CameraDetail:
    """Everything the file holds about a camera, archived or not."""
    return await _detail(session, response, await service.camera(session, camera_id, caller.regions))


@router.patch("/cameras/{camera_id}", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    camera_id: UUID,
    said: CameraIn,
    if_match: IfMatch = None,
) -> CameraDetail:
    """Change what is said; everything left out stays."""
    changed = await service.change(
        session,
        camera_id,
        _given(said),
        _changer(request, caller),
        lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )
    return await _detail(session, response, changed)


@router.delete("/cameras/{camera_id}", status_code=204, responses=problems(401, 403, 404, 412))
async def archive(
    request: Request, caller: MayWrite, session: Writes, camera_id: UUID, if_match: IfMatch = None
) -> Response:
    """Take a camera out of use. It is kept with its history; `restore` undoes it."""

    def expected(present: Camera) -> None:
        if if_match is not None:
            match_or_refuse(if_match, _etag(present))

    await service.archive(session, camera_id, _changer(request, caller), expected, request.app.state.clock.now())
    return Response(status_code=204)


@router.post("/cameras/{camera_id}/restore", responses=problems(401, 403, 404))
async def restore(
    request: Request, response: Response, caller: MayWrite, session: Writes, camera_id: UUID
) -> CameraDetail:
    """Bring an archived camera back into use."""
    found = await service.archive(
        session,
        camera_id,
        _changer(request, caller),
        lambda _: None,
        request.app.state.clock.now(),
        restore=True,
    )
    return await _detail(session, response, found)


def _etag(camera: Camera) -> str:
    return etag_of(camera.row.id, camera.version)


async def _detail(session: ReadSession, response: Response, camera: Camera) -> CameraDetail:
    response.headers["ETag"] = _etag(camera)
    path = [RegionName(code=r.code, name=r.name) for r in await places.path(session, camera.row.region)]
    return CameraDetail.detail(camera, path)


def _given(said: CameraIn) -> service.Given:
    values = said.model_dump(exclude={"password"})
    values["password"] = None if said.password is None else said.password.get_secret_value()
    return service.Given(frozenset(said.model_fields_set), values)


def _actor(caller: Caller) -> Actor:
    return Actor(caller.id, caller.name, getattr(caller, "address", None))


def _changer(request: Request, caller: Caller) -> service.Changer:
    settings = request.app.state.settings
    secrets.install(settings.data_dir)
    may_convert = "cameras.convert" in caller.permissions
    return service.Changer(_actor(caller), caller.regions, settings.inspect.loopback, may_convert)
