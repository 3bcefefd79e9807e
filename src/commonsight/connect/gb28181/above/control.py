"""Orders from above to a camera: those that turn it are handed on, as the share allows; none that reach beyond it."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

import structlog

from commonsight.clock import Clock
from commonsight.connect.gb28181 import ptz_locks
from commonsight.connect.gb28181.above.ids_store import Mapped
from commonsight.connect.gb28181.above.model import Right, Upper
from commonsight.connect.gb28181.control import Action, Order
from commonsight.connect.gb28181.control import document as written
from commonsight.connect.gb28181.model import Channel, Device
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.wire import manscdp, ptz
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.problem import Refusal
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

STOP_SECONDS: Final = 30.0
"""What goes on until it is stopped is stopped after this without another command, s."""

HANDED_ON: Final = frozenset({"PTZCmd", "DragZoomIn", "DragZoomOut", "HomePosition", "IFameCmd", "IFrameCmd"})
"""Commands that concern the picture alone. Restarts, arming, recording and alarms of a device are for its owner."""

_MOVING: Final = ptz.RIGHT | ptz.LEFT | ptz.DOWN | ptz.UP | ptz.ZOOM_IN | ptz.ZOOM_OUT


@dataclass(frozen=True, slots=True)
class _Hand:
    """An upper platform as somebody who turns a camera. It ranks with officers: a higher role may take over."""

    id: UUID
    name: str
    display_name: str
    organisation: str
    permissions: frozenset[str] = frozenset({"pictures.control"})
    regions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    language: str = "zh"


class Control:
    """Hands orders on to the devices below."""

    def __init__(self, server: Gb28181, database: Database, clock: Clock) -> None:
        self._server, self._database, self._clock = server, database, clock
        self._stops: dict[str, asyncio.Task[None]] = {}

    async def hand_on(self, upper: Upper, mapped: Mapped, message: Manscdp) -> None:
        """Do what a `Control` message asks for; returns once the device confirmed it.

        Raises:
            Refusal: the share does not allow it, the command is none that is handed on, somebody else holds the camera,
                or the device does not do it.
        """
        if not mapped.rights & Right.CONTROL:
            raise Refusal("connect.cascade_not_shared", status=403, rule="share", operand="rights", expected="control")
        orders = [child for child in message.root if child.tag in HANDED_ON]
        others = [child.tag for child in message.root if child.tag not in HANDED_ON | _ENVELOPE]
        if others or len(orders) != 1:
            raise Refusal(
                "connect.cascade_control_refused", status=403, rule="one command that turns the camera",
                operand="DeviceControl", expected=sorted(HANDED_ON), actual=", ".join(others)[:80] or len(orders),
            )  # fmt: skip
        device, channel = self._behind(mapped)
        moving = orders[0].tag == "PTZCmd" and _moves(orders[0])
        await self._take(upper, mapped.camera_id)
        await self._server.command(device, self._document(device, channel, orders[0]))
        self._stop_later(device, channel, moving=moving)
        log.info("upper_controls", upper=upper.code, camera=str(mapped.camera_id), command=orders[0].tag)

    def _behind(self, mapped: Mapped) -> tuple[Device, str]:
        try:
            channel = Channel.of_url(mapped.url or "")
        except ValueError:
            raise Refusal(
                "connect.cascade_not_controlled", status=409, rule="a camera behind a GB/T 28181 device",
                operand="camera", actual=mapped.name,
            ) from None  # fmt: skip
        device = self._server.devices.get(channel.device)
        if device is None:
            raise Refusal("connect.gb_device_unknown", status=404, operand="device")
        return device, channel.code

    def _document(self, device: Device, channel: str, order: Element) -> Element:
        """The same order to the camera under its own id, with the key frame command as this device spells it."""
        made = Element(device.iframe_command if order.tag in ("IFameCmd", "IFrameCmd") else str(order.tag))
        made.text = order.text
        made.extend(list(order))
        return manscdp.build("Control", "DeviceControl", self._server.next_serial(), channel, made)

    async def _take(self, upper: Upper, camera_id: UUID) -> None:
        """One hand at a time turns a camera, from above or from here."""
        hand = _Hand(upper.id, upper.name, upper.name, upper.organisation)
        async with self._database.write() as session:
            await ptz_locks.take(session, camera_id, hand, self._clock.now())

    def _stop_later(self, device: Device, channel: str, *, moving: bool) -> None:
        before = self._stops.pop(channel, None)
        if before is not None:
            before.cancel()
        if not moving:
            return

        async def stop() -> None:
            await self._clock.sleep(STOP_SECONDS)
            self._stops.pop(channel, None)
            try:
                stopped = written(device, channel, self._server.next_serial(), Order.of(Action.STOP, {}))
                await self._server.command(device, stopped)
                log.info("camera_stopped_by_itself", device=device.code, channel=channel)
            except Refusal as refusal:
                log.warning("camera_not_stopped", device=device.code, channel=channel, code=refusal.code)

        self._stops[channel] = asyncio.create_task(stop())

    async def close(self) -> None:
        """Wait for no camera to be stopped any more."""
        for task in self._stops.values():
            task.cancel()
        await asyncio.gather(*self._stops.values(), return_exceptions=True)


_ENVELOPE: Final = frozenset({"CmdType", "SN", "DeviceID", "Info"})


def _moves(order: Element) -> bool:
    try:
        command = ptz.decode(order.text or "")
    except ptz.PtzSyntaxError as error:
        raise Refusal(
            "connect.control_invalid", status=422, rule="eight bytes with their sum", operand="PTZCmd",
            actual=str(error)[:60],
        ) from error  # fmt: skip
    return command.code < ptz.LENS and bool(command.code & _MOVING)
