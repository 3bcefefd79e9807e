"""HTTP: devices and lower platforms, and what they tell."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from commonsight.access.audit import Actor
from commonsight.catalog import secrets
from commonsight.connect.gb28181 import (
    control_routes,
    events_store,
    filing,
    signalling,
    snapshot_routes,
    store,
    subscriptions,
    sync_store,
)
from commonsight.connect.gb28181.store import Filter, Kept
from commonsight.connect.gb28181.views import (
    AlarmOut,
    DeviceChange,
    DeviceDetail,
    DeviceIn,
    DeviceOut,
    PositionOut,
    RefusedOut,
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
    narrow,
    problems,
    requires,
)
from commonsight.records.database import ReadSession

router = APIRouter(tags=["gb28181"])
router.include_router(control_routes.router)
router.include_router(snapshot_routes.router)

MayRead = Annotated[Caller, requires("gather.read")]
MayWrite = Annotated[Caller, requires("gather.write")]
SeesCameras = Annotated[Caller, requires("cameras.read")]

ORDER = "gb28181.devices"


class DevicesOut(Page[DeviceOut]):
    """One page of devices."""

    total: int = Field(description="devices in the caller's regions, whatever the filters")
    online: int


class SyncOut(BaseModel):
    """A catalogue that is being collected."""

    id: UUID
    new: bool = Field(description="false: one was under way already")


@router.get("/gb28181/devices", responses=problems(401, 403, 422))
async def devices(
    caller: MayRead,
    session: Reads,
    q: Annotated[str, Query(max_length=100, description="part of the name, or how the code begins")] = "",
    kind: Literal["device", "platform"] | None = None,
    online: bool | None = None,
    region: Annotated[str | None, Query(max_length=12)] = None,
    after: After = None,
    limit: Limit = 100,
) -> DevicesOut:
    """Devices and lower platforms in use, by name."""
    regions = narrow(caller, region)
    behind = None if after is None else cursor_decode(ORDER, after, str, UUID)
    found = await store.page(session, Filter(regions, kind, online, q.strip()), behind, limit + 1)
    total, here = await store.counts(session, regions)
    following = None
    if len(found) > limit:
        last = found[limit - 1].device
        following = cursor_encode(ORDER, last.name, last.id)
    items = [DeviceOut.of(kept) for kept in found[:limit]]
    return DevicesOut(items=items, next=following, total=total, online=here)


@router.post("/gb28181/devices", status_code=201, responses=problems(401, 403, 409, 422))
async def add(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: DeviceIn
) -> DeviceDetail:
    """Put a device on file, so that it may register with its password. A code that was removed comes back."""
    state = request.app.state
    by = _changer(request, caller)
    made = await filing.add(session, said.code, _given(said), by, state.settings.region.code, state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{made.device.id}"
    return await once.keep(await _detail(session, response, made))


@router.get("/gb28181/refused", responses=problems(401, 403, 503))
async def refused(request: Request, caller: MayRead) -> Page[RefusedOut]:  # noqa: ARG001
    """Registrations that were turned away lately, last first: how a device that is set up wrongly shows itself."""
    async with signalling.connect(request.app.state.database, "api") as line:
        answer = await line.call("refused")
    return Page(items=[RefusedOut.model_validate(item) for item in answer["items"]])


@router.get("/gb28181/devices/{device_id}", responses=problems(401, 403, 404))
async def device(response: Response, caller: MayRead, session: Reads, device_id: UUID) -> DeviceDetail:
    """A device with its subscriptions."""
    return await _detail(session, response, await filing.device(session, device_id, caller.regions))


@router.patch("/gb28181/devices/{device_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    device_id: UUID,
    said: DeviceChange,
    if_match: IfMatch = None,
) -> DeviceDetail:
    """Change what is said; everything left out stays. A new password counts from the next registration on."""
    changed = await filing.change(
        session,
        device_id,
        _given(said),
        _changer(request, caller),
        lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )
    return await _detail(session, response, changed)


@router.delete("/gb28181/devices/{device_id}", status_code=204, responses=problems(401, 403, 404, 412))
async def remove(
    request: Request, caller: MayWrite, session: Writes, device_id: UUID, if_match: IfMatch = None
) -> Response:
    """Take a device out of use: it cannot register any more. Its cameras stay on file; adding its code undoes it."""

    def expected(present: Kept) -> None:
        if if_match is not None:
            match_or_refuse(if_match, _etag(present))

    await filing.remove(session, device_id, _changer(request, caller), expected, request.app.state.clock.now())
    return Response(status_code=204)


@router.post("/gb28181/devices/{device_id}/sync", status_code=202, responses=problems(401, 403, 404))
async def sync(request: Request, response: Response, caller: MayWrite, session: Writes, device_id: UUID) -> SyncOut:
    """Collect the device's catalogue now; one at a time a device."""
    state = request.app.state
    await filing.device(session, device_id, caller.regions)
    made, new = await sync_store.ask(
        session, device_id, "person", state.clock.now(), state.settings.region.code, asked_by=caller.name
    )
    response.headers["Location"] = f"{request.url.path.rpartition('/gb28181/')[0]}/syncs/{made}"
    return SyncOut(id=made, new=new)


