"""HTTP: turn a camera, and ask it how it is and what it has recorded.

No route here holds a database connection while a device makes up its mind.
"""

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from commonsight.access.audit import Actor, record
from commonsight.catalog import service as catalog
from commonsight.connect.gb28181 import filing, ptz_locks, signalling
from commonsight.connect.gb28181.control import DEVICE_WIDE, Action, Order
from commonsight.connect.gb28181.model import Channel
from commonsight.connect.gb28181.views import (
    ConfigurationOut,
    InfoOut,
    LockIn,
    LockOut,
    PresetOut,
    PtzIn,
    RecordOut,
    RecordsOut,
    StatusOut,
)
from commonsight.gate import service as gate
from commonsight.gate.model import Action as Use
from commonsight.http import Caller, Page, Reads, Writes, problems, requires
from commonsight.problem import Refusal

router = APIRouter()

MayTurn = Annotated[Caller, requires("pictures.control")]
Turns = Annotated[Caller, requires("pictures.control", pictures="control")]
SeesCameras = Annotated[Caller, requires("cameras.read")]
Manages = Annotated[Caller, requires("gather.read")]
SeesHealth = Annotated[Caller, requires("health.read")]

UNHELD: Final = frozenset({Action.KEY_FRAME})
"""Actions that move nothing, so that they may be done whoever holds the camera."""

AUDITED: Final = DEVICE_WIDE | {
    Action.PRESET_SET, Action.PRESET_DELETE, Action.CRUISE_ADD, Action.CRUISE_DELETE, Action.HOME_ON, Action.HOME_OFF,
}  # fmt: skip
"""Actions that leave something behind; a turn of the camera does not."""

RECORD_DAYS_MOST: Final = 31
RECORDS_SECONDS: Final = 75.0
"""Longest wait for a list of recordings: devices send long ones in many messages."""


@router.post("/cameras/{camera_id}/ptz", status_code=204, responses=problems(401, 403, 404, 409, 422, 502, 503, 504))
async def ptz(request: Request, caller: Turns, camera_id: UUID, said: PtzIn) -> Response:
    """Do something to a camera. The first command takes the camera for its operator for half a minute; each further
    one prolongs it. Actions that go on (move, lens) are ended by `stop`.

    Actions: move (pan, tilt, zoom), stop, lens (focus, iris), preset_set / preset_call / preset_delete (number),
    cruise_add / cruise_delete (group, number), cruise_speed / cruise_stay (group, value), cruise_start (group),
    scan_start / scan_left / scan_right (group), scan_speed (group, value), auxiliary_on / auxiliary_off (number),
    drag_zoom_in / drag_zoom_out (length, width, mid_x, mid_y, length_x, length_y), home_on (number, value), home_off,
    key_frame; and, for who may manage devices, record_start, record_stop, guard_set, guard_reset,
    alarm_reset (method, type), reboot.
    """
    order = Order.of(said.action, said.operands)
    if order.action in DEVICE_WIDE and "gather.write" not in caller.permissions:
        raise Refusal(
            "connect.control_forbidden", status=403, rule="permission", operand="action", expected="gather.write",
            actual=order.action.value,
        )  # fmt: skip
    state = request.app.state
    async with state.database.write() as session:
        await gate.refuse_without_grant(session, caller, camera_id, Use.CONTROL)
        channel = await filing.channel_of(session, camera_id, caller.regions)
        if order.action not in UNHELD:
            await ptz_locks.take(session, camera_id, caller, state.clock.now())
        if order.action in AUDITED:
            actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
            await record(
                session, actor, "connect.camera_controlled", state.clock.now(), kind="camera", subject_id=camera_id,
                action_done=order.action.value, operands=order.values,
            )  # fmt: skip
    await _asked(request, "ptz", channel, action=order.action.value, values=said.operands)
    return Response(status_code=204)


@router.get("/cameras/{camera_id}/ptz/lock", responses=problems(401, 403, 404, 409))
async def lock(request: Request, caller: MayTurn, session: Reads, camera_id: UUID) -> LockOut:
    """Who holds the camera, and for how long. One lock for a camera, however it is reached."""
    await catalog.camera(session, camera_id, caller.regions)
    now = request.app.state.clock.now()
    return LockOut.of(await ptz_locks.held(session, camera_id, now), caller.id, now)


@router.post("/cameras/{camera_id}/ptz/lock", responses=problems(401, 403, 404, 409, 422))
async def take_lock(request: Request, caller: MayTurn, session: Writes, camera_id: UUID, said: LockIn) -> LockOut:
    """Take the camera, or hold it longer. A higher role may take it from a lower one, `by_force`."""
    await catalog.camera(session, camera_id, caller.regions)
    now = request.app.state.clock.now()
    taken = await ptz_locks.take(session, camera_id, caller, now, seconds=said.seconds, by_force=said.by_force)
    return LockOut.of(taken, caller.id, now)


