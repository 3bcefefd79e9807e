"""HTTP: find ONVIF devices, look at one, join it as a camera, turn it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress, SecretStr

from commonsight.access.audit import Actor, record
from commonsight.catalog import secrets
from commonsight.catalog import service as catalog
from commonsight.catalog.source import Source
from commonsight.connect.gb28181 import ptz_locks
from commonsight.connect.model import SourceError
from commonsight.connect.onvif import client, discovery, service
from commonsight.connect.onvif.model import Device, Found, Profile
from commonsight.gate import service as gate
from commonsight.gate.model import Action
from commonsight.http import Caller, Page, problems, requires
from commonsight.problem import Refusal

router = APIRouter(tags=["onvif"])

MayWrite = Annotated[Caller, requires("gather.write")]
MayFile = Annotated[Caller, requires("cameras.write")]
MayTurn = Annotated[Caller, requires("pictures.control")]
Turns = Annotated[Caller, requires("pictures.control", pictures="control")]

Speed = Annotated[float, Field(ge=-1, le=1)]


class DiscoveryIn(BaseModel):
    """How to look around."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(3, ge=0.5, le=15, description="how long answers are waited for")
    hosts: list[IPvAnyAddress] = Field(
        [], max_length=discovery.HOSTS_MOST, description="addresses to ask directly; none: the local network"
    )


class FoundOut(BaseModel):
    """A device that answered."""

    address: str = Field(examples=["http://10.1.2.3/onvif/device_service"])
    endpoint: str
    name: str | None
    hardware: str | None
    location: str | None
    camera_id: UUID | None = Field(description="the camera it was joined as, if the caller may see it")

    @classmethod
    def of(cls, found: Found, camera: UUID | None) -> Self:
        return cls(
            address=found.address,
            endpoint=found.endpoint,
            name=found.name or None,
            hardware=found.hardware or None,
            location=found.location or None,
            camera_id=camera,
        )


class DeviceIn(BaseModel):
    """A device's address and how to prove who asks."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=1_000, examples=["http://10.1.2.3/onvif/device_service"])
    username: str | None = Field(None, max_length=100)
    password: SecretStr | None = None

    def source(self, *, loopback: bool) -> Source:
        password = None if self.password is None else self.password.get_secret_value()
        return service.checked(self.address, self.username, password, loopback=loopback)


class ProfileOut(BaseModel):
    """One way a device shows a picture."""

    token: str
    name: str | None
    source: str | None
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    ptz: bool
    stream_url: str | None
    snapshot_url: str | None
    best: bool = Field(description="the one taken when none is named")

    @classmethod
    def of(cls, profile: Profile, best: Profile | None) -> Self:
        return cls(
            token=profile.token,
            name=profile.name or None,
            source=profile.source or None,
            codec=profile.codec,
            width=profile.width or None,
            height=profile.height or None,
            fps=profile.fps or None,
            ptz=profile.ptz,
            stream_url=profile.stream_url,
            snapshot_url=profile.snapshot_url,
            best=profile is best,
        )


class LookOut(BaseModel):
    """What a device is and shows, the best profile first."""

    address: str
    manufacturer: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    clock_difference: float | None = Field(description="seconds its clock is ahead of ours")
    profiles: list[ProfileOut]

    @classmethod
    def of(cls, device: Device) -> Self:
        best = device.best()
        return cls(
            address=device.address,
            manufacturer=device.manufacturer or None,
            model=device.model or None,
            firmware=device.firmware or None,
            serial=device.serial or None,
            clock_difference=None if device.clock_difference is None else round(device.clock_difference, 1),
            profiles=[ProfileOut.of(p, best) for p in sorted(device.profiles, key=lambda p: p is not best)],
        )


class JoinIn(DeviceIn):
    """A device to join as a camera."""

    profile: str | None = Field(None, max_length=200, description="none: the largest picture that can be played")
    name: str | None = Field(None, max_length=catalog.NAME_MOST)
    region: str | None = Field(None, max_length=12)
    code: str | None = Field(None, max_length=20)


class JoinedOut(BaseModel):
    """The camera that was made."""

    id: UUID
    code: str
    name: str
    region: str
    profile: str
    ptz: bool


class PtzIn(BaseModel):
    """What to do. `move` and `zoom` go on until `stop`, or ten seconds."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["move", "stop", "home", "preset_call", "preset_set", "preset_delete"]
    pan: Speed = 0
    tilt: Speed = 0
    zoom: Speed = 0
    preset: str | None = Field(None, max_length=100, description="token, for preset_call and preset_delete")
    name: str | None = Field(None, max_length=60, description="for preset_set")


class PresetOut(BaseModel):
    """A place the camera can be sent back to."""

    token: str
    name: str | None


