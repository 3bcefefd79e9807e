"""HTTP: devices of the view library, whose their codes are, subscriptions, what was recognised, alarms."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from commonsight.catalog import secrets
from commonsight.connect.viid import service, store
from commonsight.connect.viid.model import Kind
from commonsight.http import (
    After,
    Caller,
    IfMatch,
    Limit,
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

router = APIRouter(tags=["viid"])

MayRead = Annotated[Caller, requires("gather.read")]
MayWrite = Annotated[Caller, requires("gather.write")]
SeesPictures = Annotated[Caller, requires("pictures.view")]


class DeviceSaid(BaseModel):
    """What people may say about a device. A field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=service.NAME_MOST)
    region: str | None = Field(None, max_length=12)
    url: str | None = Field(None, max_length=1_000, description="base address, where a platform is subscribed at")
    password: SecretStr | None = None

    def values(self) -> dict[str, Any]:
        """The fields that were said, the password in clear."""
        found = {name: getattr(self, name) for name in self.model_fields_set}
        if isinstance(found.get("password"), SecretStr):
            found["password"] = found["password"].get_secret_value()
        return found


class DeviceIn(DeviceSaid):
    """A device to put on file."""

    code: str = Field(max_length=64, examples=["45010300001190000001"])


class DeviceOut(BaseModel):
    """A device or lower platform."""

    code: str
    name: str
    region: str
    url: str | None
    has_password: bool
    online: bool
    address: str | None = Field(description="it registered from")
    registered_at: datetime | None
    keepalive_at: datetime | None
    objects: int = Field(description="recognised and counted since it was put on file")
    camera_id: UUID | None = Field(None, description="whose its own code was said to be")

    @classmethod
    def of(cls, kept: store.Device, camera: UUID | None = None) -> Self:
        return cls(
            code=kept.code,
            name=kept.name,
            region=kept.region,
            url=kept.url,
            has_password=kept.secret is not None,
            online=kept.online,
            address=kept.address,
            registered_at=kept.registered_at,
            keepalive_at=kept.keepalive_at,
            objects=kept.objects,
            camera_id=camera,
        )


class ChannelIn(BaseModel):
    """Whose a code is."""

    model_config = ConfigDict(extra="forbid")

    camera_id: UUID


class SubscribeIn(BaseModel):
    """What a lower platform is to send, and for how long."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[Kind] = Field(min_length=1, max_length=4)
    hours: float = Field(24 * 30, gt=0, le=24 * 366)


class SubscriptionOut(BaseModel):
    """A subscription; `state`: wanted, active, renewed (another goes on where it ends), failed, cancelled."""

    id: str
    kinds: list[Kind]
    begins_at: datetime
    ends_at: datetime
    state: str
    reason: str

    @classmethod
    def of(cls, given: store.Subscribed) -> Self:
        return cls(
            id=given.id,
            kinds=list(given.kinds),
            begins_at=given.begins_at,
            ends_at=given.ends_at,
            state=given.state,
            reason=given.reason,
        )


class ObjectOut(BaseModel):
    """Something a camera recognised."""

    id: UUID
    kind: Kind
    class_: str = Field(alias="class")
    seen_at: datetime
    device: str
    record: dict[str, Any]


class AlarmOut(BaseModel):
    """A device found what it was told to look for."""

    id: UUID
    device: str
    camera_id: UUID | None
    region: str
    title: str
    raised_at: datetime
    record: dict[str, Any]


@router.get("/viid/devices", responses=problems(401, 403, 422))
async def devices(caller: MayRead, session: Reads, after: After = None, limit: Limit = 100) -> Page[DeviceOut]:
    """Devices within the caller's regions, by code."""
    behind = "" if after is None else cursor_decode("viid.devices", after, str)[0]
    found = await store.page(session, caller.regions, behind, limit + 1)
    following = cursor_encode("viid.devices", found[limit - 1].code) if len(found) > limit else None
    return Page(items=[DeviceOut.of(each) for each in found[:limit]], next=following)