@router.delete("/cameras/{camera_id}/ptz/lock", status_code=204, responses=problems(401, 403, 404, 409))
async def release_lock(caller: MayTurn, session: Writes, camera_id: UUID) -> Response:
    """Give the camera back; saying it twice, or without holding it, changes nothing."""
    await catalog.camera(session, camera_id, caller.regions)
    await ptz_locks.release(session, camera_id, caller)
    return Response(status_code=204)


@router.get("/cameras/{camera_id}/presets", responses=problems(401, 403, 404, 409, 502, 503, 504))
async def presets(request: Request, caller: MayTurn, camera_id: UUID) -> Page[PresetOut]:
    """The presets the camera says it has."""
    answer = await _asked(request, "presets", await _channel(request, caller, camera_id))
    return Page(items=[PresetOut(number=one["number"], name=one["name"] or None) for one in answer["items"]])


@router.get("/cameras/{camera_id}/device-status", responses=problems(401, 403, 404, 409, 502, 503, 504))
async def device_status(request: Request, caller: SeesHealth, camera_id: UUID) -> StatusOut:
    """How the camera says it is, asked now."""
    channel = await _channel(request, caller, camera_id)
    answer = await _asked(request, "query_status", channel, target=channel.code)
    return StatusOut.model_validate(answer)


@router.get("/cameras/{camera_id}/configuration", responses=problems(401, 403, 404, 409, 422, 502, 503, 504))
async def configuration(
    request: Request, caller: Manages, camera_id: UUID, kind: Annotated[str, Query(max_length=40)] = "BasicParam"
) -> ConfigurationOut:
    """One kind of configuration as the camera tells it, asked now; its fields flat, under the device's own names."""
    answer = await _asked(request, "query_config", await _channel(request, caller, camera_id), kind=kind)
    return ConfigurationOut(kind=kind, fields=answer["fields"])


@router.get("/gb28181/devices/{device_id}/info", responses=problems(401, 403, 404, 409, 502, 503, 504))
async def info(request: Request, caller: Manages, device_id: UUID) -> InfoOut:
    """What a device says it is, asked now."""
    async with request.app.state.database.read() as session:
        code = (await filing.device(session, device_id, caller.regions)).device.code
    return InfoOut.model_validate(await _asked(request, "query_info", Channel(code, code)))


@router.get("/cameras/{camera_id}/records", responses=problems(401, 403, 404, 409, 422, 502, 503, 504))
async def records(
    request: Request,
    caller: SeesCameras,
    camera_id: UUID,
    begin: Annotated[AwareDatetime, Query(alias="from", description="beginning of the span")],
    end: Annotated[
        AwareDatetime, Query(alias="to", description=f"end of the span, at most {RECORD_DAYS_MOST} days on")
    ],
    kind: Annotated[str, Query(pattern="^(all|time|alarm|manual)$")] = "all",
) -> RecordsOut:
    """What the camera has recorded in a span, asked now."""
    if not begin < end <= begin + timedelta(days=RECORD_DAYS_MOST):
        raise Refusal(
            "connect.records_span", status=422, rule="a span of time", operand="to",
            expected=f"after `from`, at most {RECORD_DAYS_MOST} days", actual=end.isoformat(),
        )  # fmt: skip
    channel = await _channel(request, caller, camera_id)
    answer = await _asked(
        request, "records", channel, seconds=RECORDS_SECONDS, start=begin.isoformat(), end=end.isoformat(), kind=kind
    )
    items = [
        RecordOut(
            name=one["name"] or None, start=one["start"], end=one["end"], kind=one["kind"] or None,
            path=one["path"] or None, bytes=one["bytes"],
        )
        for one in answer["items"]
    ]  # fmt: skip
    return RecordsOut(items=items, expected=answer["expected"], complete=answer["complete"])


async def _channel(request: Request, caller: Caller, camera_id: UUID) -> Channel:
    async with request.app.state.database.read() as session:
        return await filing.channel_of(session, camera_id, caller.regions)


async def _asked(
    request: Request, op: str, channel: Channel, *, seconds: float = signalling.CALL_SECONDS, **fields: Any
) -> dict[str, Any]:
    """Let the signalling process ask the device."""
    async with signalling.connect(request.app.state.database, "api") as line:
        answer: dict[str, Any] = await line.call(
            op, seconds=seconds, device=channel.device, channel=channel.code, **fields
        )
        return answer