@router.post("/onvif/discoveries", responses=problems(401, 403, 422, 503))
async def discover(request: Request, caller: MayWrite, said: DiscoveryIn) -> Page[FoundOut]:
    """Ask the network, or some hosts of it, for ONVIF devices; answers within `seconds`."""
    state = request.app.state
    hosts = [str(host) for host in said.hosts]
    for host in hosts:
        service.checked(f"http://{host}/", None, None, loopback=state.settings.inspect.loopback)
    try:
        found = await discovery.discover(state.clock, seconds=said.seconds, hosts=hosts)
    except OSError as error:
        raise Refusal("connect.unreachable", status=503, operand="network", actual=error.strerror) from None
    async with state.database.read() as session:
        known = await service.joined(session, caller, [each.address for each in found])
    return Page(items=[FoundOut.of(each, known.get(each.address)) for each in found])


@router.post("/onvif/devices", responses=problems(401, 403, 422, 502, 504))
async def look(request: Request, caller: MayWrite, said: DeviceIn) -> LookOut:  # noqa: ARG001
    """Ask a device what it is and what it shows. Nothing is filed."""
    loopback = request.app.state.settings.inspect.loopback
    return LookOut.of(await service.look(said.source(loopback=loopback)))


@router.post("/onvif/cameras", status_code=201, responses=problems(401, 403, 409, 422, 502, 504))
async def join(request: Request, response: Response, caller: MayFile, said: JoinIn) -> JoinedOut:
    """File a device's profile as a camera: its stream's address, and how to turn it. A profile is joined once."""
    state = request.app.state
    loopback = state.settings.inspect.loopback
    at = said.source(loopback=loopback)
    device = await service.look(at)
    profile = service.chosen(device, said.profile)
    secrets.install(state.settings.data_dir)
    by = catalog.Changer(_actor(caller), caller.regions, loopback)
    given = {name: getattr(said, name) for name in ("name", "region", "code") if getattr(said, name) is not None}
    async with state.database.write() as session:
        made = await service.join(
            session, device, profile, at, catalog.Given.of(**given), by, state.settings.region.code, state.clock.now()
        )
    row = made.row
    response.headers["Location"] = f"/api/v1/cameras/{row.id}"
    return JoinedOut(id=row.id, code=row.code, name=row.name, region=row.region, profile=profile.token, ptz=profile.ptz)


@router.post("/onvif/cameras/{camera_id}/ptz", responses=problems(401, 403, 404, 409, 422, 502, 504))
async def turn(request: Request, caller: Turns, camera_id: UUID, said: PtzIn) -> Page[PresetOut]:
    """Turn a camera. The first command takes it for its operator, as for every other camera.

    Answers with the presets after an action that changes them, else with none.
    """
    state = request.app.state
    if said.action in {"preset_call", "preset_delete"} and not said.preset:
        raise Refusal("connect.control_invalid", status=422, operand="preset", expected="a token", actual=None)
    secrets.install(state.settings.data_dir)
    async with state.database.write() as session:
        await gate.refuse_without_grant(session, caller, camera_id, Action.CONTROL)
        kept, at = await service.way(session, caller, camera_id)
        await ptz_locks.take(session, camera_id, caller, state.clock.now())
        if said.action in {"preset_set", "preset_delete"}:
            await record(
                session, _actor(caller), "connect.camera_controlled", state.clock.now(), kind="camera",
                subject_id=camera_id, action_done=said.action,
            )  # fmt: skip
    try:
        async with service.soap(at) as asked:
            return await _done(client.Ptz(asked, kept.profile), said)
    except SourceError as error:
        raise service.refused(error) from None


@router.get("/onvif/cameras/{camera_id}/presets", responses=problems(401, 403, 404, 409, 502, 504))
async def presets(request: Request, caller: MayTurn, camera_id: UUID) -> Page[PresetOut]:
    """The presets the camera says it has."""
    state = request.app.state
    secrets.install(state.settings.data_dir)
    async with state.database.read() as session:
        kept, at = await service.way(session, caller, camera_id)
    try:
        async with service.soap(at) as asked:
            return await _presets(client.Ptz(asked, kept.profile))
    except SourceError as error:
        raise service.refused(error) from None


async def _done(ptz: client.Ptz, said: PtzIn) -> Page[PresetOut]:
    match said.action:
        case "move":
            await ptz.move(said.pan, said.tilt, said.zoom)
        case "stop":
            await ptz.stop()
        case "home":
            await ptz.home()
        case "preset_call":
            await ptz.go_to(said.preset or "")
        case "preset_set":
            await ptz.keep(said.name or "preset")
            return await _presets(ptz)
        case "preset_delete":
            await ptz.forget(said.preset or "")
            return await _presets(ptz)
    return Page(items=[])


async def _presets(ptz: client.Ptz) -> Page[PresetOut]:
    return Page(items=[PresetOut(token=each.token, name=each.name or None) for each in await ptz.presets()])


def _actor(caller: Caller) -> Actor:
    return Actor(caller.id, caller.name, getattr(caller, "address", None))