@router.post("/viid/devices", status_code=201, responses=problems(401, 403, 409, 422))
async def add(request: Request, response: Response, caller: MayWrite, session: Writes, said: DeviceIn) -> DeviceOut:
    """Put a device on file, so that it may register."""
    state = request.app.state
    secrets.install(state.settings.data_dir)
    values = said.values()
    code = values.pop("code")
    made = await service.add(session, caller, code, values, state.settings, state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{made.code}"
    response.headers["ETag"] = _etag(made)
    return DeviceOut.of(made)


@router.get("/viid/devices/{code}", responses=problems(401, 403, 404))
async def device(response: Response, caller: MayRead, session: Reads, code: str) -> DeviceOut:
    """One device."""
    found = await service.device(session, caller, code)
    response.headers["ETag"] = _etag(found)
    return DeviceOut.of(found, await store.channel(session, code))


@router.patch("/viid/devices/{code}", responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request, response: Response, caller: MayWrite, session: Writes, code: str, said: DeviceSaid,
    if_match: IfMatch = None,
) -> DeviceOut:  # fmt: skip
    """Change what is said; everything left out stays."""
    state = request.app.state
    secrets.install(state.settings.data_dir)
    present = await service.device(session, caller, code, for_update=True)
    match_or_refuse(if_match, _etag(present))
    changed = await service.change(session, caller, present, said.values(), state.settings, state.clock.now())
    response.headers["ETag"] = _etag(changed)
    return DeviceOut.of(changed, await store.channel(session, code))


@router.delete("/viid/devices/{code}", status_code=204, responses=problems(401, 403, 404, 412))
async def remove(request: Request, caller: MayWrite, session: Writes, code: str, if_match: IfMatch = None) -> Response:
    """Take a device off the file, with its subscriptions. What it counted stays."""
    present = await service.device(session, caller, code, for_update=True)
    if if_match is not None:
        match_or_refuse(if_match, _etag(present))
    await service.remove(session, caller, present, request.app.state.clock.now())
    return Response(status_code=204)


@router.put("/viid/channels/{code}", status_code=204, responses=problems(401, 403, 404, 422))
async def name_channel(request: Request, caller: MayWrite, session: Writes, code: str, said: ChannelIn) -> Response:
    """Say whose a code is that devices use: what comes under it from now on is this camera's."""
    await service.name_channel(session, caller, code, said.camera_id, request.app.state.clock.now())
    return Response(status_code=204)


@router.delete("/viid/channels/{code}", status_code=204, responses=problems(401, 403, 404))
async def forget_channel(request: Request, caller: MayWrite, session: Writes, code: str) -> Response:
    """Take that back."""
    await service.forget_channel(session, caller, code, request.app.state.clock.now())
    return Response(status_code=204)


@router.get("/viid/devices/{code}/subscriptions", responses=problems(401, 403, 404))
async def subscriptions(caller: MayRead, session: Reads, code: str) -> Page[SubscriptionOut]:
    """What a lower platform was asked to send."""
    await service.device(session, caller, code)
    return Page(items=[SubscriptionOut.of(each) for each in await store.subscriptions(session, code)])


@router.post("/viid/devices/{code}/subscriptions", status_code=201, responses=problems(401, 403, 404, 409, 422, 502))
async def subscribe(request: Request, caller: MayWrite, code: str, said: SubscribeIn) -> SubscriptionOut:
    """Ask a lower platform to send what its cameras recognise."""
    state = request.app.state
    secrets.install(state.settings.data_dir)
    now = state.clock.now()
    given = service.wanted(code, said.kinds, now + timedelta(hours=said.hours), state.settings, now)
    return SubscriptionOut.of(await service.subscribe(state.database, caller, code, given, state.settings, now))


@router.delete("/viid/devices/{code}/subscriptions/{subscription}", responses=problems(401, 403, 404, 502))
async def unsubscribe(request: Request, caller: MayWrite, code: str, subscription: str) -> SubscriptionOut:
    """Cancel a subscription: what still comes under it is refused."""
    state = request.app.state
    secrets.install(state.settings.data_dir)
    return SubscriptionOut.of(
        await service.unsubscribe(state.database, caller, code, subscription, state.settings, state.clock.now())
    )


@router.get("/cameras/{camera_id}/recognised", responses=problems(401, 403, 404, 422))
async def recognised(
    request: Request, caller: SeesPictures, session: Writes, camera_id: UUID, kind: Kind | None = None,
    after: After = None, limit: Limit = 100,
) -> Page[ObjectOut]:  # fmt: skip
    """What a camera recognised in the hours that are kept, the newest first. Each look is written to the audit."""
    behind = None if after is None else cursor_decode("viid.objects", after, datetime, UUID)
    now = request.app.state.clock.now()
    found = await service.recognised(session, caller, camera_id, kind, behind, limit + 1, now)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = cursor_encode("viid.objects", last.seen_at, last.id)
    shown = [
        ObjectOut(id=o.id, kind=o.kind, seen_at=o.seen_at, device=o.device, record=o.record, **{"class": o.name})
        for o in found[:limit]
    ]
    return Page(items=shown, next=following)


@router.get("/viid/alarms", responses=problems(401, 403, 422))
async def alarms(caller: MayRead, session: Reads, after: After = None, limit: Limit = 100) -> Page[AlarmOut]:
    """Alarms devices raised, the newest first."""
    behind = None if after is None else cursor_decode("viid.alarms", after, datetime, UUID)
    found = await store.alarms(session, caller.regions, behind, limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = cursor_encode("viid.alarms", last.raised_at, last.id)
    shown = [
        AlarmOut(
            id=a.id, device=a.device, camera_id=a.camera_id, region=a.region, title=a.title, raised_at=a.raised_at,
            record=a.record,
        )
        for a in found[:limit]
    ]  # fmt: skip
    return Page(items=shown, next=following)


def _etag(device: store.Device) -> str:
    return etag_of("viid", device.code, device.version)
