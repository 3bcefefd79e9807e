"""What the HTTP interface says about devices and takes from people."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from commonsight.connect.gb28181.control import SNAPSHOTS_MOST
from commonsight.connect.gb28181.ptz_locks import HOLD_MOST, HOLD_SECONDS, Lock
from commonsight.connect.gb28181.store import Kept
from commonsight.connect.gb28181.subscriptions import Subscription

EventWord = Literal["catalog", "alarm", "position"]


class DeviceOut(BaseModel):
    """A device or lower platform. Its password is never shown."""

    id: UUID
    code: str = Field(examples=["45010300002000000001"])
    name: str
    kind: Literal["device", "platform"]
    region: str
    platform_id: UUID | None
    version: str = Field(description="edition it registered with: 1.0, 1.1, 2.0 (2016), 3.0 (2022)")
    zone: str | None
    transport: Literal["udp", "tcp"] | None
    host: str | None = Field(description="where its last registration or keepalive came from")
    port: int | None
    charset: str
    online: bool
    offline_reason: str | None
    registered_at: datetime | None
    expires_at: datetime | None
    keepalive_at: datetime | None
    manufacturer: str | None
    model: str | None
    firmware: str | None
    clock_difference: float | None = Field(description="its clock minus ours, seconds; null until it was asked")
    clock_checked_at: datetime | None
    quirks: dict[str, Any] = Field(description="how it bends the standard; what is not named is as usual")
    has_password: bool
    cameras: int | None = Field(description="cameras behind it, as its last sync left them; null before the first")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, kept: Kept) -> Self:
        return cls(**shown(kept))


def shown(kept: Kept) -> dict[str, Any]:
    """A device's fields as the interface names them."""
    device = kept.device
    return {
        "id": device.id,
        "code": device.code,
        "name": device.name,
        "kind": device.kind.value,
        "region": device.region,
        "platform_id": device.platform_id,
        "version": device.version,
        "zone": device.zone,
        "transport": device.transport,
        "host": device.host,
        "port": device.port,
        "charset": device.charset,
        "online": device.online,
        # Who is online has no reason to be offline, whatever the last one was.
        "offline_reason": None if device.online else device.offline_reason or "never_registered",
        "registered_at": device.registered_at,
        "expires_at": device.expires_at,
        "keepalive_at": device.keepalive_at,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "firmware": device.firmware,
        "clock_difference": device.clock_difference,
        "clock_checked_at": device.clock_checked_at,
        "quirks": device.quirks.as_json(),
        "has_password": device.has_password,
        "cameras": kept.cameras,
        "created_at": kept.created_at,
        "updated_at": kept.updated_at,
    }


class SubscriptionOut(BaseModel):
    """What a device was asked to tell by itself."""

    event: EventWord
    state: Literal["waiting", "active", "refused"]
    error: str | None
    renewed_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, one: Subscription) -> Self:
        return cls.model_validate(
            {
                "event": one.event.value,
                "state": one.state,
                "error": one.error,
                "renewed_at": one.renewed_at,
                "expires_at": one.expires_at,
            }
        )


class DeviceDetail(DeviceOut):
    """A device with what it was asked to tell."""

    subscriptions: list[SubscriptionOut]

    @classmethod
    def detail(cls, kept: Kept, subscriptions: list[Subscription]) -> Self:
        told = [SubscriptionOut.of(one) for one in subscriptions]
        return cls(**shown(kept), subscriptions=told)


class DeviceChange(BaseModel):
    """What people may say about a device. A field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=200)
    kind: Literal["device", "platform"] | None = None
    region: str | None = Field(None, max_length=12, examples=["450103"])
    platform_id: UUID | None = Field(None, description="the platform its cameras are shown under")
    password: SecretStr | None = Field(None, max_length=128, description="null: that of the configuration, if any")
    quirks: dict[str, str | int | bool] | None = Field(None, max_length=40, description="as a whole")
    subscriptions: list[EventWord] | None = Field(None, max_length=3, description="as a whole")


class DeviceIn(DeviceChange):
    """A device to put on file."""

    code: str = Field(min_length=20, max_length=24, examples=["45010300002000000001"])


class RefusedOut(BaseModel):
    """A registration that was turned away lately; why: `unknown`, `password_wrong`, `password_missing`, …"""

    code: str
    host: str
    port: int
    zone: str
    why: str
    count: int
    at: datetime


class PtzIn(BaseModel):
    """An action with its operands; see the reference for which takes which."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(max_length=40, examples=["move"])
    pan: float | None = Field(None, description="move: -1 (left) .. 1 (right)")
    tilt: float | None = Field(None, description="move: -1 (down) .. 1 (up)")
    zoom: float | None = Field(None, description="move: -1 (wide) .. 1 (close)")
    focus: float | None = Field(None, description="lens: -1 (near) .. 1 (far)")
    iris: float | None = Field(None, description="lens: -1 (closed) .. 1 (open)")
    number: int | None = Field(None, description="preset 1..255, or auxiliary switch (1: wiper)")
    group: int | None = Field(None, description="cruise or scan 0..255")
    value: int | None = Field(None, description="speed or stay 0..4095; home: seconds until it goes there")
    length: int | None = Field(None, description="drag zoom: width of the picture as shown, pixels")
    width: int | None = Field(None, description="drag zoom: height of the picture as shown, pixels")
    mid_x: int | None = Field(None, description="drag zoom: centre of the frame, pixels from the left")
    mid_y: int | None = Field(None, description="drag zoom: centre of the frame, pixels from the top")
    length_x: int | None = Field(None, description="drag zoom: width of the frame, pixels")
    length_y: int | None = Field(None, description="drag zoom: height of the frame, pixels")
    method: int | None = Field(None, description="alarm_reset: method 0..7")
    type: int | None = Field(None, description="alarm_reset: type")

    @property
    def operands(self) -> dict[str, Any]:
        return self.model_dump(exclude={"action"}, exclude_none=True)