@router.get("/alarms", responses=problems(401, 403, 422))
async def alarms(
    caller: SeesCameras,
    session: Reads,
    camera: Annotated[UUID | None, Query(description="of one camera")] = None,
    priority: Annotated[int | None, Query(ge=0, le=9)] = None,
    region: Annotated[str | None, Query(max_length=12)] = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[AlarmOut]:
    """Alarms that devices told, newest first."""
    channel = None if camera is None else await filing.channel_of(session, camera, caller.regions)
    behind = None if after is None else cursor_decode("alarms", after, datetime, UUID)
    found = await events_store.alarm_page(
        session, regions=narrow(caller, region), channel=channel, priority=priority, since=since, until=until,
        after=behind, limit=limit + 1,
    )  # fmt: skip
    following = None
    if len(found) > limit:
        following = cursor_encode("alarms", found[limit - 1].received_at, found[limit - 1].id)
    return Page(items=[_alarm(row) for row in found[:limit]], next=following)


@router.get("/cameras/{camera_id}/positions", responses=problems(401, 403, 404, 409, 422))
async def positions(
    caller: SeesCameras,
    session: Reads,
    camera_id: UUID,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[PositionOut]:
    """Where a camera that moves was, newest first."""
    channel = await filing.channel_of(session, camera_id, caller.regions)
    behind = None if after is None else cursor_decode("positions", after, datetime)[0]
    found = await events_store.positions(session, channel, since=since, until=until, after=behind, limit=limit + 1)
    following = cursor_encode("positions", found[limit - 1].at) if len(found) > limit else None
    items = [
        PositionOut(
            at=row.at, point=(row.lon, row.lat), speed=row.speed, direction=row.direction, altitude=row.altitude
        )
        for row in found[:limit]
    ]
    return Page(items=items, next=following)


def _alarm(row: Any) -> AlarmOut:
    return AlarmOut(
        id=row.id,
        at=row.at,
        received_at=row.received_at,
        code=row.code,
        # Nought is how a device that left it out is kept.
        priority=row.priority or None,
        method=row.method or None,
        type=row.type or None,
        description=row.description or None,
        point=None if row.lon is None else (row.lon, row.lat),
        device_id=row.device_id,
        device_name=row.device_name,
        camera_id=row.camera_id,
        camera_name=row.camera_name,
    )


def _etag(kept: Kept) -> str:
    return etag_of(kept.device.id, kept.revision)


async def _detail(session: ReadSession, response: Response, kept: Kept) -> DeviceDetail:
    response.headers["ETag"] = _etag(kept)
    return DeviceDetail.detail(kept, await subscriptions.of_device(session, kept.device.id))


def _given(said: DeviceChange) -> filing.Given:
    values = said.model_dump(exclude={"password", "code"})
    values["password"] = None if said.password is None else said.password.get_secret_value()
    return filing.Given(frozenset(said.model_fields_set - {"code"}), values)


def _changer(request: Request, caller: Caller) -> filing.Changer:
    secrets.install(request.app.state.settings.data_dir)
    return filing.Changer(Actor(caller.id, caller.name, getattr(caller, "address", None)), caller.regions)