class HolderOut(BaseModel):
    """Who holds a camera."""

    id: UUID
    name: str
    organisation: str


class LockOut(BaseModel):
    """Who may turn a camera now; without a holder anybody with the permission may."""

    holder: HolderOut | None
    seconds_left: int | None
    mine: bool

    @classmethod
    def of(cls, lock: Lock | None, me: UUID, now: datetime) -> Self:
        if lock is None:
            return cls(holder=None, seconds_left=None, mine=False)
        holder = HolderOut(id=lock.holder_id, name=lock.holder_name, organisation=lock.organisation)
        return cls(holder=holder, seconds_left=lock.seconds_left(now), mine=lock.holder_id == me)


class LockIn(BaseModel):
    """How long to hold a camera."""

    model_config = ConfigDict(extra="forbid")

    seconds: int = Field(HOLD_SECONDS, ge=5, le=HOLD_MOST, description="without use it ends after this, s")
    by_force: bool = Field(False, description="take it from a holder of a lower role")


class PresetOut(BaseModel):
    """A preset of a camera."""

    number: int
    name: str | None


class StatusOut(BaseModel):
    """How a device says it is."""

    online: bool | None
    status: str | None
    encode: str | None
    record: str | None
    device_time: datetime | None
    clock_difference: float | None = Field(description="its clock minus ours, seconds")
    asked_at: datetime


class InfoOut(BaseModel):
    """What a device says it is."""

    name: str
    manufacturer: str
    model: str
    firmware: str
    channels: int | None
    fields: dict[str, str] = Field(description="everything it said, under its own names")


class ConfigurationOut(BaseModel):
    """One kind of configuration of a camera."""

    kind: str
    fields: dict[str, str]


class RecordOut(BaseModel):
    """A stretch of recorded video."""

    name: str | None
    start: datetime
    end: datetime
    kind: str | None = Field(description="time, alarm, manual")
    path: str | None
    bytes: int | None


class RecordsOut(BaseModel):
    """What a camera has recorded, by time."""

    items: list[RecordOut]
    next: None = None
    expected: int = Field(description="how many the device said there are")
    complete: bool = Field(description="false: the device's list broke off")


class AlarmOut(BaseModel):
    """An alarm as a device told it."""

    id: UUID
    at: datetime = Field(description="by the device's clock")
    received_at: datetime
    code: str
    priority: int | None = Field(description="1 (most urgent) .. 4")
    method: int | None = Field(description="1 phone, 2 device, 3 SMS, 4 GPS, 5 video, 6 device failure, 7 other")
    type: int | None
    description: str | None
    point: tuple[float, float] | None = Field(description="[lon, lat]")
    device_id: UUID
    device_name: str
    camera_id: UUID | None
    camera_name: str | None


class PositionOut(BaseModel):
    """Where a camera that moves was."""

    at: datetime
    point: tuple[float, float] = Field(description="[lon, lat], WGS-84 degrees")
    speed: float | None = Field(description="km/h")
    direction: float | None = Field(description="degrees from north")
    altitude: float | None = Field(description="m")


class SnapshotIn(BaseModel):
    """Which pictures, and why: pictures leave under a permit only."""

    model_config = ConfigDict(extra="forbid")

    purpose_code: str | None = Field(None, max_length=40, examples=["public_order"])
    purpose_text: str | None = Field(None, max_length=2000)
    number: int = Field(1, ge=1, le=SNAPSHOTS_MOST)
    interval: int = Field(1, ge=1, le=3_600, description="seconds between two pictures")


class SnapshotOut(BaseModel):
    """A series of pictures that was asked for."""

    id: UUID
    camera_id: UUID
    state: Literal["asked", "done", "partial", "failed"]
    wanted: int
    received: int
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None
    pictures: list[str] = Field(description="paths of the pictures that have come")
